/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_WATCH_H
#define DAEMON_GRID_WATCH_H

#include "daemon/daemon.h"

/*
 * Fetches what each zone's feed says is due, over HTTP, from files or from nowhere, has
 * it parsed on the thread pool, stores what came, and tells the engine which forecast
 * to plan by.
 */

/* Begin with what the archive has, and go on by the clock. Zones are the config's. */
struct grid_watch *grid_watch_start(struct daemon *daemon, struct error *err);

/* Fetch no more. Frees itself when the loop has closed its handles. */
void grid_watch_stop(struct grid_watch *grid);

#endif

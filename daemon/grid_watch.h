/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_WATCH_H
#define DAEMON_GRID_WATCH_H

#include "daemon/daemon.h"
#include "daemon/grid_zone.h"
#include "grid/budget.h"

/*
 * Fetches what each zone's feed says is due and the provider's budget allows, over
 * HTTP, from files or from nowhere, has it parsed on the thread pool, stores what came,
 * and tells the engine which forecast to plan by.
 */

/* Begin with what the archive has, and go on by the clock. Zones are the config's. */
struct grid_watch *grid_watch_start(struct daemon *daemon, struct error *err);

/* Fetch no more. Frees itself when the loop has closed its handles. */
void grid_watch_stop(struct grid_watch *grid);

/* The zone of that name has come to another past: learn it anew, before long. */
void grid_watch_relearn(struct grid_watch *grid, const char *zone);

/* The zones, in the order of the config. */
size_t grid_watch_count(const struct grid_watch *grid);
const struct grid_zone *grid_watch_zone(const struct grid_watch *grid, size_t zone);

/* NULL if there is none of that name. */
const struct grid_zone *grid_watch_find(const struct grid_watch *grid,
                                        const char *name);

/* What a provider of the config has left; NULL if there is no such provider. */
const struct budget *grid_watch_budget(const struct grid_watch *grid,
                                       const char *provider);

#endif

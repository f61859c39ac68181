/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_DRIVER_H
#define DAEMON_DRIVER_H

#include "daemon/daemon.h"

/*
 * Lets the loop drive the engine: one step for all that happened in a turn, what it
 * decided to the writer, plans to the thread pool, and a timer for what comes next.
 */

void driver_start(struct daemon *daemon);

/* No more steps. What the writer still holds is settled by writer_stop(). */
void driver_stop(struct daemon *daemon);

/* The writer's on_written, with the daemon as context. */
void driver_on_written(const struct error *failure, void *context);

#endif

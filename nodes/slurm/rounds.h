/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ROUNDS_H
#define NODES_SLURM_ROUNDS_H

#include "base/clock.h"

/*
 * Arrays of which no more than so many tasks may run at once, "0-99%4": they run in
 * rounds, one after the other, so that all of them take that many time limits.
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

#define ROUNDS_TASKS_MAX 4000000 /* above Slurm's own limit of MaxArraySize */

/* How many tasks may run at once; 0: all, or `tasks` is no list of tasks. */
int64_t rounds_at_once(const char *tasks);

/* How long a list of tasks takes in the worst case, each of them `limit`: at most
 * INSTANT_MAX. `limit` itself if all may run at once, it is no list, or is NULL. */
duration rounds_length(const char *tasks, duration limit);

#endif

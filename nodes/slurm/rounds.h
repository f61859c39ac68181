/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ROUNDS_H
#define NODES_SLURM_ROUNDS_H

#include <stdbool.h>

#include "base/clock.h"

/*
 * Arrays of which no more than so many tasks may run at once, "0-99%4": they run in
 * rounds, one after the other, so that all of them take that many time limits.
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

#define ROUNDS_TASKS_MAX 4000000 /* above Slurm's own limit of MaxArraySize */

/* "3", "0-9" or "20-30:5": every `step`th. */
struct rounds_range {
    int64_t first;
    int64_t last;
    int64_t step;
};

/* Take one, and move on; false, and where it stops is where it is none. */
bool rounds_take_range(const char **at, struct rounds_range *range);

/* "%4"; 0 if there is none. False if it is begun, and no number. */
bool rounds_take_limit(const char **at, int64_t *at_once);

/* How many tasks may run at once; 0: all, or `tasks` is no list of tasks. */
int64_t rounds_at_once(const char *tasks);

/* How long a list of tasks takes in the worst case, each of them `limit`: at most
 * INSTANT_MAX. `limit` itself if all may run at once, it is no list, or is NULL. */
duration rounds_length(const char *tasks, duration limit);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_DEMAND_H
#define SCHEDULER_ENGINE_DEMAND_H

#include "queue/job.h"

struct engine;

/*
 * What jobs ask for, and what follows from it for those that can wait: where many
 * cannot, they leave some room for them; and where machines are in use nearly all the
 * time, waiting saves little and makes others late, so that nobody waits. For the
 * engine's files only.
 */

/* GPU-seconds (CPU-seconds, where there are no GPUs) that jobs asked for in a day. */
#define DEMAND_DAYS 7

struct demand_day {
    int64_t day; /* since the epoch */
    int64_t asked;
    int64_t urgent; /* ... by jobs that cannot wait */
};

struct demand {
    instant since; /* the first job that is known of; 0: none */
    struct demand_day days[DEMAND_DAYS];
};

/* Count a job as asked for when it was submitted. */
void engine_count_demand(struct engine *engine, const struct job *job);

/* What plans leave to jobs that cannot wait: parts per million of a pool. */
int64_t engine_headroom(const struct engine *engine, instant now);

/* Find out whether jobs wait, and want another plan if that has changed. */
void engine_find_gate(struct engine *engine, instant now);

#endif

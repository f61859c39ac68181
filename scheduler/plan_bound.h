/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_BOUND_H
#define SCHEDULER_PLAN_BOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scheduler/plan_batch.h"
#include "scheduler/plan_split.h"

/*
 * How far a plan is from the best possible one, proven: what its jobs cost, and what no
 * plan can cost less than.
 *
 * Counted are the jobs that wait for green power, or pause for it (CLEANEST), which the
 * plan has on time and in a zone with a forecast. Their cost is the planner's own,
 * watts x PUE x intensity over the run and patience for each hour waited. The bound
 * holds for all plans that have every job on time which is on time in this one, within
 * the horizon, the counted ones in zones with a forecast; what else the plan holds
 * stays. It heeds the GPUs of a pool, or its CPUs where it has no GPUs, for these jobs
 * and for those that are on time but not counted; nothing else that a plan must heed:
 * memory, ramp, headroom, what a restart takes, jobs that are late or have no start.
 * That can only make it lower.
 */
struct plan_bound {
    size_t jobs;  /* counted */
    double cost;  /* of them, in this plan; mg/kWh x s x W x PUE in millionths */
    double least; /* in any plan, at most `cost` */
    int64_t gap;  /* cost above least, in millionths of least, rounded up; 0: under 1 */
};

/* A plan, and what was asked for and came of it in plan_run_split(). */
struct plan_made {
    struct plan *plan; /* stays what it is */
    const struct plan_batch *batch;
    const struct plan_split *splits;
    const struct plan_split *before; /* the same, as they were before */
    size_t split_count;
    instant now;
};

/* With these the bound is within some hundredths of a per cent of what any number of
 * steps would find, as measured. */
#define PLAN_BOUND_STEPS 300

/*
 * False if nothing is to be said: no job counts, there are too many different ones, or
 * so little is proven that the plan may be a thousand times as dear as the best.
 * Less steps are made where each is long, by what there is to do and not by the clock:
 * the same plan has the same bound.
 */
bool plan_find_bound(const struct plan_made *made, struct plan_bound *found);

#endif

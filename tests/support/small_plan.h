/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SMALL_PLAN_H
#define TESTS_SUPPORT_SMALL_PLAN_H

#include "scheduler/plan_bound.h"

/*
 * Small plans. Those from a seed are so small that all others can be tried: a few jobs
 * of some hours, in two pools of some GPUs and one of CPUs, in zones of which some have
 * no forecast, beside what runs.
 */
#define SMALL_PLAN_START   ((instant)1800000000)
#define SMALL_PLAN_SLOTS   8 /* of an hour */
#define SMALL_PLAN_JOBS    4
#define SMALL_PLAN_POOLS   3
#define SMALL_PLAN_CLASSES 4

struct small_plan {
    instant now;
    intensity levels[SMALL_PLAN_POOLS][SMALL_PLAN_SLOTS]; /* below 0: no forecast */
    struct pool pools[SMALL_PLAN_POOLS];
    /* Cleanest, with little and with great patience; immediate; threshold. */
    struct policy policies[SMALL_PLAN_CLASSES];
    struct resources free[SMALL_PLAN_POOLS][SMALL_PLAN_SLOTS]; /* beside what runs */
    struct plan_job jobs[SMALL_PLAN_JOBS];
    struct reservation reservations[SMALL_PLAN_JOBS];
    size_t count;
    struct plan_batch *batch; /* of them */
    struct plan_split split;  /* one more job, which may run in pieces */
    struct plan_split before;
    bool has_split;
    struct plan *plan;
};

/* Made from a seed, and planned. */
void small_plan_init(struct small_plan *small, uint64_t seed, bool has_split);
void small_plan_release(struct small_plan *small);

/* A plan of hours with one pool in one zone, and one class of no patience. */
struct plan *small_plan_make(const intensity *levels, size_t slots, int64_t gpus,
                             enum policy_kind kind);

/* A job of one GPU that may wait so long. */
struct plan_job small_plan_job(int64_t id, duration time, duration wait);

/* The bound of a plan, of which all but the batch is filled in, with these jobs. */
bool small_plan_bound(struct plan_made *made, const struct plan_job *jobs,
                      const struct reservation *reservations, size_t count,
                      struct plan_bound *bound);

#endif

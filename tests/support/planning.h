/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_PLANNING_H
#define TESTS_SUPPORT_PLANNING_H

#include <stddef.h>
#include <stdint.h>

#include "scheduler/plan_batch.h"

/*
 * Grids and jobs made up from a seed, for tests of the planner and for its benchmark.
 */

/* A number of 64 random bits; the same sequence for the same seed. */
uint64_t planning_random(uint64_t *seed);

/* A whole number from `least` to `most`. */
int64_t planning_between(uint64_t *seed, int64_t least, int64_t most);

/* A grid with a clean noon, an evening peak, weather and noise; hourly levels. */
void planning_make_levels(uint64_t *seed, instant begins, duration slot,
                          intensity *levels, size_t count);

/* A pool of GPUs at 300 W, with 8 CPUs and 64 GiB for each. */
struct pool planning_pool(int64_t gpus);

/* A policy of a kind, patience and least saving as in the manual. */
struct policy planning_policy(enum policy_kind kind);

/*
 * A job of 1 to 8 GPUs, most of few; of 10 minutes to 12 hours, most of one or two;
 * with a slack of 2 to 92 hours from `now`.
 */
struct plan_job planning_job(uint64_t *seed, int64_t id, instant now);

/* plan_run() of jobs and their reservations in arrays. */
void planning_run(struct plan *plan, const struct plan_job *jobs,
                  struct reservation *reservations, size_t count, instant now);

/* The slots of a plan, and what runs in a pool of it from the start. */
struct planning_view {
    instant begins; /* of slot 0 */
    duration slot;
    size_t slots;
    int32_t pool;
    struct resources capacity;
};

/*
 * What is free of the pool in each slot, counted from the jobs' starts and run times
 * alone.
 */
void planning_count_free(const struct planning_view *view, const struct plan_job *jobs,
                         const struct reservation *reservations, size_t count,
                         struct resources *free);

/* Whether that is never below 0. */
bool planning_has_room(const struct planning_view *view, const struct plan_job *jobs,
                       const struct reservation *reservations, size_t count);

#endif

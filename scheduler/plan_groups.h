/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_GROUPS_H
#define SCHEDULER_PLAN_GROUPS_H

#include "scheduler/plan_bound.h"
#include "scheduler/plan_internal.h"

/*
 * The jobs of a plan that are on time, in groups of those that differ in nothing but
 * how much of a pool they want, for scheduler/plan_bound.h: a million jobs are some
 * hundred thousand groups of some hundred kinds, and what is cheapest for one unit, a
 * GPU or a CPU, is so for all units of a group.
 */

struct plan_kind {
    uint64_t pools; /* that it may run in */
    int64_t power;  /* W per GPU, 0: the pool's */
    int32_t length; /* in slots */
    uint8_t class;
    bool has_gpus; /* its units are GPUs; else CPUs */
    bool is_green; /* its cost counts */
};

struct plan_group {
    int32_t first; /* the first slot to start in, and the last */
    int32_t last;
    double units;
};

/* All groups of one kind. */
struct plan_bundle {
    struct plan_kind kind;
    int32_t first; /* of all its groups */
    int32_t last;
    size_t begin; /* in groups[], ascending by `last` */
    size_t end;
};

/* Jobs that may run in pieces: at least `length` slots of [first, ends). */
struct plan_span {
    struct plan_kind kind;
    int32_t first;
    int32_t ends;
    double units;
};

struct plan_groups {
    struct plan_bundle *bundles;
    size_t bundle_count;
    struct plan_group *groups;
    size_t group_count;
    struct plan_span *spans;
    size_t span_count;
    size_t green; /* jobs whose cost counts */
    burden cost;  /* of them, as planned */
};

void plan_groups_init(struct plan_groups *groups, const struct plan_made *made);
void plan_groups_release(struct plan_groups *groups);

#endif

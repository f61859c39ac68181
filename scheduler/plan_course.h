/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_COURSE_H
#define SCHEDULER_PLAN_COURSE_H

#include "scheduler/plan_internal.h"
#include "scheduler/plan_split.h"

/*
 * The course of a job in pieces, in slots of one pool: the inside of plan_split.h.
 */

struct plan_run_slots {
    int32_t begins;
    int32_t ends; /* of the work: the grace follows, unless it is the last */
};

struct plan_course {
    struct plan_run_slots runs[PLAN_PIECES_MAX];
    size_t count;
};

/* What there is to know for it; filled in by plan_course_frame(). */
struct plan_frame {
    const struct plan *plan;
    const struct plan_split *split;
    const struct plan_wish *wish;
    struct plan_search search;
    const struct plan_zone *zone;
    const bool *green; /* these slots cost nothing, the others all the same; or NULL */
    int32_t pool;
    int32_t ends;     /* the work is done before this slot */
    int32_t grace;    /* slots */
    int64_t patience; /* for each slot waited */
};

struct plan_frame plan_course_frame(const struct plan *plan,
                                    const struct plan_split *split,
                                    const struct plan_wish *wish, int32_t pool,
                                    enum plan_stage stage);

/* The cheapest course; -1: there is none on time, or none of so few pieces. */
int plan_course_find(const struct plan_frame *frame, struct plan_course *course);

/* Work that is done in a course beyond what is wanted, in seconds; below 0: missing. */
duration plan_course_surplus(const struct plan_frame *frame,
                             const struct plan_course *course);

/* Cut off what is too much, where it is dearest. */
void plan_course_trim(const struct plan_frame *frame, struct plan_course *course);

/* The cost of some slots, and of a course. */
int64_t plan_course_area(const struct plan_frame *frame, int32_t begins,
                         int32_t length);
int64_t plan_course_cost(const struct plan_frame *frame,
                         const struct plan_course *course);

/* The cost of the pieces as they are; BURDEN_MAX: of none, or without forecast. */
burden plan_split_cost(const struct plan *plan, const struct plan_split *split,
                       instant now);

#endif

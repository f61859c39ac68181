/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_BOUND_H
#define SCHEDULER_BOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The least that jobs could cost, whoever plans them and whatever is known: a lower
 * bound for all plans that start each job in its window and never take more than there
 * is.
 *
 * The capacity of each slot is priced, see scheduler/ascent.h. In double: it is a
 * report.
 */

struct bound_job {
    int32_t first; /* slot to start in, at the earliest */
    int32_t last;  /* ... and at the latest */
    int32_t length;
    int32_t gpus;
    int32_t power; /* W per GPU */
};

struct bound {
    const double *levels; /* by slot: what a watt costs in it */
    size_t slots;         /* all jobs end by then */
    const struct bound_job *jobs;
    size_t count;
    int64_t capacity; /* GPUs; INT64_MAX: as many as are wanted */
    bool preemptive;  /* jobs may run in any slots from `first` to `last` + `length` */
    double upper;     /* the cost of a plan that keeps to all this */
    int steps;
};

#define BOUND_STEPS 1000 /* enough for some hundredths of a per cent, as measured */

/*
 * The bound, in the unit of levels times watts times slots. With capacity for all it is
 * exact.
 */
double bound_find(const struct bound *bound);

#endif

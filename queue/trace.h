/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_TRACE_H
#define QUEUE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * A trace: jobs that came in the past, to try policies on. Times are seconds since the
 * trace began, until its owner moves it to where it wants it.
 */

#define TRACE_NOT_SET  ((int64_t)-1)
#define TRACE_JOBS_MAX ((size_t)2000000)
#define TRACE_FAULTS   20

struct trace_job {
    instant arrives;
    duration length;   /* how long it runs */
    duration estimate; /* how long it is expected to run */
    duration max_wait; /* TRACE_NOT_SET; so for the next */
    instant deadline;
    int32_t gpus;
    int32_t power; /* W per GPU; 0: not said */
    int32_t priority;
    bool interruptible;
    int32_t line; /* of the table; 0: of none */
};

struct trace {
    struct trace_job *jobs; /* by arrival; of equal ones as they came */
    size_t count;
    size_t room;
    bool has_interruptible; /* it says which jobs are */
};

#define TRACE_EMPTY ((struct trace){NULL, 0, 0, false})

void trace_release(struct trace *trace);

/* The same jobs once more; the caller's to release. */
struct trace trace_copy(const struct trace *trace);

/* What is wrong with a table. */
struct trace_fault {
    int32_t line; /* from 1; 0: the table as a whole */
    char text[160];
};

struct trace_faults {
    struct trace_fault items[TRACE_FAULTS];
    size_t count; /* may be above TRACE_FAULTS: then the rest was only counted */
};

/*
 * Parse a table: a header that names the columns, then a row for each job, fields
 * between commas. `arrival_time`, `length` and `cpus` (or `gpus`) must be there;
 * `estimate`, `deadline` (a time like the arrival), `max_wait`, `power`, `priority` and
 * `interruptible` (yes or no) may. An empty field of those is not set. Other columns
 * are not looked at. Times are decimal fractions of `unit`, a second or an hour, cut to
 * whole seconds. All faults are found; with any of them -1, and the trace is empty.
 * Pure.
 */
int trace_parse(const char *bytes, size_t size, duration unit, struct trace *trace,
                struct trace_faults *faults);

/*
 * Keep the jobs that arrive in [from, from + span), and count their times from `from`.
 */
void trace_keep(struct trace *trace, instant from, duration span);

/* Let no job have more GPUs than this. */
void trace_cap(struct trace *trace, int32_t gpus);

/*
 * Cut arrivals and lengths to whole slots, a length to one at least, and estimates
 * that are as long as the job likewise; others are rounded up.
 */
void trace_cut(struct trace *trace, duration slot);

/* Add a length of time to all arrivals and deadlines. */
void trace_move(struct trace *trace, duration by);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_REPLAY_H
#define SCHEDULER_REPLAY_H

#include "queue/trace.h"
#include "scheduler/engine.h"

/*
 * The past once more: the daemon's own engine and planner under a virtual clock, with
 * the jobs of a trace, forecasts as they would have been, and machines that do nothing
 * but take their time. The same input gives the same course.
 */

/* The zone that its pool stands in. */
#define REPLAY_ZONE "replay"

struct replay {
    struct engine_settings settings;
    struct policy policy;      /* of all jobs */
    struct pool pool;          /* its zone is REPLAY_ZONE */
    const struct trace *trace; /* in UTC; each job fits the pool and says its power */
    const struct trace *past;  /* of the week before, likewise: the load that was; NULL:
                                  nothing is known of it */
    bool pauses;               /* interruptible jobs may be paused */

    /* The forecast at the full hour `now`, given away; NULL: there is none. */
    struct forecast *(*ask)(void *context, instant now);
    /* A job has run over [begins, ends): once, or in pieces if it was paused. */
    void (*on_run)(void *context, size_t job, instant begins, instant ends);
    /* So many jobs have ended; now and then. May be NULL. */
    void (*on_progress)(void *context, size_t ended);
    void *context; /* for the three */
};

/*
 * Let it happen, from the hour of the first arrival until all jobs have ended.
 * ERROR_INVALID if the engine refuses a job; the text names its line.
 */
int replay_run(const struct replay *replay, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_POLICY_H
#define SCHEDULER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "grid/series.h"

/*
 * What a queue of the config allows: how its jobs wait for green power.
 */

enum policy_kind {
    POLICY_IMMEDIATE, /* as soon as there is room */
    POLICY_THRESHOLD, /* in the first slot that is green enough, else at its latest
                         start */
    POLICY_CLEANEST,  /* in the cheapest feasible window before its latest start */
    POLICY_KINDS
};

const char *policy_kind_name(enum policy_kind kind);
int policy_kind_parse(const char *name, enum policy_kind *kind, struct error *err);

#define POLICY_NAME_MAX 32
#define POLICY_NOT_SET  ((int64_t)-1)
/* Eight names of 32 bytes and what stands between them. */
#define POLICY_GROUPS_SIZE 264

struct policy {
    char name[POLICY_NAME_MAX + 1];
    enum policy_kind kind;
    duration time;       /* expected run time when nothing else is known */
    duration time_limit; /* 0: twice the expected time */
    duration max_wait;   /* POLICY_NOT_SET: none */
    int64_t memory;      /* MiB per job that does not say; POLICY_NOT_SET: a share */
    int32_t scaling;     /* per cent, of elastic jobs that do not say */
    intensity max_intensity;  /* THRESHOLD: this or below; POLICY_NOT_SET */
    int64_t below_percentile; /* THRESHOLD: 0..100 of the next 24 h; POLICY_NOT_SET */
    share min_renewable;      /* THRESHOLD: this or above; POLICY_NOT_SET */
    int64_t min_saving_ppm;   /* CLEANEST: do not wait for less */
    int64_t patience_ppm;     /* CLEANEST: saving that one hour of waiting must bring */
    bool allow_now;           /* users may ask for --now */
    duration interruptible_after;    /* shorter jobs are never paused */
    duration restart_cost;           /* run time lost by a pause and a restart */
    int64_t max_jobs_per_user;       /* open at a time; POLICY_NOT_SET: no limit */
    int64_t max_gpus_per_user;       /* held at a time; POLICY_NOT_SET: no limit */
    int32_t idle_below;              /* per cent of a GPU's time: below it is idle */
    duration idle_after;             /* before it is reported; POLICY_NOT_SET: never */
    bool stops_idle;                 /* and ended */
    char groups[POLICY_GROUPS_SIZE]; /* "a,b": who may use it; "": everybody */
};

/*
 * For each of `count` slots, whether a THRESHOLD policy may start a job in it: all of
 * the conditions that are set hold. A slot is below the percentile if its level is at
 * most the p-th percentile (nearest rank) of the levels of the `day` slots from it on,
 * or of the last `day` slots when there are fewer: levels repeat their last day.
 * `renewable` may be NULL: then min_renewable holds nowhere.
 */
void policy_mark_green(const struct policy *policy, const intensity *levels,
                       const share *renewable, size_t count, size_t day, bool *green);

#endif

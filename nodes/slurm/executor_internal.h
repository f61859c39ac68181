/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_EXECUTOR_INTERNAL_H
#define NODES_SLURM_EXECUTOR_INTERNAL_H

#include "nodes/slurm/executor.h"

/* What the files of the executor share; nobody else includes this. */

/* A job that Slurm has, or had. */
struct slurm_item {
    struct slurm_identity identity;
    int32_t attempt;   /* the one that is under way; 0: none */
    int32_t restarts;  /* by Slurm, when the attempt began */
    int64_t record_id; /* by the last listing that had it */
    int misses;        /* listings in a row that did not have it */
    instant waited_at; /* real; the last listing that had it, if it waited there */
    bool released;     /* it was ordered to start */
    bool told_started;
    bool is_adopted; /* and was not seen to run since */
    bool wants_stop;
    bool is_slurms; /* it was requeued there by somebody else: its begin time, too */
    bool pausing;
    instant pause_until; /* then it has had its grace */
    instant defer_to;    /* real; 0: its begin time is as we want it */
    bool hastens;        /* that is only ever to be earlier */
    instant ordered;     /* the last defer_to */
    struct slurm_executor *executor;
};

/* So many misses in a row, and slurmctld no longer knows it. */
#define SLURM_MISSES_MAX 2

struct slurm_executor {
    struct executor port; /* first, so that a pointer to it is one to the whole */
    const struct clock *clock;
    struct slurm_orders *orders;
    struct slurm_paper *paper; /* NULL: this is no dry run */
    executor_on_report *on_report;
    void *context;
    slurm_on_missing *on_missing; /* NULL: nobody */
    void *missing_context;
    void *by_job;  /* trees of search.h, of struct slurm_item */
    void *by_unit; /* the last to be known by an id comes first */
    char trouble[320];

    /* While a listing is looked at. */
    const struct slurm_units *units;
    struct slurm_item **gone;
    size_t gone_count;
    size_t gone_room;
    const struct slurm_job **arrays; /* their own records, by id */
    size_t array_count;

    /* Units that were added to the last listing, and what they borrow. */
    struct slurm_unit *absent;
    struct slurm_job **absent_records;
    size_t absent_count;
    size_t absent_room[2];
};

void slurm_executor_ask(struct slurm_executor *executor, const struct slurm_item *item,
                        enum slurm_verb verb, instant begin, int number);

/* NULL: none is known. */
struct slurm_item *slurm_executor_item(const struct slurm_executor *executor,
                                       int64_t job_id);

/* Free what slurm_executor_see_absent() has made. */
void slurm_executor_release_absent(struct slurm_executor *executor);

/* Forget it. */
void slurm_executor_remove(struct slurm_executor *executor, struct slurm_item *item);

#endif

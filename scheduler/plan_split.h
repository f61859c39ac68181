/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_SPLIT_H
#define SCHEDULER_PLAN_SPLIT_H

#include "scheduler/plan_batch.h"

/*
 * Jobs that may be interrupted: they run in pieces, each in clean hours, with a restart
 * to pay before each but the first. All pieces are reserved, as the one of another job
 * is; so a job that is paused on time ends on time.
 */

/* A plan of more pieces is not made: the job then runs in one. */
#define PLAN_PIECES_MAX 24

struct plan_piece {
    instant start;
    instant ends; /* on a slot boundary. Of all but the last: the grace is part of it */
};

struct plan_pieces {
    struct plan_piece list[PLAN_PIECES_MAX]; /* ascending, apart */
    size_t count;                            /* 0: no start is planned */
    int32_t pool;                            /* of all of them; -1: none */
    enum plan_reason reason;
};

#define PLAN_PIECES_NONE                                                               \
    ((struct plan_pieces){.pool = -1, .reason = PLAN_BEYOND_HORIZON})

/* Such a job, and its pieces: as they are before and as they shall be after. */
struct plan_split {
    struct plan_job job; /* `time` is what is left, with the restart of a paused one;
                            `latest` is when it must go on to end in one piece */
    duration restart;    /* what a resume takes of a piece */
    duration grace;      /* for how long it may go on after it was told to pause */
    int32_t runs_in;     /* the pool; -1: it waits. The first piece of one that runs
                            begins now, unless it is to pause now */
    bool goes_on;        /* it runs, and does not pause now */
    struct plan_pieces pieces;
};

/* The slots that the grace takes, as time. */
duration plan_split_grace(const struct plan *plan, duration grace);

/*
 * Find and hold the cheapest pieces of a job on time, in one pool, or its one piece if
 * more would not save the policy's min_saving. The job holds nothing before; what it
 * has in `pieces` is kept if that is valid, and no more than the hysteresis dearer.
 *
 * The pieces are those of the dynamic programme of two states, to run and to rest, in
 * which a second of useful work is worth a price; the price is found by bisection, so
 * that the work is done (the Lagrangian of that constraint), and what is too much is
 * cut off where it is dearest. Cost: intensity over all that is held, patience for each
 * slot waited before the end. Under a THRESHOLD policy a slot costs nothing if it is
 * green, and all others the same.
 */
void plan_split_place(struct plan *plan, struct plan_split *split, instant now);

/* Take what the pieces hold, or give it back. */
void plan_split_hold(struct plan *plan, const struct plan_split *split, instant now);
void plan_split_withdraw(struct plan *plan, const struct plan_split *split,
                         instant now);

/*
 * plan_run(), whose batch is replaced, with jobs that may run in pieces, which are
 * placed before the others, least flexible first. `plan` holds the pieces of those that
 * run, and no others; on return those of the others are the new ones, but what runs
 * still holds what it held: it is for the caller to exchange that. Jobs that were on
 * time stay so, whether they run in pieces or not.
 */
void plan_run_split(struct plan *plan, struct plan_split *splits, size_t split_count,
                    struct plan_batch **batch, instant now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_DEFERRAL_H
#define NODES_SLURM_DEFERRAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "nodes/slurm/lease.h"
#include "nodes/slurm/mark.h"
#include "nodes/slurm/wish.h"

/*
 * Whether a job that is being submitted to Slurm waits for clean power, and until when
 * at most. A job that does enters Slurm with its latest start as its begin time: the
 * daemon only ever moves that earlier, so that the job starts if all else fails.
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

/* A wait below this is not worth a mark. */
#define DEFERRAL_SLACK_MIN MINUTE

struct deferral_job {
    instant now;
    instant begin;         /* the user's --begin; 0: none */
    instant deadline;      /* the user's --deadline; 0: none */
    duration limit;        /* how long it takes at most, see rounds.h; 0: not known */
    const char *partition; /* may be "a,b"; NULL: the default one */
    const char *qos;       /* NULL: not named, so for the next */
    const char *account;
    bool is_held;
    bool is_interactive; /* somebody sits and waits for it */
    bool is_bound;       /* to a moment of its own: a reservation's, or at once */
    bool is_part;        /* of a heterogeneous job, whose parts start together */
    bool interruptible;  /* its user asks for that, and Slurm may requeue it */
};

enum deferral_reason {
    DEFERRAL_DEFERRED,  /* it waits, until `latest` at most */
    DEFERRAL_STALE,     /* from here on it is untouched: the lease is not fresh */
    DEFERRAL_NO_ROW,    /* no row of the lease is for it */
    DEFERRAL_NOT_ASKED, /* its user did not, which its row wants, or it is interactive
                         */
    DEFERRAL_REFUSED,   /* its user said off */
    DEFERRAL_HELD,      /* somebody holds it: his to release */
    DEFERRAL_BOUND,     /* it has a moment of its own */
    DEFERRAL_PART, /* it has a deadline, but the other parts' limits are not known */
    DEFERRAL_NO_LIMIT, /* it has a deadline, but no time limit to count back by */
    DEFERRAL_PAST,     /* it has a deadline that is past */
    DEFERRAL_NO_SLACK, /* it has to start at once, or nearly so, to end by its deadline
                        */
    DEFERRAL_NO_WAIT,  /* its user, or its row, lets it wait too short to matter */
    DEFERRAL_REASONS
};

const char *deferral_reason_name(enum deferral_reason reason); /* "no slack", ... */

struct deferral {
    enum deferral_reason reason;
    instant latest;   /* of a deferred job; so for the next */
    struct mark mark; /* with `latest` in it */
    instant end;      /* the earlier deadline, where that is why it is not; else 0 */
    duration margin;  /* that was counted with then */
};

/*
 * The latest start is the earliest of these: what it waits at most after now and its
 * own begin, and either deadline less its time limit and the margin: the largest of its
 * partitions, or the lease's where not each of them has a row. It waits
 * for as long as its user says, else until the carbon deadline allows if there is one,
 * else for its row's default; never longer than its row's maximum. A job that may start
 * in several partitions waits only if each of them has a row, by the strictest of
 * these.
 */
struct deferral deferral_decide(const struct lease *lease,
                                const struct deferral_job *job,
                                const struct wish *wish);

/*
 * The line for the user of a deferred job, without an end of line: `until` is its
 * latest start, `end` its carbon deadline, "" for none, both as that user writes times.
 * Returns `text`.
 */
#define DEFERRAL_MESSAGE_SIZE 200
char *deferral_message(const char *until, const char *end,
                       char text[DEFERRAL_MESSAGE_SIZE]);

/*
 * The same for one that is not deferred: why, with `end` as its `end`. "" if its user
 * did not ask for anything, and while the lease is stale: then nobody is at work.
 */
char *deferral_refusal(const struct deferral *deferral, const struct lease *lease,
                       const struct deferral_job *job, const struct wish *wish,
                       const char *end, char text[DEFERRAL_MESSAGE_SIZE]);

#endif

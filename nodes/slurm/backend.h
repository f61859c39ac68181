/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_BACKEND_H
#define NODES_SLURM_BACKEND_H

#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/slurm/record.h"

/*
 * A door to slurmctld: its own commands as child processes, or slurmrestd. An
 * implementation embeds this as its first member.
 *
 * Each question and each order is answered by exactly one call of its callback, on the
 * loop and never from within the call that asked, unless the backend is closed first.
 * A time-out is ERROR_UNAVAILABLE; what was ordered may then have happened all the
 * same: whoever ordered looks at the next listing.
 */
struct slurm_backend;

/* `listing` is borrowed; NULL with `failure`. */
typedef void slurm_on_jobs(const struct slurm_listing *listing,
                           const struct error *failure, void *context);
/* Whoever wants to keep what is in `nodes` takes it, and leaves an empty one. */
typedef void slurm_on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                            void *context);
/* `failure` NULL: slurmctld has done it. ERROR_MISSING: it knows no such job. */
typedef void slurm_on_done(const struct error *failure, void *context);

/* "": there is none; NULL with `failure`. */
typedef void slurm_on_default(const char *name, const struct error *failure,
                              void *context);

enum slurm_verb {
    SLURM_RELEASE, /* eligible now, and its age counts from its submission's rules on */
    SLURM_DEFER,   /* eligible from `begin` on */
    SLURM_REQUEUE, /* what runs is ended, and waits again; what has ended, or waits, is
                      left alone, and all went well */
    SLURM_REQUEUE_ENDED, /* what has ended waits again */
    SLURM_CANCEL,
    SLURM_SIGNAL, /* to the batch script and its steps */
    SLURM_VERBS
};

struct slurm_order {
    enum slurm_verb verb;
    const char *target; /* "12", "12_3", "12_[1-3,7]", a heterogeneous job's "12" for
                           all of its parts, or several, "12,13_1"; at most
                           SLURM_TARGET_MAX bytes */
    instant begin;      /* of DEFER, in real time */
    int signal;         /* of SIGNAL */
};

#define SLURM_TARGET_MAX 4096

struct slurm_backend {
    size_t targets_max; /* how many targets one order may name */
    void (*list_jobs)(struct slurm_backend *backend, slurm_on_jobs *on_jobs,
                      void *context);
    void (*list_nodes)(struct slurm_backend *backend, slurm_on_nodes *on_nodes,
                       void *context);
    /* What accounting has of jobs that slurmctld may know no longer, by the `target` of
     * an order: see slurm_accounting_find(). */
    void (*list_ended)(struct slurm_backend *backend, const char *target,
                       slurm_on_jobs *on_jobs, void *context);
    void (*order)(struct slurm_backend *backend, const struct slurm_order *order,
                  slurm_on_done *on_done, void *context);
    /* Give up what is under way without calling back. The memory goes with the last
     * close callback: run the loop until then. */
    void (*close)(struct slurm_backend *backend);
};

#endif

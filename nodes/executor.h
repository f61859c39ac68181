/* SPDX-License-Identifier: MIT */
#ifndef NODES_EXECUTOR_H
#define NODES_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/power.h"

/*
 * Where jobs run: as processes on this machine, or handed to Slurm.
 *
 * The engine orders attempts; an executor carries them out and reports how they fare.
 * An attempt is known by (job id, attempt number): an order for one that was already
 * given is a bug, a report of one is given once per outcome. An implementation embeds
 * this as its first member.
 */
struct executor;

/* All that an attempt needs. Borrowed during the call. */
struct executor_order {
    int64_t job_id;
    int32_t attempt;
    uint32_t uid;
    const char *user;
    const char *name;
    const char *arguments; /* NUL-terminated strings, one after the other */
    size_t arguments_size;
    const char *script; /* NULL: arguments is the command */
    size_t script_size;
    const char *environment; /* NUL-terminated "K=V" strings */
    size_t environment_size;
    const char *directory;
    const char *output; /* with %j %a %x expanded; relative to directory */
    const char *error;  /* NULL: the same as output */
    const char *pool;
    const char *reference; /* of a delegated pool: how its scheduler knows the job */
    uint64_t gpu_mask;     /* which GPUs of the machine */
    int32_t gpus;
    int64_t array_id; /* 0: none */
    int32_t array_index;
    int32_t restarts; /* earlier attempts whose command ran */
    duration time_limit;
    duration grace;
    int32_t signal; /* that tells it to pause */
    int32_t cpus;
    int64_t memory; /* MiB */
};

/* How an attempt is to be paused; the signal and the grace are the order's. */
struct executor_pause {
    int32_t signal;
    duration grace;
    instant latest_resume; /* INSTANT_MAX: none; in a delegated pool its own scheduler
                              starts it again then, whatever becomes of us */
};

enum executor_outcome {
    EXECUTOR_STARTED, /* the command runs */
    EXECUTOR_ENDED,   /* it ended: see status, signal, timed_out */
    EXECUTOR_LOST,    /* its runner or machine is gone; what ran has been killed */
    EXECUTOR_NOT_RUN, /* the attempt never ran and never will; see text */
    EXECUTOR_DROPPED, /* it is none of ours any more, whatever becomes of it; see text
                       */
    EXECUTOR_REFUSED, /* the command, directory or a file could not be had; see text */
};

struct executor_report {
    int64_t job_id;
    int32_t attempt;
    enum executor_outcome outcome;
    instant at;      /* when it happened */
    instant started; /* of ENDED and LOST, when known; else 0 */
    int32_t status;
    int32_t signal;
    duration
        ran; /* of ENDED: for how long, by a clock that nobody sets; 0: not known */
    bool timed_out;
    bool requeued;    /* of LOST: nothing broke, it was put back to wait */
    bool unavailable; /* of NOT_RUN: for want of what starts jobs, whichever they are */
    bool out_of_memory; /* the kernel killed it, or part of it, for that */
    int64_t cpu_ms;     /* that all its processes took; 0: not known */
    struct energy_reading energy;
    char text[160];
};

/*
 * Called on the loop, never from within start, stop or adopt, once per outcome; for one
 * attempt STARTED first (it may be left out), then at most one of the others.
 */
typedef void executor_on_report(const struct executor_report *report, void *context);

struct executor {
    /* Begin to carry out an order. 0: a report will follow. -1: nothing was begun. */
    int (*start)(struct executor *executor, const struct executor_order *order,
                 struct error *err);

    /*
     * Stop the attempt: SIGTERM, then after its grace SIGKILL. Its end is reported as
     * usual. Nothing happens if it has ended. In a delegated pool a job that was
     * cancelled before it was started is stopped, too: its own scheduler is to forget
     * it, and nothing is reported.
     */
    void (*stop)(struct executor *executor, int64_t job_id, int32_t attempt);

    /*
     * Pause the attempt: its signal, then after its grace SIGKILL. Its end is reported
     * as usual: with status 0 it has done its work, else it is to be started again.
     * Nothing happens if it has ended or is being stopped.
     */
    void (*pause)(struct executor *executor, int64_t job_id, int32_t attempt,
                  const struct executor_pause *how);

    /*
     * After a restart: find out what became of an attempt that was ordered, and report
     * it, now or when it ends. An attempt that had not begun will never begin after
     * this.
     */
    void (*adopt)(struct executor *executor, int64_t job_id, int32_t attempt);

    /* Forget what is kept of an attempt whose end has been stored. */
    void (*forget)(struct executor *executor, int64_t job_id, int32_t attempt);
};

#endif

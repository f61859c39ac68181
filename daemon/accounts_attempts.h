/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_ATTEMPTS_H
#define DAEMON_ACCOUNTS_ATTEMPTS_H

#include "daemon/accounts_grid.h"

/*
 * The attempts of jobs: when each ran, where, and what it took. For accounts*.c alone.
 *
 * An attempt is measured when what its job holds was: the GPUs of a job that has some,
 * else its CPUs. Then its energy is that, with its CPUs' as far as they were measured;
 * else what its job was expected to draw, and nothing of what was measured in part.
 */

struct accounts_attempt {
    int64_t job_id;
    int32_t number;
    size_t pool;  /* in the question; SIZE_MAX: none of them */
    int32_t gpus; /* that it had; 0: as many as its job */
    instant begins;
    instant ends;       /* 0: it has not ended */
    bool paused;        /* that is how it ended */
    int64_t gpu_joules; /* at the machine, without PUE; JOB_ENERGY_UNKNOWN */
    int64_t cpu_joules;
    int64_t idle_joules;
};

struct accounts_attempts {
    struct accounts_attempt *items; /* by job and number */
    size_t count;
    size_t room;
    size_t pool; /* of the attempt that is being started, as events are added */
    int32_t gpus;
};

#define ACCOUNTS_ATTEMPTS_EMPTY ((struct accounts_attempts){NULL, 0, 0, SIZE_MAX, 0})

/* Events in the order in which they happened; jobs in the order of their ids. */
void accounts_attempts_add_event(struct accounts_attempts *attempts,
                                 const struct accounts_question *question,
                                 const struct job_event *event);

/* An attempt that is known to be the only one of its job. */
void accounts_attempts_add_only(struct accounts_attempts *attempts,
                                const struct job *job, size_t pool);

/* Put them in their order, after all were added. */
void accounts_attempts_sort(struct accounts_attempts *attempts);

/* What was measured of one of them; of one that is not known it is left out. */
void accounts_attempts_measure(struct accounts_attempts *attempts,
                               const struct job_energy *energy);

/* Those of a job. */
struct accounts_attempt *
accounts_attempts_find(const struct accounts_attempts *attempts, int64_t job_id,
                       size_t *count);

void accounts_attempts_release(struct accounts_attempts *attempts);

/* What a job's attempts took together, with PUE. */
struct accounts_work {
    int64_t joules;
    int64_t idle_joules; /* of it, by GPUs that would have drawn that anyhow */
    int64_t gpu_joules;  /* without PUE, of the measured ones; so for the next */
    duration gpu_time;   /* seconds that they ran, times their GPUs */
    duration length;     /* of all */
    duration useful;     /* less what pauses lost */
    size_t count;
    size_t measured; /* of these */
};

/*
 * Sum up and book the attempts of one job that ran in this zone; `now` ends one that
 * runs.
 */
struct accounts_work accounts_attempts_book(const struct accounts_question *question,
                                            const struct job *job,
                                            const struct accounts_attempt *attempts,
                                            size_t count, struct accounts_grid *grid,
                                            struct accounts_booking *booking);

/* The same without the booking, wherever they ran. */
struct accounts_work accounts_attempts_sum(const struct accounts_question *question,
                                           const struct job *job,
                                           const struct accounts_attempt *attempts,
                                           size_t count);

#endif

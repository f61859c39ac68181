/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_LEARN_H
#define SCHEDULER_ENGINE_LEARN_H

#include "scheduler/engine.h"

/*
 * What is learnt from a user's earlier runs of the same name: they are known by the
 * GPUs that they had. Of an elastic job it is those on its least count, or else on its
 * most: most of its runs have either.
 */

/* A kind of job. */
struct learn_kind {
    const char *name; /* NULL: empty */
    int32_t gpus;
    duration time; /* below 0: not asked yet; so for the next */
    int64_t watts;
};

/* The kinds of one request, so that it asks the store once for each, not for each job.
 */
struct learn_memory {
    struct learn_kind kinds[1024]; /* at its hash */
};

/* What such a job takes on its least GPUs, 0: not known; what each of them draws, where
 * the job does not say. */
int engine_learn_time(const struct engine *engine, const char *name,
                      struct learn_memory *memory, const struct job *job,
                      duration *time, struct error *err);
int engine_learn_power(const struct engine *engine, const char *name,
                       struct learn_memory *memory, struct job *job, struct error *err);

#endif

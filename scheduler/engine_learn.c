/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_learn.h"

#include <string.h>

#include "base/text.h"
#include "scheduler/engine_internal.h"

#define UNASKED (-1)

static struct learn_kind *find(struct learn_memory *memory, const char *name,
                               int32_t gpus)
{
    const size_t count = sizeof(memory->kinds) / sizeof(*memory->kinds);
    struct learn_kind *kind =
        &memory->kinds[(text_hash(name, strlen(name)) + (uint64_t)gpus) % count];

    if (!kind->name || strcmp(kind->name, name) != 0 || kind->gpus != gpus)
        *kind = (struct learn_kind){name, gpus, UNASKED, UNASKED};
    return kind;
}

static int ask_time(const struct engine *engine, struct learn_kind *kind, uint32_t uid,
                    duration *time, struct error *err)
{
    if (kind->time == UNASKED
        && store_median_time(engine->ports.reader, uid, kind->name, kind->gpus,
                             &kind->time, err)
               < 0)
        return -1;
    *time = kind->time;
    return 0;
}

int engine_learn_time(const struct engine *engine, const char *name,
                      struct learn_memory *memory, const struct job *job,
                      duration *time, struct error *err)
{
    if (ask_time(engine, find(memory, name, job->gpus), job->uid, time, err) < 0)
        return -1;
    if (*time > 0 || !job_is_elastic(job))
        return 0;
    if (ask_time(engine, find(memory, name, job->gpus_max), job->uid, time, err) < 0)
        return -1;
    if (*time > 0)
        *time = job_scale_time(*time, job->gpus_max, job->gpus, job->scaling);
    return 0;
}

static int ask_power(const struct engine *engine, struct learn_kind *kind, uint32_t uid,
                     int32_t *power, struct error *err)
{
    if (kind->watts == UNASKED
        && store_median_power(engine->ports.reader, uid, kind->name, kind->gpus,
                              &kind->watts, err)
               < 0)
        return -1;
    *power = (int32_t)kind->watts;
    return 0;
}

int engine_learn_power(const struct engine *engine, const char *name,
                       struct learn_memory *memory, struct job *job, struct error *err)
{
    if (job->power > 0 || job->gpus == 0)
        return 0;
    if (ask_power(engine, find(memory, name, job->gpus), job->uid, &job->power, err)
        < 0)
        return -1;
    if (job->power > 0 || !job_is_elastic(job))
        return 0;
    return ask_power(engine, find(memory, name, job->gpus_max), job->uid, &job->power,
                     err);
}

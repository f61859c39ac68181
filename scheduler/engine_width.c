/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_width.h"

struct resources engine_least(const struct job *job)
{
    struct resources least = engine_wanted(job);

    if (job_is_elastic(job))
        least.gpus = job->gpus_min;
    return least;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Whether all that waits has its place in the plan. */
static bool is_planned(const struct engine *engine)
{
    return !engine->task_is_out && !engine->adopting && engine->unplaced_count == 0;
}

bool engine_put_off(struct engine *engine, const struct engine_entry *entry,
                    instant now)
{
    if (!job_is_elastic(&entry->job) || is_planned(engine)
        || now >= engine_plan_job(engine, entry).latest
        || now - entry->reservation.start >= engine->settings.plan.slot)
        return false;
    engine->has_put_off = true;
    return true;
}

void engine_retry_put_off(struct engine *engine)
{
    if (!engine->has_put_off || !is_planned(engine))
        return;
    engine->has_put_off = false;
    for (size_t i = engine->stalled_count; i > 0; i--)
        if (job_is_elastic(&engine->stalled[i - 1]->job))
            engine_retry(engine, engine->stalled[i - 1]);
}

int32_t engine_find_width(const struct engine *engine, const struct engine_entry *entry,
                          instant now)
{
    const struct job *job = &entry->job;
    struct plan_wider wider = {job->gpus_max, job->scaling};
    struct plan_job planned;

    if (!job_is_elastic(job) || !is_planned(engine))
        return job->gpus;
    wider.most = lesser(wider.most,
                        pool_free(&engine->pools[entry->reservation.pool].pool).gpus);
    wider.most = lesser(wider.most, engine_spare_gpus(engine, entry));
    if (wider.most <= job->gpus)
        return job->gpus;
    planned = engine_plan_job(engine, entry);
    /* When all is in use nobody waits, but more GPUs must still win. */
    planned.now = job->now;
    return plan_find_width(engine->plan, &planned, &entry->reservation, &wider, now);
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>

#include "scheduler/engine_internal.h"

/* A pool as the planner is to see it. What a job asks for is checked against what the
 * pool has, not this: GPUs come back. */
struct pool engine_shape_pool(const struct engine *engine, size_t pool)
{
    struct pool shape = engine->pools[pool].pool;

    /* What others hold, and until when, the plan is told of by itself. */
    shape.others = (struct resources){0, 0, 0};
    shape.capacity = pool_usable(&shape);
    return shape;
}

void engine_fit_plan(struct engine *engine)
{
    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct pool shape = engine_shape_pool(engine, i);

        plan_set_pool(engine->plan, (int)i, engine->pools[i].zone, &shape);
    }
}

void engine_refit_pool(struct engine *engine, size_t pool)
{
    struct engine_pool *place = &engine->pools[pool];
    const struct pool shape = engine_shape_pool(engine, pool);
    instant now = engine_now(engine);
    int64_t before = place->usable_gpus;

    if (shape.delegated)
        return;

    if (shape.capacity.gpus == before)
        return;
    place->usable_gpus = shape.capacity.gpus;
    store_batch_add_capacity(engine->batch, shape.name, now, &shape.capacity);
    if (!engine->plan)
        return;
    engine_refresh_plan(engine);
    engine->plan_cause = ENGINE_CAUSE_CAPACITY;
    engine_fit_plan(engine);
    engine->has_room = engine->has_room || shape.capacity.gpus > before;
}

/*
 * No event says that a stop was asked for: should the daemon die before the end is
 * stored, the next one finds the GPU lost again, and a job that has ended meanwhile by
 * our signal is recorded as ended by it.
 */
void engine_stop_lost(struct engine *engine, const struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;

    if (entry->lost_gpus && job_is_active(&entry->job))
        executor->stop(executor, entry->job.id, entry->job.attempt);
}

void engine_blame_gpu(const struct engine *engine, const struct engine_entry *entry,
                      struct executor_report *report)
{
    int gpu = 0;

    if (!entry->lost_gpus || report->outcome != EXECUTOR_ENDED)
        return;
    while (!(entry->lost_gpus >> gpu & 1))
        gpu++;
    report->outcome = EXECUTOR_LOST;
    snprintf(report->text, sizeof(report->text), "GPU %d was lost",
             engine->pools[entry->pool].pool.first_gpu + gpu);
}

void engine_set_gpus(struct engine *engine, size_t pool, uint64_t foreign,
                     uint64_t lost)
{
    struct pool *shape;
    uint64_t fresh;

    assert(pool < engine->pool_count);
    shape = &engine->pools[pool].pool;
    if (shape->foreign_gpus == foreign && shape->lost_gpus == lost)
        return;
    fresh = lost & ~shape->lost_gpus;
    shape->foreign_gpus = foreign;
    shape->lost_gpus = lost;
    for (size_t i = 0; i < engine->active_count; i++) {
        struct engine_entry *entry = engine->active[i];

        if (entry->pool != (int32_t)pool || !(entry->job.gpu_mask & fresh))
            continue;
        entry->lost_gpus |= entry->job.gpu_mask & fresh;
        engine_stop_lost(engine, entry);
    }
    engine_refit_pool(engine, pool);
}

int64_t engine_find_holder(const struct engine *engine, size_t pool, int gpu)
{
    assert(gpu >= 0 && gpu < POOL_TRACKED_GPUS_MAX);
    for (size_t i = 0; i < engine->active_count; i++) {
        const struct engine_entry *entry = engine->active[i];

        if (entry->pool == (int32_t)pool && (entry->job.gpu_mask >> gpu & 1))
            return entry->job.id;
    }
    return 0;
}

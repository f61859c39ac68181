/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "scheduler/engine_internal.h"
#include "scheduler/engine_width.h"

static int find_pool(const struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->pool_count; i++)
        if (strcmp(engine->pools[i].pool.name, name) == 0)
            return (int)i;
    return -1;
}

/* The job may be running: its resources are its own until its executor says otherwise.
 */
static int take_back(struct engine *engine, struct engine_entry *entry,
                     const struct job_row *row, struct error *err)
{
    const struct resources wanted = engine_wanted(&row->job);
    instant now = engine_now(engine);
    duration time = row->job.state == JOB_PAUSING
                        ? row->job.grace
                        : job_time_left(&row->job, engine_restart_cost(engine, entry));
    instant begins =
        row->job.started && row->job.state != JOB_PAUSING ? row->job.started : now;
    instant expected = begins + time;
    int pool = find_pool(engine, row->pool);

    if (pool < 0)
        return error_set(err, ERROR_CONFLICT,
                         "job %lld runs in pool %s, which the config does not have",
                         (long long)row->job.id, row->pool);
    if (pool_take_again(&engine->pools[pool].pool, &wanted, row->job.gpu_mask, err) < 0)
        return -1;
    engine_activate(engine, entry, pool);
    entry->occupied_until = expected > now ? expected : now + MINUTE;
    return 0;
}

static int load_row(const struct job_row *row, void *context, struct error *err)
{
    struct engine *engine = context;
    const struct resources wanted = engine_least(&row->job);
    int class = engine_find_policy(engine, row->queue, NULL);
    struct engine_entry *entry = engine_entry_add(
        engine, &row->job, (uint8_t)(class < 0 ? (int)engine->policy_standard : class));

    /* What no pool can hold any more stays in the queue, for the config may grow again.
     */
    entry->delegated = row->reference != NULL;
    entry->pools = engine_match_pools(
        engine, &(struct engine_place){row->pools, row->zones, entry->delegated},
        &wanted, NULL);
    entry->told_late = row->job.late;
    entry->user_hash = engine_hash_user(row->user);
    if (row->job.state == JOB_PAUSED)
        engine_keep_share(engine, entry);
    return job_is_active(&row->job) ? take_back(engine, entry, row, err) : 0;
}

static void recall(const struct job *job, void *context)
{
    engine_recall(context, job);
}

static int load_after(struct engine *engine, struct engine_entry *entry,
                      struct error *err)
{
    struct job_spec spec = {0};
    struct job job;
    char pool[33];

    if (store_find_job(engine->ports.reader, entry->job.id, &job, &spec, pool, err) < 0)
        return -1;
    engine_link_after(engine, entry, spec.after, spec.after_count);
    job_spec_release(&spec);
    return 0;
}

/* Only when all is loaded: dependencies may point to later entries of the table. */
static int resume(struct engine *engine, struct engine_entry *entry, struct error *err)
{
    struct executor *executor;

    if (entry->pool < 0)
        return entry->job.after_pending ? load_after(engine, entry, err) : 0;
    executor = engine->pools[entry->pool].executor;
    executor->adopt(executor, entry->job.id, entry->job.attempt);
    if (entry->job.cancelling)
        executor->stop(executor, entry->job.id, entry->job.attempt);
    else if (entry->job.state == JOB_PAUSING)
        engine_pause_order(engine, entry);
    return 0;
}

int engine_load(struct engine *engine, int64_t last_id, struct error *err)
{
    instant now = engine_now(engine);

    assert(!engine->plan);
    if (engine->ports.reader
        && (engine_load_drained(engine, err) < 0
            || store_load_open(engine->ports.reader, load_row, engine, err) < 0
            || store_load_asked(engine->ports.reader, now - DEMAND_DAYS * DAY, recall,
                                engine, err)
                   < 0))
        return -1;
    if (last_id > engine->last_id)
        engine->last_id = last_id;
    for (size_t i = 0; i < engine->entry_count; i++)
        if (resume(engine, engine->entries[i], err) < 0)
            return -1;
    engine->plan = engine_build_plan(engine, now);
    /* Where the jobs go is for the first plan, which the forecasts known by then serve.
     */
    engine->wants_plan = engine->entry_count > 0;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/job_path.h"
#include "scheduler/engine_internal.h"
#include "scheduler/engine_width.h"

/* How often one step lets others have the room of jobs that a limit holds back. */
#define ROUNDS_MAX 4

void engine_activate(struct engine *engine, struct engine_entry *entry, int32_t pool)
{
    entry->pool = pool;
    engine->active = xgrow(engine->active, engine->active_count, &engine->active_room,
                           sizeof(struct engine_entry *));
    entry->active_index = engine->active_count;
    engine->active[engine->active_count++] = entry;
    engine_drop_share(engine, entry);
    engine_count_held(engine, entry, 1);
}

void engine_deactivate(struct engine *engine, struct engine_entry *entry, instant now)
{
    const struct resources taken = engine_wanted(&entry->job);
    struct engine_entry *last = engine->active[--engine->active_count];

    pool_give_back(&engine->pools[entry->pool].pool, &taken, entry->job.gpu_mask);
    engine_vacate(engine, entry, now);
    engine_drop_later(engine, entry);
    engine->active[entry->active_index] = last;
    last->active_index = entry->active_index;
    engine_count_held(engine, entry, -1);
    entry->lost_gpus = 0;
    engine_refit_pool(engine, (size_t)entry->pool);
    entry->pool = -1;
}

/*
 * A start that is some seconds late keeps the end of its reservation: an expected time
 * is no exact one, and the job that comes next is not to be pushed away by them. With
 * more GPUs than are reserved it ends sooner.
 */
static instant reserved_until(const struct engine *engine,
                              const struct engine_entry *entry, const struct job *after,
                              instant now)
{
    const struct reservation *reservation = &entry->reservation;
    bool is_wider = after->gpus != entry->job.gpus;
    instant ends = now + job_time_left(after, engine_restart_cost(engine, entry));

    if (reservation->start <= now
        && now - reservation->start < engine->settings.plan.slot
        && (!is_wider || ends > reservation->ends))
        return reservation->ends;
    return ends;
}

/* For people, and for whoever reads the job's events later. */
static void tell_width(struct job_event *event, const struct job *job, int64_t gpus)
{
    if (!job_is_elastic(job))
        return;
    event->status = (int32_t)gpus;
    snprintf(event->text, sizeof(event->text), "with %d of %d-%d GPUs", (int)gpus,
             (int)job->gpus_min, (int)job->gpus_max);
}

/* The pieces that follow; who is late, or early, for the first begins anew with all of
 * them. */
static struct plan_pieces *take_later(struct engine *engine, struct engine_entry *entry,
                                      instant now)
{
    struct plan_pieces *later;

    if (entry->later
        && (entry->reservation.start > now
            || now - entry->reservation.start >= engine->settings.plan.slot)) {
        engine_drop_later(engine, entry);
        engine->wants_plan = true;
    }
    later = entry->later;
    entry->later = NULL;
    return later;
}

/* Whether a job of the pool may have ended, and its end is on its way to the store:
 * then there will be room without another plan. */
static bool is_ending(const struct engine *engine, int32_t pool)
{
    for (size_t i = 0; i < engine->active_count; i++)
        if (engine->active[i]->pool == pool && engine->active[i]->in_flight)
            return true;
    return false;
}

/* Take what the job wants of a pool, whether there is room or not if that is for
 * another scheduler to find. */
static int take(struct engine *engine, const struct engine_entry *entry, int32_t at,
                const struct resources *wanted, uint64_t *gpus)
{
    struct pool *pool;

    *gpus = 0;
    if (at < 0)
        return -1;
    pool = &engine->pools[at].pool;
    if (pool->drained || pool->sleep != POOL_AWAKE)
        return -1;
    if (pool_take(pool, wanted, gpus, NULL) == 0)
        return 0;
    if (!engine_is_handed_over(entry)) {
        if (!engine->wants_plan && !is_ending(engine, at))
            engine->wants_plan = true;
        return -1;
    }
    engine->wants_plan = true;
    return pool_take_again(pool, wanted, 0, NULL);
}

/* Take the resources and record that the job is starting. -1: something is in the way.
 */
static int start(struct engine *engine, struct engine_entry *entry, instant now)
{
    struct resources wanted = engine_wanted(&entry->job);
    int32_t at = engine_is_handed_over(entry) ? engine_delegated_pool(engine, entry)
                                              : entry->reservation.pool;
    struct job after = entry->job;
    struct job_event event = {
        .job_id = after.id,
        .kind = JOB_EVENT_STARTING,
        .at = now,
        .actor = JOB_ACTOR_DAEMON,
        .attempt = after.attempt + 1,
    };
    struct plan_pieces *later;
    uint64_t gpus;
    instant ends;
    bool fits;

    if (entry->in_flight || engine_put_off(engine, entry, now))
        return -1;
    wanted.gpus = engine_find_width(engine, entry, now);
    if (take(engine, entry, at, &wanted, &gpus) < 0)
        return -1;
    event.value = (int64_t)gpus;
    tell_width(&event, &entry->job, wanted.gpus);
    fits = text_copy(event.pool, sizeof(event.pool), engine->pools[at].pool.name);
    assert(fits);
    (void)fits;
    if (engine_record(engine, &after, &event, NULL) < 0) {
        pool_give_back(&engine->pools[at].pool, &wanted, gpus);
        return -1;
    }
    ends = reserved_until(engine, entry, &after, now);
    later = take_later(engine, entry, now);
    engine_withdraw(engine, entry);
    /* Known already, so that whoever undoes the start gives back the right ones. */
    entry->job.gpus = after.gpus;
    entry->job.gpu_mask = gpus;
    engine_activate(engine, entry, at);
    entry->later = later;
    engine_note_later(engine, entry);
    engine_occupy(engine, entry, now, ends);
    plan_count_start(engine->plan, at, now, &wanted);
    engine_record_done(engine, entry, &after, JOB_EVENT_STARTING, NULL);
    return 0;
}

/* True if a limit held some back: then there is room for others. */
static bool start_some(struct engine *engine, instant now)
{
    struct engine_entry *entry;
    bool has_room = false;

    while ((entry = start_heap_top(&engine->heap)) && engine_due(entry) <= now) {
        enum engine_limit limit = ENGINE_LIMIT_NONE;

        engine_catch_up(engine, entry);
        if (entry->heap_index == HEAP_NONE || engine_due(entry) > now)
            continue;
        start_heap_remove(&engine->heap, entry);
        if (!entry->in_flight)
            limit = engine_find_limit(engine, entry);
        if (limit != ENGINE_LIMIT_NONE) {
            engine_limit(engine, entry, limit);
            has_room = true;
        } else if (start(engine, entry, now) < 0) {
            engine_stall(engine, entry);
        }
    }
    return has_room;
}

bool engine_start_due(struct engine *engine, instant now)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (!start_some(engine, now))
            return false;
        engine_fill_room(engine, now);
    }
    return true;
}

static void report_failure(struct engine *engine, const struct job *job,
                           const struct error *failure)
{
    struct executor_report report = {
        .job_id = job->id,
        .attempt = job->attempt,
        .outcome = EXECUTOR_NOT_RUN,
        .at = engine_now(engine),
    };

    if (!text_copy(report.text, sizeof(report.text), failure->text))
        memcpy(report.text, failure->text, sizeof(report.text) - 1);
    engine_report(&report, engine);
}

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    int32_t *restarts = context;

    (void)err;
    *restarts += event->kind == JOB_EVENT_STARTED;
    return 0;
}

/* Earlier attempts whose command ran. */
static int count_restarts(const struct engine *engine, const struct job *job,
                          int32_t *restarts, struct error *err)
{
    if (job->attempt < 2)
        return 0;
    return store_load_events(engine->ports.reader, job->id, on_event, restarts, err);
}

/* Hand a job whose start is stored to its executor. */
void engine_order(struct engine *engine, struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;
    const struct job *job = &entry->job;
    struct job_spec spec = {0};
    struct error failure = {.code = ERROR_NONE};
    struct job stored;
    char pool[33];
    char *output = NULL;
    char *error = NULL;
    int32_t restarts = 0;

    if (entry->begun) {
        entry->begun = false;
        executor->adopt(executor, job->id, job->attempt);
        return;
    }
    if (engine->ports.reader
        && (store_find_job(engine->ports.reader, job->id, &stored, &spec, pool,
                           &failure)
                < 0
            || count_restarts(engine, job, &restarts, &failure) < 0)) {
        job_spec_release(&spec);
        report_failure(engine, job, &failure);
        return;
    }
    output = spec.output ? job_path_format(spec.output, job, spec.name) : NULL;
    error = spec.error ? job_path_format(spec.error, job, spec.name) : NULL;
    const struct executor_order order = {
        .job_id = job->id,
        .attempt = job->attempt,
        .uid = job->uid,
        .user = spec.user,
        .name = spec.name,
        .arguments = spec.arguments,
        .arguments_size = spec.arguments_size,
        .script = spec.script,
        .script_size = spec.script_size,
        .environment = spec.environment,
        .environment_size = spec.environment_size,
        .directory = spec.directory,
        .output = output,
        .error = error,
        .pool = engine->pools[entry->pool].pool.name,
        .reference = spec.reference,
        .gpu_mask = job->gpu_mask << engine->pools[entry->pool].pool.first_gpu,
        .gpus = job->gpus,
        .array_id = job->array_id,
        .array_index = job->array_index,
        .restarts = restarts,
        .time_limit = job_limit_left(job, engine_restart_cost(engine, entry)),
        .grace = job->grace,
        .signal = job->signal,
        .cpus = job->cpus,
        .memory = job->memory,
    };
    if (executor->start(executor, &order, &failure) < 0)
        report_failure(engine, job, &failure);
    job_spec_release(&spec);
    free(output);
    free(error);
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

static void forget_attempt(struct engine *engine, const struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;

    executor->forget(executor, entry->job.id, entry->job.attempt);
}

/* The job waits again after an attempt: that one's resources are free. */
static void settle_waiting_again(struct engine *engine, struct engine_entry *entry,
                                 const struct change *change, instant now)
{
    forget_attempt(engine, entry);
    engine_deactivate(engine, entry, now);
    entry->job = change->after;
    if (change->kind == JOB_EVENT_START_FAILED) {
        /* What no job can help is not counted: none fails by it, however long it lasts.
         */
        bool blameless = change->has_errand && change->errand.report.unavailable;

        entry->not_before = now + (blameless ? 1 : entry->failed_starts) * MINUTE;
        entry->failed_starts += !blameless;
    }
    engine_place(engine, entry, now);
    engine->has_room = true;
}

/* `change` NULL: the jobs were submitted. */
static void tell(const struct engine *engine, const struct change *change,
                 const struct engine_entry *entry, size_t count)
{
    const struct pool *pool =
        entry->pool >= 0 ? &engine->pools[entry->pool].pool : NULL;
    bool is_reported =
        change && change->has_errand && change->errand.kind == ERRAND_REPORT;
    struct executor_report report = {.job_id = 0};
    const struct engine_event event = {
        .kind = change ? change->kind : JOB_EVENT_SUBMITTED,
        .job = change ? &change->after : &entry->job,
        .count = count,
        .pool = pool ? pool->name : "",
        .zone = pool ? pool->zone : "",
        .planned_start = entry->reservation.start,
        .report = is_reported ? &report : NULL,
    };

    if (change && is_reported) {
        report = change->errand.report;
        /* As it was stored. */
        if (change->after.cause == JOB_CAUSE_LOST)
            engine_blame_gpu(engine, entry, &report);
    }
    if (engine->ports.on_event)
        engine->ports.on_event(&event, engine->ports.context);
}

/* Whoever runs it is to know that it will not run. */
static void stop_elsewhere(const struct engine *engine,
                           const struct engine_entry *entry)
{
    for (size_t i = 0; i < engine->pool_count; i++) {
        struct executor *executor = engine->pools[i].executor;

        if (entry->pools >> i & 1)
            executor->stop(executor, entry->job.id, entry->job.attempt);
    }
}

static void settle_ended(struct engine *engine, struct engine_entry *entry,
                         const struct job *after, instant now)
{
    duration left = entry->pool >= 0 ? entry->occupied_until - now : 0;
    bool was_planned = entry->reservation.pool >= 0;
    /* What ends when it was to leaves no room that is not planned for already; what of
     * a slot is left is for who comes next, and is not worth a plan. */
    bool has_room = was_planned || left > 0;
    bool has_slot = was_planned || left >= engine->settings.plan.slot;

    if (entry->pool >= 0) {
        forget_attempt(engine, entry);
        engine_deactivate(engine, entry, now);
    } else if (entry->delegated) {
        stop_elsewhere(engine, entry);
    }
    engine_withdraw(engine, entry);
    engine_tell_dependents(engine, entry, after->state == JOB_DONE);
    engine_entry_remove(engine, entry);
    engine->retry_at = 0;
    engine->has_room = engine->has_room || has_room;
    engine->wants_plan = engine->wants_plan || (has_slot && engine->heap.count > 0);
}

static void settle_change(struct engine *engine, const struct change *change,
                          instant now)
{
    struct engine_entry *entry = engine_entry_find(engine, change->job_id);
    struct executor *executor;

    assert(entry && entry->in_flight);
    entry->in_flight = false;
    tell(engine, change, entry, 1);
    /* Its reservation is withdrawn by what the job was when it was made. */
    if (entry->pool < 0
        && (change->kind == JOB_EVENT_HELD || change->kind == JOB_EVENT_TIME_LIMIT_SET
            || change->kind == JOB_EVENT_DEADLINE_SET
            || change->kind == JOB_EVENT_MAX_WAIT_SET
            || change->kind == JOB_EVENT_NOW_SET
            || change->kind == JOB_EVENT_PRIORITY_SET))
        engine_withdraw(engine, entry);
    if (!job_is_open(&change->after)) {
        settle_ended(engine, entry, &change->after, now);
        return;
    }
    switch (change->kind) {
    case JOB_EVENT_PAUSED:
    case JOB_EVENT_BROKE:
        forget_attempt(engine, entry);
        engine_pause_settle(engine, entry, &change->after, now);
        return;
    case JOB_EVENT_START_FAILED:
    case JOB_EVENT_REQUEUED:
        settle_waiting_again(engine, entry, change, now);
        return;
    default:
        entry->job = change->after;
    }
    if (change->kind == JOB_EVENT_STARTED)
        entry->failed_starts = 0;
    if (change->kind == JOB_EVENT_NOW_SET)
        entry->not_before = 0;
    if (change->kind == JOB_EVENT_STARTING) {
        engine_order(engine, entry);
        engine_stop_lost(engine, entry);
    } else if (change->kind == JOB_EVENT_PAUSING) {
        engine_pause_order(engine, entry);
    } else if (change->kind == JOB_EVENT_CANCEL_ASKED) {
        executor = engine->pools[entry->pool].executor;
        executor->stop(executor, entry->job.id, entry->job.attempt);
    } else if (change->kind == JOB_EVENT_IDLE) {
        engine_stop_idle(engine, entry);
    } else if (entry->stalled) {
        engine_retry(engine, entry);
    } else if (entry->pool < 0 && entry->heap_index == HEAP_NONE
               && engine_is_waiting(entry)) {
        engine_place(engine, entry, now);
    }
}

/* Nothing of it was stored: all is as before, and what led to it is to be done again.
 */
static void unsettle_change(struct engine *engine, const struct change *change,
                            const struct error *failure, instant now)
{
    struct engine_entry *entry = engine_entry_find(engine, change->job_id);

    assert(entry && entry->in_flight);
    entry->in_flight = false;
    if (change->kind == JOB_EVENT_STARTING) {
        engine_deactivate(engine, entry, now);
        entry->job.gpu_mask = 0;
        entry->begun = false;
        if (job_is_elastic(&entry->job))
            entry->job.gpus = entry->job.gpus_min;
        if (engine_is_waiting(entry))
            engine_place(engine, entry, now);
    }
    if (change->kind == JOB_EVENT_PAUSING)
        engine_pause_undo(engine, entry);
    if (!change->has_errand)
        return;
    if (change->errand.kind == ERRAND_ACT)
        engine_answer_one(&change->errand.request, failure);
    else
        engine_add_errand(engine, &change->errand);
    if (change->errand.kind == ERRAND_USE)
        entry->use_errands++;
}

static void settle_submission(struct engine *engine,
                              const struct engine_request *request,
                              const struct error *failure)
{
    const struct engine_entry *first = engine_entry_find(engine, request->first_id);

    if (first && !failure)
        tell(engine, NULL, first, request->count);
    for (size_t i = 0; i < request->count; i++) {
        struct engine_entry *entry =
            engine_entry_find(engine, request->first_id + (int64_t)i);

        if (!entry)
            continue;
        entry->in_flight = false;
        if (!failure) {
            engine_retry(engine, entry);
            continue;
        }
        engine_withdraw(engine, entry);
        engine_entry_remove(engine, entry);
    }
}

void engine_settle(struct engine *engine, const struct error *failure)
{
    struct changes settled = engine->out;
    instant now = engine_now(engine);

    assert(engine->batch_is_out && engine->settled.submission_count == 0);
    engine->out = (struct changes){0};
    engine->batch_is_out = false;
    for (size_t i = 0; i < settled.submission_count; i++)
        settle_submission(engine, &settled.submissions[i], failure);
    for (size_t i = 0; i < settled.count; i++) {
        const struct change *change = &settled.items[i];

        if (failure) {
            unsettle_change(engine, change, failure, now);
            continue;
        }
        settle_change(engine, change, now);
        if (change->has_errand && change->errand.kind == ERRAND_ACT)
            engine_answer_one(&change->errand.request, NULL);
    }
    engine_settle_drains(engine, &settled, failure);
    engine_settle_waiting(&settled, failure);
    free(settled.items);
    settled.items = NULL;
    engine->settled = settled;
}

void engine_answer(struct engine *engine, const struct error *failure)
{
    struct changes settled = engine->settled;

    engine->settled = (struct changes){0};
    for (size_t i = 0; i < settled.submission_count; i++)
        engine_answer_one(&settled.submissions[i], failure);
    free(settled.submissions);
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "scheduler/engine_internal.h"

/*
 * Pausing jobs in dirty hours.
 *
 * Who runs in pieces pauses when one ends, and whoever a new plan lets pause. The
 * resume is reserved by then, and the job keeps it while it pauses: its `reservation`
 * is then of a job that is active, and every plan that is made meanwhile is made around
 * it. While one is being made nobody pauses: it would not know of the resume. One that
 * was begun before the job had paused does not know the job; until it is adopted
 * (`holds_resume`) the reservation stays where it is, or is withdrawn from both plans.
 * From then on the job is like any other that waits.
 */

/* Who has paused rests some slots at least. */
#define SLOTS_MIN 2

duration engine_restart_cost(const struct engine *engine,
                             const struct engine_entry *entry)
{
    return engine->policies[entry->class].restart_cost;
}

/* What of a run was work: a restart takes some of it. */
static duration work_of(const struct engine *engine, const struct engine_entry *entry,
                        const struct job *job, duration ran)
{
    duration work = ran - (job->ran > 0 ? engine_restart_cost(engine, entry) : 0);

    return work > 0 ? work : 0;
}

duration engine_progress(const struct engine *engine, const struct engine_entry *entry,
                         const struct job *job, const struct executor_report *report)
{
    /* What a lost attempt has not saved, nobody knows: it counts for nothing. */
    if (!job->started
        || (job->state == JOB_PAUSING && report->outcome == EXECUTOR_LOST))
        return 0;
    return work_of(engine, entry, job,
                   report->ran > 0 ? report->ran : report->at - job->started);
}

/*
 * Whether a job is of those that dirty hours may pause. One of an array that runs only
 * so many at once is not: its place would be taken, and it could not resume when it
 * must.
 */
bool engine_may_pause(const struct engine *engine, const struct engine_entry *entry)
{
    const struct job *job = &entry->job;
    const struct policy *policy = &engine->policies[entry->class];

    return job->interruptible && !job->now && !job->array_limit
           && policy->kind != POLICY_IMMEDIATE
           && job->time >= policy->interruptible_after;
}

bool engine_is_pausable(const struct engine *engine, const struct engine_entry *entry)
{
    return entry->job.state == JOB_RUNNING && !entry->job.cancelling
           && !engine_was_stopped_idle(entry) && !entry->lost_gpus
           && engine_may_pause(engine, entry);
}

/* What a job that runs would be, had it paused now; any other as it is. */
struct job engine_as_paused(const struct engine *engine,
                            const struct engine_entry *entry, instant now)
{
    struct job paused = entry->job;

    if (!job_is_active(&paused) || !paused.started)
        return paused;
    paused.ran += work_of(engine, entry, &paused, now - paused.started);
    paused.state = JOB_PAUSED;
    return paused;
}

/* When a job that is told now to pause has surely gone: the end of a slot. */
static instant gone_by(const struct engine *engine, const struct job *job, instant now)
{
    duration slot = engine->settings.plan.slot;
    instant gone = now + job->grace + slot - 1;

    return gone - gone % slot;
}

/* What the power is expected to be when it goes on. */
static intensity level_of_resume(const struct engine *engine,
                                 const struct engine_entry *entry, instant now)
{
    struct job paused = engine_as_paused(engine, entry, now);
    struct plan_job resumed = engine_plan_as(engine, entry, &paused);
    duration length = entry->reservation.ends - entry->reservation.start;
    struct plan_figures figures;

    if (resumed.time > length)
        resumed.time = length;
    plan_figure(engine->plan, &resumed, &entry->reservation, now, &figures);
    return figures.level_planned;
}

/* Record it; what the plan holds of the job ends with its grace from now on. Its
 * reservation is its resume. */
void engine_pause(struct engine *engine, struct engine_entry *entry, instant now)
{
    const struct forecast *forecast =
        engine->zones[engine->pools[entry->pool].zone].forecast;
    struct job after = entry->job;
    struct job_event event = {
        .job_id = after.id,
        .kind = JOB_EVENT_PAUSING,
        .at = now,
        .actor = JOB_ACTOR_DAEMON,
        .attempt = after.attempt,
    };

    if (!forecast || series_level(forecast->intensity, now, &event.value, NULL) < 0)
        event.value = -1;
    snprintf(event.text, sizeof(event.text), "at %lld g/kWh, to go on at %lld g/kWh",
             (long long)((event.value + 500) / 1000),
             (long long)((level_of_resume(engine, entry, now) + 500) / 1000));
    if (engine_record(engine, &after, &event, NULL) < 0) {
        engine_withdraw(engine, entry);
        engine->wants_plan = true;
        return;
    }
    entry->holds_resume = true;
    entry->occupied_before = entry->occupied_until;
    engine_shorten(engine, entry, gone_by(engine, &entry->job, now));
    engine_record_done(engine, entry, &after, JOB_EVENT_PAUSING, NULL);
}

/* When it is to pause: its piece ends with the grace. */
static instant pause_of(const struct engine *engine, const struct engine_entry *entry)
{
    return entry->occupied_until - plan_split_grace(engine->plan, entry->job.grace);
}

static bool is_to_pause(const struct engine *engine, const struct engine_entry *entry)
{
    return entry->later && !entry->in_flight && engine_is_pausable(engine, entry);
}

/* While a plan is being made nobody pauses: it would not know of the resume. */
void engine_pause_due(struct engine *engine, instant now)
{
    for (size_t i = 0; i < engine->active_count && !engine->task_is_out; i++) {
        struct engine_entry *entry = engine->active[i];

        if (!is_to_pause(engine, entry) || now < pause_of(engine, entry))
            continue;
        engine_take_first_later(entry);
        engine_pause(engine, entry, now);
    }
}

/* When the next is due; ENGINE_IDLE if nobody is to pause. */
instant engine_pause_wake(const struct engine *engine, instant now)
{
    instant wake = ENGINE_IDLE;

    for (size_t i = 0; i < engine->active_count; i++) {
        const struct engine_entry *entry = engine->active[i];

        if (is_to_pause(engine, entry) && pause_of(engine, entry) < wake)
            wake = pause_of(engine, entry);
    }
    if (wake <= now)
        wake = engine_next_slot(engine, now);
    return wake;
}

/* Hand a job whose pausing is stored to its executor. */
void engine_pause_order(struct engine *engine, struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;
    const struct job paused = engine_as_paused(engine, entry, engine_now(engine));
    const struct executor_pause how = {
        .signal = entry->job.signal,
        .grace = entry->job.grace,
        .latest_resume = job_latest_resume(&paused, engine_restart_cost(engine, entry)),
    };

    executor->pause(executor, entry->job.id, entry->job.attempt, &how);
}

/* It has paused: what it held is free, and it waits for its resume. */
void engine_pause_settle(struct engine *engine, struct engine_entry *entry,
                         const struct job *after, instant now)
{
    struct plan_pieces *later = entry->later;

    entry->later = NULL;
    engine_deactivate(engine, entry, now);
    entry->later = later;
    entry->job = *after;
    engine_keep_share(engine, entry);
    entry->told_late = false;
    entry->not_before = now + SLOTS_MIN * engine->settings.plan.slot;
    if (entry->not_before > entry->reservation.start)
        entry->not_before = entry->reservation.start;
    if (entry->reservation.pool >= 0) {
        engine_put_in_heap(engine, entry);
    } else {
        entry->not_before = 0;
        engine_place(engine, entry, now);
    }
    entry->holds_resume = entry->holds_resume && engine->task_is_out;
    engine->has_room = true;
    engine->wants_plan = true;
}

/* That it shall pause could not be stored: it runs on, and holds what it held. */
void engine_pause_undo(struct engine *engine, struct engine_entry *entry)
{
    engine_withdraw(engine, entry);
    if (entry->occupied_until < entry->occupied_before)
        engine_occupy(engine, entry, entry->occupied_until, entry->occupied_before);
    engine->wants_plan = true;
}

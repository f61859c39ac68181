/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "scheduler/engine_internal.h"

/*
 * Pausing jobs in dirty hours.
 *
 * Who runs is asked once in every slot, and after every new plan, whether to pause.
 * The resume is reserved with the decision, and the job keeps it while it pauses: its
 * `reservation` is then of a job that is active, and every plan that is made meanwhile
 * is made around it. While one is being made nobody is asked: it would not know of the
 * resume. One that was begun before the job had paused does not know the job; until it
 * is adopted (`holds_resume`) the reservation stays where it is, or is withdrawn from
 * both plans. From then on the job is like any other that waits.
 */

/* Jobs that are weighed in one step: at some ten microseconds each. */
#define WEIGH_MAX 100

/* What is left to run must be worth its restart many times over... */
#define REST_MIN_COSTS 20
/* ... and a run, a rest and what is left last some slots at least. */
#define SLOTS_MIN 2

#define MILLION 1000000

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

static duration longer(duration a, duration b)
{
    return a > b ? a : b;
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

static bool is_pausable(const struct engine *engine, const struct engine_entry *entry)
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

static bool knows_power(const struct engine *engine, const struct engine_entry *entry,
                        instant now)
{
    const struct forecast *forecast =
        engine->zones[engine->pools[entry->pool].zone].forecast;

    return forecast && forecast_covers(forecast, now);
}

/* Whether the pool's ramp lets one more job pause in this slot. */
static bool has_ramp(const struct engine *engine, const struct engine_entry *entry,
                     int64_t units, instant slot)
{
    const struct engine_pool *place = &engine->pools[entry->pool];
    const struct resources *capacity = &place->pool.capacity;
    int64_t most = (capacity->gpus > 0 ? capacity->gpus : capacity->cpus)
                   * engine->settings.plan.ramp_ppm / MILLION;

    return engine->settings.plan.ramp_ppm == 0 || place->pause_slot != slot
           || place->pause_units == 0 || place->pause_units + units <= most;
}

static int64_t units_of(const struct engine *engine, const struct engine_entry *entry)
{
    const struct pool *pool = &engine->pools[entry->pool].pool;

    return pool->capacity.gpus > 0 ? entry->job.gpus : entry->job.cpus;
}

/* When a job that is told now to pause has surely gone: the end of a slot. */
static instant gone_by(const struct engine *engine, const struct job *job, instant now)
{
    duration slot = engine->settings.plan.slot;
    instant gone = now + job->grace + slot - 1;

    return gone - gone % slot;
}

/* Find, and reserve, when the job had better go on. `paused` is what it would be. */
static bool weigh(struct engine *engine, const struct engine_entry *entry,
                  const struct job *paused, instant now, struct reservation *resume)
{
    const struct resources taken = engine_wanted(paused);
    const struct plan_rest rest = {entry->pool, paused->time - paused->ran,
                                   paused->grace};
    struct plan_job resumed = engine_plan_as(engine, entry, paused);
    instant gone = gone_by(engine, paused, now);
    bool vacates = gone < entry->occupied_until;
    bool pays;

    resumed.earliest = gone + SLOTS_MIN * engine->settings.plan.slot;
    if (resumed.earliest > resumed.latest)
        return false;
    if (vacates)
        plan_vacate(engine->plan, entry->pool, gone, entry->occupied_until, &taken);
    pays = plan_weigh_pause(engine->plan, &resumed, &rest, now, resume);
    if (vacates)
        plan_occupy(engine->plan, entry->pool, gone, entry->occupied_until, &taken);
    return pays;
}

/* Record it; what the plan holds of the job ends with its grace from now on. */
static void begin(struct engine *engine, struct engine_entry *entry,
                  const struct job *paused, const struct reservation *resume,
                  instant now)
{
    struct plan_job resumed = engine_plan_as(engine, entry, paused);
    struct job after = entry->job;
    struct job_event event = {
        .job_id = after.id,
        .kind = JOB_EVENT_PAUSING,
        .at = now,
        .actor = JOB_ACTOR_DAEMON,
        .attempt = after.attempt,
    };
    struct plan_figures figures;

    plan_figure(engine->plan, &resumed, resume, now, &figures);
    if (series_level(engine->zones[engine->pools[entry->pool].zone].forecast->intensity,
                     now, &event.value, NULL)
        < 0)
        event.value = -1;
    snprintf(event.text, sizeof(event.text), "at %lld g/kWh, to go on at %lld g/kWh",
             (long long)((event.value + 500) / 1000),
             (long long)((figures.level_planned + 500) / 1000));
    if (engine_record(engine, &after, &event, NULL) < 0) {
        plan_withdraw(engine->plan, &resumed, resume);
        return;
    }
    entry->reservation = *resume;
    entry->holds_resume = true;
    entry->occupied_before = entry->occupied_until;
    engine_shorten(engine, entry, gone_by(engine, &entry->job, now));
    engine_record_done(engine, entry, &after, JOB_EVENT_PAUSING, NULL);
}

/* Pause a job if that is right. */
static void consider(struct engine *engine, struct engine_entry *entry, instant now)
{
    duration slot = engine->settings.plan.slot;
    duration cost = engine_restart_cost(engine, entry);
    struct engine_pool *place = &engine->pools[entry->pool];
    int64_t units = units_of(engine, entry);
    instant this_slot = now - now % slot;
    struct job paused = engine_as_paused(engine, entry, now);
    struct reservation resume;

    if (entry->in_flight || !knows_power(engine, entry, now)
        || !has_ramp(engine, entry, units, this_slot)
        || now - entry->job.started < longer(cost, SLOTS_MIN * slot)
        || paused.time - paused.ran < longer(REST_MIN_COSTS * cost, SLOTS_MIN * slot)
        || !weigh(engine, entry, &paused, now, &resume))
        return;
    begin(engine, entry, &paused, &resume, now);
    if (place->pause_slot != this_slot)
        place->pause_units = 0;
    place->pause_slot = this_slot;
    place->pause_units += units;
}

/* True if there are more to ask. */
bool engine_pause_some(struct engine *engine, instant now)
{
    size_t left = WEIGH_MAX;

    if (now < engine->pause_at || engine->task_is_out)
        return false;
    for (; engine->pause_next < engine->active_count && left; engine->pause_next++) {
        struct engine_entry *entry = engine->active[engine->pause_next];

        if (!is_pausable(engine, entry))
            continue;
        consider(engine, entry, now);
        left--;
    }
    if (engine->pause_next < engine->active_count)
        return true;
    engine->pause_next = 0;
    engine->pause_at = engine_next_slot(engine, now);
    return false;
}

/* When to ask again; ENGINE_IDLE if nobody runs who might pause. */
instant engine_pause_wake(const struct engine *engine, instant now)
{
    for (size_t i = 0; i < engine->active_count; i++)
        if (is_pausable(engine, engine->active[i]))
            return engine_next_slot(engine, now);
    return ENGINE_IDLE;
}

/* Hand a job whose pausing is stored to its executor. */
void engine_pause_order(struct engine *engine, struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;

    executor->pause(executor, entry->job.id, entry->job.attempt);
}

/* It has paused: what it held is free, and it waits for its resume. */
void engine_pause_settle(struct engine *engine, struct engine_entry *entry,
                         const struct job *after, instant now)
{
    engine_deactivate(engine, entry, now);
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
}

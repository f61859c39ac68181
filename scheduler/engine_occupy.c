/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* What running jobs, and those that pause, take of the plan. */

/* How far ahead a run that outlasts its expected time is assumed to go on. */
#define OVERRUN_MIN (5 * MINUTE)

/* Take what a reservation holds. */
void engine_hold(struct plan *plan, const struct reservation *reservation,
                 const struct resources *taken)
{
    plan_occupy(plan, reservation->pool, reservation->start, reservation->ends, taken);
    plan_count_start(plan, reservation->pool, reservation->start, taken);
}

void engine_note(struct engine *engine, const struct occupation *what)
{
    if (!engine->task_is_out)
        return;
    engine->occupations = xgrow(engine->occupations, engine->occupation_count,
                                &engine->occupation_room, sizeof(*engine->occupations));
    engine->occupations[engine->occupation_count++] = *what;
}

static void withdraw_resume(struct engine *engine, const struct occupation *what)
{
    const struct reservation resume = {what->begins, what->ends, what->pool,
                                       PLAN_GREEN};
    const struct plan_job job = {.wanted = what->taken};

    plan_withdraw(engine->plan, &job, &resume);
}

static void hold_resume(struct engine *engine, const struct occupation *what)
{
    const struct reservation resume = {what->begins, what->ends, what->pool,
                                       PLAN_GREEN};

    engine_hold(engine->plan, &resume, &what->taken);
}

/* Do to the plan what a task that is out is told of. */
void engine_do_occupation(struct engine *engine, const struct occupation *what)
{
    if (what->begins >= what->ends)
        return;
    if (what->is_resume && what->vacate)
        withdraw_resume(engine, what);
    else if (what->is_resume)
        hold_resume(engine, what);
    else if (what->vacate)
        plan_vacate(engine->plan, what->pool, what->begins, what->ends, &what->taken);
    else
        plan_occupy(engine->plan, what->pool, what->begins, what->ends, &what->taken);
    engine_note(engine, what);
}

static struct occupation withdrawal_of(const struct engine_entry *entry)
{
    return (struct occupation){
        .pool = entry->reservation.pool,
        .vacate = true,
        .is_resume = true,
        .begins = entry->reservation.start,
        .ends = entry->reservation.ends,
        .taken = engine_wanted(&entry->job),
    };
}

void engine_withdraw(struct engine *engine, struct engine_entry *entry)
{
    struct plan_job job = engine_plan_job(engine, entry);
    struct occupation resume;

    engine_catch_up(engine, entry);
    resume = withdrawal_of(entry);
    start_heap_remove(&engine->heap, entry);
    engine_unstall(engine, entry);
    engine_unlimit(engine, entry);
    plan_withdraw(engine->plan, &job, &entry->reservation);
    if (entry->holds_resume)
        engine_note(engine, &resume);
    engine_drop_later(engine, entry);
    entry->holds_resume = false;
    entry->reservation = RESERVATION_NONE;
}

void engine_occupy(struct engine *engine, struct engine_entry *entry, instant begins,
                   instant ends)
{
    const struct occupation what = {
        .pool = entry->pool,
        .begins = begins,
        .ends = ends,
        .taken = engine_wanted(&entry->job),
    };

    engine_do_occupation(engine, &what);
    entry->occupied_until = ends;
}

void engine_vacate(struct engine *engine, struct engine_entry *entry, instant now)
{
    const struct occupation what = {
        .pool = entry->pool,
        .vacate = true,
        .begins = now,
        .ends = entry->occupied_until,
        .taken = engine_wanted(&entry->job),
    };

    engine_do_occupation(engine, &what);
    entry->occupied_until = now;
}

/* Let what it holds of the plan end sooner, at the end of a slot. */
void engine_shorten(struct engine *engine, struct engine_entry *entry, instant until)
{
    instant ends = entry->occupied_until;

    if (until >= ends)
        return;
    engine_vacate(engine, entry, until);
}

void engine_extend_overruns(struct engine *engine, instant now)
{
    duration slot = engine->settings.plan.slot;

    for (size_t i = 0; i < engine->active_count; i++) {
        struct engine_entry *entry = engine->active[i];
        instant begins = entry->occupied_until + slot - 1;
        duration more = job_expected_time(&entry->job) / 4;

        /* That it has ended may be on its way to the store; or it is to pause. */
        if (entry->occupied_until > now || entry->in_flight
            || (entry->later && engine_is_pausable(engine, entry)))
            continue;
        /* The slot that its time ended in is taken already. */
        begins -= begins % slot;
        if (begins < now)
            begins = now;
        if (more < OVERRUN_MIN || entry->job.state == JOB_PAUSING)
            more = OVERRUN_MIN;
        engine_occupy(engine, entry, begins, now + slot + more);
        engine->wants_plan = true;
    }
}

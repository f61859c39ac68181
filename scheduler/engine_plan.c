/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* How many of the next reservations may move up at once when room comes free. */
#define FILL_MAX 64

/* So many jobs are soon planned anew for the sake of one; more are less often. */
#define WISHES_JOBS 2000

struct plan_job engine_plan_as(const struct engine *engine,
                               const struct engine_entry *entry, const struct job *job)
{
    instant earliest = job_earliest_start(job);
    duration restart_cost = engine_restart_cost(engine, entry);

    return (struct plan_job){
        .id = job->id,
        .pools = entry->pools,
        .wanted = engine_wanted(job),
        .power = job->power,
        .time = job_time_left(job, restart_cost),
        .earliest = earliest > entry->not_before ? earliest : entry->not_before,
        .latest = job_latest_resume(job, restart_cost),
        .priority = job->priority,
        .class = entry->class,
        .now = job->now || engine->is_gated,
    };
}

struct plan_job engine_plan_job(const struct engine *engine,
                                const struct engine_entry *entry)
{
    return engine_plan_as(engine, entry, &entry->job);
}

static void set_classes(const struct engine *engine, struct plan *plan)
{
    for (size_t i = 0; i < engine->policy_count; i++)
        plan_set_class(plan, (int)i, &engine->policies[i]);
}

static void set_zones(struct engine *engine, struct plan *plan, instant now)
{
    const struct plan_settings *settings = &engine->settings.plan;
    intensity *levels = xcalloc(settings->slots, sizeof(*levels));
    share *renewable = xcalloc(settings->slots, sizeof(*renewable));
    instant begins = now - now % settings->slot;

    for (size_t i = 0; i < engine->zone_count; i++) {
        const struct forecast *forecast = engine->zones[i].forecast;
        bool known = forecast && forecast_covers(forecast, now)
                     && series_fill_slots(forecast->intensity, begins, settings->slot,
                                          levels, settings->slots)
                            > 0;
        bool green = known && forecast->renewable
                     && series_fill_slots(forecast->renewable, begins, settings->slot,
                                          renewable, settings->slots)
                            > 0;

        plan_set_zone(plan, (int)i, known ? levels : NULL, green ? renewable : NULL);
    }
    free(levels);
    free(renewable);
}

/* A plan of what there is and what runs, without reservations but of what pauses. */
struct plan *engine_build_plan(struct engine *engine, instant now)
{
    struct plan_settings settings = engine->settings.plan;
    struct plan *plan;

    settings.headroom_ppm = engine_headroom(engine, now);
    plan = plan_create(&settings, now);

    set_zones(engine, plan, now);
    set_classes(engine, plan);
    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct pool shape = engine_shape_pool(engine, i);

        plan_set_pool(plan, (int)i, engine->pools[i].zone, &shape);
    }
    for (size_t i = 0; i < engine->active_count; i++) {
        const struct engine_entry *entry = engine->active[i];
        const struct resources taken = engine_wanted(&entry->job);

        if (entry->occupied_until > now)
            plan_occupy(plan, entry->pool, now, entry->occupied_until, &taken);
        if (entry->reservation.pool >= 0)
            engine_hold(plan, &entry->reservation, &taken);
        engine_hold_later(plan, entry);
    }
    engine_hold_uses(engine, plan, now);
    return plan;
}

/*
 * New jobs have their places, but what waits might make room for them: the next slot
 * plans anew, if that is no great labour. With many jobs it can wait, an hour at most.
 */
void engine_wish_plan(struct engine *engine, instant now)
{
    duration spacing =
        engine->settings.plan.slot * (duration)(1 + engine->entry_count / WISHES_JOBS);

    if (now - engine->planned_at >= (spacing < HOUR ? spacing : HOUR))
        engine->wants_plan = true;
}

/* What is submitted before all is planned anew is placed by what is known now. */
void engine_refresh_plan(struct engine *engine)
{
    instant now = engine_now(engine);

    engine->wants_plan = true;
    engine->plan_cause = ENGINE_CAUSE_FORECAST;
    engine->replan_soonest = 0;
    engine->knows_more = engine->task_is_out;
    engine->bound.jobs = 0;
    if (!engine->plan)
        return;
    plan_advance(engine->plan, now);
    set_zones(engine, engine->plan, now);
    set_classes(engine, engine->plan);
}

void engine_tell_if_late(struct engine *engine, struct engine_entry *entry)
{
    if (entry->reservation.reason != PLAN_LATE || entry->told_late)
        return;
    entry->told_late = true;
    /* Others may make way for it, and it may be that they must at once. */
    engine->wants_plan = true;
    if (engine->entry_count < WISHES_JOBS)
        engine->replan_soonest = 0;
    engine->late =
        xgrow(engine->late, engine->late_count, &engine->late_room, sizeof(int64_t));
    engine->late[engine->late_count++] = entry->job.id;
}

void engine_put_in_heap(struct engine *engine, struct engine_entry *entry)
{
    if (engine_due(entry) < INSTANT_MAX && !entry->stalled)
        start_heap_add(&engine->heap, entry);
    engine_tell_if_late(engine, entry);
}

void engine_place(struct engine *engine, struct engine_entry *entry, instant now)
{
    engine_catch_up(engine, entry);
    start_heap_remove(&engine->heap, entry);
    assert(engine_is_waiting(entry));
    engine_unlimit(engine, entry);
    engine_reserve(engine, entry, now);
    engine_put_in_heap(engine, entry);
}

/* How many jobs of a large submission are placed in one step: about a millisecond. */
#define PLACE_MAX 1500

void engine_place_later(struct engine *engine, int64_t first, int64_t end)
{
    size_t count = engine->unplaced_count;

    if (first == end)
        return;
    if (count > 0 && engine->unplaced[count - 1].first == end) {
        engine->unplaced[count - 1].first = first;
        return;
    }
    engine->unplaced = xgrow(engine->unplaced, engine->unplaced_count,
                             &engine->unplaced_room, sizeof(*engine->unplaced));
    engine->unplaced[engine->unplaced_count++] = (struct id_range){first, end};
}

/* True if there are more to place. */
bool engine_place_some(struct engine *engine, instant now)
{
    size_t left = PLACE_MAX;

    while (engine->unplaced_count && left) {
        struct id_range *range = &engine->unplaced[engine->unplaced_count - 1];

        for (; range->first < range->end && left; range->first++, left--) {
            struct engine_entry *entry = engine_entry_find(engine, range->first);

            /* A plan made since may have placed it. */
            if (entry && entry->pool < 0 && engine_is_waiting(entry) && !entry->stalled
                && !entry->limit && entry->heap_index == HEAP_NONE
                && entry->reservation.pool < 0)
                engine_place(engine, entry, now);
        }
        if (range->first == range->end)
            engine->unplaced_count--;
    }
    return engine->unplaced_count > 0;
}

/* What was in the way of a job that is due may be no more. */
void engine_retry(struct engine *engine, struct engine_entry *entry)
{
    if (!entry->stalled)
        return;
    engine_catch_up(engine, entry);
    engine_unstall(engine, entry);
    engine_put_in_heap(engine, entry);
}

void engine_retry_all(struct engine *engine, instant now)
{
    while (engine->stalled_count)
        engine_retry(engine, engine->stalled[engine->stalled_count - 1]);
    engine_retry_limited(engine, now);
}

void engine_fill_room(struct engine *engine, instant now)
{
    struct engine_entry *next[FILL_MAX];
    size_t count = 0;

    engine_retry_all(engine, now);
    while (count < FILL_MAX && start_heap_top(&engine->heap)) {
        struct engine_entry *entry = start_heap_top(&engine->heap);

        engine_catch_up(engine, entry);
        if (entry->heap_index == HEAP_NONE)
            continue;
        next[count++] = entry;
        start_heap_remove(&engine->heap, entry);
    }
    for (size_t i = 0; i < count; i++) {
        /* What is due has its place; it only has to be tried again. */
        if (next[i]->reservation.start > now && !next[i]->in_flight
            && !next[i]->holds_resume)
            engine_reserve(engine, next[i], now);
        engine_put_in_heap(engine, next[i]);
    }
}

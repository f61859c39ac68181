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
    engine->replan_soonest = 0;
    engine->knows_more = engine->task_is_out;
    if (!engine->plan)
        return;
    plan_advance(engine->plan, now);
    set_zones(engine, engine->plan, now);
    set_classes(engine, engine->plan);
}

static void tell_if_late(struct engine *engine, struct engine_entry *entry)
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
    if (entry->reservation.start < INSTANT_MAX && !entry->stalled)
        start_heap_add(&engine->heap, entry);
    tell_if_late(engine, entry);
}

void engine_place(struct engine *engine, struct engine_entry *entry, instant now)
{
    assert(engine_is_waiting(entry) && entry->heap_index == HEAP_NONE);
    engine_unlimit(engine, entry);
    engine_reserve(engine, entry, now);
    engine_put_in_heap(engine, entry);
}

/* How many jobs of a large submission are placed in one step: about a millisecond. */
#define PLACE_MAX 1500

void engine_place_later(struct engine *engine, int64_t first, int64_t end)
{
    if (first == end)
        return;
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
        next[count] = start_heap_top(&engine->heap);
        start_heap_remove(&engine->heap, next[count++]);
    }
    for (size_t i = 0; i < count; i++) {
        /* What is due has its place; it only has to be tried again. */
        if (next[i]->reservation.start > now && !next[i]->in_flight
            && !next[i]->holds_resume)
            engine_reserve(engine, next[i], now);
        engine_put_in_heap(engine, next[i]);
    }
}

static void add_split(struct engine_task *task, const struct plan_split *split)
{
    task->splits = xgrow(task->splits, task->split_count, &task->split_room,
                         sizeof(*task->splits));
    task->splits[task->split_count++] = *split;
}

struct engine_task *engine_take_plan(struct engine *engine)
{
    instant now = engine_now(engine);
    struct engine_task *task;

    if (!engine->wants_plan || engine->task_is_out || now < engine->replan_soonest)
        return NULL;
    task = xcalloc(1, sizeof(*task));
    task->number = ++engine->task_number;
    task->now = now;
    task->plan = engine_build_plan(engine, now);
    task->batch = plan_batch_create(task->plan, engine->entry_count, now);
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct engine_entry *entry = engine->entries[i];
        struct plan_job job;

        if (engine_runs_in_pieces(engine, entry, now)) {
            const struct plan_split split = engine_split_running(engine, entry, now);

            entry->run_seen = task->number;
            add_split(task, &split);
        }
        if (entry->pool >= 0 || !engine_is_waiting(entry) || entry->limit)
            continue;
        entry->plan_seen = task->number;
        entry->plan_split = engine_may_pause(engine, entry);
        entry->plan_index =
            entry->plan_split ? task->split_count : plan_batch_count(task->batch);
        if (entry->plan_split) {
            const struct plan_split split = engine_split_waiting(engine, entry);

            add_split(task, &split);
            continue;
        }
        job = engine_plan_job(engine, entry);
        plan_batch_add(task->batch, &job, &entry->reservation);
    }
    engine->task_is_out = true;
    engine->wants_plan = false;
    engine->occupation_count = 0;
    return task;
}

void engine_task_run(struct engine_task *task)
{
    plan_run_split(task->plan, task->splits, task->split_count, &task->batch,
                   task->now);
}

static void adopt_one(struct engine_task *task, struct engine_entry *entry)
{
    if (entry->plan_split) {
        engine_set_pieces(entry, &task->splits[entry->plan_index].pieces);
        task->splits[entry->plan_index].pieces.count = 0;
    } else {
        entry->reservation = plan_batch_take(task->batch, entry->plan_index);
    }
}

static void adopt_reservations(struct engine *engine, struct engine_task *task)
{
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct engine_entry *entry = engine->entries[i];

        if (entry->plan_seen != task->number || entry->pool >= 0
            || !engine_is_waiting(entry) || entry->limit)
            continue;
        adopt_one(task, entry);
        if (entry->reservation.start < INSTANT_MAX && !entry->stalled)
            start_heap_append(&engine->heap, entry);
        tell_if_late(engine, entry);
    }
    start_heap_order(&engine->heap);
    /* What is left has started or ended since, or waits for something else. */
    for (size_t i = 0; i < plan_batch_count(task->batch); i++) {
        const struct plan_job job = plan_batch_job(task->batch, i);
        const struct reservation left = plan_batch_reservation(task->batch, i);

        plan_withdraw(engine->plan, &job, &left);
    }
    for (size_t i = 0; i < task->split_count; i++)
        if (task->splits[i].runs_in < 0)
            plan_split_withdraw(engine->plan, &task->splits[i], task->now);
}

/*
 * Place what was submitted or came back to waiting since the task was made: a step's
 * worth at once, and the rest in the next ones.
 */
static void place_others(struct engine *engine, const struct engine_task *task,
                         instant now)
{
    struct id_range range = {0, 0};

    for (size_t i = 0; i < engine->entry_count; i++) {
        struct engine_entry *entry = engine->entries[i];

        if (entry->pool >= 0 || !engine_is_waiting(entry) || entry->limit
            || entry->plan_seen == task->number)
            continue;
        if (entry->holds_resume) {
            /* It paused meanwhile, and the plan holds its place already. */
            entry->holds_resume = false;
            engine_put_in_heap(engine, entry);
            continue;
        }
        engine_unstall(engine, entry);
        entry->reservation = RESERVATION_NONE;
        if (entry->job.id != range.end) {
            engine_place_later(engine, range.first, range.end);
            range.first = entry->job.id;
        }
        range.end = entry->job.id + 1;
    }
    engine_place_later(engine, range.first, range.end);
    engine_place_some(engine, now);
}

void engine_adopt_plan(struct engine *engine, struct engine_task *task_taken)
{
    instant now = engine_now(engine);
    struct engine_task *task = task_taken;

    for (size_t i = 0; i < engine->entry_count; i++)
        engine->entries[i]->heap_index = HEAP_NONE;
    engine->heap.count = 0;
    plan_destroy(engine->plan);
    engine->plan = task->plan;
    engine->task_is_out = false;
    for (size_t i = 0; i < engine->occupation_count; i++)
        engine_do_occupation(engine, &engine->occupations[i]);
    engine->occupation_count = 0;
    adopt_reservations(engine, task);
    engine_adopt_running(engine, task, now);
    plan_advance(engine->plan, now);
    engine->planned_at = now;
    /* What the task did not know is for the next one, and that need not wait. */
    if (engine->knows_more) {
        engine_fit_plan(engine);
        engine_refresh_plan(engine);
    } else {
        engine->replan_soonest = engine_next_slot(engine, now);
    }
    place_others(engine, task, now);
    plan_batch_destroy(task->batch);
    free(task->splits);
    free(task);
}

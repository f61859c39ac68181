/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/*
 * Between the engine and whoever makes its plans. Jobs are gathered for a plan, and it
 * is adopted, some of them in each step, so that a million do not hold the loop.
 *
 * While they are gathered the task counts as out: what runs is as of its begin, and
 * what changes is noted for it. While it is adopted the plan in force is the new one,
 * and a job that was not looked at yet still has its place in the heap by the old one:
 * whoever needs to know its reservation lets it catch up first. Both go from the
 * table's end to its begin, for what is removed is replaced by the last entry.
 */
static void add_split(struct engine_task *task, const struct plan_split *split)
{
    task->splits = xgrow(task->splits, task->split_count, &task->split_room,
                         sizeof(*task->splits));
    task->splits[task->split_count++] = *split;
}

static void gather(struct engine *engine, struct engine_task *task,
                   struct engine_entry *entry)
{
    struct plan_job job;

    /* Around the place of one who pauses the task plans already. */
    if (entry->pool >= 0 || !engine_is_waiting(entry) || entry->limit
        || entry->holds_resume || entry->plan_seen == task->number)
        return;
    entry->plan_seen = task->number;
    entry->plan_split = engine_may_pause(engine, entry);
    entry->plan_index =
        entry->plan_split ? task->split_count : plan_batch_count(task->batch);
    if (entry->plan_split) {
        const struct plan_split split = engine_split_waiting(engine, entry);

        add_split(task, &split);
        return;
    }
    job = engine_plan_job(engine, entry);
    plan_batch_add(task->batch, &job, &entry->reservation);
}

/* At once, for the task's plan holds what runs now. */
static void gather_running(struct engine *engine, struct engine_task *task)
{
    for (size_t i = 0; i < engine->active_count; i++) {
        struct engine_entry *entry = engine->active[i];
        struct plan_split split;

        if (!engine_runs_in_pieces(engine, entry, task->now))
            continue;
        split = engine_split_running(engine, entry, task->now);
        entry->run_seen = task->number;
        add_split(task, &split);
    }
}

static void begin_gathering(struct engine *engine, instant now)
{
    struct engine_task *task = xcalloc(1, sizeof(*task));

    task->number = ++engine->task_number;
    task->cause = engine->plan_cause;
    engine->plan_cause = ENGINE_CAUSE_JOBS;
    task->now = now;
    task->wants_bound = engine->settings.bounds_plan;
    task->plan = engine_build_plan(engine, now);
    task->batch = plan_batch_create(task->plan, engine->entry_count, now);
    gather_running(engine, task);
    engine->gathering = task;
    engine->gather_left = engine->entry_count;
    engine->task_is_out = true;
    engine->wants_plan = false;
    engine->occupation_count = 0;
}

struct engine_task *engine_take_plan(struct engine *engine)
{
    struct engine_task *task;
    instant now = engine_now(engine);

    if (!engine->gathering) {
        if (!engine->wants_plan || engine->task_is_out || engine->adopting
            || now < engine->replan_soonest)
            return NULL;
        begin_gathering(engine, now);
    }
    task = engine->gathering;
    if (engine->gather_left > engine->entry_count)
        engine->gather_left = engine->entry_count;
    for (size_t i = 0; i < engine->gather_max && engine->gather_left > 0; i++)
        gather(engine, task, engine->entries[--engine->gather_left]);
    if (engine->gather_left > 0)
        return NULL;
    engine->gathering = NULL;
    return task;
}

void engine_task_release(struct engine_task *task)
{
    if (!task)
        return;
    plan_batch_destroy(task->batch);
    free(task->splits);
    free(task);
}

/* What had no place, or starts somewhat later within its slot, has not moved. */
static void count_move(const struct engine *engine, const struct engine_task *task,
                       const struct reservation *before, struct engine_entry *entry)
{
    const struct reservation *after = &entry->reservation;
    duration shift = after->start - before->start;

    if (before->pool < 0 || after->pool < 0
        || (before->pool == after->pool && shift < engine->settings.plan.slot
            && -shift < engine->settings.plan.slot))
        return;
    if (entry->moves < UINT16_MAX)
        entry->moves++;
    entry->moved_by = (uint8_t)task->cause;
}

static void adopt_one(struct engine *engine, struct engine_task *task,
                      struct engine_entry *entry)
{
    const struct reservation before = entry->reservation;

    if (entry->plan_split) {
        engine_set_pieces(entry, &task->splits[entry->plan_index].pieces);
        task->splits[entry->plan_index].pieces.count = 0;
    } else {
        engine_forget_later(entry);
        entry->reservation = plan_batch_take(task->batch, entry->plan_index);
    }
    count_move(engine, task, &before, entry);
    if (entry->heap_index == HEAP_NONE || entry->reservation.start != before.start) {
        start_heap_remove(&engine->heap, entry);
        engine_put_in_heap(engine, entry);
    } else {
        engine_tell_if_late(engine, entry);
    }
}

/* What the plan knows of an entry by now. */
void engine_catch_up(struct engine *engine, struct engine_entry *entry)
{
    struct engine_task *task = engine->adopting;

    if (!task || entry->adopted == task->number)
        return;
    entry->adopted = task->number;
    if (entry->pool >= 0 || !engine_is_waiting(entry) || entry->limit)
        return;
    if (entry->plan_seen == task->number) {
        adopt_one(engine, task, entry);
    } else if (entry->holds_resume) {
        /* It paused meanwhile, and the plan holds its place already. */
        entry->holds_resume = false;
    } else {
        /* It was submitted or came back to waiting since. */
        start_heap_remove(&engine->heap, entry);
        engine_unstall(engine, entry);
        engine_forget_later(entry);
        entry->reservation = RESERVATION_NONE;
        engine_place_later(engine, entry->job.id, entry->job.id + 1);
    }
}

/* What is left has started or ended since, or waits for something else. True if there
 * is more to look at. */
static bool withdraw_left(struct engine *engine, const struct engine_task *task)
{
    for (size_t n = 0; n < engine->withdraw_max && engine->withdraw_left > 0; n++) {
        size_t i = --engine->withdraw_left;
        struct plan_job job;
        struct reservation left;

        if (!plan_batch_has(task->batch, i))
            continue;
        job = plan_batch_job(task->batch, i);
        left = plan_batch_reservation(task->batch, i);
        plan_withdraw(engine->plan, &job, &left);
    }
    if (engine->withdraw_left > 0)
        return true;
    for (size_t i = 0; i < task->split_count; i++)
        if (task->splits[i].runs_in < 0)
            plan_split_withdraw(engine->plan, &task->splits[i], task->now);
    return false;
}

bool engine_adopt_some(struct engine *engine, instant now)
{
    if (!engine->adopting)
        return false;
    if (engine->adopt_left > engine->entry_count)
        engine->adopt_left = engine->entry_count;
    for (size_t i = 0; i < engine->adopt_max && engine->adopt_left > 0; i++)
        engine_catch_up(engine, engine->entries[--engine->adopt_left]);
    if (engine->adopt_left > 0 || withdraw_left(engine, engine->adopting))
        return true;
    engine_task_release(engine->adopting);
    engine->adopting = NULL;
    engine_place_some(engine, now);
    return false;
}

void engine_adopt_plan(struct engine *engine, struct engine_task *task)
{
    instant now = engine_now(engine);

    assert(!engine->adopting);
    plan_destroy(engine->plan);
    engine->plan = task->plan;
    task->plan = NULL;
    engine->task_is_out = false;
    for (size_t i = 0; i < engine->occupation_count; i++)
        engine_do_occupation(engine, &engine->occupations[i]);
    engine->occupation_count = 0;
    engine_adopt_running(engine, task, now);
    for (size_t i = 0; i < engine->active_count; i++)
        engine->active[i]->adopted = task->number;
    engine->adopting = task;
    engine->adopt_left = engine->entry_count;
    engine->withdraw_left = plan_batch_count(task->batch);
    plan_advance(engine->plan, now);
    engine->planned_at = now;
    engine->bound = task->bound;
    engine->bound_at = task->now;
    /* What the task did not know is for the next one, and that need not wait. */
    if (engine->knows_more) {
        engine_fit_plan(engine);
        engine_refresh_plan(engine);
    } else {
        engine->replan_soonest = engine_next_slot(engine, now);
    }
    engine_adopt_some(engine, now);
}

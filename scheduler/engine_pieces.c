/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/*
 * Jobs that run in pieces, as the engine keeps them: the next piece of one that waits
 * is its reservation, that of one that runs is what it occupies, and those after it are
 * its `later` ones. All are held in the plan.
 */

/* What is left to run must be worth its restart many times over. */
#define REST_MIN_COSTS 20

/* A run lasts some slots at least. */
#define SLOTS_MIN 2

static duration longer(duration a, duration b)
{
    return a > b ? a : b;
}

/* What of its pieces comes after the first. */
static void keep_later(struct engine_entry *entry, const struct plan_pieces *pieces)
{
    free(entry->later);
    entry->later = NULL;
    if (pieces->count < 2)
        return;
    entry->later = xmemdup(pieces, sizeof(*pieces));
    entry->later->count--;
    memmove(&entry->later->list[0], &entry->later->list[1],
            entry->later->count * sizeof(entry->later->list[0]));
}

static struct plan_split split_from(const struct engine *engine,
                                    const struct engine_entry *entry)
{
    struct plan_split split = {
        .job = engine_plan_job(engine, entry),
        .restart = engine_restart_cost(engine, entry),
        .grace = entry->job.grace,
        .runs_in = -1,
        .pieces = PLAN_PIECES_NONE,
    };

    return split;
}

/* Put a piece before those that come later. */
static struct plan_pieces pieces_from(const struct engine_entry *entry, int32_t pool,
                                      instant start, instant ends)
{
    struct plan_pieces pieces = PLAN_PIECES_NONE;

    if (entry->later) {
        pieces = *entry->later;
        assert(pieces.count < PLAN_PIECES_MAX);
        memmove(&pieces.list[1], &pieces.list[0],
                pieces.count * sizeof(pieces.list[0]));
    }
    pieces.pool = pool;
    pieces.list[0] = (struct plan_piece){start, ends};
    pieces.count++;
    return pieces;
}

struct plan_split engine_split_waiting(const struct engine *engine,
                                       const struct engine_entry *entry)
{
    const struct reservation *reservation = &entry->reservation;
    struct plan_split split = split_from(engine, entry);

    if (reservation->pool >= 0) {
        split.pieces = pieces_from(entry, reservation->pool, reservation->start,
                                   reservation->ends);
        split.pieces.reason = reservation->reason;
    }
    return split;
}

/* Whether it can be asked to pause, or must be asked to go on. */
bool engine_runs_in_pieces(const struct engine *engine,
                           const struct engine_entry *entry, instant now)
{
    duration cost = engine_restart_cost(engine, entry);
    struct job paused;

    if (entry->pool < 0 || entry->in_flight || entry->job.state != JOB_RUNNING
        || entry->occupied_until <= now)
        return false;
    if (entry->later || !engine_is_pausable(engine, entry))
        return entry->later != NULL;
    paused = engine_as_paused(engine, entry, now);
    return paused.time - paused.ran
           >= longer(REST_MIN_COSTS * cost, SLOTS_MIN * engine->settings.plan.slot);
}

struct plan_split engine_split_running(const struct engine *engine,
                                       const struct engine_entry *entry, instant now)
{
    struct plan_split split = split_from(engine, entry);
    struct job paused = engine_as_paused(engine, entry, now);
    duration least = longer(split.restart, SLOTS_MIN * engine->settings.plan.slot);

    split.job = engine_plan_as(engine, entry, &paused);
    split.job.earliest = now;
    /* It has its restart behind it, and pays the next one only if it pauses. */
    split.job.time = longer(paused.time - paused.ran, 1);
    if (split.job.latest < INSTANT_MAX)
        split.job.latest += split.restart;
    split.job.now = split.job.now || !engine_is_pausable(engine, entry);
    split.runs_in = entry->pool;
    split.goes_on = now - entry->job.started < least;
    split.pieces = pieces_from(entry, entry->pool, now, entry->occupied_until);
    return split;
}

void engine_reserve(struct engine *engine, struct engine_entry *entry, instant now)
{
    struct plan_job job = engine_plan_job(engine, entry);
    struct plan_split before;
    struct plan_split split;

    if (!engine_may_pause(engine, entry)) {
        plan_withdraw(engine->plan, &job, &entry->reservation);
        entry->reservation = plan_place(engine->plan, &job, now);
        return;
    }
    before = split = engine_split_waiting(engine, entry);
    plan_split_withdraw(engine->plan, &before, now);
    split.pieces = PLAN_PIECES_NONE;
    plan_split_place(engine->plan, &split, now);
    /* A ramp that is full by now may have kept it from where it was. */
    if (before.pieces.count > 0 && before.pieces.reason != PLAN_LATE
        && (split.pieces.count == 0 || split.pieces.reason == PLAN_LATE)) {
        plan_split_withdraw(engine->plan, &split, now);
        plan_split_hold(engine->plan, &before, now);
        split = before;
    }
    engine_set_pieces(entry, &split.pieces);
}

void engine_set_pieces(struct engine_entry *entry, const struct plan_pieces *pieces)
{
    entry->reservation = RESERVATION_NONE;
    entry->reservation.reason = pieces->reason;
    keep_later(entry, pieces);
    if (pieces->count == 0)
        return;
    entry->reservation.start = pieces->list[0].start;
    entry->reservation.ends = pieces->list[0].ends;
    entry->reservation.pool = pieces->pool;
}

void engine_take_first_later(struct engine_entry *entry)
{
    struct plan_pieces pieces = *entry->later;

    engine_set_pieces(entry, &pieces);
}

static struct occupation occupation_of(const struct engine_entry *entry, size_t i,
                                       bool vacate)
{
    return (struct occupation){
        .pool = entry->later->pool,
        .vacate = vacate,
        .is_resume = true,
        .begins = entry->later->list[i].start,
        .ends = entry->later->list[i].ends,
        .taken = engine_wanted(&entry->job),
    };
}

void engine_hold_later(struct plan *plan, const struct engine_entry *entry)
{
    const struct resources taken = engine_wanted(&entry->job);

    for (size_t i = 0; entry->later && i < entry->later->count; i++) {
        const struct plan_piece *piece = &entry->later->list[i];
        const struct reservation reservation = {piece->start, piece->ends,
                                                entry->later->pool, PLAN_GREEN};

        engine_hold(plan, &reservation, &taken);
    }
}

void engine_note_later(struct engine *engine, const struct engine_entry *entry)
{
    for (size_t i = 0; entry->later && i < entry->later->count; i++) {
        const struct occupation what = occupation_of(entry, i, false);

        engine_note(engine, &what);
    }
}

/* That the plan holds no more. */
void engine_forget_later(struct engine_entry *entry)
{
    free(entry->later);
    entry->later = NULL;
}

void engine_drop_later(struct engine *engine, struct engine_entry *entry)
{
    bool is_known = entry->pool >= 0 || entry->holds_resume;
    struct plan_job job = {.wanted = engine_wanted(&entry->job)};

    for (size_t i = 0; entry->later && i < entry->later->count; i++) {
        const struct occupation what = occupation_of(entry, i, true);
        const struct reservation reservation = {what.begins, what.ends, what.pool,
                                                PLAN_GREEN};

        plan_withdraw(engine->plan, &job, &reservation);
        if (is_known)
            engine_note(engine, &what);
    }
    free(entry->later);
    entry->later = NULL;
}

/* Give what runs its new pieces in the plan, the first of which is its resume or its
 * run. */
static void exchange(struct engine *engine, struct engine_entry *entry,
                     const struct plan_pieces *pieces, bool pauses, instant planned_at)
{
    const struct resources taken = engine_wanted(&entry->job);

    engine_drop_later(engine, entry);
    if (pauses) {
        engine_set_pieces(entry, pieces);
        engine_hold(engine->plan, &entry->reservation, &taken);
    } else {
        engine_vacate(engine, entry, planned_at);
        engine_occupy(engine, entry, planned_at, pieces->list[0].ends);
        keep_later(entry, pieces);
    }
    engine_hold_later(engine->plan, entry);
}

/*
 * Let those who run have the pieces that the task has found. Nobody was told to pause
 * since it was made; who has ended meanwhile needs nothing.
 */
void engine_adopt_running(struct engine *engine, const struct engine_task *task,
                          instant now)
{
    for (size_t i = 0; i < task->split_count; i++) {
        const struct plan_split *split = &task->splits[i];
        struct engine_entry *entry = engine_entry_find(engine, split->job.id);
        bool pauses;

        if (split->runs_in < 0 || split->pieces.count == 0 || !entry
            || entry->run_seen != task->number || entry->pool < 0 || entry->in_flight
            || entry->job.state != JOB_RUNNING)
            continue;
        pauses = split->pieces.list[0].start > task->now;
        exchange(engine, entry, &split->pieces, pauses, task->now);
        if (pauses)
            engine_pause(engine, entry, now);
    }
}

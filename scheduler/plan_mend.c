/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"

#define MILLION 1000000

bool plan_is_late(const struct plan_job *job, const struct reservation *reservation)
{
    return reservation->pool < 0 || reservation->start > job->latest;
}

/* The job that comes k-th. */
static size_t turn(const struct plan_round *round, size_t k)
{
    return round->order ? round->order[k] : k;
}

/*
 * What is planned to start within a slot's time stays: a start that is at hand must not
 * be called off because a forecast was touched up.
 */
static bool is_pinned(const struct plan_round *round,
                      const struct reservation *reservation)
{
    return reservation->start < round->batch->now + round->plan->settings.slot;
}

/* Whether a reservation is still one, leaving aside whether there is room for it. */
static bool is_valid(const struct plan_round *round, const struct plan_job *job,
                     const struct reservation *reservation)
{
    const struct plan *plan = round->plan;

    if (reservation->pool < 0 || reservation->pool >= PLAN_POOLS_MAX
        || !plan_pool_suits(plan, job, reservation->pool))
        return false;
    return reservation->start >= job->earliest
           && plan_slot(plan, reservation->start) < plan->slots;
}

/*
 * Take what a reservation held, if there is room for it. A start that is due keeps its
 * slots while slot 0 is its own; one that is overdue runs from now. Expected run times
 * change as jobs are learnt about: so does what is held.
 */
static bool keep(const struct plan_round *round, const struct plan_job *job,
                 struct reservation *reservation)
{
    struct plan *plan = round->plan;
    struct profile *profile = plan->pools[reservation->pool].profile;
    struct resources need = profile_need(&job->wanted);
    int64_t begins = plan_slot(plan, reservation->start);
    instant start = begins < 0 ? round->batch->now : reservation->start;
    int64_t ends = plan_slot_after(plan, start + job->time);

    if (!profile_has_room(profile, begins, ends, &need))
        return false;
    reservation->ends = plan->begins + ends * plan->settings.slot;
    if (plan_is_late(job, reservation))
        reservation->reason = PLAN_LATE;
    plan_hold(plan, job, reservation);
    return true;
}

/* Keep those reservations that hold and that `wanted` is true of. */
static size_t keep_all(const struct plan_round *round, struct plan_draft *draft,
                       bool (*wanted)(const struct plan_round *round,
                                      const struct plan_job *job,
                                      const struct reservation *before))
{
    size_t count = 0;

    for (size_t k = 0; k < round->batch->count; k++) {
        size_t i = turn(round, k);
        struct reservation reservation;
        struct plan_job job;

        if (plan_draft_is(draft, i, PLAN_DRAFT_KEPT)
            || round->batch->before[i].place == 0)
            continue;
        job = plan_batch_unpack(round->batch, i);
        reservation = plan_batch_before(round->batch, i, &job);
        if (!is_valid(round, &job, &reservation) || !wanted(round, &job, &reservation)
            || !keep(round, &job, &reservation))
            continue;
        plan_draft_set(round, draft, i, &job, &reservation, true);
        count++;
    }
    return count;
}

static bool was_pinned(const struct plan_round *round, const struct plan_job *job,
                       const struct reservation *before)
{
    (void)job;
    return is_pinned(round, before);
}

static bool was_on_time(const struct plan_round *round, const struct plan_job *job,
                        const struct reservation *before)
{
    (void)round;
    return !plan_is_late(job, before);
}

static bool was_reserved(const struct plan_round *round, const struct plan_job *job,
                         const struct reservation *before)
{
    (void)round;
    (void)job;
    return before->pool >= 0;
}

static void place_rest(const struct plan_round *round, struct plan_draft *draft)
{
    for (size_t k = 0; k < round->batch->count; k++) {
        size_t i = turn(round, k);
        struct reservation reservation;
        struct plan_job job;

        if (plan_draft_is(draft, i, PLAN_DRAFT_KEPT))
            continue;
        job = plan_batch_unpack(round->batch, i);
        reservation = plan_place(round->plan, &job, round->batch->now);
        plan_draft_set(round, draft, i, &job, &reservation, false);
    }
}

static struct plan_option option_from(const struct plan_round *round,
                                      const struct plan_wish *wish,
                                      const struct reservation *reservation)
{
    struct plan_option option = PLAN_OPTION_NONE;
    const bool *green;

    option.pool = reservation->pool;
    option.slot = (int32_t)plan_slot(round->plan, reservation->start);
    if (option.slot < 0)
        option.slot = 0;
    option.tier = 0;
    if (wish->mode != PLAN_MODE_EARLIEST && !plan_pool_zone(round->plan, option.pool))
        option.tier = 2;
    green = round->plan->classes[wish->job->class]
                .green[round->plan->pools[option.pool].zone];
    if (wish->mode == PLAN_MODE_GREEN_ENOUGH && option.tier == 0
        && !(green && green[option.slot]))
        option.tier = 1;
    return option;
}

/* Whether a job would rather start there than where it is. */
static bool is_worth_moving(const struct plan_round *round,
                            const struct plan_wish *wish,
                            const struct plan_option *option,
                            const struct plan_option *current)
{
    uint64_t part = (uint64_t)(MILLION - round->plan->settings.hysteresis_ppm);

    if (option->tier != current->tier)
        return option->tier < current->tier;
    if (option->tier == 2 || wish->mode == PLAN_MODE_EARLIEST)
        return option->slot < current->slot;
    if (wish->mode == PLAN_MODE_GREEN_ENOUGH)
        return option->tier == 0 && option->slot < current->slot;
    if (option->pool == current->pool) {
        /* The same watts: areas decide, and the row has them. */
        const struct plan_row *row =
            plan_find_row(round->plan, round->plan->pools[option->pool].zone,
                          wish->job->class, wish->length);

        return (burden)row->area[option->slot] * MILLION
               < (burden)row->area[current->slot] * part;
    }
    return plan_cost(round->plan, wish, option->pool, option->slot) * MILLION
           < plan_cost(round->plan, wish, current->pool, current->slot) * part;
}

/* Whether a reservation leaves less headroom than it should; `held`: the profile has
 * it. */
static bool crowds_others(const struct plan_round *round, const struct plan_wish *wish,
                          const struct reservation *reservation, bool held)
{
    const struct plan *plan = round->plan;
    const struct profile *profile = plan->pools[reservation->pool].profile;
    int64_t units = plan->pools[reservation->pool].headroom;
    struct resources headroom = {INT64_MIN, INT64_MIN, INT64_MIN};
    struct resources more = held ? (struct resources){0, 0, 0} : wish->job->wanted;

    if (units == 0 || !plan_is_patient(plan, wish))
        return false;
    if (profile->capacity.gpus > 0)
        headroom.gpus = units + more.gpus;
    else
        headroom.cpus = units + more.cpus;
    return !profile_has_room(profile, plan_slot(plan, reservation->start),
                             plan_slot(plan, reservation->ends), &headroom);
}

/* Move one job, if it gains by it, or leaves others the room that they should have.
 * Whether it has moved. */
static bool move(const struct plan_round *round, const struct plan_job *job,
                 struct reservation *reservation)
{
    struct plan_wish wish = plan_wish_from(round->plan, job, round->batch->now);
    struct plan_option current = option_from(round, &wish, reservation);
    bool was_late = plan_is_late(job, reservation);
    struct plan_option ideal;
    struct plan_option option;
    enum plan_reason reason;
    bool pinned = is_pinned(round, reservation);
    bool crowds;
    bool gains;

    if (pinned && wish.mode != PLAN_MODE_EARLIEST)
        return false;
    ideal = plan_ideal(round->plan, &wish);
    crowds = !was_late && crowds_others(round, &wish, reservation, true);
    if (!was_late && !crowds
        && (ideal.pool < 0 || !is_worth_moving(round, &wish, &ideal, &current))) {
        reservation->reason = plan_explain(round->plan, &wish, &current, &ideal, true);
        return false;
    }
    plan_withdraw(round->plan, job, reservation);
    option = plan_choose(round->plan, &wish, &ideal, &reason);
    if (crowds)
        gains = option.pool >= 0 && reason != PLAN_LATE
                && plan_has_start(round->plan, &wish, &option);
    else if (was_late)
        gains = option.pool >= 0 && (reason != PLAN_LATE || option.slot < current.slot);
    else
        gains = option.pool >= 0 && reason != PLAN_LATE
                && is_worth_moving(round, &wish, &option, &current);
    /* What is at hand moves only to be due at once. */
    if (pinned && (option.slot > wish.first || wish.from > round->batch->now))
        gains = false;
    if (gains) {
        *reservation = plan_reserve(round->plan, &wish, &option, reason);
        return true;
    }
    plan_hold(round->plan, job, reservation);
    reservation->reason =
        was_late ? PLAN_LATE : plan_explain(round->plan, &wish, &current, &ideal, true);
    return false;
}

/* Keep what holds, place the rest, then let single jobs move. True if any was kept. */
bool plan_mend(const struct plan_round *round, struct plan_draft *draft)
{
    size_t count = 0;

    if (round->batch->before) {
        count += keep_all(round, draft, was_on_time);
        count += keep_all(round, draft, was_reserved);
    }
    place_rest(round, draft);
    for (size_t k = 0; k < round->batch->count && count > 0; k++) {
        size_t i = turn(round, k);
        struct reservation reservation;
        struct plan_job job;
        bool moved;

        if (!plan_draft_is(draft, i, PLAN_DRAFT_KEPT))
            continue;
        job = plan_batch_unpack(round->batch, i);
        reservation = plan_draft_get(round, draft, i, &job);
        moved = move(round, &job, &reservation);
        plan_draft_set(round, draft, i, &job, &reservation, !moved);
    }
    return count > 0;
}

/* Keep the start that a job had, if there is room. */
static bool keep_start(const struct plan_round *round, const struct plan_wish *wish,
                       const struct plan_option *current,
                       const struct plan_option *ideal, size_t i,
                       struct plan_draft *draft)
{
    struct reservation reservation = plan_batch_before(round->batch, i, wish->job);

    if (!keep(round, wish->job, &reservation))
        return false;
    reservation.reason = plan_explain(round->plan, wish, current, ideal, true);
    plan_draft_set(round, draft, i, wish->job, &reservation, true);
    return true;
}

/*
 * Place a job as if nothing had been planned, but let it have the start that it had if
 * no other is better by more than the hysteresis.
 */
static void place_again(const struct plan_round *round, size_t i,
                        struct plan_draft *draft)
{
    const struct plan_job job = plan_batch_unpack(round->batch, i);
    const struct reservation before = plan_batch_before(round->batch, i, &job);
    struct plan_wish wish = plan_wish_from(round->plan, &job, round->batch->now);
    struct plan_option ideal = plan_ideal(round->plan, &wish);
    struct plan_option current = PLAN_OPTION_NONE;
    struct plan_option option;
    struct reservation after;
    enum plan_reason reason;
    bool had_one = is_valid(round, &job, &before) && !plan_is_late(&job, &before);

    if (had_one) {
        current = option_from(round, &wish, &before);
        had_one = !crowds_others(round, &wish, &before, false);
        if (had_one && ideal.pool >= 0
            && !is_worth_moving(round, &wish, &ideal, &current)
            && keep_start(round, &wish, &current, &ideal, i, draft))
            return;
    }
    option = plan_choose(round->plan, &wish, &ideal, &reason);
    if (had_one && option.pool >= 0 && reason != PLAN_LATE
        && !is_worth_moving(round, &wish, &option, &current)
        && keep_start(round, &wish, &current, &ideal, i, draft))
        return;
    after = plan_reserve(round->plan, &wish, &option, reason);
    plan_draft_set(round, draft, i, &job, &after, false);
}

/* From scratch, but for what is at hand. */
void plan_start_over(const struct plan_round *round, struct plan_draft *draft)
{
    if (round->batch->before)
        keep_all(round, draft, was_pinned);
    for (size_t k = 0; k < round->batch->count; k++)
        if (!plan_draft_is(draft, turn(round, k), PLAN_DRAFT_KEPT))
            place_again(round, turn(round, k), draft);
}

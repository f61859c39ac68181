/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

#include <assert.h>

#define MILLION 1000000

static int32_t clip(int64_t slot, int64_t least, int64_t most)
{
    if (slot < least)
        return (int32_t)least;
    return (int32_t)(slot > most ? most : slot);
}

static bool has_forecast(const struct plan *plan, const struct plan_job *job)
{
    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (plan_pool_suits(plan, job, i) && plan_pool_zone(plan, i))
            return true;
    }
    return false;
}

struct plan_wish plan_wish_from(const struct plan *plan, const struct plan_job *job,
                                instant now)
{
    struct plan_wish wish = {.job = job, .now = now};
    duration slot = plan->settings.slot;
    instant first_begins;

    assert(job->time > 0 && job->class < PLAN_CLASSES_MAX);
    wish.policy = &plan->classes[job->class].policy;
    wish.mode = PLAN_MODE_EARLIEST;
    if (!job->now && wish.policy->kind == POLICY_THRESHOLD)
        wish.mode = PLAN_MODE_GREEN_ENOUGH;
    else if (!job->now && wish.policy->kind == POLICY_CLEANEST)
        wish.mode = PLAN_MODE_CHEAPEST;
    wish.need = profile_need(&job->wanted);
    wish.from = now > job->earliest ? now : job->earliest;
    if (wish.from < plan->begins)
        wish.from = plan->begins;
    /* Divisions are a good part of what this takes, and most jobs may start now. */
    wish.first = wish.from - plan->begins < slot
                     ? 0
                     : clip(plan_slot(plan, wish.from), 0, plan->slots);
    wish.last = clip(plan_slot(plan, job->latest), -1, plan->slots - 1);
    if (job->latest < wish.from)
        wish.last = -1;
    first_begins = plan->begins + wish.first * slot;
    wish.length = clip((job->time + slot - 1) / slot, 1, INT32_MAX / 4);
    wish.first_length = wish.length;
    if (wish.from != first_begins)
        wish.first_length = clip(
            (wish.from - first_begins + job->time + slot - 1) / slot, 1, INT32_MAX / 4);
    return wish;
}

bool plan_pool_suits(const struct plan *plan, const struct plan_job *job, int32_t pool)
{
    const struct plan_pool *place = &plan->pools[pool];

    return (job->pools >> pool & 1) && place->profile && !place->shape.drained
           && resources_fit(&job->wanted, &place->shape.capacity);
}

int64_t plan_draw(int64_t watts, int64_t pue_ppm)
{
    int64_t pue = clip(pue_ppm, 1, PLAN_PUE_MAX);

    if (watts < 1)
        watts = 1;
    return (watts < PLAN_WATTS_MAX ? watts : PLAN_WATTS_MAX) * pue;
}

burden plan_weigh(const struct plan *plan, const struct plan_job *job, int32_t pool,
                  int64_t area)
{
    const struct pool *shape = &plan->pools[pool].shape;
    int64_t watts = power_estimate(shape, &job->wanted, job->power);

    return (burden)area * (burden)plan_draw(watts, shape->pue_ppm);
}

static burden carbon(const struct plan *plan, const struct plan_wish *wish,
                     int32_t pool, int32_t slot)
{
    const struct plan_zone *zone = plan_pool_zone(plan, pool);

    if (!zone)
        return BURDEN_MAX;
    return plan_weigh(plan, wish->job, pool, plan_zone_area(zone, slot, wish->length));
}

burden plan_cost(const struct plan *plan, const struct plan_wish *wish, int32_t pool,
                 int32_t slot)
{
    const struct plan_zone *zone = plan_pool_zone(plan, pool);
    int64_t patience;

    if (!zone)
        return BURDEN_MAX;
    patience = wish->mode == PLAN_MODE_CHEAPEST
                   ? plan_zone_patience(zone, wish->length, wish->policy->patience_ppm)
                   : 0;
    return plan_weigh(plan, wish->job, pool,
                      plan_zone_area(zone, slot, wish->length) + patience * slot);
}

/* Only then are costs compared. */
static bool has_choice(const struct plan_job *job)
{
    return (job->pools & (job->pools - 1)) != 0;
}

static struct plan_option search_green(const struct plan *plan,
                                       const struct plan_wish *wish, int32_t pool,
                                       struct plan_search *search)
{
    struct plan_option option = {pool, -1, 0, BURDEN_MAX};

    search->green = plan->classes[wish->job->class].green[plan->pools[pool].zone];
    if (search->green)
        option.slot = plan_search_earliest(search);
    if (option.slot < 0) {
        search->green = NULL;
        option.slot = search->profile ? plan_search_latest(search) : search->last;
        option.tier = 1;
    }
    return option;
}

static struct plan_option search_pool(struct plan *plan, const struct plan_wish *wish,
                                      int32_t pool, enum plan_stage stage)
{
    struct plan_search search = plan_search_from(plan, wish, pool, stage);
    const struct plan_zone *zone = plan_pool_zone(plan, pool);
    struct plan_option option = {pool, -1, 0, BURDEN_MAX};

    if (search.first > search.last)
        return PLAN_OPTION_NONE;
    if (stage == PLAN_STAGE_FIRST || stage == PLAN_STAGE_LATE
        || wish->mode == PLAN_MODE_EARLIEST) {
        option.slot = plan_search_earliest(&search);
    } else if (!zone) {
        option.slot = plan_search_earliest(&search);
        option.tier = 2;
    } else if (wish->mode == PLAN_MODE_GREEN_ENOUGH) {
        option = search_green(plan, wish, pool, &search);
    } else {
        const struct plan_row *row =
            plan_find_row(plan, plan->pools[pool].zone, wish->job->class, wish->length);

        option.slot = plan_search_cheapest(&search, row);
        if (option.slot >= 0 && has_choice(wish->job))
            option.cost = plan_weigh(plan, wish->job, pool, row->area[option.slot]);
    }
    if (option.slot < 0)
        return PLAN_OPTION_NONE;
    return option;
}

/* Whether a start is better than another one; of equal ones the first pool's stays. */
static bool is_better(const struct plan_wish *wish, enum plan_stage stage,
                      const struct plan_option *option, const struct plan_option *best)
{
    if (option->tier != best->tier)
        return option->tier < best->tier;
    if (option->slot != best->slot) {
        if (option->tier == 1)
            return option->slot > best->slot;
        if (option->tier == 2 || stage == PLAN_STAGE_FIRST || stage == PLAN_STAGE_LATE
            || wish->mode != PLAN_MODE_CHEAPEST)
            return option->slot < best->slot;
    }
    return option->cost < best->cost;
}

static struct plan_option search_all(struct plan *plan, const struct plan_wish *wish,
                                     enum plan_stage stage)
{
    struct plan_option best = PLAN_OPTION_NONE;
    uint64_t rest = wish->job->pools;

    if (wish->first >= plan->slots)
        return best;
    for (int32_t i = 0; rest != 0; i++, rest >>= 1) {
        struct plan_option option;

        if (!(rest & 1) || !plan_pool_suits(plan, wish->job, i))
            continue;
        option = search_pool(plan, wish, i, stage);
        if (option.pool < 0)
            continue;
        if (has_choice(wish->job) && option.cost == BURDEN_MAX)
            option.cost = plan_cost(plan, wish, i, option.slot);
        if (best.pool < 0 || is_better(wish, stage, &option, &best))
            best = option;
    }
    return best;
}

struct plan_option plan_ideal(struct plan *plan, const struct plan_wish *wish)
{
    return search_all(plan, wish, PLAN_STAGE_IDEAL);
}

/* Whether waiting for this start saves less than the policy asks for. */
static bool is_small(const struct plan *plan, const struct plan_wish *wish,
                     const struct plan_option *option, const struct plan_option *first)
{
    burden waiting = carbon(plan, wish, option->pool, option->slot);
    burden at_once = carbon(plan, wish, first->pool, first->slot);

    if (at_once == BURDEN_MAX || first->slot >= option->slot)
        return false;
    return waiting * MILLION
           > at_once * (uint64_t)(MILLION - wish->policy->min_saving_ppm);
}

bool plan_has_start(const struct plan *plan, const struct plan_wish *wish,
                    const struct plan_option *option)
{
    struct plan_search search =
        plan_search_from(plan, wish, option->pool, PLAN_STAGE_ON_TIME);

    return plan_search_has(&search, option->slot);
}

/* Why a start differs from the ideal one. */
static enum plan_reason explain_other(const struct plan *plan,
                                      const struct plan_wish *wish,
                                      const struct plan_option *ideal, bool held)
{
    int32_t length = ideal->slot == wish->first ? wish->first_length : wish->length;
    struct plan_search search =
        plan_search_from(plan, wish, ideal->pool, PLAN_STAGE_ON_TIME);

    if (!profile_has_room(plan->pools[ideal->pool].profile, ideal->slot,
                          (int64_t)ideal->slot + length, &search.need))
        return PLAN_CAPACITY;
    return held ? PLAN_GREEN : PLAN_RAMP;
}

enum plan_reason plan_explain(const struct plan *plan, const struct plan_wish *wish,
                              const struct plan_option *option,
                              const struct plan_option *ideal, bool held)
{
    bool is_first = option->slot <= wish->first;
    struct plan_option first = {option->pool, wish->first, 2, BURDEN_MAX};

    if (is_first && wish->job->earliest > wish->now)
        return PLAN_NOT_BEFORE;
    if (wish->mode == PLAN_MODE_EARLIEST)
        return is_first ? PLAN_AT_ONCE : PLAN_CAPACITY;
    if (option->tier == 2 && is_first)
        return PLAN_NO_FORECAST;
    if (wish->last <= wish->first)
        return PLAN_URGENT;
    if (option->tier == 2 && !has_forecast(plan, wish->job))
        ideal = &first;
    if (ideal->pool == option->pool && ideal->slot == option->slot)
        return is_first && option->tier == 0 ? PLAN_GREEN_NOW : PLAN_GREEN;
    return explain_other(plan, wish, ideal, held);
}

/*
 * The best start on time, within the ramp and the headroom, and its reason, for a job
 * that waits for green power in one pool: what plan_choose() would find, with one look
 * at what there is. False: it is no such job, or there is none.
 */
static bool choose_alone(struct plan *plan, const struct plan_wish *wish,
                         const struct plan_option *known_ideal,
                         struct plan_option *option, enum plan_reason *reason)
{
    const struct plan_job *job = wish->job;
    int32_t pool = __builtin_ctzll(job->pools);
    const struct plan_row *row;
    struct plan_search search;
    int32_t ideal;
    bool has_room;

    if (has_choice(job) || wish->mode != PLAN_MODE_CHEAPEST
        || wish->first >= plan->slots || wish->last <= wish->first
        || job->earliest > wish->now || !plan_pool_suits(plan, job, pool)
        || !plan_pool_zone(plan, pool))
        return false;
    search = plan_search_from(plan, wish, pool, PLAN_STAGE_ON_TIME);
    row = plan_find_row(plan, plan->pools[pool].zone, job->class, wish->length);
    ideal = known_ideal ? known_ideal->slot : plan_search_ideal(&search, row);
    has_room = profile_has_room(
        search.profile, ideal,
        (int64_t)ideal + (ideal == wish->first ? wish->first_length : wish->length),
        &search.need);
    *option = (struct plan_option){pool, ideal, 0, BURDEN_MAX};
    if (has_room && plan_search_may_start(&search, ideal)) {
        *reason = ideal <= wish->first ? PLAN_GREEN_NOW : PLAN_GREEN;
        return true;
    }
    option->slot = plan_search_cheapest(&search, row);
    *reason = has_room ? PLAN_RAMP : PLAN_CAPACITY;
    return option->slot >= 0;
}

/* A start that is worth waiting for, or the first, if that saves too little. */
static struct plan_option weigh_waiting(struct plan *plan, const struct plan_wish *wish,
                                        const struct plan_option *option,
                                        enum plan_reason *reason)
{
    struct plan_option first;

    if (wish->mode != PLAN_MODE_CHEAPEST || option->tier != 0
        || wish->policy->min_saving_ppm == 0 || option->slot <= wish->first)
        return *option;
    first = search_all(plan, wish, PLAN_STAGE_FIRST);
    if (first.pool < 0 || !is_small(plan, wish, option, &first))
        return *option;
    *reason = first.slot == wish->first ? PLAN_SMALL_SAVING : PLAN_CAPACITY;
    return first;
}

struct plan_option plan_choose(struct plan *plan, const struct plan_wish *wish,
                               const struct plan_option *known_ideal,
                               enum plan_reason *reason)
{
    struct plan_option ideal;
    struct plan_option option;

    if (plan_is_hopeless(plan, wish)) {
        *reason = PLAN_BEYOND_HORIZON;
        return PLAN_OPTION_NONE;
    }
    if (choose_alone(plan, wish, known_ideal, &option, reason))
        return weigh_waiting(plan, wish, &option, reason);
    /* What is best of all, and can be had, needs no search. */
    ideal = known_ideal ? *known_ideal : plan_ideal(plan, wish);
    option = ideal;
    if (ideal.pool < 0 || !plan_has_start(plan, wish, &ideal))
        option = search_all(plan, wish, PLAN_STAGE_ON_TIME);
    if (option.pool < 0 && plan->settings.headroom_ppm > 0)
        option = search_all(plan, wish, PLAN_STAGE_CROWDED);
    if (option.pool < 0 && plan->settings.ramp_ppm > 0)
        option = search_all(plan, wish, PLAN_STAGE_UNLIMITED);
    if (option.pool < 0) {
        option = search_all(plan, wish, PLAN_STAGE_LATE);
        *reason = option.pool < 0 ? PLAN_BEYOND_HORIZON : PLAN_LATE;
        if (option.pool < 0)
            plan_note_failure(plan, wish);
        return option;
    }
    *reason = plan_explain(plan, wish, &option, &ideal, false);
    return weigh_waiting(plan, wish, &option, reason);
}

struct reservation plan_reserve(struct plan *plan, const struct plan_wish *wish,
                                const struct plan_option *option,
                                enum plan_reason reason)
{
    duration slot = plan->settings.slot;
    struct reservation reservation = RESERVATION_NONE;
    int64_t length = wish->length;
    struct profile *profile;

    reservation.reason = reason;
    if (option->pool < 0)
        return reservation;
    reservation.pool = option->pool;
    reservation.start = plan->begins + option->slot * slot;
    if (option->slot == wish->first) {
        reservation.start = wish->from;
        length = wish->first_length;
    }
    reservation.ends = plan->begins + (option->slot + length) * slot;
    /* As plan_hold would, but the slots are known. */
    profile = plan->pools[option->pool].profile;
    profile_take(profile, option->slot, option->slot + length, &wish->job->wanted);
    profile_count_start(profile, option->slot,
                        profile_units(profile, &wish->job->wanted));
    return reservation;
}

struct reservation plan_place(struct plan *plan, const struct plan_job *job,
                              instant now)
{
    struct plan_wish wish = plan_wish_from(plan, job, now);
    enum plan_reason reason;
    struct plan_option option = plan_choose(plan, &wish, NULL, &reason);

    return plan_reserve(plan, &wish, &option, reason);
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

/* J in a kWh, times the ppm of the PUE. */
#define JOULES_PER_KWH 3.6e6
#define MILLION        1e6

/* The zone's area under a run from a moment on, mg/kWh x s. */
static int64_t area_of(const struct plan *plan, const struct plan_job *job,
                       const struct plan_zone *zone, instant start)
{
    duration after = start - plan->begins;

    return plan_zone_integral(zone, after > 0 ? after : 0, job->time);
}

/* A report, not a decision: so a double may carry it. */
static int64_t milligrams_of(const struct plan *plan, const struct plan_job *job,
                             int32_t pool, instant start)
{
    const struct pool *shape = &plan->pools[pool].shape;
    const struct plan_zone *zone = plan_pool_zone(plan, pool);
    double watts = (double)power_estimate(shape, &job->wanted, job->power);
    double pue = (double)shape->pue_ppm / MILLION;

    if (!zone)
        return 0;
    return (int64_t)((double)area_of(plan, job, zone, start) * watts * pue
                         / JOULES_PER_KWH
                     + 0.5);
}

static instant start_of(const struct plan *plan, const struct plan_wish *wish,
                        int32_t slot)
{
    return slot == wish->first ? wish->from : plan->begins + slot * plan->settings.slot;
}

/*
 * The first start with room, in any pool, the cleanest of equal ones. The job's own
 * reservation is not in its way.
 */
static struct plan_option find_first_room(const struct plan *plan,
                                          const struct plan_wish *wish,
                                          const struct reservation *reservation)
{
    struct plan_option best = PLAN_OPTION_NONE;
    struct profile *own = NULL;

    if (reservation->pool >= 0) {
        own = profile_copy(plan->pools[reservation->pool].profile);
        profile_give(own, plan_slot(plan, reservation->start),
                     plan_slot_after(plan, reservation->ends), &wish->job->wanted);
    }
    for (int32_t i = 0; i < PLAN_POOLS_MAX && wish->first < plan->slots; i++) {
        struct plan_option option = {i, -1, 0, BURDEN_MAX};
        struct plan_search search = {
            .profile = i == reservation->pool ? own : plan->pools[i].profile,
            .need = wish->need,
            .budget = INT64_MAX,
            .slots = plan->slots,
            .first = wish->first,
            .last = plan->slots - 1,
            .first_length = wish->first_length,
            .length = wish->length,
        };

        if (!plan_pool_suits(plan, wish->job, i))
            continue;
        option.slot = plan_search_earliest(&search);
        if (option.slot < 0)
            continue;
        option.cost = plan_cost(plan, wish, i, option.slot);
        if (best.pool < 0 || option.slot < best.slot
            || (option.slot == best.slot && option.cost < best.cost))
            best = option;
    }
    profile_destroy(own);
    return best;
}

/* The cheapest start on time, were there room everywhere. */
static instant find_cleanest(const struct plan *plan, const struct plan_wish *wish)
{
    int32_t best = wish->first;
    burden least = BURDEN_MAX;

    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (!plan_pool_suits(plan, wish->job, i))
            continue;
        for (int32_t slot = wish->first; slot <= wish->last; slot++) {
            burden cost = plan_cost(plan, wish, i, slot);

            if (cost < least || (cost == least && slot < best)) {
                least = cost;
                best = slot;
            }
        }
    }
    return start_of(plan, wish, best);
}

/* The cheapest start with room in the reservation's pool that is not it. */
static int32_t find_runner_up(const struct plan *plan, const struct plan_wish *wish,
                              const struct reservation *reservation)
{
    struct profile *own = profile_copy(plan->pools[reservation->pool].profile);
    int64_t planned = plan_slot(plan, reservation->start);
    int64_t apart = HOUR / plan->settings.slot;
    burden least = BURDEN_MAX;
    int32_t best = -1;

    profile_give(own, planned, plan_slot_after(plan, reservation->ends),
                 &wish->job->wanted);
    for (int32_t slot = wish->first; slot <= wish->last; slot++) {
        int32_t length = slot == wish->first ? wish->first_length : wish->length;
        burden cost;

        if (slot > planned - apart && slot < planned + apart)
            continue;
        cost = plan_cost(plan, wish, reservation->pool, slot);
        if (cost < least
            && profile_has_room(own, slot, (int64_t)slot + length, &wish->need)) {
            least = cost;
            best = slot;
        }
    }
    profile_destroy(own);
    return best;
}

/* Whose levels to show: the reservation's, or those of the first pool allowed. */
static int32_t pool_of(const struct plan *plan, const struct plan_job *job,
                       const struct reservation *reservation)
{
    if (reservation->pool >= 0)
        return reservation->pool;
    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (plan_pool_suits(plan, job, i))
            return i;
    }
    return -1;
}

void plan_figure(const struct plan *plan, const struct plan_job *job,
                 const struct reservation *reservation, instant now,
                 struct plan_figures *figures)
{
    struct plan_wish wish = plan_wish_from(plan, job, now);
    int32_t pool = pool_of(plan, job, reservation);
    const struct plan_zone *zone = pool < 0 ? NULL : plan_pool_zone(plan, pool);
    struct plan_option first = find_first_room(plan, &wish, reservation);
    int64_t slot = plan_slot(plan, now);
    int32_t runner_up;

    *figures = (struct plan_figures){.first_room = INSTANT_MAX,
                                     .runner_up = INSTANT_MAX,
                                     .pool_at_once = first.pool};
    figures->cleanest = find_cleanest(plan, &wish);
    if (first.pool >= 0) {
        figures->first_room = start_of(plan, &wish, first.slot);
        figures->milligrams_at_once =
            milligrams_of(plan, job, first.pool, figures->first_room);
    }
    if (!zone)
        return;
    figures->has_forecast = true;
    if (slot >= 0)
        figures->level_now = zone->level[slot < plan->slots ? slot : plan->slots - 1];
    else
        figures->level_now = zone->level[0];
    if (reservation->pool < 0)
        return;
    figures->level_planned = area_of(plan, job, zone, reservation->start) / job->time;
    figures->milligrams_planned = milligrams_of(plan, job, pool, reservation->start);
    runner_up = find_runner_up(plan, &wish, reservation);
    if (runner_up < 0)
        return;
    figures->runner_up = start_of(plan, &wish, runner_up);
    figures->milligrams_runner_up = milligrams_of(plan, job, pool, figures->runner_up);
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"

static const char *const reasons[PLAN_REASONS] = {
    [PLAN_AT_ONCE] = "at-once",
    [PLAN_URGENT] = "urgent",
    [PLAN_GREEN] = "green",
    [PLAN_GREEN_NOW] = "green-now",
    [PLAN_CAPACITY] = "capacity",
    [PLAN_RAMP] = "ramp",
    [PLAN_NO_FORECAST] = "no-forecast",
    [PLAN_SMALL_SAVING] = "small-saving",
    [PLAN_LATE] = "late",
    [PLAN_BEYOND_HORIZON] = "beyond-horizon",
    [PLAN_NOT_BEFORE] = "not-before",
};

const char *plan_reason_name(enum plan_reason reason)
{
    assert((int)reason >= 0 && reason < PLAN_REASONS);
    return reasons[reason];
}

/* Division that rounds down below 0 too: what was reserved may lie in the past. */
static int64_t divide_down(int64_t number, int64_t divisor)
{
    int64_t quotient = number / divisor;

    return number % divisor < 0 ? quotient - 1 : quotient;
}

int64_t plan_slot(const struct plan *plan, instant when)
{
    return divide_down(when - plan->begins, plan->settings.slot);
}

int64_t plan_slot_after(const struct plan *plan, instant when)
{
    return divide_down(when - plan->begins + plan->settings.slot - 1,
                       plan->settings.slot);
}

struct plan *plan_create(const struct plan_settings *settings, instant now)
{
    struct plan *plan = xcalloc(1, sizeof(*plan));

    assert(settings->slot > 0 && HOUR % settings->slot == 0);
    assert(settings->slots > 0 && settings->slots <= PLAN_SLOTS_MAX);
    assert((duration)settings->slots <= PLAN_HORIZON_MAX / settings->slot);
    assert(settings->hysteresis_ppm >= 0 && settings->hysteresis_ppm <= 1000000);
    assert(settings->ramp_ppm >= 0 && settings->ramp_ppm <= 1000000);
    assert(settings->headroom_ppm >= 0 && settings->headroom_ppm <= 1000000);
    plan->settings = *settings;
    plan->slots = (int32_t)settings->slots;
    plan->day = (int32_t)(DAY / settings->slot);
    plan->row_count = plan_count_rows(plan->slots);
    plan->begins = divide_down(now, settings->slot) * settings->slot;
    return plan;
}

struct plan *plan_copy(const struct plan *plan)
{
    struct plan *copy = xmemdup(plan, sizeof(*plan));

    for (size_t i = 0; i < PLAN_ROWS; i++)
        copy->rows[i] = NULL;
    for (size_t i = 0; i < PLAN_ZONES_MAX; i++) {
        if (plan->zones[i])
            copy->zones[i] = plan_zone_copy(plan->zones[i]);
    }
    for (size_t i = 0; i < PLAN_CLASSES_MAX; i++) {
        for (size_t j = 0; j < PLAN_ZONES_MAX; j++)
            copy->classes[i].green[j] =
                xmemdup(plan->classes[i].green[j],
                        (size_t)plan->slots * sizeof(plan->classes[i].green[j][0]));
    }
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (plan->pools[i].profile)
            copy->pools[i].profile = profile_copy(plan->pools[i].profile);
    }
    return copy;
}

void plan_destroy(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < PLAN_ROWS; i++)
        free(plan->rows[i]);
    for (size_t i = 0; i < PLAN_ZONES_MAX; i++)
        plan_zone_destroy(plan->zones[i]);
    for (size_t i = 0; i < PLAN_CLASSES_MAX; i++) {
        for (size_t j = 0; j < PLAN_ZONES_MAX; j++)
            free(plan->classes[i].green[j]);
    }
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++)
        profile_destroy(plan->pools[i].profile);
    free(plan);
}

static void mark_green(struct plan *plan, struct plan_class *class, size_t zone)
{
    const struct plan_zone *power = plan->zones[zone];

    if (!power || class->policy.kind != POLICY_THRESHOLD) {
        free(class->green[zone]);
        class->green[zone] = NULL;
        return;
    }
    if (!class->green[zone])
        class->green[zone] =
            xcalloc((size_t)plan->slots, sizeof(class->green[zone][0]));
    policy_mark_green(&class->policy, power->level,
                      power->has_renewable ? power->renewable : NULL,
                      (size_t)plan->slots, (size_t)plan->day, class->green[zone]);
}

static void mark_all(struct plan *plan)
{
    for (size_t i = 0; i < PLAN_CLASSES_MAX; i++) {
        if (!plan->classes[i].is_set)
            continue;
        for (size_t j = 0; j < PLAN_ZONES_MAX; j++)
            mark_green(plan, &plan->classes[i], j);
    }
}

void plan_set_zone(struct plan *plan, int zone, const intensity *levels,
                   const share *renewable)
{
    assert(zone >= 0 && zone < PLAN_ZONES_MAX);
    plan_zone_destroy(plan->zones[zone]);
    plan->zones[zone] = NULL;
    if (levels)
        plan->zones[zone] =
            plan_zone_create(plan->slots, plan->settings.slot, levels, renewable);
    plan_forget_rows(plan);
}

void plan_set_class(struct plan *plan, int class, const struct policy *policy)
{
    assert(class >= 0 && class < PLAN_CLASSES_MAX);
    plan->classes[class].is_set = true;
    plan->classes[class].policy = *policy;
    for (size_t i = 0; i < PLAN_ZONES_MAX; i++)
        mark_green(plan, &plan->classes[class], i);
    plan_forget_rows(plan);
}

/* Of a pool's GPUs, or of its CPUs where it has none. */
static int64_t part_of(const struct resources *capacity, int64_t ppm)
{
    return (capacity->gpus > 0 ? capacity->gpus : capacity->cpus) * ppm / 1000000;
}

void plan_set_pool(struct plan *plan, int pool, int zone, const struct pool *shape)
{
    struct plan_pool *place;

    assert(pool >= 0 && pool < PLAN_POOLS_MAX);
    assert(zone >= 0 && zone < PLAN_ZONES_MAX);
    place = &plan->pools[pool];
    place->zone = zone;
    place->shape = *shape;
    if (place->profile)
        profile_resize(place->profile, &shape->capacity);
    else
        place->profile = profile_create(plan->slots, &shape->capacity);
    place->headroom = part_of(&shape->capacity, plan->settings.headroom_ppm);
    place->ramp = plan->settings.ramp_ppm > 0
                      ? part_of(&shape->capacity, plan->settings.ramp_ppm)
                      : INT64_MAX;
}

void plan_occupy(struct plan *plan, int pool, instant begins, instant ends,
                 const struct resources *taken)
{
    assert(pool >= 0 && pool < PLAN_POOLS_MAX && plan->pools[pool].profile);
    profile_take(plan->pools[pool].profile, plan_slot(plan, begins),
                 plan_slot_after(plan, ends), taken);
}

void plan_vacate(struct plan *plan, int pool, instant begins, instant ends,
                 const struct resources *taken)
{
    assert(pool >= 0 && pool < PLAN_POOLS_MAX && plan->pools[pool].profile);
    profile_give(plan->pools[pool].profile, plan_slot(plan, begins),
                 plan_slot_after(plan, ends), taken);
}

int64_t plan_count_taken(const struct plan *plan, duration span)
{
    int64_t slots = span / plan->settings.slot;
    int64_t gpus = 0;
    int64_t cpus = 0;
    bool has_gpus = false;

    for (size_t i = 0; i < PLAN_POOLS_MAX; i++) {
        const struct profile *profile = plan->pools[i].profile;

        if (!profile || plan->pools[i].shape.drained)
            continue;
        has_gpus = has_gpus || profile->capacity.gpus > 0;
        for (int64_t j = 0; j < slots && j < plan->slots; j++) {
            gpus += profile->capacity.gpus - profile->free[j].gpus;
            cpus += profile->capacity.cpus - profile->free[j].cpus;
        }
    }
    return (has_gpus ? gpus : cpus) * plan->settings.slot;
}

void plan_count_start(struct plan *plan, int pool, instant start,
                      const struct resources *taken)
{
    struct profile *profile;

    assert(pool >= 0 && pool < PLAN_POOLS_MAX && plan->pools[pool].profile);
    profile = plan->pools[pool].profile;
    profile_count_start(profile, plan_slot(plan, start), profile_units(profile, taken));
}

void plan_advance(struct plan *plan, instant now)
{
    int64_t passed = plan_slot(plan, now);

    if (passed <= 0)
        return;
    plan->begins += passed * plan->settings.slot;
    for (size_t i = 0; i < PLAN_ZONES_MAX; i++) {
        if (plan->zones[i])
            plan_zone_advance(plan->zones[i], passed);
    }
    for (size_t i = 0; i < PLAN_POOLS_MAX; i++) {
        if (plan->pools[i].profile)
            profile_advance(plan->pools[i].profile, passed);
    }
    mark_all(plan);
    plan_forget_rows(plan);
}

void plan_hold(struct plan *plan, const struct plan_job *job,
               const struct reservation *reservation)
{
    plan_occupy(plan, reservation->pool, reservation->start, reservation->ends,
                &job->wanted);
    plan_count_start(plan, reservation->pool, reservation->start, &job->wanted);
}

void plan_withdraw(struct plan *plan, const struct plan_job *job,
                   const struct reservation *reservation)
{
    struct profile *profile;
    int32_t pool = reservation->pool;

    if (pool < 0)
        return;
    plan_vacate(plan, pool, reservation->start, reservation->ends, &job->wanted);
    profile = plan->pools[pool].profile;
    profile_count_start(profile, plan_slot(plan, reservation->start),
                        -profile_units(profile, &job->wanted));
}

/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scheduler/plan.h"
#include "scheduler/plan_internal.h"
#include "tests/support/planning.h"
#include "tests/support/small_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START ((instant)1800000000)
#define POOLS 2
#define JOBS  40

#define SLOTS_MAX 151

/* Bytes become operations on a plan; after each, what it holds must add up. */
struct world {
    const uint8_t *data;
    size_t size;
    struct plan *plan;
    struct plan_settings settings;
    struct pool pools[POOLS];
    struct plan_job jobs[JOBS];
    struct reservation reservations[JOBS];
    size_t count;
    instant now;
};

static int64_t take(struct world *world, int64_t most)
{
    uint32_t number = 0;

    for (int i = 0; i < 3 && world->size > 0; i++, world->size--)
        number = number << 8 | *world->data++;
    return (int64_t)number % (most + 1);
}

static void set_zone(struct world *world)
{
    intensity levels[SLOTS_MAX];
    share renewable[SLOTS_MAX];
    uint64_t seed = (uint64_t)take(world, 1000);
    int zone = (int)take(world, 1);

    for (size_t i = 0; i < world->settings.slots; i++) {
        levels[i] = planning_between(&seed, 0, INTENSITY_MAX);
        renewable[i] = planning_between(&seed, 0, 1000);
    }
    plan_set_zone(world->plan, zone, seed % 8 == 0 ? NULL : levels,
                  seed % 2 == 0 ? renewable : NULL);
    for (int i = 0; i < POLICY_KINDS; i++) {
        struct policy policy = planning_policy((enum policy_kind)i);

        policy.below_percentile = take(world, 100);
        policy.min_renewable = take(world, 2) == 0 ? 500 : POLICY_NOT_SET;
        policy.patience_ppm = take(world, 1000000);
        policy.min_saving_ppm = take(world, 1000000);
        plan_set_class(world->plan, i, &policy);
    }
}

static void set_pool(struct world *world)
{
    int pool = (int)take(world, POOLS - 1);

    world->pools[pool] = planning_pool(take(world, 16));
    world->pools[pool].capacity.cpus = take(world, 100);
    world->pools[pool].gpu_power = take(world, 1000);
    world->pools[pool].drained = take(world, 9) == 0;
    plan_set_pool(world->plan, pool, pool, &world->pools[pool]);
}

static void add_job(struct world *world)
{
    struct plan_job *job = &world->jobs[world->count];

    if (world->count == JOBS)
        return;
    *job = (struct plan_job){
        .id = take(world, 100),
        .pools = (uint64_t)take(world, 2) + 1,
        .wanted = {take(world, 8), take(world, 20), take(world, 100000)},
        .power = take(world, 500),
        .time = 1 + take(world, take(world, 3) == 0 ? JOB_TIME_MAX - 1 : 6 * HOUR),
        .earliest = take(world, 3) == 0 ? world->now + take(world, 3 * DAY) : 0,
        .latest = world->now + take(world, 3 * DAY) - HOUR,
        .priority = (int32_t)take(world, 4),
        .class = (uint8_t)take(world, POLICY_KINDS - 1),
        .now = take(world, 4) == 0,
    };
    world->reservations[world->count++] = plan_place(world->plan, job, world->now);
}

static void remove_job(struct world *world)
{
    size_t i = (size_t)take(world, JOBS - 1);

    if (i >= world->count)
        return;
    plan_withdraw(world->plan, &world->jobs[i], &world->reservations[i]);
    world->count--;
    world->jobs[i] = world->jobs[world->count];
    world->reservations[i] = world->reservations[world->count];
}

/* The plan that is made is one of those that the bound is of. */
static void bound(const struct world *world)
{
    struct plan_made made = {.plan = world->plan, .now = world->now};
    struct plan_bound found;

    if (small_plan_bound(&made, world->jobs, world->reservations, world->count, &found))
        assert(found.jobs <= world->count && found.least <= found.cost
               && found.gap >= 0);
}

static void run(struct world *world)
{
    struct reservation before[JOBS];

    memcpy(before, world->reservations, sizeof(before));
    for (size_t i = 0; i < world->count; i++)
        plan_withdraw(world->plan, &world->jobs[i], &before[i]);
    planning_run(world->plan, world->jobs, world->reservations, world->count,
                 world->now);
    bound(world);
}

/* What is free is what there is, less what each job holds. */
static void check(const struct world *world)
{
    const struct plan *plan = world->plan;

    for (int pool = 0; pool < POOLS; pool++) {
        const struct profile *profile = plan->pools[pool].profile;

        for (int32_t slot = 0; slot < plan->slots; slot++) {
            instant begins = plan->begins + slot * world->settings.slot;
            struct resources free = world->pools[pool].capacity;

            for (size_t i = 0; i < world->count; i++) {
                const struct reservation *held = &world->reservations[i];

                if (held->pool == pool && held->ends > begins
                    && held->start < begins + world->settings.slot)
                    resources_subtract(&free, &world->jobs[i].wanted);
            }
            assert(memcmp(&free, &profile->free[slot], sizeof(free)) == 0);
        }
    }
    for (size_t i = 0; i < world->count; i++) {
        const struct plan_job *job = &world->jobs[i];
        const struct reservation *held = &world->reservations[i];
        struct plan_figures figures;

        assert(held->reason < PLAN_REASONS);
        if (held->pool < 0)
            continue;
        assert(job->pools >> held->pool & 1);
        assert(held->start >= job->earliest);
        plan_figure(plan, job, held, world->now, &figures);
        assert(figures.milligrams_planned >= 0 && figures.milligrams_at_once >= 0);
        assert(figures.first_room >= job->earliest);
    }
}

static void step(struct world *world)
{
    switch (take(world, 9)) {
    case 0:
        set_zone(world);
        break;
    case 1:
        set_pool(world);
        break;
    case 2:
        remove_job(world);
        break;
    case 3:
        run(world);
        break;
    case 4:
        world->now += take(world, take(world, 5) == 0 ? 5 * DAY : HOUR);
        plan_advance(world->plan, world->now);
        break;
    default:
        add_job(world);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const duration slots[] = {5 * MINUTE, 15 * MINUTE, HOUR, 1};
    struct world world = {.data = data, .size = size, .now = START};

    world.settings.slot = slots[take(&world, 3)];
    world.settings.slots = (size_t)take(&world, SLOTS_MAX - 1) + 1;
    world.settings.hysteresis_ppm = take(&world, 100000);
    world.settings.ramp_ppm = take(&world, 300000);
    world.now += take(&world, HOUR);
    world.plan = plan_create(&world.settings, world.now);
    for (int i = 0; i < POOLS; i++)
        plan_set_pool(world.plan, i, i, &world.pools[i]);
    set_zone(&world);
    for (int i = 0; i < POOLS; i++)
        set_pool(&world);
    while (world.size > 0) {
        step(&world);
        check(&world);
    }
    plan_destroy(world.plan);
    return 0;
}

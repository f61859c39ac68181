/* SPDX-License-Identifier: MIT */
#include "nodes/pool.h"

#include <assert.h>

static const char *const sleep_names[POOL_SLEEPS] = {
    [POOL_AWAKE] = "awake",
    [POOL_FALLING_ASLEEP] = "falling asleep",
    [POOL_ASLEEP] = "asleep",
    [POOL_WAKING] = "waking",
};

const char *pool_sleep_name(enum pool_sleep sleep)
{
    return sleep_names[sleep];
}

bool resources_fit(const struct resources *wanted, const struct resources *room)
{
    return wanted->gpus <= room->gpus && wanted->cpus <= room->cpus
           && wanted->memory <= room->memory;
}

void resources_add(struct resources *sum, const struct resources *more)
{
    sum->gpus += more->gpus;
    sum->cpus += more->cpus;
    sum->memory += more->memory;
}

void resources_subtract(struct resources *sum, const struct resources *less)
{
    sum->gpus -= less->gpus;
    sum->cpus -= less->cpus;
    sum->memory -= less->memory;
}

static bool is_tracked(const struct pool *pool)
{
    return !pool->delegated && pool->capacity.gpus <= POOL_TRACKED_GPUS_MAX;
}

static bool is_positive(const struct resources *wanted)
{
    return wanted->gpus >= 0 && wanted->cpus >= 0 && wanted->memory >= 0;
}

static uint64_t unusable_gpus(const struct pool *pool)
{
    return is_tracked(pool) ? pool->foreign_gpus | pool->lost_gpus : 0;
}

static int64_t or_none(int64_t left)
{
    return left > 0 ? left : 0;
}

static struct resources without(const struct resources *room,
                                const struct resources *taken)
{
    return (struct resources){
        .gpus = or_none(room->gpus - taken->gpus),
        .cpus = or_none(room->cpus - taken->cpus),
        .memory = or_none(room->memory - taken->memory),
    };
}

struct resources pool_usable(const struct pool *pool)
{
    struct resources usable = without(&pool->capacity, &pool->others);
    uint64_t unusable = unusable_gpus(pool) & ~pool->taken_gpus;

    for (int i = 0; unusable && i < pool->capacity.gpus; i++)
        usable.gpus -= (int64_t)(unusable >> i & 1);
    return usable;
}

/* The `count` lowest GPUs that nobody has. False if there are fewer. */
static bool choose_gpus(const struct pool *pool, int64_t count, uint64_t *gpus)
{
    uint64_t chosen = 0;

    for (int i = 0; i < pool->capacity.gpus && count > 0; i++) {
        uint64_t gpu = UINT64_C(1) << i;

        if ((pool->taken_gpus | unusable_gpus(pool)) & gpu)
            continue;
        chosen |= gpu;
        count--;
    }
    if (count > 0)
        return false;
    *gpus = chosen;
    return true;
}

int pool_take(struct pool *pool, const struct resources *wanted, uint64_t *gpus,
              struct error *err)
{
    struct resources room = pool_free(pool);
    uint64_t chosen = 0;

    assert(is_positive(wanted));
    if (pool->drained)
        return error_set(err, ERROR_CONFLICT, "pool %s is drained", pool->name);
    if (pool->sleep != POOL_AWAKE)
        return error_set(err, ERROR_CONFLICT, "pool %s is %s", pool->name,
                         pool_sleep_name(pool->sleep));
    if (!resources_fit(wanted, &room)
        || (is_tracked(pool) && !choose_gpus(pool, wanted->gpus, &chosen)))
        return error_set(err, ERROR_CONFLICT,
                         "pool %s has %lld GPUs, %lld CPUs and %lld MiB free",
                         pool->name, (long long)room.gpus, (long long)room.cpus,
                         (long long)room.memory);
    resources_add(&pool->taken, wanted);
    pool->taken_gpus |= chosen;
    *gpus = chosen;
    return 0;
}

int pool_take_again(struct pool *pool, const struct resources *wanted, uint64_t gpus,
                    struct error *err)
{
    assert(is_positive(wanted));
    if (is_tracked(pool) && (pool->taken_gpus & gpus))
        return error_set(err, ERROR_CONFLICT,
                         "pool %s: a GPU of this job is another's already", pool->name);
    resources_add(&pool->taken, wanted);
    if (is_tracked(pool))
        pool->taken_gpus |= gpus;
    return 0;
}

void pool_give_back(struct pool *pool, const struct resources *taken, uint64_t gpus)
{
    assert(resources_fit(taken, &pool->taken));
    resources_subtract(&pool->taken, taken);
    pool->taken_gpus &= ~gpus;
}

struct resources pool_free(const struct pool *pool)
{
    struct resources room = pool_usable(pool);

    return without(&room, &pool->taken);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "scheduler/engine_internal.h"

/* What a job's words mean here: its queue's policy, and the pools that it may run in.
 */

int engine_find_policy(const struct engine *engine, const char *name, struct error *err)
{
    if (!name)
        return (int)engine->policy_standard;
    for (size_t i = 0; i < engine->policy_count; i++)
        if (strcmp(engine->policies[i].name, name) == 0)
            return (int)i;
    return error_set_field(err, ERROR_INVALID, "queue", "there is no queue '%s'", name);
}

/* Whether a list "a,b" names the name; NULL names all. */
static bool is_listed(const char *list, const char *name)
{
    return !list || text_is_listed(list, name);
}

static int fail_unknown(const char *pools, const char *zones, struct error *err)
{
    if (pools && zones)
        return error_set_field(err, ERROR_INVALID, "pools",
                               "there is no pool '%s' in zone '%s'", pools, zones);
    if (pools)
        return error_set_field(err, ERROR_INVALID, "pools", "there is no pool '%s'",
                               pools);
    return error_set_field(err, ERROR_INVALID, "zones", "there is no pool in zone '%s'",
                           zones ? zones : "(any)");
}

bool engine_is_delegated(const struct engine *engine, const char *pools)
{
    for (size_t i = 0; pools && i < engine->pool_count; i++)
        if (engine->pools[i].pool.delegated
            && strcmp(pools, engine->pools[i].pool.name) == 0)
            return true;
    return false;
}

static int fail_no_pool(const struct engine *engine, const struct engine_place *place,
                        const struct resources *wanted, struct error *err)
{
    const char *pools = place->pools;
    const char *zones = place->zones;
    struct resources most = {0, 0, 0};
    bool any = false;

    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct pool *pool = &engine->pools[i].pool;

        if (!is_listed(pools, pool->name) || !is_listed(zones, pool->zone)
            || pool->delegated != place->delegated)
            continue;
        any = true;
        if (pool->capacity.gpus >= most.gpus)
            most = pool->capacity;
    }
    if (!any)
        return fail_unknown(pools, zones, err);
    return error_set_field(
        err, ERROR_INVALID, wanted->gpus > most.gpus ? "gpus" : "resources",
        "no pool has room for GPUs: %lld, CPUs: %lld, MiB: %lld; the largest has %lld, "
        "%lld and %lld",
        (long long)wanted->gpus, (long long)wanted->cpus, (long long)wanted->memory,
        (long long)most.gpus, (long long)most.cpus, (long long)most.memory);
}

uint64_t engine_match_pools(const struct engine *engine,
                            const struct engine_place *place,
                            const struct resources *wanted, struct error *err)
{
    const char *pools = place->pools;
    const char *zones = place->zones;
    uint64_t mask = 0;

    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct pool *pool = &engine->pools[i].pool;

        /* What its own scheduler has taken, fits there when all is well. */
        if (is_listed(pools, pool->name) && is_listed(zones, pool->zone)
            && pool->delegated == place->delegated
            && (pool->delegated || resources_fit(wanted, &pool->capacity)))
            mask |= UINT64_C(1) << i;
    }
    if (!mask && !place->delegated && engine_is_delegated(engine, pools))
        error_set_field(err, ERROR_INVALID, "pools",
                        "pool '%s' has a scheduler of its own, and takes jobs from it "
                        "alone",
                        pools);
    else if (!mask)
        fail_no_pool(engine, place, wanted, err);
    return mask;
}

static int64_t share_of(int64_t memory, int64_t taken, int64_t whole)
{
    if (taken >= whole)
        return whole > 0 ? memory : 0;
    return memory * taken / whole;
}

/*
 * The MiB that go with what a job takes of the smallest share that a pool it may run in
 * gives for it; all jobs that fill a pool's GPUs, or its CPUs, fill its memory.
 */
int64_t engine_share_memory(const struct engine *engine, const struct job_spec *spec,
                            const struct job *job)
{
    const struct resources wanted = {job->gpus, job->cpus, 0};
    int64_t least = 0;

    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct pool *pool = &engine->pools[i].pool;
        const struct resources *capacity = &pool->capacity;
        int64_t by_gpus = share_of(capacity->memory, job->gpus, capacity->gpus);
        int64_t by_cpus = share_of(capacity->memory, job->cpus, capacity->cpus);
        int64_t memory = by_gpus > by_cpus ? by_gpus : by_cpus;

        if (pool->delegated || !is_listed(spec->pools, pool->name)
            || !is_listed(spec->zones, pool->zone) || !resources_fit(&wanted, capacity))
            continue;
        if (least == 0 || memory < least)
            least = memory;
    }
    return least;
}

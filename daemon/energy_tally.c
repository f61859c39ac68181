/* SPDX-License-Identifier: MIT */
#include "daemon/energy_tally.h"

#include <string.h>

#include "ledger/emissions.h"
#include "nodes/power.h"

static int64_t machine_gpus(const struct pool *pool)
{
    return !pool->delegated && pool->capacity.gpus <= POOL_TRACKED_GPUS_MAX
               ? pool->capacity.gpus
               : 0;
}

void energy_tally_start(struct daemon *daemon)
{
    struct energy_watch *watch = local_executor_energy(daemon->local);

    daemon->tally.moved_ms = monotonic_ms();
    for (size_t i = 0; i < engine_pool_count(daemon->engine); i++) {
        const struct pool *pool = engine_pool(daemon->engine, i);

        for (int64_t gpu = 0; gpu < machine_gpus(pool); gpu++)
            energy_watch_set_idle(watch, (size_t)(pool->first_gpu + gpu),
                                  pool->idle_power);
    }
}

static size_t find_pool(const struct engine *engine, const char *name)
{
    size_t i = 0;

    while (i < engine_pool_count(engine)
           && strcmp(engine_pool(engine, i)->name, name) != 0)
        i++;
    return i;
}

/* By the forecast in force; 0 where there is none. */
static int64_t find_carbon(const struct daemon *daemon, const char *zone,
                           int64_t joules, instant begins, instant ends)
{
    duration length = ends > begins ? ends - begins : 1;
    int64_t watts = joules / length;

    /* By milliwatts, where watts would be too coarse. */
    for (size_t i = 0; i < engine_zone_count(daemon->engine); i++) {
        const struct forecast *forecast = engine_zone_forecast(daemon->engine, i);

        if (strcmp(engine_zone_name(daemon->engine, i), zone) != 0 || !forecast)
            continue;
        if (watts >= EMISSIONS_WATTS_MAX / 1000)
            return emissions_book(NULL, forecast, watts, begins, begins + length, 0)
                .milligrams;
        return emissions_book(NULL, forecast, joules * 1000 / length, begins,
                              begins + length, 0)
                   .milligrams
               / 1000;
    }
    return 0;
}

/* What the attempt took, and whether that was measured: as accounts have it. */
static int64_t find_joules(const struct engine_event *event, const struct pool *pool,
                           instant begins, bool *is_measured)
{
    const struct energy_reading *reading = &event->report->energy;
    const struct job *job = event->job;
    struct resources taken = {job->gpus, job->cpus, job->memory};
    int64_t joules = reading->cpu_measured ? reading->cpu : 0;

    *is_measured = job->gpus > 0 ? reading->gpu_measured : reading->cpu_measured;
    if (!*is_measured)
        return energy_estimate(pool, power_estimate(pool, &taken, job->power),
                               event->report->at - begins);
    if (job->gpus > 0)
        joules += reading->gpu;
    return energy_estimate(pool, joules, 1);
}

void energy_tally_event(struct daemon *daemon, const struct engine_event *event)
{
    size_t index = find_pool(daemon->engine, event->pool);
    struct energy_tally_pool *tally;
    const struct pool *pool;
    instant begins;
    bool is_measured;
    int64_t joules;

    if (!event->report || index == engine_pool_count(daemon->engine)
        || (event->report->outcome != EXECUTOR_ENDED
            && event->report->outcome != EXECUTOR_LOST)
        || !event->report->started)
        return;
    tally = &daemon->tally.pools[index];
    pool = engine_pool(daemon->engine, index);
    begins = event->report->started < event->report->at ? event->report->started
                                                        : event->report->at;
    joules = find_joules(event, pool, begins, &is_measured);
    if (is_measured)
        tally->measured += joules;
    else
        tally->estimated += joules;
    tally->milligrams +=
        find_carbon(daemon, pool->zone, joules, begins, event->report->at);
}

static int64_t take_pool(struct daemon *daemon, const struct pool *pool)
{
    struct energy_watch *watch = local_executor_energy(daemon->local);
    int64_t joules = 0;

    for (int64_t gpu = 0; gpu < machine_gpus(pool); gpu++)
        joules += energy_watch_take_idle(watch, (size_t)(pool->first_gpu + gpu));
    return joules;
}

void energy_tally_idle(struct daemon *daemon)
{
    struct energy_tally *tally = &daemon->tally;
    struct store_batch *batch = engine_batch(daemon->engine);
    int64_t passed = monotonic_ms() - tally->moved_ms;
    instant now = daemon->clock->now(daemon->clock);

    /* It is not worth a write of its own more often. */
    if (!daemon->local || passed < ENERGY_TALLY_ALONG_MS
        || (passed < ENERGY_TALLY_PERIOD_MS && store_batch_count(batch) == 0))
        return;
    tally->moved_ms = monotonic_ms();
    for (size_t i = 0; i < engine_pool_count(daemon->engine); i++) {
        const struct pool *pool = engine_pool(daemon->engine, i);
        int64_t joules = take_pool(daemon, pool);
        int64_t whole = energy_estimate(pool, joules, 1);

        if (joules <= 0)
            continue;
        store_batch_add_idle_energy(batch, pool->name, now, joules);
        tally->pools[i].idle += whole;
        tally->pools[i].idle_milligrams +=
            find_carbon(daemon, pool->zone, whole, now, now);
    }
}

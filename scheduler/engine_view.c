/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* What the engine tells of itself. */

/* Whether nothing can start in any of the pools. */
static bool are_drained(const struct engine *engine, uint64_t pools)
{
    for (size_t i = 0; i < engine->pool_count; i++)
        if ((pools >> i & 1) && !engine->pools[i].pool.drained)
            return false;
    return pools != 0;
}

/* What of the place that it is planned for keeps a job that is due; NULL: nothing. */
static const char *reason_of_pool(const struct engine *engine,
                                  const struct engine_entry *entry)
{
    const struct pool *pool;

    if (entry->reservation.pool < 0 || entry->reservation.start > engine_now(engine))
        return NULL;
    pool = &engine->pools[entry->reservation.pool].pool;
    if (pool->sleep == POOL_AWAKE)
        return NULL;
    return pool->sleep == POOL_WAKING ? "waking" : "asleep";
}

const char *engine_reason(const struct engine *engine, const struct engine_entry *entry)
{
    const char *reason;

    if (entry->pool >= 0)
        return "";
    if (entry->job.state == JOB_HELD)
        return entry->delegated ? "slurm" : "held";
    if (entry->job.after_pending)
        return "after";
    if (entry->limit)
        return engine_limit_name(entry->limit);
    if (are_drained(engine, entry->pools))
        return "drained";
    if (engine_is_handed_over(entry))
        return job_earliest_start(&entry->job) > engine_now(engine)
                   ? plan_reason_name(PLAN_NOT_BEFORE)
                   : "handed-over";
    reason = reason_of_pool(engine, entry);
    return reason ? reason : plan_reason_name(entry->reservation.reason);
}

/* A job that was told so is late no more when a new plan has it on time again. */
static bool is_late_now(const struct engine *engine, const struct engine_entry *entry)
{
    if (entry->pool >= 0)
        return entry->job.late;
    if (engine_is_handed_over(entry) || entry->reservation.pool < 0)
        return job_stays_late(&entry->job, engine_now(engine));
    return entry->reservation.reason == PLAN_LATE
           || job_stays_late(&entry->job, entry->reservation.start);
}

static struct engine_job view(const struct engine *engine,
                              const struct engine_entry *entry)
{
    static const struct reservation none = {INSTANT_MAX, INSTANT_MAX, -1,
                                            PLAN_BEYOND_HORIZON};

    return (struct engine_job){
        .job = &entry->job,
        .reservation = engine_is_handed_over(entry) ? &none : &entry->reservation,
        .later = entry->later,
        .queue = engine->policies[entry->class].name,
        .pool = entry->pool >= 0 ? entry->pool : entry->reservation.pool,
        .home = entry->delegated ? engine_delegated_pool(engine, entry) : -1,
        .reason = engine_reason(engine, entry),
        .limit = entry->pool < 0 && engine_is_waiting(entry)
                     ? engine_limit_name(engine_find_limit(engine, entry))
                     : "",
        .time = job_time_left(&entry->job, engine_restart_cost(engine, entry)),
        .may_pause = engine_may_pause(engine, entry),
        .late = is_late_now(engine, entry),
        .moves = entry->moves,
        .moved_by = entry->moved_by,
        .latest = job_latest_resume(&entry->job, engine_restart_cost(engine, entry)),
    };
}

bool engine_find(const struct engine *engine, int64_t id, struct engine_job *found)
{
    const struct engine_entry *entry = engine_entry_find(engine, id);

    if (!entry)
        return false;
    *found = view(engine, entry);
    return true;
}

const char *engine_cause_name(enum engine_cause cause)
{
    static const char *const names[] = {
        [ENGINE_CAUSE_JOBS] = "jobs",
        [ENGINE_CAUSE_CAPACITY] = "capacity",
        [ENGINE_CAUSE_FORECAST] = "forecast",
    };

    return names[cause];
}

bool engine_is_gated(const struct engine *engine)
{
    return engine->is_gated;
}

int64_t engine_usable_gpus(const struct engine *engine, int64_t id)
{
    const struct engine_entry *entry = engine_entry_find(engine, id);
    int64_t most = 0;

    for (size_t i = 0; entry && i < engine->pool_count; i++) {
        int64_t gpus = pool_usable(&engine->pools[i].pool).gpus;

        if ((entry->pools >> i & 1) && gpus > most)
            most = gpus;
    }
    return most;
}

static int by_start(const void *left, const void *right)
{
    const struct engine_entry *a = *(const struct engine_entry *const *)left;
    const struct engine_entry *b = *(const struct engine_entry *const *)right;

    if (a->job.started != b->job.started)
        return a->job.started < b->job.started ? -1 : 1;
    return a->job.id < b->job.id ? -1 : a->job.id > b->job.id;
}

/* The heap's own order, taken from copies: the entries must keep their places. */
static int by_plan(const void *left, const void *right)
{
    const struct engine_entry *a = *(const struct engine_entry *const *)left;
    const struct engine_entry *b = *(const struct engine_entry *const *)right;

    if (a->reservation.start != b->reservation.start)
        return a->reservation.start < b->reservation.start ? -1 : 1;
    return a->job.id < b->job.id ? -1 : a->job.id > b->job.id;
}

/*
 * The first of a heap lie near its top: those of a prefix of the array that is some
 * times longer than what is asked for are nearly always among them, but not surely, so
 * all of them are looked at, keeping the best `limit` in a small sorted array.
 */
static size_t first_planned(const struct engine *engine,
                            const struct engine_entry **best, size_t limit)
{
    size_t count = 0;

    for (size_t i = 0; i < engine->entry_count && limit; i++) {
        const struct engine_entry *entry = engine->entries[i];
        size_t at = count;

        if (entry->pool >= 0 || !engine_is_waiting(entry)
            || entry->reservation.start == INSTANT_MAX)
            continue;
        if (count == limit && by_plan(&entry, &best[count - 1]) >= 0)
            continue;
        if (count < limit)
            count++;
        else
            at = count - 1;
        for (; at > 0 && by_plan(&entry, &best[at - 1]) < 0; at--)
            best[at] = best[at - 1];
        best[at] = entry;
    }
    return count;
}

size_t engine_list_plan(const struct engine *engine, struct engine_job *jobs,
                        size_t limit)
{
    size_t active = engine->active_count < limit ? engine->active_count : limit;
    const struct engine_entry **entries =
        xcalloc(limit + engine->active_count, sizeof(*entries));
    size_t planned;

    for (size_t i = 0; i < engine->active_count; i++)
        entries[i] = engine->active[i];
    qsort(entries, engine->active_count, sizeof(*entries), by_start);
    planned = first_planned(engine, entries + active, limit - active);
    for (size_t i = 0; i < active + planned; i++)
        jobs[i] = view(engine, entries[i]);
    free(entries);
    return active + planned;
}

size_t engine_zone_count(const struct engine *engine)
{
    return engine->zone_count;
}

const char *engine_zone_name(const struct engine *engine, size_t zone)
{
    return engine->zones[zone].name;
}

const struct forecast *engine_zone_forecast(const struct engine *engine, size_t zone)
{
    return engine->zones[zone].forecast;
}

size_t engine_pool_count(const struct engine *engine)
{
    return engine->pool_count;
}

const struct pool *engine_pool(const struct engine *engine, size_t pool)
{
    return &engine->pools[pool].pool;
}

size_t engine_open_count(const struct engine *engine)
{
    return engine->entry_count;
}

static size_t count_waiting(const struct engine *engine,
                            bool (*is_counted)(const struct reservation *reservation))
{
    size_t count = 0;

    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct engine_entry *entry = engine->entries[i];

        count += entry->pool < 0 && engine_is_waiting(entry) && !entry->limit
                 && is_counted(&entry->reservation);
    }
    return count;
}

static bool is_late(const struct reservation *reservation)
{
    return reservation->reason == PLAN_LATE;
}

static bool is_planned(const struct reservation *reservation)
{
    return reservation->pool >= 0;
}

static bool is_beyond(const struct reservation *reservation)
{
    return reservation->pool < 0;
}

size_t engine_late_count(const struct engine *engine)
{
    return count_waiting(engine, is_late);
}

size_t engine_planned_count(const struct engine *engine)
{
    return count_waiting(engine, is_planned);
}

size_t engine_beyond_count(const struct engine *engine)
{
    return count_waiting(engine, is_beyond);
}

instant engine_planned_at(const struct engine *engine)
{
    return engine->planned_at;
}

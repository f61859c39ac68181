/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

/* How many jobs that a limit held back are placed anew at once: about a millisecond. */
#define RETRY_MAX 1500

static const char *const limit_names[ENGINE_LIMITS] = {
    [ENGINE_LIMIT_NONE] = "",
    [ENGINE_LIMIT_USER] = "user-limit",
    [ENGINE_LIMIT_ARRAY] = "array-limit",
};

const char *engine_limit_name(enum engine_limit limit)
{
    return limit_names[limit];
}

/* A user in a queue, as a key of the maps: above 0. */
static int64_t user_of(uint32_t uid, size_t class)
{
    return (int64_t)uid * PLAN_CLASSES_MAX + (int64_t) class + 1;
}

void engine_count_open(struct engine *engine, const struct engine_entry *entry,
                       int change)
{
    id_map_count(&engine->user_open, user_of(entry->job.uid, entry->class), change);
}

void engine_count_held(struct engine *engine, const struct engine_entry *entry,
                       int change)
{
    const struct job *job = &entry->job;

    id_map_count(&engine->user_gpus, user_of(job->uid, entry->class),
                 (intptr_t)change * job->gpus);
    if (job->array_id && job->array_limit)
        id_map_count(&engine->array_active, job->array_id, change);
}

/* Of what its user or its array may hold, for as long as it is paused. */
void engine_keep_share(struct engine *engine, struct engine_entry *entry)
{
    assert(!entry->keeps_share && entry->pool < 0);
    engine_count_held(engine, entry, 1);
    entry->keeps_share = true;
}

void engine_drop_share(struct engine *engine, struct engine_entry *entry)
{
    if (!entry->keeps_share)
        return;
    engine_count_held(engine, entry, -1);
    entry->keeps_share = false;
}

/* Queues may have become others. */
void engine_count_anew(struct engine *engine)
{
    id_map_release(&engine->user_open);
    id_map_release(&engine->user_gpus);
    id_map_release(&engine->array_active);
    for (size_t i = 0; i < engine->entry_count; i++) {
        engine_count_open(engine, engine->entries[i], 1);
        if (engine->entries[i]->keeps_share)
            engine_count_held(engine, engine->entries[i], 1);
    }
    for (size_t i = 0; i < engine->active_count; i++)
        engine_count_held(engine, engine->active[i], 1);
}

/* A job that is larger than a limit made since has its turn when it is alone. */
static bool is_over_user(const struct engine *engine, const struct engine_entry *entry)
{
    int64_t most = engine->policies[entry->class].max_gpus_per_user;
    int64_t held;

    if (most <= 0 || entry->job.gpus == 0)
        return false;
    held = id_map_counted(&engine->user_gpus, user_of(entry->job.uid, entry->class));
    return held > 0 && held + entry->job.gpus > most;
}

/* What its user may still hold; below 0 if that is passed already. */
int64_t engine_spare_gpus(const struct engine *engine, const struct engine_entry *entry)
{
    int64_t most = engine->policies[entry->class].max_gpus_per_user;

    if (most <= 0)
        return JOB_GPUS_MAX;
    return most
           - id_map_counted(&engine->user_gpus, user_of(entry->job.uid, entry->class));
}

enum engine_limit engine_find_limit(const struct engine *engine,
                                    const struct engine_entry *entry)
{
    const struct job *job = &entry->job;

    if (entry->keeps_share)
        return ENGINE_LIMIT_NONE;
    if (job->array_id && job->array_limit
        && id_map_counted(&engine->array_active, job->array_id) >= job->array_limit)
        return ENGINE_LIMIT_ARRAY;
    return is_over_user(engine, entry) ? ENGINE_LIMIT_USER : ENGINE_LIMIT_NONE;
}

int engine_check_user(const struct engine *engine, uint32_t uid,
                      const size_t wanted[PLAN_CLASSES_MAX], struct error *err)
{
    for (size_t i = 0; i < engine->policy_count; i++) {
        const struct policy *policy = &engine->policies[i];
        int64_t open = id_map_counted(&engine->user_open, user_of(uid, i));

        if (policy->max_jobs_per_user <= 0 || wanted[i] == 0
            || open + (int64_t)wanted[i] <= policy->max_jobs_per_user)
            continue;
        return error_set_field(err, ERROR_TOO_LARGE, "queue",
                               "queue '%s' takes at most %lld open jobs of one user "
                               "(max_jobs_per_user): you have %lld there, and ask for "
                               "%zu more",
                               policy->name, (long long)policy->max_jobs_per_user,
                               (long long)open, wanted[i]);
    }
    return 0;
}

/*
 * What is held back gives its reservation up, for it would keep room from others that
 * it cannot use.
 */
void engine_limit(struct engine *engine, struct engine_entry *entry,
                  enum engine_limit limit)
{
    assert(limit != ENGINE_LIMIT_NONE);
    engine_withdraw(engine, entry);
    engine->limited = xgrow(engine->limited, engine->limited_count,
                            &engine->limited_room, sizeof(struct engine_entry *));
    entry->limited_index = engine->limited_count;
    engine->limited[engine->limited_count++] = entry;
    entry->limit = limit;
    engine->wants_plan = true;
}

void engine_unlimit(struct engine *engine, struct engine_entry *entry)
{
    struct engine_entry *last;

    if (entry->limit == ENGINE_LIMIT_NONE)
        return;
    last = engine->limited[--engine->limited_count];
    engine->limited[entry->limited_index] = last;
    last->limited_index = entry->limited_index;
    entry->limit = ENGINE_LIMIT_NONE;
}

static int by_turn(const void *left, const void *right)
{
    const struct engine_entry *a = *(const struct engine_entry *const *)left;
    const struct engine_entry *b = *(const struct engine_entry *const *)right;

    if (a->job.priority != b->job.priority)
        return a->job.priority > b->job.priority ? -1 : 1;
    return a->job.id < b->job.id ? -1 : a->job.id > b->job.id;
}

/* Those whose limit leaves room by now; which limit keeps the others may have changed.
 */
static size_t find_freed(struct engine *engine, struct engine_entry **freed)
{
    size_t count = 0;

    for (size_t i = 0; i < engine->limited_count; i++) {
        struct engine_entry *entry = engine->limited[i];
        enum engine_limit limit = engine_find_limit(engine, entry);

        if (limit == ENGINE_LIMIT_NONE)
            freed[count++] = entry;
        else
            entry->limit = limit;
    }
    return count;
}

/*
 * Of those that wait for the same limit only as many have a place again as may start:
 * each that is due at once is counted as if it had started, until all have been looked
 * at. One that finds a later place no longer waits for the limit.
 */
void engine_retry_limited(struct engine *engine, instant now)
{
    struct engine_entry **freed;
    size_t count;
    size_t counted = 0;
    size_t placed = 0;

    if (engine->limited_count == 0)
        return;
    freed = xcalloc(engine->limited_count, sizeof(struct engine_entry *));
    count = find_freed(engine, freed);
    qsort(freed, count, sizeof(struct engine_entry *), by_turn);
    for (size_t i = 0; i < count && placed < RETRY_MAX; i++) {
        struct engine_entry *entry = freed[i];

        if (engine_find_limit(engine, entry) != ENGINE_LIMIT_NONE)
            continue;
        engine_place(engine, entry, now);
        placed++;
        if (entry->reservation.start > now)
            continue;
        engine_count_held(engine, entry, 1);
        freed[counted++] = entry;
    }
    for (size_t i = 0; i < counted; i++)
        engine_count_held(engine, freed[i], -1);
    free(freed);
}

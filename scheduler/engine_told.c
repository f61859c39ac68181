/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "scheduler/engine_internal.h"

/* Jobs of delegated pools: what their own scheduler has made of them. */

void engine_tell(struct engine *engine, int64_t id, const struct engine_told *told)
{
    struct errand errand = {
        .kind = ERRAND_TOLD,
        .job_id = id,
        .fate = told->fate,
        .actor = told->actor,
        .report = {.at = engine_now(engine)},
    };

    snprintf(errand.report.text, sizeof(errand.report.text), "%s", told->text);
    if (told->update)
        errand.update = *told->update;
    engine_add_errand(engine, &errand);
}

bool engine_is_handed_over(const struct engine_entry *entry)
{
    return entry->delegated && entry->job.now && engine_is_waiting(entry);
}

instant engine_due(const struct engine_entry *entry)
{
    instant earliest = job_earliest_start(&entry->job);

    if (!engine_is_handed_over(entry))
        return entry->reservation.start;
    return earliest > entry->not_before ? earliest : entry->not_before;
}

int32_t engine_delegated_pool(const struct engine *engine,
                              const struct engine_entry *entry)
{
    for (size_t i = 0; i < engine->pool_count; i++)
        if (entry->pools >> i & 1)
            return (int32_t)i;
    return -1;
}

/* Of what was dropped the text says it all. */
static enum job_cause cause_of(enum engine_fate fate)
{
    return fate == ENGINE_FATE_LOST      ? JOB_CAUSE_LOST
           : fate == ENGINE_FATE_DROPPED ? JOB_CAUSE_NONE
                                         : JOB_CAUSE_USER;
}

static int record(struct engine *engine, const struct errand *errand, struct job *after,
                  enum job_event_kind kind, instant now, struct error *err)
{
    struct job_event event = {
        .job_id = after->id,
        .kind = kind,
        .at = now,
        .actor = errand->actor,
        .attempt = job_is_active(after) ? after->attempt : 0,
    };

    text_copy(event.text, sizeof(event.text), errand->report.text);
    if (kind == JOB_EVENT_CANCELLED)
        event.cause = cause_of(errand->fate);
    return engine_record(engine, after, &event, err);
}

/*
 * It runs already, whether there was room in the plan or not. What is in the way of
 * that is planned around from now on.
 */
static int record_begun(struct engine *engine, const struct errand *errand,
                        struct engine_entry *entry, struct job *after, instant now,
                        struct error *err)
{
    const struct resources wanted = engine_wanted(&entry->job);
    int32_t at = engine_delegated_pool(engine, entry);
    struct job_event event = {
        .job_id = after->id,
        .kind = JOB_EVENT_STARTING,
        .at = now,
        .actor = JOB_ACTOR_DAEMON,
        .attempt = after->attempt + 1,
    };
    int taken;

    if (at < 0 || job_is_active(after))
        return error_set(err, ERROR_CONFLICT, "it has begun already");
    if (after->state == JOB_HELD
        && record(engine, errand, after, JOB_EVENT_RELEASED, now, err) < 0)
        return -1;
    text_copy(event.pool, sizeof(event.pool), engine->pools[at].pool.name);
    text_copy(event.text, sizeof(event.text), errand->report.text);
    if (engine_record(engine, after, &event, err) < 0)
        return -1;
    taken = pool_take_again(&engine->pools[at].pool, &wanted, 0, NULL);
    assert(taken == 0);
    (void)taken;
    engine_withdraw(engine, entry);
    entry->begun = true;
    engine_activate(engine, entry, at);
    engine_occupy(engine, entry, now,
                  now + job_time_left(after, engine_restart_cost(engine, entry)));
    engine->wants_plan = true;
    return 0;
}

/* What of it is news, each as an event of its own; it may have been told twice. */
static int record_changed(struct engine *engine, const struct errand *errand,
                          struct job *after, enum job_event_kind *last, instant now,
                          struct error *err)
{
    const struct job_update *update = &errand->update;
    const struct {
        bool is_news;
        enum job_event_kind kind;
        int64_t value;
    } sets[] = {
        {update->time_limit > 0 && update->time_limit != after->time_limit,
         JOB_EVENT_TIME_LIMIT_SET, update->time_limit},
        {update->has_deadline && update->deadline != after->deadline,
         JOB_EVENT_DEADLINE_SET, update->deadline},
        {update->has_max_wait && update->max_wait != after->max_wait,
         JOB_EVENT_MAX_WAIT_SET, update->max_wait},
        {update->now && !after->now, JOB_EVENT_NOW_SET, 1},
    };
    bool has_news = false;

    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct job_event event = {
            .job_id = after->id,
            .kind = sets[i].kind,
            .at = now,
            .actor = errand->actor,
            .value = sets[i].value,
        };

        if (!sets[i].is_news)
            continue;
        text_copy(event.text, sizeof(event.text), errand->report.text);
        if (engine_record(engine, after, &event, err) < 0)
            return -1;
        *last = event.kind;
        has_news = true;
    }
    return has_news ? 0 : error_set(err, ERROR_CONFLICT, "it is known already");
}

int engine_record_told(struct engine *engine, const struct errand *errand,
                       struct engine_entry *entry, struct job *after,
                       enum job_event_kind *last, instant now, struct error *err)
{
    switch (errand->fate) {
    case ENGINE_FATE_HELD:
        *last = JOB_EVENT_HELD;
        break;
    case ENGINE_FATE_RELEASED:
        *last = JOB_EVENT_RELEASED;
        break;
    case ENGINE_FATE_BEGUN:
        *last = JOB_EVENT_STARTING;
        return record_begun(engine, errand, entry, after, now, err);
    case ENGINE_FATE_CHANGED:
        return record_changed(engine, errand, after, last, now, err);
    case ENGINE_FATE_CANCELLED:
        *last = job_is_active(after) ? JOB_EVENT_CANCEL_ASKED : JOB_EVENT_CANCELLED;
        if (after->cancelling)
            return error_set(err, ERROR_CONFLICT, "it is being cancelled already");
        break;
    case ENGINE_FATE_LOST:
    case ENGINE_FATE_DROPPED:
        *last = JOB_EVENT_CANCELLED;
        /* Of one that runs its executor tells. */
        if (job_is_active(after))
            return error_set(err, ERROR_CONFLICT, "it has begun");
        break;
    }
    return record(engine, errand, after, *last, now, err);
}

/* What was to end before now is none of the plan's. */
static void change_plan(struct engine *engine, size_t pool,
                        const struct engine_use *use, bool vacate, instant now)
{
    const struct occupation what = {
        .pool = (int)pool,
        .vacate = vacate,
        .begins = use->begins > now ? use->begins : now,
        .ends = use->ends,
        .taken = use->taken,
    };

    if (engine->plan)
        engine_do_occupation(engine, &what);
}

static bool is_same(const struct resources *a, const struct resources *b)
{
    return resources_fit(a, b) && resources_fit(b, a);
}

static struct resources taken_now(const struct engine_pool *place, instant now)
{
    struct resources sum = {0, 0, 0};

    for (size_t i = 0; i < place->use_count; i++)
        if (place->uses[i].begins <= now)
            resources_add(&sum, &place->uses[i].taken);
    return sum;
}

static void set_uses(struct engine *engine, size_t pool, const struct engine_use *uses,
                     size_t count, instant now)
{
    struct engine_pool *place = &engine->pools[pool];

    for (size_t i = 0; i < place->use_count; i++)
        change_plan(engine, pool, &place->uses[i], true, now);
    free(place->uses);
    place->uses = count > 0 ? xmemdup(uses, count * sizeof(*uses)) : NULL;
    place->use_count = count;
    for (size_t i = 0; i < count; i++)
        change_plan(engine, pool, &uses[i], false, now);
    place->pool.others = taken_now(place, now);
}

void engine_set_use(struct engine *engine, size_t pool,
                    const struct resources *capacity, const struct engine_use *uses,
                    size_t count)
{
    struct engine_pool *place = &engine->pools[pool];
    instant now = engine_now(engine);
    bool is_resized = !is_same(capacity, &place->pool.capacity);
    struct resources usable;

    assert(place->pool.delegated && count <= ENGINE_USES_MAX);
    if (!is_resized && count == place->use_count
        && (count == 0 || memcmp(uses, place->uses, count * sizeof(*uses)) == 0))
        return;
    if (engine->plan)
        plan_advance(engine->plan, now);
    set_uses(engine, pool, uses, count, now);
    place->pool.capacity = *capacity;
    usable = pool_usable(&place->pool);
    if (usable.gpus != place->usable_gpus) {
        engine->has_room = engine->has_room || usable.gpus > place->usable_gpus;
        place->usable_gpus = usable.gpus;
        store_batch_add_capacity(engine->batch, place->pool.name, now, &usable);
    }
    engine->retry_at = 0;
    engine->wants_plan = true;
    engine->plan_cause = ENGINE_CAUSE_CAPACITY;
    if (!is_resized || !engine->plan)
        return;
    engine_refresh_plan(engine);
    engine->plan_cause = ENGINE_CAUSE_CAPACITY;
    engine_fit_plan(engine);
}

void engine_hold_uses(const struct engine *engine, struct plan *plan, instant now)
{
    for (size_t i = 0; i < engine->pool_count; i++) {
        const struct engine_pool *place = &engine->pools[i];

        for (size_t j = 0; j < place->use_count; j++) {
            const struct engine_use *use = &place->uses[j];

            if (use->ends > now)
                plan_occupy(plan, (int)i, use->begins > now ? use->begins : now,
                            use->ends, &use->taken);
        }
    }
}

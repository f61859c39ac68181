/* SPDX-License-Identifier: MIT */
#include "scheduler/engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "scheduler/engine_internal.h"

/* At some tens or hundreds of nanoseconds each, and memory that is far away. */
#define GATHER_MAX   40000
#define ADOPT_MAX    15000
#define WITHDRAW_MAX 200000

struct engine *engine_create(const struct engine_settings *settings,
                             const struct engine_ports *ports)
{
    struct engine *engine = xcalloc(1, sizeof(*engine));

    engine->settings = *settings;
    engine->ports = *ports;
    engine->batch = store_batch_create();
    engine->gather_max = GATHER_MAX;
    engine->adopt_max = ADOPT_MAX;
    engine->withdraw_max = WITHDRAW_MAX;
    return engine;
}

static void release_changes(struct changes *changes)
{
    free(changes->items);
    free(changes->submissions);
    free(changes->drains);
    *changes = (struct changes){0};
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < engine->entry_count; i++) {
        free(engine->entries[i]->dependents);
        free(engine->entries[i]->later);
        free(engine->entries[i]);
    }
    for (size_t i = 0; i < engine->zone_count; i++)
        forecast_destroy(engine->zones[i].forecast);
    id_map_release(&engine->by_id);
    id_map_release(&engine->array_active);
    id_map_release(&engine->user_open);
    id_map_release(&engine->user_gpus);
    start_heap_release(&engine->heap);
    if (engine->gathering)
        plan_destroy(engine->gathering->plan);
    engine_task_release(engine->gathering);
    engine_task_release(engine->adopting);
    release_changes(&engine->open);
    release_changes(&engine->out);
    release_changes(&engine->settled);
    for (size_t i = 0; i < engine->bulk_count; i++)
        store_batch_destroy(engine->bulks[i].batch);
    free(engine->bulks);
    free(engine->unplaced);
    for (size_t i = 0; i < engine->pool_count; i++)
        free(engine->pools[i].uses);
    store_batch_destroy(engine->batch);
    plan_destroy(engine->plan);
    free(engine->occupations);
    free(engine->errands);
    free(engine->late);
    free(engine->active);
    free(engine->stalled);
    free(engine->limited);
    free(engine->entries);
    free(engine);
}

void engine_add_zone(struct engine *engine, const char *name)
{
    bool fits;

    assert(engine->zone_count < PLAN_ZONES_MAX);
    fits = text_copy(engine->zones[engine->zone_count++].name, ZONE_NAME_MAX + 1, name);
    assert(fits);
    (void)fits;
}

static int find_zone(const struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->zone_count; i++)
        if (strcmp(engine->zones[i].name, name) == 0)
            return (int)i;
    return -1;
}

int engine_add_pool(struct engine *engine, const struct pool *shape,
                    struct executor *executor, struct error *err)
{
    struct engine_pool *added;
    int zone = find_zone(engine, shape->zone);

    if (zone < 0)
        return error_set(err, ERROR_INVALID, "pool %s: there is no zone %s",
                         shape->name, shape->zone);
    if (engine->pool_count == PLAN_POOLS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "at most %d pools", PLAN_POOLS_MAX);
    added = &engine->pools[engine->pool_count++];
    added->pool = *shape;
    added->zone = zone;
    added->executor = executor;
    added->usable_gpus = shape->capacity.gpus;
    return 0;
}

void engine_set_policies(struct engine *engine, const struct policy *policies,
                         size_t count, const char *standard)
{
    struct policy before[PLAN_CLASSES_MAX];
    uint8_t class_now[PLAN_CLASSES_MAX] = {0};
    size_t before_count = engine->policy_count;

    assert(count > 0 && count <= PLAN_CLASSES_MAX);
    memcpy(before, engine->policies, sizeof(before));
    memcpy(engine->policies, policies, count * sizeof(*policies));
    engine->policy_count = count;
    engine->policy_standard = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(policies[i].name, standard) == 0)
            engine->policy_standard = i;
    }
    /* Jobs of a queue that is no more go on as jobs of the standard one. */
    for (size_t i = 0; i < before_count; i++) {
        int found = engine_find_policy(engine, before[i].name, NULL);

        class_now[i] = (uint8_t)(found < 0 ? (int)engine->policy_standard : found);
    }
    for (size_t i = 0; i < engine->entry_count; i++)
        engine->entries[i]->class = class_now[engine->entries[i]->class];
    engine_count_anew(engine);
    engine->retry_at = 0;
    engine_refresh_plan(engine);
}

void engine_set_settings(struct engine *engine, const struct engine_settings *settings)
{
    engine->settings = *settings;
    engine->wants_plan = true;
    engine->replan_soonest = 0;
}

void engine_set_forecast(struct engine *engine, const char *zone,
                         const struct forecast *forecast)
{
    int index = find_zone(engine, zone);

    assert(index >= 0);
    forecast_destroy(engine->zones[index].forecast);
    engine->zones[index].forecast = forecast ? forecast_copy(forecast) : NULL;
    engine_refresh_plan(engine);
}

struct engine_entry *engine_entry_find(const struct engine *engine, int64_t id)
{
    return id_map_find(&engine->by_id, id);
}

struct engine_entry *engine_entry_add(struct engine *engine, const struct job *job,
                                      uint8_t class)
{
    struct engine_entry *entry = xcalloc(1, sizeof(*entry));

    entry->job = *job;
    entry->class = class;
    entry->reservation = RESERVATION_NONE;
    entry->heap_index = HEAP_NONE;
    entry->pool = -1;
    /* It comes after the plan that is being adopted. */
    entry->adopted = engine->adopting ? engine->adopting->number : 0;
    engine->entries = xgrow(engine->entries, engine->entry_count, &engine->entry_room,
                            sizeof(struct engine_entry *));
    entry->index = engine->entry_count;
    engine->entries[engine->entry_count++] = entry;
    id_map_add(&engine->by_id, job->id, entry);
    if (job->id > engine->last_id)
        engine->last_id = job->id;
    engine_count_open(engine, entry, 1);
    engine_count_demand(engine, job);
    return entry;
}

void engine_stall(struct engine *engine, struct engine_entry *entry)
{
    engine->stalled = xgrow(engine->stalled, engine->stalled_count,
                            &engine->stalled_room, sizeof(struct engine_entry *));
    entry->stalled_index = engine->stalled_count;
    engine->stalled[engine->stalled_count++] = entry;
    entry->stalled = true;
}

void engine_unstall(struct engine *engine, struct engine_entry *entry)
{
    struct engine_entry *last;

    if (!entry->stalled)
        return;
    last = engine->stalled[--engine->stalled_count];
    engine->stalled[entry->stalled_index] = last;
    last->stalled_index = entry->stalled_index;
    entry->stalled = false;
}

void engine_entry_remove(struct engine *engine, struct engine_entry *entry)
{
    struct engine_entry *last = engine->entries[--engine->entry_count];

    engine_count_open(engine, entry, -1);
    engine_drop_share(engine, entry);
    engine->entries[entry->index] = last;
    last->index = entry->index;
    id_map_remove(&engine->by_id, entry->job.id);
    start_heap_remove(&engine->heap, entry);
    engine_unstall(engine, entry);
    engine_unlimit(engine, entry);
    free(entry->dependents);
    free(entry->later);
    free(entry);
}

instant engine_now(const struct engine *engine)
{
    return engine->ports.clock->now(engine->ports.clock);
}

instant engine_next_slot(const struct engine *engine, instant now)
{
    duration slot = engine->settings.plan.slot;

    return now - now % slot + slot;
}

struct resources engine_wanted(const struct job *job)
{
    return (struct resources){job->gpus, job->cpus, job->memory};
}

/* Whether it should have a reservation: it waits, and for nothing but power and room.
 */
bool engine_is_waiting(const struct engine_entry *entry)
{
    return (entry->job.state == JOB_WAITING || entry->job.state == JOB_PAUSED)
           && !entry->job.after_pending;
}

void engine_add_errand(struct engine *engine, const struct errand *errand)
{
    engine->errands = xgrow(engine->errands, engine->errand_count, &engine->errand_room,
                            sizeof(*engine->errands));
    engine->errands[engine->errand_count++] = *errand;
}

void engine_report(const struct executor_report *report, void *engine)
{
    const struct errand errand = {
        .kind = ERRAND_REPORT,
        .job_id = report->job_id,
        .actor = JOB_ACTOR_DAEMON,
        .report = *report,
    };

    engine_add_errand(engine, &errand);
}

struct store_batch *engine_batch(struct engine *engine)
{
    return engine->batch;
}

static void add_submission(struct changes *changes,
                           const struct engine_request *request)
{
    changes->submissions =
        xgrow(changes->submissions, changes->submission_count,
              &changes->submission_room, sizeof(*changes->submissions));
    changes->submissions[changes->submission_count++] = *request;
}

void engine_add_submission(struct engine *engine, const struct engine_request *request,
                           struct store_batch *bulk)
{
    if (!bulk) {
        add_submission(&engine->open, request);
        return;
    }
    engine->bulks = xgrow(engine->bulks, engine->bulk_count, &engine->bulk_room,
                          sizeof(struct bulk));
    engine->bulks[engine->bulk_count++] = (struct bulk){bulk, *request};
}

static struct store_batch *take_bulk(struct engine *engine)
{
    struct bulk bulk = engine->bulks[0];

    memmove(engine->bulks, engine->bulks + 1,
            --engine->bulk_count * sizeof(*engine->bulks));
    add_submission(&engine->out, &bulk.request);
    engine->bulk_is_next = false;
    return bulk.batch;
}

struct store_batch *engine_take_batch(struct engine *engine)
{
    struct store_batch *batch = engine->batch;
    bool is_empty = store_batch_count(batch) == 0;

    if (engine->batch_is_out || (is_empty && engine->bulk_count == 0))
        return NULL;
    assert(engine->out.count == 0 && engine->out.submission_count == 0);
    engine->batch_is_out = true;
    release_changes(&engine->out);
    /* By turns, so that neither waits for more than one of the other. */
    if (engine->bulk_count && (engine->bulk_is_next || is_empty))
        return take_bulk(engine);
    engine->bulk_is_next = true;
    engine->batch = store_batch_create();
    engine->out = engine->open;
    engine->open = (struct changes){0};
    return batch;
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

static bool find_pool(const struct engine *engine, const char *name, size_t *pool)
{
    for (size_t i = 0; i < engine->pool_count; i++) {
        if (strcmp(engine->pools[i].pool.name, name) == 0) {
            *pool = i;
            return true;
        }
    }
    return false;
}

int engine_drain(struct engine *engine, const struct engine_drain *what,
                 engine_on_answer *on_answer, void *context, struct error *err)
{
    struct changes *open = &engine->open;
    struct drain_change change = {
        .drained = what->drained,
        .request = {.on_answer = on_answer, .context = context},
    };

    if (!find_pool(engine, what->pool, &change.pool))
        return error_set(err, ERROR_MISSING, "there is no pool %s", what->pool);
    snprintf(change.reason, sizeof(change.reason), "%s", what->reason);
    store_batch_set_drained(engine->batch, what->pool, what->drained, what->reason);
    open->drains =
        xgrow(open->drains, open->drain_count, &open->drain_room, sizeof(change));
    open->drains[open->drain_count++] = change;
    return 0;
}

static void set_drained(struct engine *engine, size_t pool, bool drained,
                        const char *reason)
{
    struct engine_pool *place = &engine->pools[pool];

    place->pool.drained = drained;
    snprintf(place->drain_reason, sizeof(place->drain_reason), "%s",
             drained ? reason : "");
}

void engine_settle_drains(struct engine *engine, struct changes *settled,
                          const struct error *failure)
{
    for (size_t i = 0; i < settled->drain_count; i++) {
        const struct drain_change *change = &settled->drains[i];

        if (!failure) {
            set_drained(engine, change->pool, change->drained, change->reason);
            engine->wants_plan = true;
            engine->replan_soonest = 0;
            engine->retry_at = 0;
        }
        engine_answer_one(&change->request, failure);
    }
    free(settled->drains);
    settled->drains = NULL;
    settled->drain_count = settled->drain_room = 0;
}

/* A pool that the config no longer has stays drained, should it come back. */
static void on_drained(const char *pool, const char *reason, void *context)
{
    struct engine *engine = context;
    size_t index;

    if (find_pool(engine, pool, &index))
        set_drained(engine, index, true, reason);
}

int engine_load_drained(struct engine *engine, struct error *err)
{
    return store_load_drained(engine->ports.reader, on_drained, engine, err);
}

const char *engine_drain_reason(const struct engine *engine, size_t pool)
{
    return engine->pools[pool].drain_reason;
}

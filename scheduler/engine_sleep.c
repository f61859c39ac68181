/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_internal.h"

void engine_set_sleep(struct engine *engine, size_t pool, enum pool_sleep sleep)
{
    engine->pools[pool].pool.sleep = sleep;
    engine->retry_at = 0;
}

/*
 * The first planned start in the pool up to `until`, by the part of the heap that lies
 * before that: below an entry that starts later all do. As the heap is a binary tree of
 * at most 2^20 jobs, no more than its depth of places wait to be looked at.
 */
static instant first_in_heap(const struct engine *engine, int32_t pool, instant until)
{
    const struct start_heap *heap = &engine->heap;
    size_t places[64] = {0};
    size_t count = heap->count > 0;
    instant first = INSTANT_MAX;

    while (count > 0) {
        size_t at = places[--count];
        const struct reservation *reservation = &heap->items[at]->reservation;

        if (reservation->start > until || reservation->start >= first)
            continue;
        if (reservation->pool == pool) {
            first = reservation->start;
            continue;
        }
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < heap->count)
                places[count++] = child;
    }
    return first;
}

static instant first_of_stalled(const struct engine *engine, int32_t pool)
{
    instant first = INSTANT_MAX;

    for (size_t i = 0; i < engine->stalled_count; i++) {
        const struct reservation *reservation = &engine->stalled[i]->reservation;

        if (reservation->pool == pool && reservation->start < first)
            first = reservation->start;
    }
    return first;
}

static bool has_active(const struct engine *engine, int32_t pool)
{
    for (size_t i = 0; i < engine->active_count; i++)
        if (engine->active[i]->pool == pool)
            return true;
    return false;
}

struct rest_outlook engine_find_outlook(const struct engine *engine, size_t pool,
                                        instant until)
{
    instant stalled = first_of_stalled(engine, (int32_t)pool);
    instant planned = first_in_heap(engine, (int32_t)pool, until);

    return (struct rest_outlook){
        .is_known = engine->unplaced_count == 0
                    && (engine->planned_at > 0 || engine->entry_count == 0),
        .is_active = has_active(engine, (int32_t)pool),
        .is_drained = engine->pools[pool].pool.drained,
        .next_start = stalled < planned ? stalled : planned,
    };
}

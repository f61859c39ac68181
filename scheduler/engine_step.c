/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "scheduler/engine_internal.h"

/* Of one step: at some microseconds each, a few milliseconds of a loop's turn. */
#define ERRANDS_MAX 1000

/* Take up what can be; what cannot yet stays, in its order. True if there is more. */
static bool run_errands(struct engine *engine, instant now)
{
    size_t kept = 0;
    size_t done = 0;

    for (size_t i = 0; i < engine->errand_count; i++) {
        struct errand errand = engine->errands[i];

        if (done < ERRANDS_MAX && engine_run_errand(engine, &errand, now))
            done++;
        else
            engine->errands[kept++] = errand;
    }
    engine->errand_count = kept;
    return done == ERRANDS_MAX && kept > 0;
}

/* When a step is needed without anything happening: the next start, or the next slot.
 */
static instant next_wake(const struct engine *engine, instant now)
{
    const struct engine_entry *top = start_heap_top(&engine->heap);
    instant wake = top ? top->reservation.start : ENGINE_IDLE;
    duration slot = engine->settings.plan.slot;
    instant next_slot = now - now % slot + slot;

    if (engine->stalled_count || engine->wants_plan)
        wake = wake < next_slot ? wake : next_slot;
    for (size_t i = 0; i < engine->active_count; i++) {
        if (engine->active[i]->occupied_until < wake)
            wake = engine->active[i]->occupied_until;
    }
    return wake;
}

instant engine_step(struct engine *engine)
{
    instant now = engine_now(engine);
    bool has_more;

    plan_advance(engine->plan, now);
    has_more = run_errands(engine, now);
    has_more = engine_place_some(engine, now) || has_more;
    engine_extend_overruns(engine, now);
    if (engine->stalled_count && now >= engine->retry_at) {
        engine->retry_at =
            now - now % engine->settings.plan.slot + engine->settings.plan.slot;
        engine_fill_room(engine, now);
    }
    engine_start_due(engine, now);
    return has_more ? now : next_wake(engine, now);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "scheduler/engine_internal.h"
#include "scheduler/engine_width.h"

/* Of one step: at some microseconds each, a few milliseconds of a loop's turn. */
#define ERRANDS_MAX 1000

/*
 * Changes of one batch, so that it is soon written and nobody waits long for those of
 * others; those that nobody waits for leave most of it to the rest.
 */
#define CHANGES_MAX 1000
#define LATE_MAX    250

/* Take up what can be; what cannot yet stays, in its order. True if there is more. */
static bool run_errands(struct engine *engine, instant now)
{
    size_t kept = 0;
    size_t done = 0;

    for (size_t i = 0; i < engine->errand_count; i++) {
        struct errand errand = engine->errands[i];

        if (done < ERRANDS_MAX && engine->open.count < CHANGES_MAX
            && engine_run_errand(engine, &errand, now))
            done++;
        else
            engine->errands[kept++] = errand;
    }
    engine->errand_count = kept;
    return done == ERRANDS_MAX && kept > 0;
}

/*
 * Record that jobs will be late. When forecasts or pools change, that may befall all of
 * them at once. True if there is more to look at.
 */
static bool tell_late(struct engine *engine, instant now)
{
    size_t done = 0;
    size_t looked = 0;

    while (looked < ERRANDS_MAX && engine->late_next < engine->late_count
           && engine->open.count < LATE_MAX) {
        int64_t *id = &engine->late[engine->late_next];
        const struct errand errand = {
            .kind = ERRAND_LATE, .job_id = *id, .actor = JOB_ACTOR_DAEMON};

        looked++;
        if (engine_run_errand(engine, &errand, now)) {
            *id = engine->late[--engine->late_count];
            done++;
        } else {
            engine->late_next++;
        }
    }
    if (engine->late_next >= engine->late_count)
        engine->late_next = 0;
    return looked == ERRANDS_MAX && done > 0;
}

/* When a step is needed without anything happening: the next start, or the next slot.
 */
static instant next_wake(const struct engine *engine, instant now)
{
    const struct engine_entry *top = start_heap_top(&engine->heap);
    instant wake = top ? engine_due(top) : ENGINE_IDLE;
    instant pause = engine_pause_wake(engine, now);
    instant next_slot = engine_next_slot(engine, now);

    if (engine->stalled_count || engine->limited_count || engine->wants_plan)
        wake = wake < next_slot ? wake : next_slot;
    wake = wake < pause ? wake : pause;
    for (size_t i = 0; i < engine->active_count && engine->errand_count == 0; i++) {
        if (engine->active[i]->occupied_until < wake && !engine->active[i]->in_flight)
            wake = engine->active[i]->occupied_until;
    }
    return wake;
}

/*
 * The wall clock was set back: what was to wait for a moment would wait that much
 * longer, and the plan begins in what is the future again.
 */
static void notice_step_back(struct engine *engine, instant now)
{
    if (now < engine->stepped_at) {
        engine->wants_plan = true;
        engine->knows_more = engine->task_is_out;
        engine->replan_soonest = 0;
        engine->retry_at = 0;
        engine->gate_at = 0;
    }
    engine->stepped_at = now;
}

instant engine_step(struct engine *engine)
{
    instant now = engine_now(engine);
    bool has_more;

    notice_step_back(engine, now);
    plan_advance(engine->plan, now);
    engine_find_gate(engine, now);
    has_more = run_errands(engine, now);
    has_more = engine_adopt_some(engine, now) || has_more;
    has_more = engine_place_some(engine, now) || has_more;
    has_more = tell_late(engine, now) || has_more;
    /* Among the reports that wait for a batch may be the ends of those that are due. */
    if (engine->errand_count == 0)
        engine_extend_overruns(engine, now);
    /* Once for all that has ended, however many that are. */
    if (engine->has_room
        || ((engine->stalled_count || engine->limited_count)
            && now >= engine->retry_at)) {
        engine->retry_at = engine_next_slot(engine, now);
        if (engine->has_room)
            engine_fill_room(engine, now);
        else
            engine_retry_all(engine, now);
        engine->has_room = false;
    }
    engine_pause_due(engine, now);
    engine_retry_put_off(engine);
    has_more = engine_start_due(engine, now) || has_more;
    return has_more || engine->gathering ? now : next_wake(engine, now);
}

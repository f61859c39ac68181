/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>

#include "base/time.h"
#include "scheduler/engine_internal.h"

/* Of real time: what lies between samples that are further apart is not known. */
#define GAP_MAX MINUTE

enum gpu_use { USE_IDLE, USE_UNKNOWN, USE_BUSY };

/* One GPU that works is enough; one that is not known leaves the question open. */
static enum gpu_use use_of(const struct job *job, int32_t below,
                           const int64_t *utilisation, size_t count)
{
    enum gpu_use use = job->gpu_mask ? USE_IDLE : USE_UNKNOWN;

    for (size_t i = 0; i < POOL_TRACKED_GPUS_MAX; i++) {
        if (!(job->gpu_mask >> i & 1))
            continue;
        if (i >= count || utilisation[i] < 0)
            use = USE_UNKNOWN;
        else if (utilisation[i] >= below)
            return USE_BUSY;
    }
    return use;
}

static void record(struct engine *engine, struct engine_entry *entry, instant since)
{
    const struct errand errand = {
        .kind = ERRAND_USE,
        .job_id = entry->job.id,
        .actor = JOB_ACTOR_DAEMON,
        .since = since,
    };

    if (entry->use_errands > 0)
        return;
    entry->use_errands++;
    engine_add_errand(engine, &errand);
}

/* Add the time since the last sample to what is proven; a new attempt proves anew. */
static void add_idle(const struct engine *engine, struct engine_entry *entry,
                     enum gpu_use use, instant now)
{
    struct idle_watch *watch = &entry->idle;
    duration gap_max = GAP_MAX * engine->ports.clock->rate;

    if (watch->attempt != entry->job.attempt)
        *watch = (struct idle_watch){entry->job.attempt, entry->job.started, 0};
    if (use == USE_BUSY)
        watch->proven = 0;
    else if (use == USE_IDLE && now > watch->seen && now - watch->seen <= gap_max)
        watch->proven += now - watch->seen;
    watch->seen = now;
}

static void watch(struct engine *engine, struct engine_entry *entry,
                  const int64_t *utilisation, size_t count)
{
    const struct policy *policy = &engine->policies[entry->class];
    const struct job *job = &entry->job;
    instant now = engine_now(engine);
    enum gpu_use use = use_of(job, policy->idle_below, utilisation, count);

    add_idle(engine, entry, use, now);
    if (entry->in_flight || job->cancelling || engine_was_stopped_idle(entry))
        return;
    if (job->idle_since && use == USE_BUSY)
        record(engine, entry, 0);
    else if (job->idle_since && use == USE_IDLE)
        engine_stop_idle(engine, entry);
    else if (!job->idle_since && entry->idle.proven > policy->idle_after)
        record(engine, entry, now - entry->idle.proven);
}

void engine_watch_use(struct engine *engine, size_t pool, const int64_t *utilisation,
                      size_t count)
{
    for (size_t i = 0; i < engine->active_count; i++) {
        struct engine_entry *entry = engine->active[i];

        if (entry->pool == (int32_t)pool && entry->job.state == JOB_RUNNING
            && entry->job.gpus > 0 && engine->policies[entry->class].idle_after > 0)
            watch(engine, entry, utilisation, count);
    }
}

int engine_record_use(struct engine *engine, const struct errand *errand,
                      struct job *after, enum job_event_kind *last, instant now,
                      struct error *err)
{
    struct job_event event = {
        .job_id = after->id,
        .at = now,
        .actor = errand->actor,
        .attempt = after->attempt,
        .value = errand->since,
    };
    char since[INSTANT_TEXT_SIZE];
    char length[DURATION_TEXT_SIZE];

    *last = event.kind = errand->since ? JOB_EVENT_IDLE : JOB_EVENT_BUSY;
    if (errand->since && !after->idle_since)
        snprintf(event.text, sizeof(event.text),
                 "%d GPU%s idle since %s, for %s by now", (int)after->gpus,
                 after->gpus == 1 ? "" : "s", instant_format(errand->since, since),
                 duration_format(now - errand->since, length));
    else if (!errand->since && after->idle_since)
        snprintf(event.text, sizeof(event.text), "idle for %s",
                 duration_format(now - after->idle_since, length));
    else
        return error_set(err, ERROR_CONFLICT, "that is known already");
    return engine_record(engine, after, &event, err);
}

bool engine_was_stopped_idle(const struct engine_entry *entry)
{
    return entry->idle_stop != 0 && entry->idle_stop == entry->job.attempt;
}

void engine_stop_idle(struct engine *engine, struct engine_entry *entry)
{
    struct executor *executor = engine->pools[entry->pool].executor;

    if (!engine->policies[entry->class].stops_idle || entry->job.cancelling
        || engine_was_stopped_idle(entry))
        return;
    assert(entry->job.idle_since);
    entry->idle_stop = entry->job.attempt;
    executor->stop(executor, entry->job.id, entry->job.attempt);
}

/*
 * A daemon that was started again does not know whether its predecessor had told the
 * job to stop. As that follows at once when the event is stored, it had, unless the job
 * ended well.
 */
bool engine_ends_idle(const struct engine *engine, const struct engine_entry *entry,
                      const struct executor_report *report)
{
    if (report->outcome != EXECUTOR_ENDED || report->timed_out)
        return false;
    return engine_was_stopped_idle(entry)
           || (entry->job.idle_since && engine->policies[entry->class].stops_idle
               && (report->status != 0 || report->signal != 0));
}

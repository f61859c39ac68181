/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "scheduler/engine_internal.h"

void engine_answer_one(const struct engine_request *request,
                       const struct error *failure)
{
    struct engine_answer answer = {
        .first_id = request->first_id,
        .count = request->count,
    };

    if (!request->on_answer)
        return;
    if (failure)
        answer.error = *failure;
    request->on_answer(&answer, request->context);
}

int engine_record(struct engine *engine, struct job *after,
                  const struct job_event *event, struct error *err)
{
    if (store_batch_add_event(engine->batch, after, event, err) < 0)
        return -1;
    return job_apply(after, event, err);
}

void engine_record_done(struct engine *engine, struct engine_entry *entry,
                        const struct job *after, enum job_event_kind kind,
                        const struct errand *errand)
{
    struct changes *open = &engine->open;
    struct change change = {
        .job_id = entry->job.id,
        .after = *after,
        .kind = kind,
        .has_errand = errand != NULL,
    };

    if (errand)
        change.errand = *errand;
    entry->in_flight = true;
    open->items = xgrow(open->items, open->count, &open->room, sizeof(*open->items));
    open->items[open->count++] = change;
}

static struct job_event event_of(const struct errand *errand, const struct job *job,
                                 enum job_event_kind kind, instant at)
{
    return (struct job_event){
        .job_id = job->id,
        .kind = kind,
        .at = at,
        .actor = errand->actor,
        .attempt = job_is_active(job) ? job->attempt : 0,
    };
}

/* Record one event that needs no more than its kind and a value. */
static int record_plain(struct engine *engine, const struct errand *errand,
                        struct job *after, enum job_event_kind kind, int64_t value,
                        instant now, struct error *err)
{
    struct job_event event = event_of(errand, after, kind, now);

    event.value = value;
    if (kind == JOB_EVENT_CANCELLED)
        event.cause =
            errand->kind == ERRAND_DEPENDENCY ? JOB_CAUSE_DEPENDENCY : JOB_CAUSE_USER;
    return engine_record(engine, after, &event, err);
}

/* PATCH may set several things: each is an event of its own. */
static int record_update(struct engine *engine, const struct errand *errand,
                         struct job *after, enum job_event_kind *last, instant now,
                         struct error *err)
{
    const struct job_update *update = &errand->update;
    const struct {
        bool given;
        enum job_event_kind kind;
        int64_t value;
    } sets[] = {
        {update->has_priority, JOB_EVENT_PRIORITY_SET, update->priority},
        {update->has_deadline, JOB_EVENT_DEADLINE_SET, update->deadline},
        {update->has_max_wait, JOB_EVENT_MAX_WAIT_SET, update->max_wait},
        {update->now, JOB_EVENT_NOW_SET, 1},
    };

    /* All or none: nothing is recorded of a request of which a part cannot be. */
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (sets[i].given && !job_allows(after, sets[i].kind))
            return error_set(err, ERROR_CONFLICT, "job %lld is %s: that cannot change",
                             (long long)after->id, job_state_name(after->state));
    }
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (!sets[i].given)
            continue;
        if (record_plain(engine, errand, after, sets[i].kind, sets[i].value, now, err)
            < 0)
            return -1;
        *last = sets[i].kind;
    }
    return 0;
}

static int record_act(struct engine *engine, const struct errand *errand,
                      struct job *after, enum job_event_kind *last, instant now,
                      struct error *err)
{
    switch (errand->verb) {
    case ENGINE_HOLD:
        *last = JOB_EVENT_HELD;
        break;
    case ENGINE_RELEASE:
        *last = JOB_EVENT_RELEASED;
        break;
    case ENGINE_UPDATE:
        return record_update(engine, errand, after, last, now, err);
    case ENGINE_CANCEL:
        if (job_is_active(after) && after->cancelling)
            return error_set(err, ERROR_CONFLICT, "job %lld is being cancelled already",
                             (long long)after->id);
        *last = job_is_active(after) ? JOB_EVENT_CANCEL_ASKED : JOB_EVENT_CANCELLED;
        break;
    }
    return record_plain(engine, errand, after, *last, 0, now, err);
}

static enum job_cause cause_of(const struct executor_report *report)
{
    return report->timed_out       ? JOB_CAUSE_TIME_LIMIT
           : report->out_of_memory ? JOB_CAUSE_MEMORY
                                   : JOB_CAUSE_EXIT;
}

static bool ended_well(const struct executor_report *report)
{
    return report->status == 0 && report->signal == 0 && !report->timed_out;
}

/* With 0 it has done its work; with whatever else, it is to be started again. */
static enum job_event_kind outcome_of_pausing(const struct executor_report *report,
                                              enum job_cause *cause)
{
    if (report->outcome == EXECUTOR_LOST) {
        *cause = JOB_CAUSE_LOST;
        return JOB_EVENT_BROKE;
    }
    if (report->outcome != EXECUTOR_ENDED) {
        *cause = JOB_CAUSE_NOT_STARTED;
        return JOB_EVENT_PAUSED;
    }
    *cause = cause_of(report);
    return ended_well(report) ? JOB_EVENT_FINISHED : JOB_EVENT_PAUSED;
}

/* What an executor's report makes of a job. */
static enum job_event_kind outcome_of(const struct engine *engine,
                                      const struct executor_report *report,
                                      const struct engine_entry *entry,
                                      enum job_cause *cause)
{
    const struct job *job = &entry->job;

    *cause = JOB_CAUSE_NONE;
    if (report->outcome == EXECUTOR_STARTED)
        return JOB_EVENT_STARTED;
    if (job->cancelling) {
        *cause = JOB_CAUSE_USER;
        return JOB_EVENT_CANCELLED;
    }
    if (engine_ends_idle(engine, entry, report)) {
        *cause = JOB_CAUSE_IDLE;
        return JOB_EVENT_BROKE;
    }
    if (job->state == JOB_PAUSING)
        return outcome_of_pausing(report, cause);
    switch (report->outcome) {
    case EXECUTOR_NOT_RUN:
        *cause = JOB_CAUSE_NOT_STARTED;
        return report->unavailable || entry->failed_starts + 1 < ENGINE_STARTS_MAX
                   ? JOB_EVENT_START_FAILED
                   : JOB_EVENT_BROKE;
    case EXECUTOR_REFUSED:
        *cause = JOB_CAUSE_NOT_STARTED;
        return JOB_EVENT_BROKE;
    case EXECUTOR_DROPPED:
        return JOB_EVENT_CANCELLED;
    case EXECUTOR_LOST:
        /* What was put back has no end that its cause could tell of. */
        *cause = job->requeue && report->requeued ? JOB_CAUSE_NONE : JOB_CAUSE_LOST;
        return job->requeue ? JOB_EVENT_REQUEUED : JOB_EVENT_BROKE;
    default:
        break;
    }
    *cause = cause_of(report);
    return ended_well(report) ? JOB_EVENT_FINISHED : JOB_EVENT_BROKE;
}

/* What was measured of an attempt is stored with its end: both, or neither. */
static void record_energy(struct engine *engine, const struct executor_report *report,
                          const struct engine_entry *entry, const struct job *job)
{
    const struct energy_reading *reading = &report->energy;
    struct job_energy energy = {
        .job_id = report->job_id,
        .attempt = report->attempt,
        .begins = job->started < report->at ? job->started : report->at,
        .ends = report->at,
        .gpu_joules = reading->gpu_measured ? reading->gpu : JOB_ENERGY_UNKNOWN,
        .cpu_joules = reading->cpu_measured ? reading->cpu : JOB_ENERGY_UNKNOWN,
        .idle_joules = reading->gpu_measured ? reading->idle : 0,
    };

    if ((report->outcome != EXECUTOR_ENDED && report->outcome != EXECUTOR_LOST)
        || (!reading->gpu_measured && !reading->cpu_measured))
        return;
    text_copy(energy.pool, sizeof(energy.pool), engine->pools[entry->pool].pool.name);
    store_batch_add_energy(engine->batch, &energy);
}

/* The times in a report are the word of the job's owner: within the job's life. */
static void bound_times(struct executor_report *report,
                        const struct engine_entry *entry)
{
    const struct job *job = &entry->job;
    /* What runs elsewhere may have been let go before its own begin time. */
    instant least = entry->delegated ? job->submitted : job_earliest_start(job);

    if (report->started && report->started < least)
        report->started = least;
    if (job->started)
        least = job->started;
    else if (report->started)
        least = report->started;
    if (report->at < least)
        report->at = least;
}

/* Whoever takes away what tells of an attempt that was seen to run has lost it. */
static void deny_never_run(struct executor_report *report, const struct job *job)
{
    if (job->started
        && (report->outcome == EXECUTOR_NOT_RUN || report->outcome == EXECUTOR_REFUSED))
        report->outcome = EXECUTOR_LOST;
}

static int record_report(struct engine *engine, const struct errand *errand,
                         const struct engine_entry *entry, struct job *after,
                         enum job_event_kind *last, struct error *err)
{
    struct executor_report blamed = errand->report;
    const struct executor_report *report = &blamed;
    struct job_event event;
    enum job_cause cause;
    struct job begun;

    bound_times(&blamed, entry);
    deny_never_run(&blamed, after);
    engine_blame_gpu(engine, entry, &blamed);
    *last = outcome_of(engine, report, entry, &cause);
    if (after->state == JOB_STARTING
        && (report->outcome == EXECUTOR_ENDED || report->outcome == EXECUTOR_LOST)) {
        event = event_of(errand, after, JOB_EVENT_STARTED,
                         report->started ? report->started : report->at);
        if (engine_record(engine, after, &event, err) < 0)
            return -1;
    }
    event = event_of(errand, after, *last, report->at);
    event.attempt = report->attempt;
    event.cause = cause;
    event.status = report->status;
    event.signal = report->signal;
    if (*last != JOB_EVENT_STARTED && *last != JOB_EVENT_REQUEUED)
        event.value = engine_progress(engine, entry, after, report);
    memcpy(event.text, report->text, sizeof(event.text) - 1);
    begun = *after;
    if (engine_record(engine, after, &event, err) < 0)
        return -1;
    record_energy(engine, report, entry, &begun);
    return 0;
}

static int record_late(struct engine *engine, const struct errand *errand,
                       const struct engine_entry *entry, struct job *after, instant now,
                       struct error *err)
{
    struct job_event event = event_of(errand, after, JOB_EVENT_LATE, now);
    instant latest = job_latest_resume(after, engine_restart_cost(engine, entry));

    if (entry->reservation.reason != PLAN_LATE || latest == INSTANT_MAX)
        return error_set(err, ERROR_CONFLICT, "it is no longer late");
    if (entry->reservation.start <= now
        && (engine_is_handed_over(entry)
            || job_misses_deadline(after, job_earliest_start(after))))
        return error_set(err, ERROR_CONFLICT, "it starts at once, and was told why");
    event.value = entry->reservation.start;
    snprintf(event.text, sizeof(event.text),
             "planned %lld s past its latest start: no room before it",
             (long long)(entry->reservation.start - latest));
    return engine_record(engine, after, &event, err);
}

static bool is_of_another_attempt(const struct errand *errand,
                                  const struct engine_entry *entry)
{
    return errand->kind == ERRAND_REPORT
           && (errand->report.attempt != entry->job.attempt || entry->pool < 0);
}

bool engine_run_errand(struct engine *engine, const struct errand *errand, instant now)
{
    struct engine_entry *entry = engine_entry_find(engine, errand->job_id);
    enum job_event_kind last = JOB_EVENTS;
    struct error failure;
    struct job after;
    int result = -1;

    if (!entry) {
        error_set(&failure, ERROR_CONFLICT, "job %lld has ended",
                  (long long)errand->job_id);
        engine_answer_one(&errand->request, &failure);
        return true;
    }
    if (entry->in_flight)
        return false;
    if (is_of_another_attempt(errand, entry))
        return true;
    after = entry->job;
    switch (errand->kind) {
    case ERRAND_ACT:
        result = record_act(engine, errand, &after, &last, now, &failure);
        break;
    case ERRAND_REPORT:
        result = record_report(engine, errand, entry, &after, &last, &failure);
        break;
    case ERRAND_ELIGIBLE:
        last = JOB_EVENT_ELIGIBLE;
        result = record_plain(engine, errand, &after, last, 0, now, &failure);
        break;
    case ERRAND_DEPENDENCY:
        last = JOB_EVENT_CANCELLED;
        result = record_plain(engine, errand, &after, last, 0, now, &failure);
        break;
    case ERRAND_LATE:
        last = JOB_EVENT_LATE;
        result = record_late(engine, errand, entry, &after, now, &failure);
        break;
    case ERRAND_USE:
        entry->use_errands--;
        result = engine_record_use(engine, errand, &after, &last, now, &failure);
        break;
    case ERRAND_TOLD:
        result =
            engine_record_told(engine, errand, entry, &after, &last, now, &failure);
        break;
    }
    if (result < 0)
        engine_answer_one(&errand->request, &failure);
    else
        engine_record_done(engine, entry, &after, last, errand);
    return true;
}

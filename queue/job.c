/* SPDX-License-Identifier: MIT */
#include "queue/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[JOB_STATES] = {
    [JOB_WAITING] = "waiting", [JOB_HELD] = "held",       [JOB_STARTING] = "starting",
    [JOB_RUNNING] = "running", [JOB_PAUSING] = "pausing", [JOB_PAUSED] = "paused",
    [JOB_DONE] = "done",       [JOB_FAILED] = "failed",   [JOB_CANCELLED] = "cancelled",
};

static const char *const event_names[JOB_EVENTS] = {
    [JOB_EVENT_SUBMITTED] = "submitted",
    [JOB_EVENT_HELD] = "held",
    [JOB_EVENT_RELEASED] = "released",
    [JOB_EVENT_ELIGIBLE] = "eligible",
    [JOB_EVENT_STARTING] = "starting",
    [JOB_EVENT_STARTED] = "started",
    [JOB_EVENT_START_FAILED] = "start-failed",
    [JOB_EVENT_PAUSING] = "pausing",
    [JOB_EVENT_PAUSED] = "paused",
    [JOB_EVENT_FINISHED] = "finished",
    [JOB_EVENT_BROKE] = "broke",
    [JOB_EVENT_REQUEUED] = "requeued",
    [JOB_EVENT_CANCEL_ASKED] = "cancel-asked",
    [JOB_EVENT_CANCELLED] = "cancelled",
    [JOB_EVENT_PRIORITY_SET] = "priority-set",
    [JOB_EVENT_TIME_LIMIT_SET] = "time-limit-set",
    [JOB_EVENT_DEADLINE_SET] = "deadline-set",
    [JOB_EVENT_MAX_WAIT_SET] = "max-wait-set",
    [JOB_EVENT_NOW_SET] = "now-set",
    [JOB_EVENT_LATE] = "late",
    [JOB_EVENT_IDLE] = "idle",
    [JOB_EVENT_BUSY] = "busy",
};

static const char *const cause_names[JOB_CAUSES] = {
    [JOB_CAUSE_NONE] = "none",
    [JOB_CAUSE_EXIT] = "exit",
    [JOB_CAUSE_TIME_LIMIT] = "time-limit",
    [JOB_CAUSE_LOST] = "lost",
    [JOB_CAUSE_NOT_STARTED] = "not-started",
    [JOB_CAUSE_USER] = "user",
    [JOB_CAUSE_DEPENDENCY] = "dependency",
    [JOB_CAUSE_MEMORY] = "memory",
    [JOB_CAUSE_IDLE] = "idle",
};

/* The state of a job that is not in the queue yet. */
#define UNBORN 0

/* The whole life of a job; 0 is what cannot happen. Nothing follows an end. */
static const enum job_state next_state[JOB_STATES][JOB_EVENTS] = {
    [UNBORN][JOB_EVENT_SUBMITTED] = JOB_WAITING,

    [JOB_WAITING][JOB_EVENT_HELD] = JOB_HELD,
    [JOB_WAITING][JOB_EVENT_ELIGIBLE] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_STARTING] = JOB_STARTING,
    [JOB_WAITING][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_WAITING][JOB_EVENT_PRIORITY_SET] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_TIME_LIMIT_SET] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_DEADLINE_SET] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_MAX_WAIT_SET] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_NOW_SET] = JOB_WAITING,
    [JOB_WAITING][JOB_EVENT_LATE] = JOB_WAITING,

    [JOB_HELD][JOB_EVENT_RELEASED] = JOB_WAITING,
    [JOB_HELD][JOB_EVENT_ELIGIBLE] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_HELD][JOB_EVENT_PRIORITY_SET] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_TIME_LIMIT_SET] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_DEADLINE_SET] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_MAX_WAIT_SET] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_NOW_SET] = JOB_HELD,
    [JOB_HELD][JOB_EVENT_LATE] = JOB_HELD,

    [JOB_STARTING][JOB_EVENT_STARTED] = JOB_RUNNING,
    [JOB_STARTING][JOB_EVENT_START_FAILED] = JOB_WAITING,
    [JOB_STARTING][JOB_EVENT_BROKE] = JOB_FAILED,
    [JOB_STARTING][JOB_EVENT_CANCEL_ASKED] = JOB_STARTING,
    [JOB_STARTING][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_STARTING][JOB_EVENT_PRIORITY_SET] = JOB_STARTING,
    [JOB_STARTING][JOB_EVENT_LATE] = JOB_STARTING,

    [JOB_RUNNING][JOB_EVENT_PAUSING] = JOB_PAUSING,
    [JOB_RUNNING][JOB_EVENT_FINISHED] = JOB_DONE,
    [JOB_RUNNING][JOB_EVENT_BROKE] = JOB_FAILED,
    [JOB_RUNNING][JOB_EVENT_REQUEUED] = JOB_WAITING,
    [JOB_RUNNING][JOB_EVENT_CANCEL_ASKED] = JOB_RUNNING,
    [JOB_RUNNING][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_RUNNING][JOB_EVENT_PRIORITY_SET] = JOB_RUNNING,
    [JOB_RUNNING][JOB_EVENT_LATE] = JOB_RUNNING,
    [JOB_RUNNING][JOB_EVENT_IDLE] = JOB_RUNNING,
    [JOB_RUNNING][JOB_EVENT_BUSY] = JOB_RUNNING,

    [JOB_PAUSING][JOB_EVENT_PAUSED] = JOB_PAUSED,
    [JOB_PAUSING][JOB_EVENT_FINISHED] = JOB_DONE,
    [JOB_PAUSING][JOB_EVENT_BROKE] = JOB_PAUSED,
    [JOB_PAUSING][JOB_EVENT_CANCEL_ASKED] = JOB_PAUSING,
    [JOB_PAUSING][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_PAUSING][JOB_EVENT_PRIORITY_SET] = JOB_PAUSING,
    [JOB_PAUSING][JOB_EVENT_LATE] = JOB_PAUSING,

    [JOB_PAUSED][JOB_EVENT_STARTING] = JOB_STARTING,
    [JOB_PAUSED][JOB_EVENT_CANCELLED] = JOB_CANCELLED,
    [JOB_PAUSED][JOB_EVENT_PRIORITY_SET] = JOB_PAUSED,
    [JOB_PAUSED][JOB_EVENT_TIME_LIMIT_SET] = JOB_PAUSED,
    [JOB_PAUSED][JOB_EVENT_DEADLINE_SET] = JOB_PAUSED,
    [JOB_PAUSED][JOB_EVENT_MAX_WAIT_SET] = JOB_PAUSED,
    [JOB_PAUSED][JOB_EVENT_NOW_SET] = JOB_PAUSED,
    [JOB_PAUSED][JOB_EVENT_LATE] = JOB_PAUSED,
};
_Static_assert(JOB_WAITING > UNBORN, "next_state reads 0 as: cannot happen");

static instant later(instant a, instant b)
{
    return a > b ? a : b;
}

bool job_allows(const struct job *job, enum job_event_kind kind)
{
    assert(job->state < JOB_STATES);
    assert(kind < JOB_EVENTS);
    if (kind == JOB_EVENT_STARTING && job->cancelling)
        return false;
    return next_state[job->state][kind] != 0;
}

/*
 * An attempt is ordered once, and news of an earlier one come too late: they must not
 * end a later one.
 */
static int check_attempt(const struct job *job, const struct job_event *event,
                         struct error *err)
{
    bool fits = event->kind == JOB_EVENT_STARTING
                    ? event->attempt == job->attempt + 1
                    : event->attempt == 0 || event->attempt == job->attempt;

    if (fits)
        return 0;
    return error_set(err, ERROR_CONFLICT,
                     "job %lld is at attempt %d: '%s' of attempt %d cannot follow",
                     (long long)job->id, (int)job->attempt, job_event_name(event->kind),
                     (int)event->attempt);
}

/* Whether its limit would pass its deadline if it started as soon as it may. */
static bool ends_late(const struct job *job, instant now)
{
    return job_misses_deadline(job, later(now, job_earliest_start(job)));
}

/* Count what an attempt got done. */
static void add_progress(struct job *job, duration done, duration most)
{
    if (done > most - job->ran)
        done = most - job->ran;
    if (done > 0)
        job->ran += done;
}

static void end(struct job *job, const struct job_event *event)
{
    if (job->started)
        add_progress(job, event->value, JOB_TIME_MAX + JOB_GRACE_MAX);
    job->ended = event->at;
    job->cause = event->cause;
    job->exit_status = event->status;
    job->exit_signal = event->signal;
    job->idle_since = 0;
    job->cancelling = false;
}

/* It holds nothing, and nothing of its last attempt counts. */
static void wait_again(struct job *job)
{
    job->gpus = job->gpus_min;
    job->started = 0;
    job->idle_since = 0;
    job->cause = JOB_CAUSE_NONE;
    job->exit_status = 0;
    job->exit_signal = 0;
}

/* What was expected to take all of its limit takes all of the new one. */
static void set_limit(struct job *job, const struct job_event *event)
{
    if (job->time == job->time_limit || job->time > event->value)
        job->time = event->value;
    job->time_limit = event->value;
    job->late = ends_late(job, event->at);
}

static void submit(struct job *job, const struct job_event *event)
{
    job->submitted = event->at;
    job->eligible = job->after_pending ? 0 : later(event->at, job->begin);
    job->late = ends_late(job, event->at);
}

/* What an event changes besides the state. */
static void change(struct job *job, const struct job_event *event)
{
    switch (event->kind) {
    case JOB_EVENT_SUBMITTED:
        submit(job, event);
        break;
    case JOB_EVENT_ELIGIBLE:
        job->after_pending = false;
        job->eligible = later(event->at, later(job->submitted, job->begin));
        break;
    case JOB_EVENT_STARTING:
        job->attempt = event->attempt;
        job->gpu_mask = (uint64_t)event->value;
        if (event->status > 0)
            job->gpus = event->status;
        break;
    case JOB_EVENT_STARTED:
        job->started = event->at;
        job->late = job_stays_late(job, event->at);
        break;
    case JOB_EVENT_START_FAILED:
    case JOB_EVENT_REQUEUED:
        wait_again(job);
        break;
    case JOB_EVENT_CANCEL_ASKED:
        job->cancelling = true;
        break;
    case JOB_EVENT_PRIORITY_SET:
        job->priority = (int32_t)event->value;
        break;
    case JOB_EVENT_TIME_LIMIT_SET:
        set_limit(job, event);
        break;
    case JOB_EVENT_DEADLINE_SET:
        job->deadline = event->value;
        job->late = ends_late(job, event->at);
        break;
    case JOB_EVENT_MAX_WAIT_SET:
        job->max_wait = event->value;
        break;
    case JOB_EVENT_NOW_SET:
        job->now = true;
        break;
    case JOB_EVENT_LATE:
        job->late = true;
        break;
    case JOB_EVENT_IDLE:
        job->idle_since = event->value;
        break;
    case JOB_EVENT_BUSY:
        job->idle_since = 0;
        break;
    default:
        break;
    }
}

int job_apply(struct job *job, const struct job_event *event, struct error *err)
{
    enum job_state was = job->state;

    if (!job_allows(job, event->kind))
        return error_set(err, ERROR_CONFLICT, "job %lld is %s: '%s' cannot follow",
                         (long long)job->id,
                         job->cancelling ? "being cancelled"
                                         : job_state_name(job->state),
                         job_event_name(event->kind));
    if (check_attempt(job, event, err) < 0)
        return -1;
    job->state = next_state[job->state][event->kind];
    change(job, event);
    if (!job_is_active(job))
        job->gpu_mask = 0;
    if (job->state == JOB_PAUSED && was == JOB_PAUSING) {
        add_progress(job, event->value, job->time_limit);
        wait_again(job);
    }
    if (!job_is_open(job))
        end(job, event);
    return 0;
}

bool job_is_open(const struct job *job)
{
    return job->state < JOB_DONE;
}

bool job_is_active(const struct job *job)
{
    return job->state >= JOB_STARTING && job->state <= JOB_PAUSING;
}

instant job_earliest_start(const struct job *job)
{
    return later(job->submitted, later(job->begin, job->eligible));
}

instant job_latest_start(const struct job *job)
{
    instant earliest = job_earliest_start(job);
    instant latest = INSTANT_MAX;

    if (job->max_wait != JOB_NO_WAIT_LIMIT && job->max_wait < INSTANT_MAX - earliest)
        latest = earliest + job->max_wait;
    if (job->deadline != 0 && job->deadline - job->time_limit < latest)
        latest = job->deadline - job->time_limit;
    return later(latest, earliest);
}

static duration left_of(const struct job *job, duration whole, duration restart_cost)
{
    duration left = whole;

    /* The next attempt takes up what earlier ones left. */
    if (job->ran > 0) {
        left =
            whole - job->ran > JOB_TIME_LEFT_MIN ? whole - job->ran : JOB_TIME_LEFT_MIN;
        left += restart_cost;
    }
    return left < JOB_TIME_MAX ? left : JOB_TIME_MAX;
}

duration job_time_left(const struct job *job, duration restart_cost)
{
    return left_of(job, job_expected_time(job), restart_cost);
}

duration job_limit_left(const struct job *job, duration restart_cost)
{
    return left_of(job, job->time_limit, restart_cost);
}

instant job_latest_resume(const struct job *job, duration restart_cost)
{
    instant latest = job_latest_start(job);

    if (job->ran == 0 || latest == INSTANT_MAX)
        return latest;
    return later(latest + job->ran - restart_cost, job_earliest_start(job));
}

const char *job_state_name(enum job_state state)
{
    return state == UNBORN ? "not submitted" : state_names[state];
}

int job_state_parse(const char *name, enum job_state *state, struct error *err)
{
    for (unsigned i = JOB_WAITING; i < JOB_STATES; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *state = (enum job_state)i;
            return 0;
        }
    }
    return error_set_field(err, ERROR_INVALID, "state",
                           "'%.40s' is no state of a job: there are waiting, held, "
                           "starting, running, pausing, paused, done, failed and "
                           "cancelled",
                           name);
}

const char *job_event_name(enum job_event_kind kind)
{
    return event_names[kind];
}

const char *job_cause_name(enum job_cause cause)
{
    return cause_names[cause];
}

bool job_cause_has_exit(enum job_cause cause)
{
    return cause != JOB_CAUSE_NONE && cause != JOB_CAUSE_LOST
           && cause != JOB_CAUSE_NOT_STARTED;
}

void job_spec_release(struct job_spec *spec)
{
    free(spec->name);
    free(spec->user);
    free(spec->project);
    free(spec->queue);
    free(spec->pools);
    free(spec->zones);
    free(spec->reference);
    free(spec->arguments);
    free(spec->script);
    free(spec->environment);
    free(spec->directory);
    free(spec->output);
    free(spec->error);
    *spec = (struct job_spec){0};
}

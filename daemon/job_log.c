/* SPDX-License-Identifier: MIT */
#include "daemon/job_log.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "daemon/daemon.h"

static void log_submitted(const struct engine_event *event)
{
    const struct job *job = event->job;
    char planned[INSTANT_TEXT_SIZE] = "no time yet";

    if (event->planned_start < INSTANT_MAX)
        instant_format(event->planned_start, planned);
    if (event->count == 1)
        log_info("job %lld: submitted by uid %u, planned for %s", (long long)job->id,
                 job->uid, planned);
    else
        log_info("jobs %lld to %lld: submitted by uid %u", (long long)job->id,
                 (long long)job->id + (long long)event->count - 1, job->uid);
}

/* The intensity where the job starts; -1: nobody knows. */
static int64_t level_now(const struct daemon *daemon, const char *zone)
{
    instant now = daemon->clock->now(daemon->clock);
    intensity level;

    for (size_t i = 0; i < engine_zone_count(daemon->engine); i++) {
        const struct forecast *forecast = engine_zone_forecast(daemon->engine, i);

        if (strcmp(engine_zone_name(daemon->engine, i), zone) == 0 && forecast
            && series_level(forecast->intensity, now, &level, NULL) == 0)
            return level;
    }
    return -1;
}

static void log_starting(const struct engine_event *event, const struct daemon *daemon)
{
    const struct job *job = event->job;
    int64_t level = level_now(daemon, event->zone);

    if (level < 0)
        log_info("job %lld: starting in %s; nothing is known of the grid",
                 (long long)job->id, event->pool);
    else
        log_info("job %lld: starting in %s (%s) at %lld g/kWh", (long long)job->id,
                 event->pool, event->zone, (long long)((level + 500) / 1000));
}

/* Told to pause, or paused: then after how much work, and until when. */
static void log_pause(const struct engine_event *event, struct daemon *daemon)
{
    const struct job *job = event->job;
    int64_t level = level_now(daemon, event->zone);
    char grid[48] = "", resumes[16 + INSTANT_TEXT_SIZE] = "no resume planned yet";
    char length[DURATION_TEXT_SIZE], at[INSTANT_TEXT_SIZE];

    if (level >= 0)
        snprintf(grid, sizeof(grid), " at %lld g/kWh",
                 (long long)((level + 500) / 1000));
    if (event->planned_start < INSTANT_MAX)
        snprintf(resumes, sizeof(resumes), "resumes %s",
                 instant_format(event->planned_start, at));
    if (event->kind == JOB_EVENT_PAUSING)
        daemon->pauses++;
    if (event->kind == JOB_EVENT_PAUSING)
        log_info("job %lld: told to pause%s, %s", (long long)job->id, grid, resumes);
    else
        log_info("job %lld: paused after %s%s, %s", (long long)job->id,
                 duration_format(job->ran, length), grid, resumes);
}

/* Add how the command ended; nothing if nobody saw it. */
static void add_exit(const struct job *job, struct text *line)
{
    if (!job_cause_has_exit(job->cause))
        return;
    if (job->exit_signal)
        text_add_format(line, ", signal %d", job->exit_signal);
    else
        text_add_format(line, ", exit status %d", job->exit_status);
}

static void log_ended(const struct engine_event *event)
{
    const struct job *job = event->job;
    duration passed = job->started ? job->ended - job->started : 0;
    char length[DURATION_TEXT_SIZE];
    struct text line = TEXT_EMPTY;

    duration_format(job->ran > passed ? job->ran : passed, length);
    text_add(&line, job_state_name(job->state));
    if (job->cause != JOB_CAUSE_NONE
        && (event->kind != JOB_EVENT_FINISHED || !job->started)) {
        text_add_format(&line, " (%s", job_cause_name(job->cause));
        if (job->started)
            add_exit(job, &line);
        text_add(&line, ")");
    }
    if (job->started)
        text_add_format(&line, " after %s", length);
    else
        text_add(&line, " before it ran");
    if (event->report && *event->report->text)
        text_add_format(&line, ": %s", event->report->text);
    log_info("job %lld: %s", (long long)job->id, line.bytes);
    text_release(&line);
}

/* An attempt came to nothing, and the job waits again. */
static void log_setback(const struct engine_event *event)
{
    const char *why = event->report ? event->report->text : "";

    log_warning("job %lld: %s%s%s", (long long)event->job->id,
                job_event_name(event->kind), *why ? ": " : "", why);
}

static bool is_stopped(const struct daemon *daemon, const struct job *job)
{
    struct engine_job found;
    const struct config_queue *queue;

    if (!engine_find(daemon->engine, job->id, &found))
        return false;
    queue = config_find_queue(daemon->config, found.queue);
    return queue && strcmp(queue->on_idle, "stop") == 0;
}

static void log_idle(const struct engine_event *event, const struct daemon *daemon)
{
    const struct job *job = event->job;
    char since[INSTANT_TEXT_SIZE];

    log_warning("job %lld: its %d GPU%s stood idle in %s since %s; it %s",
                (long long)job->id, (int)job->gpus, job->gpus == 1 ? " has" : "s have",
                event->pool, instant_format(job->idle_since, since),
                is_stopped(daemon, job) ? "is stopped, as its queue wants"
                                        : "goes on, as its queue wants");
}

void job_log_event(const struct engine_event *event, void *context)
{
    switch (event->kind) {
    case JOB_EVENT_SUBMITTED:
        log_submitted(event);
        break;
    case JOB_EVENT_STARTING:
        log_starting(event, context);
        break;
    case JOB_EVENT_PAUSING:
    case JOB_EVENT_PAUSED:
        log_pause(event, context);
        break;
    case JOB_EVENT_START_FAILED:
    case JOB_EVENT_REQUEUED:
        log_setback(event);
        break;
    case JOB_EVENT_IDLE:
        log_idle(event, context);
        break;
    case JOB_EVENT_BUSY:
        log_notice("job %lld: its GPUs work again", (long long)event->job->id);
        break;
    case JOB_EVENT_FINISHED:
    case JOB_EVENT_BROKE:
    case JOB_EVENT_CANCELLED:
        if (job_is_open(event->job))
            log_pause(event, context);
        else
            log_ended(event);
        break;
    default:
        log_info("job %lld: %s", (long long)event->job->id,
                 job_event_name(event->kind));
    }
}

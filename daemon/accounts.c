/* SPDX-License-Identifier: MIT */
#include "daemon/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/accounts_grid.h"
#include "daemon/accounts_idle.h"
#include "daemon/accounts_jobs.h"

/* How many forecasts of a zone are held against what came, one a day at most. */
#define SKILL_SAMPLES_MAX 60

/* Whether a job is one of those that the account is of. */
static bool is_counted(const struct accounts_question *question,
                       const struct accounts_job *job)
{
    return job->job.ended >= question->from && job->job.ended < question->to
           && job->job.ended > 0
           && (question->uid < 0 || job->job.uid == (uint32_t)question->uid);
}

/* From when to when the grid must be known for the counted jobs of a zone. */
static void find_span(const struct accounts_question *question,
                      const struct accounts_jobs *jobs, const char *zone,
                      instant *begins, instant *ends)
{
    *begins = question->from;
    *ends = question->to < question->now ? question->to : question->now;
    for (size_t i = 0; i < jobs->count; i++) {
        const struct accounts_job *job = &jobs->items[i];
        instant shadow_ends = job->shadow_start + job->useful;

        if (!is_counted(question, job)
            || strcmp(question->pools[job->pool].zone, zone) != 0)
            continue;
        if (job->begins < *begins)
            *begins = job->begins;
        if (job->shadow_start < *begins)
            *begins = job->shadow_start;
        if (shadow_ends > *ends)
            *ends = shadow_ends;
    }
}

/* Whether it started after its latest start, or was paused for too long. */
static bool has_missed(const struct accounts_job *job, size_t attempts)
{
    instant latest = job_latest_start(&job->job);

    if (job->begins > latest)
        return true;
    return attempts > 1 && latest < INSTANT_MAX
           && job->job.ended > latest + job->job.time_limit;
}

static struct report_item make_item(const struct accounts_question *question,
                                    const struct accounts_jobs *jobs,
                                    const struct accounts_job *job,
                                    struct accounts_grid *grid)
{
    const struct pool *pool = &question->pools[job->pool];
    duration waited;
    struct accounts_booking actual = {.has_signal = false};
    struct accounts_booking shadow;
    struct accounts_work work;
    int64_t joules;
    size_t count;
    const struct accounts_attempt *attempts =
        accounts_attempts_find(&jobs->attempts, job->job.id, &count);

    work = accounts_attempts_book(question, &job->job, attempts, count, grid, &actual);
    /* It is one of its zone's jobs all the same, so of its kind of grid. */
    if (work.joules == 0)
        accounts_grid_book_nothing(grid, job->begins ? job->begins : job->job.ended,
                                   job->job.ended, &actual);
    waited =
        (count ? attempts[count - 1].ends : job->begins) - job->eligible - work.length;
    shadow = (struct accounts_booking){.signal = actual.signal,
                                       .has_signal = actual.has_signal};
    /* The same energy, less what pausing cost. */
    joules =
        work.useful < work.length
            ? (int64_t)((double)work.joules * (double)work.useful / (double)work.length)
            : work.joules;
    accounts_grid_book_joules(grid, joules, job->shadow_start,
                              job->shadow_start + job->useful, &shadow);
    return (struct report_item){
        .user = job->user,
        .project = job->project,
        .queue = job->queue,
        .pool = pool->name,
        .zone = pool->zone,
        .signal = shadow.signal,
        .synthetic = actual.synthetic || shadow.synthetic,
        .dry_run = job->dry_run,
        .ended = job->job.ended,
        .joules = work.joules,
        .idle_joules = work.idle_joules,
        .energy = report_energy_of(work.measured, work.count),
        .actual = actual.emissions,
        .shadow = shadow.emissions,
        .waited = waited > 0 ? waited : 0,
        .missed = has_missed(job, count),
    };
}

/*
 * Make the items of one zone. In each pool the jobs stand in the order of the shadow
 * queue: behind the first that has not ended yet, shadows may still move.
 */
static size_t make_items(const struct accounts_question *question,
                         const struct accounts_jobs *jobs, const char *zone,
                         struct accounts_grid *grid, struct report_item *items)
{
    size_t count = 0;
    size_t pool = question->pool_count;
    bool provisional = false;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct accounts_job *job = &jobs->items[i];

        if (strcmp(question->pools[job->pool].zone, zone) != 0)
            continue;
        if (job->pool != pool)
            provisional = false;
        pool = job->pool;
        provisional =
            provisional || !job->job.ended || job->eligible > jobs->waiting_since;
        if (!is_counted(question, job))
            continue;
        items[count] = make_item(question, jobs, job, grid);
        items[count++].shadow_provisional = provisional;
    }
    return count;
}

/* Hold the forecasts that were at hand each day against what came of that day. */
static void measure_skill(struct accounts_skill *skill,
                          const struct accounts_question *question,
                          struct accounts_grid *grid, const char *zone,
                          struct store_reader *reader)
{
    instant ends = question->to < question->now ? question->to : question->now;
    instant begins = question->from;

    *skill = (struct accounts_skill){.provider = ""};
    memcpy(skill->zone, zone, strlen(zone) + 1);
    if (begins < ends - SKILL_SAMPLES_MAX * DAY)
        begins = ends - SKILL_SAMPLES_MAX * DAY;
    if (grid->actuals.count && begins < grid->actuals.items[0].begins)
        begins = grid->actuals.items[0].begins;
    for (duration step; begins < ends && grid->actuals.count; begins += step) {
        struct forecast *forecast = archive_find_forecast(reader, zone, begins, NULL);
        instant until = begins + DAY < ends ? begins + DAY : ends;

        /* Of a new site the first day counts from its first forecast on. */
        step = forecast ? DAY : HOUR;
        if (forecast && forecast->signal == grid->actuals.signal) {
            forecast_error_add(&skill->error, forecast, &grid->actuals, begins, until);
            memcpy(skill->provider, forecast->provider, sizeof(skill->provider));
        }
        forecast_destroy(forecast);
    }
}

static int check_question(const struct accounts_question *question, struct error *err)
{
    if (question->from >= question->to)
        return error_set_field(err, ERROR_INVALID, "from",
                               "the time must begin before it ends");
    if (question->to - question->from > ACCOUNTS_SPAN_MAX)
        return error_set_field(err, ERROR_INVALID, "from",
                               "a report covers at most %d days",
                               (int)(ACCOUNTS_SPAN_MAX / DAY));
    return 0;
}

int accounts_make(const struct accounts_question *question, struct store_reader *reader,
                  struct accounts *accounts, struct error *err)
{
    struct accounts_jobs jobs;
    struct accounts_hours idle;
    struct report_item *items;
    size_t count = 0;

    if (check_question(question, err) < 0
        || accounts_idle_load(&idle, question, reader, err) < 0)
        return -1;
    if (accounts_jobs_load(&jobs, question, reader, err) < 0) {
        accounts_idle_release(&idle);
        return -1;
    }
    items = xcalloc(jobs.count + 1, sizeof(*items));
    *accounts = (struct accounts){.skill_count = 0};
    accounts->skills = xcalloc(question->zone_count + 1, sizeof(*accounts->skills));
    for (size_t i = 0; i < question->zone_count; i++) {
        const struct accounts_zone *zone = &question->zones[i];
        struct accounts_skill *skill = &accounts->skills[accounts->skill_count];
        struct accounts_grid grid;
        instant begins;
        instant ends;

        find_span(question, &jobs, zone->name, &begins, &ends);
        accounts_grid_load(&grid, zone, reader, begins, ends, question->now);
        count += make_items(question, &jobs, zone->name, &grid, items + count);
        accounts_idle_book(&idle, question, &grid);
        measure_skill(skill, question, &grid, zone->name, reader);
        accounts->skill_count += skill->error.count > 0;
        accounts_grid_release(&grid);
    }
    accounts->idles = accounts_idle_take(&idle, question, &accounts->idle_count);
    report_make(&accounts->report, items, count, question->by);
    free(items);
    accounts_jobs_release(&jobs);
    return 0;
}

void accounts_release(struct accounts *accounts)
{
    report_release(&accounts->report);
    free(accounts->skills);
    free(accounts->idles);
    accounts->idles = NULL;
    accounts->idle_count = 0;
    accounts->skills = NULL;
    accounts->skill_count = 0;
}

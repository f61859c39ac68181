/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/counterfactual.h"
#include "nodes/power.h"

#define PPM 1000000

/* What on_row works with. */
struct load {
    struct accounts_jobs *jobs;
    const struct accounts_question *question;
};

struct resources accounts_job_wanted(const struct job *job)
{
    return (struct resources){job->gpus, job->cpus, job->memory};
}

int64_t accounts_job_draw(const struct job *job, const struct pool *pool)
{
    struct resources taken = accounts_job_wanted(job);

    return power_estimate(pool, &taken, job->power) * pool->pue_ppm / PPM;
}

int64_t accounts_job_joules(const struct job *job, const struct pool *pool,
                            duration length)
{
    struct resources taken = accounts_job_wanted(job);

    return energy_estimate(pool, power_estimate(pool, &taken, job->power), length);
}

static bool find_pool(const struct accounts_question *question, const char *name,
                      size_t *pool)
{
    for (size_t i = 0; i < question->pool_count; i++) {
        if (strcmp(question->pools[i].name, name) == 0) {
            *pool = i;
            return true;
        }
    }
    return false;
}

/* One that runs is taken to end by its estimate, or now if it is past that. */
static instant end_of(const struct job *job, instant now)
{
    if (job->ended)
        return job->ended > job->started ? job->ended : job->started + 1;
    return job->started + job->time > now ? job->started + job->time : now + 1;
}

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct load *load = context;
    struct accounts_jobs *jobs = load->jobs;
    struct accounts_job *added;
    size_t pool;

    if (row->job.started == 0 && !accounts_spans_are_several(&row->job)) {
        if (!row->job.ended && row->job.eligible
            && row->job.eligible < jobs->waiting_since)
            jobs->waiting_since = row->job.eligible;
        return 0;
    }
    if (!find_pool(load->question, row->pool, &pool))
        return 0;
    if (jobs->count == ACCOUNTS_JOBS_MAX)
        return error_set(err, ERROR_TOO_LARGE,
                         "more than %d jobs in this time: ask for a shorter one",
                         ACCOUNTS_JOBS_MAX);
    jobs->items = xgrow(jobs->items, jobs->count, &jobs->room, sizeof(*jobs->items));
    added = &jobs->items[jobs->count++];
    *added = (struct accounts_job){
        .job = row->job,
        .user = names_keep(&jobs->names, row->user),
        .project = names_keep(&jobs->names, row->project),
        .queue = names_keep(&jobs->names, row->queue),
        .pool = pool,
        .eligible = job_earliest_start(&row->job),
        .ends = end_of(&row->job, load->question->now),
    };
    added->shadow_length = added->ends - row->job.started;
    return 0;
}

/* The order that shadow_run() leaves its jobs in, within each pool. */
static int by_pool(const void *left, const void *right)
{
    const struct accounts_job *a = left;
    const struct accounts_job *b = right;

    if (a->pool != b->pool)
        return a->pool < b->pool ? -1 : 1;
    if (a->eligible != b->eligible)
        return a->eligible < b->eligible ? -1 : 1;
    return a->job.id < b->job.id ? -1 : a->job.id > b->job.id;
}

/* What was paused ran in pieces; its shadow did all of its work in one. */
static int load_spans(struct accounts_jobs *jobs, struct store_reader *reader,
                      struct error *err)
{
    for (size_t i = 0; i < jobs->count; i++) {
        struct accounts_job *job = &jobs->items[i];

        if (!accounts_spans_are_several(&job->job))
            continue;
        if (accounts_spans_load(&job->spans, &job->job, reader, err) < 0)
            return -1;
        job->shadow_length = job->job.ran;
    }
    return 0;
}

struct history {
    struct shadow_capacity *items;
    size_t count;
    size_t room;
};

static int on_change(instant at, const struct resources *capacity, void *context)
{
    struct history *history = context;

    history->items =
        xgrow(history->items, history->count, &history->room, sizeof(*history->items));
    history->items[history->count++] = (struct shadow_capacity){at, *capacity};
    return 0;
}

/* Run the shadow queue of one pool over its jobs. */
static int shadow_pool(struct accounts_job *jobs, size_t count, const struct pool *pool,
                       struct store_reader *reader, struct error *err)
{
    struct history history = {NULL, 0, 0};
    struct shadow_job *shadows = NULL;
    int result = -1;

    if (store_load_capacity(reader, pool->name, on_change, &history, err) < 0)
        goto done;
    if (history.count == 0)
        on_change(0, &pool->capacity, &history);
    shadows = xcalloc(count, sizeof(*shadows));
    for (size_t i = 0; i < count; i++) {
        const struct job *job = &jobs[i].job;

        shadows[i] = (struct shadow_job){
            .id = job->id,
            .eligible = jobs[i].eligible,
            .wanted = accounts_job_wanted(job),
            .length = jobs[i].shadow_length,
            .estimate = job->time_limit,
        };
    }
    shadow_run(shadows, count, history.items, history.count);
    for (size_t i = 0; i < count; i++)
        jobs[i].shadow_start = shadows[i].start;
    result = 0;

done:
    free(history.items);
    free(shadows);
    return result;
}

static int shadow_all(struct accounts_jobs *jobs,
                      const struct accounts_question *question,
                      struct store_reader *reader, struct error *err)
{
    for (size_t begins = 0; begins < jobs->count;) {
        size_t pool = jobs->items[begins].pool;
        size_t ends = begins;

        while (ends < jobs->count && jobs->items[ends].pool == pool)
            ends++;
        if (shadow_pool(&jobs->items[begins], ends - begins, &question->pools[pool],
                        reader, err)
            < 0)
            return -1;
        begins = ends;
    }
    return 0;
}

int accounts_jobs_load(struct accounts_jobs *jobs,
                       const struct accounts_question *question,
                       struct store_reader *reader, struct error *err)
{
    struct accounts_jobs loaded = {.waiting_since = INSTANT_MAX, .names = NAMES_EMPTY};
    struct load load = {&loaded, question};
    instant begins =
        question->from > ACCOUNTS_LOOK_BACK ? question->from - ACCOUNTS_LOOK_BACK : 0;

    if (store_load_period(reader, begins, question->to, on_row, &load, err) < 0)
        goto fail;
    if (loaded.count)
        qsort(loaded.items, loaded.count, sizeof(*loaded.items), by_pool);
    if (load_spans(&loaded, reader, err) < 0
        || shadow_all(&loaded, question, reader, err) < 0)
        goto fail;
    *jobs = loaded;
    return 0;

fail:
    accounts_jobs_release(&loaded);
    return -1;
}

void accounts_jobs_release(struct accounts_jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++)
        accounts_spans_release(&jobs->items[i].spans);
    free(jobs->items);
    names_release(&jobs->names);
    *jobs = (struct accounts_jobs){.names = NAMES_EMPTY};
}

/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/counterfactual.h"
#include "nodes/slurm/unit.h"

/* What on_row works with. */
struct load {
    struct accounts_jobs *jobs;
    const struct accounts_question *question;
};

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
    return job->started + job_expected_time(job) > now
               ? job->started + job_expected_time(job)
               : now + 1;
}

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct load *load = context;
    struct accounts_jobs *jobs = load->jobs;
    struct accounts_job *added;
    size_t pool;

    if (row->job.started == 0 && !(row->job.ended && row->job.ran > 0)) {
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
        .dry_run = row->reference && slurm_reference_is_dry(row->reference),
        .eligible = job_earliest_start(&row->job),
        .begins = row->job.started,
        .ends = end_of(&row->job, load->question->now),
    };
    if (row->job.attempt == 1 && row->job.started)
        accounts_attempts_add_only(&jobs->attempts, &row->job, pool);
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
            .wanted = {job->gpus, job->cpus, job->memory},
            .length = jobs[i].useful,
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

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct load *load = context;

    (void)err;
    accounts_attempts_add_event(&load->jobs->attempts, load->question, event);
    return 0;
}

static int on_energy(const struct job_energy *energy, void *context, struct error *err)
{
    struct load *load = context;

    (void)err;
    accounts_attempts_measure(&load->jobs->attempts, energy);
    return 0;
}

/* Know the attempts of all jobs, by three questions whatever their number. */
static int load_attempts(struct load *load, instant begins, struct store_reader *reader,
                         struct error *err)
{
    struct accounts_jobs *jobs = load->jobs;
    instant ends = load->question->to;

    if (store_load_period_events(reader, begins, ends, on_event, load, err) < 0)
        return -1;
    accounts_attempts_sort(&jobs->attempts);
    if (store_load_period_energy(reader, begins, ends, on_energy, load, err) < 0)
        return -1;
    for (size_t i = 0; i < jobs->count; i++) {
        struct accounts_job *job = &jobs->items[i];
        size_t count;
        const struct accounts_attempt *attempts =
            accounts_attempts_find(&jobs->attempts, job->job.id, &count);
        duration last = job->ends - job->job.started;
        struct accounts_work work;

        if (count) {
            job->begins = attempts[0].begins;
            /* It may have ended while it was paused. */
            if (attempts[count - 1].ends)
                last = attempts[count - 1].ends - attempts[count - 1].begins;
        }
        /* All before the last, as that may not have ended. */
        work = accounts_attempts_sum(load->question, &job->job, attempts,
                                     count ? count - 1 : 0);
        /* Of one that has ended, and was paused, it is known what it got done. */
        job->useful = job->job.ended && job->job.interruptible && job->job.ran > 0
                              && (count > 1 || !job->job.started)
                          ? job->job.ran
                          : work.useful + last;
    }
    return 0;
}

int accounts_jobs_load(struct accounts_jobs *jobs,
                       const struct accounts_question *question,
                       struct store_reader *reader, struct error *err)
{
    struct accounts_jobs loaded = {.waiting_since = INSTANT_MAX,
                                   .names = NAMES_EMPTY,
                                   .attempts = ACCOUNTS_ATTEMPTS_EMPTY};
    struct load load = {&loaded, question};
    instant begins =
        question->from > ACCOUNTS_LOOK_BACK ? question->from - ACCOUNTS_LOOK_BACK : 0;

    if (store_load_period(reader, begins, question->to, on_row, &load, err) < 0
        || load_attempts(&load, begins, reader, err) < 0)
        goto fail;
    if (loaded.count)
        qsort(loaded.items, loaded.count, sizeof(*loaded.items), by_pool);
    if (shadow_all(&loaded, question, reader, err) < 0)
        goto fail;
    *jobs = loaded;
    return 0;

fail:
    accounts_jobs_release(&loaded);
    return -1;
}

void accounts_jobs_release(struct accounts_jobs *jobs)
{
    free(jobs->items);
    names_release(&jobs->names);
    accounts_attempts_release(&jobs->attempts);
    *jobs = (struct accounts_jobs){.names = NAMES_EMPTY,
                                   .attempts = ACCOUNTS_ATTEMPTS_EMPTY};
}

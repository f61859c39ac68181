/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_attempts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/power.h"

/* More than any attempt can take: so much that sums stay below 2^63. */
#define JOULES_MAX (INT64_C(1) << 50)

static size_t find_pool(const struct accounts_question *question, const char *name)
{
    for (size_t i = 0; i < question->pool_count; i++)
        if (strcmp(question->pools[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void add(struct accounts_attempts *attempts,
                const struct accounts_attempt *attempt)
{
    struct accounts_attempt *added;

    attempts->items = xgrow(attempts->items, attempts->count, &attempts->room,
                            sizeof(*attempts->items));
    added = &attempts->items[attempts->count++];
    *added = *attempt;
    added->gpu_joules = JOB_ENERGY_UNKNOWN;
    added->cpu_joules = JOB_ENERGY_UNKNOWN;
}

void accounts_attempts_add_event(struct accounts_attempts *attempts,
                                 const struct accounts_question *question,
                                 const struct job_event *event)
{
    struct accounts_attempt begun = {.job_id = event->job_id,
                                     .number = event->attempt,
                                     .pool = attempts->pool,
                                     .gpus = attempts->gpus,
                                     .begins = event->at};
    struct accounts_attempt *last =
        attempts->count ? &attempts->items[attempts->count - 1] : NULL;

    switch (event->kind) {
    case JOB_EVENT_STARTING:
        attempts->pool = find_pool(question, event->pool);
        attempts->gpus = event->status;
        break;
    case JOB_EVENT_STARTED:
        add(attempts, &begun);
        break;
    case JOB_EVENT_PAUSED:
    case JOB_EVENT_FINISHED:
    case JOB_EVENT_BROKE:
    case JOB_EVENT_REQUEUED:
    case JOB_EVENT_CANCELLED:
        if (!last || last->job_id != event->job_id || last->ends)
            break;
        last->ends = event->at > last->begins ? event->at : last->begins;
        last->paused = event->kind == JOB_EVENT_PAUSED;
        break;
    default:
        break;
    }
}

void accounts_attempts_add_only(struct accounts_attempts *attempts,
                                const struct job *job, size_t pool)
{
    struct accounts_attempt only = {.job_id = job->id,
                                    .number = job->attempt,
                                    .pool = pool,
                                    .gpus = job->gpus,
                                    .begins = job->started,
                                    .ends = job->ended};

    if (only.ends && only.ends < only.begins)
        only.ends = only.begins;
    add(attempts, &only);
}

static int compare(const void *left, const void *right)
{
    const struct accounts_attempt *a = left;
    const struct accounts_attempt *b = right;

    if (a->job_id != b->job_id)
        return a->job_id < b->job_id ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

void accounts_attempts_sort(struct accounts_attempts *attempts)
{
    if (attempts->count)
        qsort(attempts->items, attempts->count, sizeof(*attempts->items), compare);
}

/* The first that is not before this one. */
static size_t find_first(const struct accounts_attempts *attempts, int64_t job_id,
                         int32_t number)
{
    const struct accounts_attempt wanted = {.job_id = job_id, .number = number};
    size_t low = 0;
    size_t high = attempts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&attempts->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t within_limit(int64_t joules)
{
    return joules < JOULES_MAX ? joules : JOULES_MAX;
}

void accounts_attempts_measure(struct accounts_attempts *attempts,
                               const struct job_energy *energy)
{
    size_t at = find_first(attempts, energy->job_id, energy->attempt);
    struct accounts_attempt *attempt = &attempts->items[at];

    if (at == attempts->count || attempt->job_id != energy->job_id
        || attempt->number != energy->attempt)
        return;
    attempt->gpu_joules = within_limit(energy->gpu_joules);
    attempt->cpu_joules = within_limit(energy->cpu_joules);
    attempt->idle_joules = within_limit(energy->idle_joules);
}

struct accounts_attempt *
accounts_attempts_find(const struct accounts_attempts *attempts, int64_t job_id,
                       size_t *count)
{
    size_t first = find_first(attempts, job_id, 0);

    *count = 0;
    while (first + *count < attempts->count
           && attempts->items[first + *count].job_id == job_id)
        (*count)++;
    return attempts->items + first;
}

void accounts_attempts_release(struct accounts_attempts *attempts)
{
    free(attempts->items);
    *attempts = ACCOUNTS_ATTEMPTS_EMPTY;
}

static int64_t with_pue(const struct pool *pool, int64_t joules)
{
    return energy_estimate(pool, joules, 1);
}

/* Add what one attempt took; returns its joules, with PUE. */
static int64_t add_work(struct accounts_work *work, const struct job *job,
                        const struct accounts_attempt *attempt, const struct pool *pool,
                        duration length)
{
    int64_t gpus = attempt->gpus > 0 ? attempt->gpus : job->gpus;
    struct resources taken = {gpus, job->cpus, job->memory};
    int64_t held = gpus > 0 ? attempt->gpu_joules : attempt->cpu_joules;
    int64_t joules;
    int64_t idle;

    work->count++;
    work->length += length;
    if (held == JOB_ENERGY_UNKNOWN) {
        joules =
            energy_estimate(pool, power_estimate(pool, &taken, job->power), length);
        idle = energy_estimate(pool, gpus * pool->idle_power, length);
        work->joules += joules;
        work->idle_joules += idle < joules ? idle : joules;
        return joules;
    }
    work->measured++;
    joules = attempt->cpu_joules > 0 ? attempt->cpu_joules : 0;
    if (gpus > 0) {
        joules += attempt->gpu_joules;
        work->idle_joules += with_pue(pool, attempt->idle_joules);
        work->gpu_joules += attempt->gpu_joules;
        work->gpu_time += length * gpus;
    }
    joules = with_pue(pool, joules);
    work->joules += joules;
    return joules;
}

struct accounts_work accounts_attempts_book(const struct accounts_question *question,
                                            const struct job *job,
                                            const struct accounts_attempt *attempts,
                                            size_t count, struct accounts_grid *grid,
                                            struct accounts_booking *booking)
{
    struct accounts_work work = {.joules = 0};
    duration paused = 0;

    for (size_t i = 0; i < count; i++) {
        const struct accounts_attempt *attempt = &attempts[i];
        const struct pool *pool =
            attempt->pool == SIZE_MAX ? NULL : &question->pools[attempt->pool];
        instant ends = attempt->ends ? attempt->ends : question->now;
        int64_t joules;

        if (!pool || (grid && strcmp(pool->zone, grid->zone->name) != 0))
            continue;
        if (ends < attempt->begins)
            ends = attempt->begins;
        joules = add_work(&work, job, attempt, pool, ends - attempt->begins);
        paused += attempt->paused ? ends - attempt->begins : 0;
        if (grid)
            accounts_grid_book_joules(grid, joules, attempt->begins, ends, booking);
    }
    work.useful = work.length;
    /* Once it has ended, what its last attempt got done is in `ran` too. */
    if (paused && job->ended && job->ran > 0 && job->ran < work.length)
        work.useful = job->ran;
    else if (paused > job->ran)
        work.useful -= paused - job->ran;
    return work;
}

struct accounts_work accounts_attempts_sum(const struct accounts_question *question,
                                           const struct job *job,
                                           const struct accounts_attempt *attempts,
                                           size_t count)
{
    return accounts_attempts_book(question, job, attempts, count, NULL, NULL);
}

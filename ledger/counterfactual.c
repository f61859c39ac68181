/* SPDX-License-Identifier: MIT */
#include "ledger/counterfactual.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ledger/shadow_queue.h"
#include "ledger/shadow_releases.h"

struct ending {
    instant at;
    size_t job;
};

struct shadow {
    struct shadow_job *jobs;
    size_t count;
    const struct shadow_capacity *history;
    size_t history_count;
    instant now;
    size_t arrived;             /* jobs before this one have been eligible */
    size_t started;             /* how many */
    size_t changes;             /* entries of the history that hold or have held */
    struct resources free;      /* below 0 where the capacity has dropped */
    struct shadow_queue *queue; /* who waits */
    struct shadow_releases *releases; /* what running jobs should give back, when */
    struct ending *endings;           /* what they do: a heap, the soonest first */
    size_t running;
    size_t head; /* who has the reservation, or SHADOW_QUEUE_NONE */
    instant reserved;
    struct resources spare; /* what the head leaves at that time */
};

static int compare_jobs(const void *a, const void *b)
{
    const struct shadow_job *left = a, *right = b;

    if (left->eligible != right->eligible)
        return left->eligible < right->eligible ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static bool is_sooner(const struct ending *a, const struct ending *b)
{
    return a->at < b->at || (a->at == b->at && a->job < b->job);
}

static void swap(struct ending *a, struct ending *b)
{
    struct ending kept = *a;

    *a = *b;
    *b = kept;
}

static void push_ending(struct shadow *shadow, instant at, size_t job)
{
    struct ending *endings = shadow->endings;
    size_t i = shadow->running++;

    endings[i] = (struct ending){at, job};
    for (; i > 0 && is_sooner(&endings[i], &endings[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&endings[i], &endings[(i - 1) / 2]);
}

static size_t pop_ending(struct shadow *shadow)
{
    struct ending *endings = shadow->endings;
    size_t job = endings[0].job, i = 0, count = --shadow->running;

    endings[0] = endings[count];
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (is_sooner(&endings[child], &endings[least]))
                least = child;
        if (least == i)
            return job;
        swap(&endings[i], &endings[least]);
        i = least;
    }
}

/* What is overdrawn has no room, but keeps nobody out who wants none of it. */
static struct resources room_of(const struct resources *free)
{
    return (struct resources){free->gpus > 0 ? free->gpus : 0,
                              free->cpus > 0 ? free->cpus : 0,
                              free->memory > 0 ? free->memory : 0};
}

static void start_job(struct shadow *shadow, size_t i)
{
    struct shadow_job *job = &shadow->jobs[i];
    struct shadow_release release = {shadow->now + job->estimate, i, job->wanted};

    job->start = shadow->now;
    shadow->started++;
    shadow_queue_remove(shadow->queue, i);
    shadow_releases_add(shadow->releases, &release);
    push_ending(shadow, shadow->now + job->length, i);
    resources_subtract(&shadow->free, &job->wanted);
}

static void end_job(struct shadow *shadow, size_t i)
{
    const struct shadow_job *job = &shadow->jobs[i];

    shadow_releases_remove(shadow->releases, job->start + job->estimate, i);
    resources_add(&shadow->free, &job->wanted);
}

/* What may start without delaying the head. */
static struct shadow_limits backfill_limits(const struct shadow *shadow)
{
    return (struct shadow_limits){room_of(&shadow->free), room_of(&shadow->spare),
                                  shadow->reserved - shadow->now};
}

/* Start a job ahead of the head. What outlives the reservation takes of what the head
 * leaves; the reservation itself stays where it is. */
static void backfill_job(struct shadow *shadow, size_t i)
{
    if (shadow->jobs[i].estimate > shadow->reserved - shadow->now)
        resources_subtract(&shadow->spare, &shadow->jobs[i].wanted);
    start_job(shadow, i);
}

/* Who is first in the queue, but for those that the pool is too small for now. */
static size_t find_head(const struct shadow *shadow)
{
    const struct resources *capacity = &shadow->history[shadow->changes - 1].capacity;
    struct shadow_limits all = {*capacity, *capacity, INT64_MAX};

    return shadow_queue_find(shadow->queue, &all);
}

static void reserve(struct shadow *shadow)
{
    const struct resources *wanted = &shadow->jobs[shadow->head].wanted;

    shadow->spare = shadow->free;
    shadow->reserved = shadow_releases_until(shadow->releases, wanted, &shadow->spare);
    resources_subtract(&shadow->spare, wanted);
}

/* All that can start now, in order, and then what does not delay the head. */
static void schedule(struct shadow *shadow)
{
    size_t i;

    while ((shadow->head = find_head(shadow)) != SHADOW_QUEUE_NONE) {
        struct resources room = room_of(&shadow->free);

        if (!resources_fit(&shadow->jobs[shadow->head].wanted, &room))
            break;
        start_job(shadow, shadow->head);
    }
    if (shadow->head == SHADOW_QUEUE_NONE)
        return;
    reserve(shadow);
    for (;;) {
        struct shadow_limits limits = backfill_limits(shadow);

        i = shadow_queue_find(shadow->queue, &limits);
        if (i == SHADOW_QUEUE_NONE)
            return;
        backfill_job(shadow, i);
    }
}

/*
 * Time alone, and newcomers, make nothing possible for those who wait: the reservation
 * depends on what runs, the head and the capacity only. So unless one of these has
 * changed, only the newcomers need a look.
 */
static void schedule_newcomers(struct shadow *shadow, size_t first)
{
    for (size_t i = first; i < shadow->arrived; i++) {
        struct shadow_limits limits = backfill_limits(shadow);

        if (shadow_limits_allow(&limits, &shadow->jobs[i]))
            backfill_job(shadow, i);
    }
}

/* Enter the next capacity of the history. */
static void change_capacity(struct shadow *shadow)
{
    const struct shadow_capacity *next = &shadow->history[shadow->changes++];

    resources_subtract(&shadow->free, &next[-1].capacity);
    resources_add(&shadow->free, &next->capacity);
}

/* When something happens next. False if nothing does any more. */
static bool find_next(const struct shadow *shadow, instant *next)
{
    instant soonest = INT64_MAX;

    if (shadow->arrived < shadow->count)
        soonest = shadow->jobs[shadow->arrived].eligible;
    if (shadow->running && shadow->endings[0].at < soonest)
        soonest = shadow->endings[0].at;
    if (shadow->changes < shadow->history_count
        && shadow->history[shadow->changes].at < soonest)
        soonest = shadow->history[shadow->changes].at;
    *next = soonest;
    return soonest < INT64_MAX;
}

static void step(struct shadow *shadow)
{
    size_t first = shadow->arrived;
    bool changed = shadow->head == SHADOW_QUEUE_NONE;

    for (; shadow->running && shadow->endings[0].at <= shadow->now; changed = true)
        end_job(shadow, pop_ending(shadow));
    for (; shadow->changes < shadow->history_count
           && shadow->history[shadow->changes].at <= shadow->now;
         changed = true)
        change_capacity(shadow);
    for (; shadow->arrived < shadow->count
           && shadow->jobs[shadow->arrived].eligible <= shadow->now;
         shadow->arrived++)
        shadow_queue_add(shadow->queue, shadow->arrived);
    if (changed)
        schedule(shadow);
    else
        schedule_newcomers(shadow, first);
}

static void prepare_job(struct shadow_job *job)
{
    assert(job->length <= SHADOW_LENGTH_MAX && job->estimate <= SHADOW_LENGTH_MAX);
    if (job->length < 0)
        job->length = 0;
    if (job->estimate < 0)
        job->estimate = 0;
    job->start = job->eligible;
}

void shadow_run(struct shadow_job *jobs, size_t count,
                const struct shadow_capacity *history, size_t history_count)
{
    struct shadow shadow = {.jobs = jobs,
                            .count = count,
                            .history = history,
                            .history_count = history_count,
                            .changes = 1,
                            .head = SHADOW_QUEUE_NONE};

    assert(history_count > 0);
    if (count == 0)
        return;
    qsort(jobs, count, sizeof(jobs[0]), compare_jobs);
    for (size_t i = 0; i < count; i++)
        prepare_job(&jobs[i]);
    shadow.free = history[0].capacity;
    shadow.queue = shadow_queue_create(jobs, count);
    shadow.releases = shadow_releases_create();
    shadow.endings = xcalloc(count, sizeof(shadow.endings[0]));
    while (shadow.started < count && find_next(&shadow, &shadow.now))
        step(&shadow);
    shadow_releases_destroy(shadow.releases);
    shadow_queue_destroy(shadow.queue);
    free(shadow.endings);
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * The order of jobs is a key of 32 bits, sorted by radix: a million of them in some
 * 10 ms, where qsort takes ten times as long. From the highest bit on:
 *
 *   1  not hasty
 *   8  priority, the highest first
 *   2  who cannot wait (overdue, or due within a slot); who does not want to; the rest
 *  21  by latest start, for those that cannot wait; nothing, so that the lowest id is
 *      first, for those that do not want to; flexibility for the rest
 *
 * Least flexible first is worth more than any other order: a job that could go anywhere
 * leaves the cleanest hours to one that could not. Of flexibility the first 16 bits
 * count, as in a floating point number.
 */
#define KEY_BITS      21
#define MANTISSA_BITS 15
#define FRACTION_BITS 30
#define FLEXIBLE_MAX  ((INT64_C(1) << 53) - 1)

/* A slack of the longest horizon, as a fraction of one second and one watt. */
_Static_assert(PLAN_HORIZON_MAX <= FLEXIBLE_MAX >> FRACTION_BITS, "flexibility fits");
_Static_assert((53 - MANTISSA_BITS) << MANTISSA_BITS <= 1 << KEY_BITS,
               "and so does its key");
_Static_assert(2 * JOB_PRIORITY_MAX < 256, "a priority fits 8 bits");

struct rank {
    uint32_t key;
    uint32_t index;
};

static int64_t clip(int64_t number, int64_t least, int64_t most)
{
    if (number < least)
        return least;
    return number > most ? most : number;
}

/* W for each GPU, or CPU; of the first pool, since it may run in several. */
static int64_t watts_of_one(const struct plan *plan, const struct plan_job *job)
{
    int64_t watts = job->wanted.gpus > 0 ? job->power : 0;

    for (int32_t i = 0; watts == 0 && i < PLAN_POOLS_MAX; i++) {
        if (job->pools >> i & 1)
            watts = job->wanted.gpus > 0 ? plan->pools[i].shape.gpu_power
                                         : plan->pools[i].shape.cpu_power;
    }
    return clip(watts, 1, JOB_POWER_MAX);
}

static int64_t flexibility(const struct plan *plan, const struct plan_job *job,
                           duration slack)
{
    int64_t weight = clip(job->time, 1, JOB_TIME_MAX) * watts_of_one(plan, job);

    return (clip(slack, 0, plan->slots * plan->settings.slot) << FRACTION_BITS)
           / weight;
}

/* As large as its highest bits, and growing with it. */
static uint32_t shorten(int64_t number)
{
    uint32_t shift = 0;

    while (number >> shift >= 1 << (MANTISSA_BITS + 1))
        shift++;
    return (shift << MANTISSA_BITS) + (uint32_t)(number >> shift);
}

static uint32_t make_key(const struct plan *plan, const struct plan_job *job,
                         bool is_hasty, instant now)
{
    int64_t priority = clip(job->priority, -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX);
    duration slack = job->latest - now;
    bool at_once =
        job->now || plan->classes[job->class].policy.kind == POLICY_IMMEDIATE;
    uint32_t key = is_hasty ? 0 : 1;

    key = key << 8 | (uint32_t)(JOB_PRIORITY_MAX - priority);
    if (slack < plan->settings.slot || is_hasty)
        return key << (2 + KEY_BITS)
               | (uint32_t)clip(slack + (1 << (KEY_BITS - 1)), 0, (1 << KEY_BITS) - 1);
    if (at_once)
        return (key << 2 | 1) << KEY_BITS;
    return (key << 2 | 2) << KEY_BITS
           | shorten(clip(flexibility(plan, job, slack), 0, FLEXIBLE_MAX));
}

static uint32_t digit(const struct rank *rank, int pass)
{
    return rank->key >> (8 * pass) & 255;
}

/*
 * One pass of a sort by the least digit first, into `sorted`; `at` is how many have
 * each digit. False, and nothing done, if all have the same.
 */
static bool sort_by_digit(const struct rank *ranks, struct rank *sorted, size_t count,
                          int pass, size_t at[256])
{
    size_t sum = 0;

    if (at[digit(&ranks[0], pass)] == count)
        return false;
    for (size_t i = 0; i < 256; i++) {
        size_t here = at[i];

        at[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        sorted[at[digit(&ranks[i], pass)]++] = ranks[i];
    return true;
}

/* Sort ranks by their keys; equal ones stay as they are. */
static void sort(struct rank **ranks, struct rank **spare, size_t count)
{
    size_t counts[4][256] = {{0}};

    for (size_t i = 0; i < count; i++) {
        for (int pass = 0; pass < 4; pass++)
            counts[pass][digit(&(*ranks)[i], pass)]++;
    }
    for (int pass = 0; pass < 4 && count > 0; pass++) {
        if (sort_by_digit(*ranks, *spare, count, pass, counts[pass])) {
            struct rank *swapped = *ranks;

            *ranks = *spare;
            *spare = swapped;
        }
    }
}

/* Sort ranks, and leave of them the indices; the caller's to free. */
static uint32_t *sort_out(struct rank *ranks, size_t count)
{
    struct rank *spare = xcalloc(count, sizeof(spare[0]));
    uint32_t *order;

    sort(&ranks, &spare, count);
    free(spare);
    order = (uint32_t *)ranks;
    for (size_t k = 0; k < count; k++)
        order[k] = ranks[k].index;
    return xresize(order, count, sizeof(order[0]));
}

/* Ranks by id, where jobs were not added by it. */
static struct rank *rank_by_id(struct plan_batch *batch)
{
    struct rank *ranks;
    struct rank *spare;

    if (batch->is_by_id) {
        free(batch->ids);
        batch->ids = NULL;
    }
    ranks = xcalloc(batch->count, sizeof(ranks[0]));
    for (size_t i = 0; i < batch->count; i++)
        ranks[i] = (struct rank){batch->ids ? (uint32_t)batch->ids[i] ^ 1U << 31 : 0,
                                 (uint32_t)i};
    if (batch->is_by_id)
        return ranks;
    spare = xcalloc(batch->count, sizeof(spare[0]));
    sort(&ranks, &spare, batch->count);
    free(spare);
    free(batch->ids);
    batch->ids = NULL;
    return ranks;
}

void plan_batch_order(struct plan_batch *batch, const struct plan *plan)
{
    size_t count = batch->count;
    struct rank *ranks = rank_by_id(batch);
    struct plan_packed *jobs;
    struct plan_before *before;
    uint32_t *order;

    for (size_t k = 0; k < count; k++) {
        const struct plan_job job = plan_batch_unpack(batch, ranks[k].index);

        ranks[k].key = make_key(plan, &job, false, batch->now);
    }
    order = sort_out(ranks, count);
    jobs = xcalloc(count, sizeof(jobs[0]));
    for (size_t k = 0; k < count; k++)
        jobs[k] = batch->jobs[order[k]];
    free(batch->jobs);
    batch->jobs = jobs;
    if (batch->before) {
        before = xcalloc(count, sizeof(before[0]));
        for (size_t k = 0; k < count; k++)
            before[k] = batch->before[order[k]];
        free(batch->before);
        batch->before = before;
    }
    batch->places = xcalloc(count, sizeof(batch->places[0]));
    for (size_t k = 0; k < count; k++)
        batch->places[order[k]] = (uint32_t)k;
    free(order);
}

static bool is_hasty(const struct plan_batch *batch, const struct plan_draft *draft,
                     size_t place)
{
    return plan_draft_is(draft, place, PLAN_DRAFT_LATE)
           && plan_batch_unpack(batch, place).latest >= batch->now;
}

uint32_t *plan_batch_order_hasty(const struct plan_batch *batch,
                                 const struct plan *plan,
                                 const struct plan_draft *draft)
{
    struct rank *ranks;
    size_t first = 0;

    while (first < batch->count && !is_hasty(batch, draft, first))
        first++;
    if (first == batch->count)
        return NULL;
    ranks = xcalloc(batch->count, sizeof(ranks[0]));
    for (size_t k = 0; k < batch->count; k++) {
        const struct plan_job job = plan_batch_unpack(batch, k);

        ranks[k].key = make_key(plan, &job, is_hasty(batch, draft, k), batch->now);
        ranks[k].index = (uint32_t)k;
    }
    return sort_out(ranks, batch->count);
}

uint32_t *plan_order(const struct plan *plan, const struct plan_job *jobs, size_t count,
                     instant now)
{
    struct rank *ranks = xcalloc(count, sizeof(ranks[0]));

    for (size_t i = 0; i < count; i++)
        ranks[i] = (struct rank){make_key(plan, &jobs[i], false, now), (uint32_t)i};
    return sort_out(ranks, count);
}

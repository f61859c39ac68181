/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * The order of jobs is a key of 64 bits, sorted by radix: a million of them in some
 * 20 ms, where qsort takes ten times as long. From the highest bit on:
 *
 *   1  not hasty
 *   8  priority, the highest first
 *   2  who cannot wait (overdue, or due within a slot); who does not want to; the rest
 *  53  by latest start, for those that cannot wait; nothing, so that the lowest id is
 *      first, for those that do not want to; flexibility for the rest
 *
 * Least flexible first is worth more than any other order: a job that could go anywhere
 * leaves the cleanest hours to one that could not.
 */
#define KEY_BITS      53
#define KEY_MAX       ((INT64_C(1) << KEY_BITS) - 1)
#define FRACTION_BITS 30

/* A slack of the longest horizon, as a fraction of one second and one watt. */
_Static_assert(PLAN_HORIZON_MAX <= KEY_MAX >> FRACTION_BITS,
               "flexibility fits its bits");
_Static_assert(2 * JOB_PRIORITY_MAX < 256, "a priority fits 8 bits");

struct rank {
    uint64_t key;
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

static uint64_t make_key(const struct plan *plan, const struct plan_job *job,
                         bool is_hasty, instant now)
{
    int64_t priority = clip(job->priority, -JOB_PRIORITY_MAX, JOB_PRIORITY_MAX);
    duration slack = job->latest - now;
    bool at_once =
        job->now || plan->classes[job->class].policy.kind == POLICY_IMMEDIATE;
    uint64_t key = is_hasty ? 0 : 1;

    key = key << 8 | (uint64_t)(JOB_PRIORITY_MAX - priority);
    if (slack < plan->settings.slot || is_hasty)
        key = key << (2 + KEY_BITS) | (uint64_t)clip(job->latest, 0, INSTANT_MAX);
    else if (at_once)
        key = (key << 2 | 1) << KEY_BITS;
    else
        key = (key << 2 | 2) << KEY_BITS
              | (uint64_t)clip(flexibility(plan, job, slack), 0, KEY_MAX);
    return key;
}

static uint64_t digit(const struct rank *rank, int pass)
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
    size_t counts[8][256] = {{0}};

    for (size_t i = 0; i < count; i++) {
        for (int pass = 0; pass < 8; pass++)
            counts[pass][digit(&(*ranks)[i], pass)]++;
    }
    for (int pass = 0; pass < 8 && count > 0; pass++) {
        if (sort_by_digit(*ranks, *spare, count, pass, counts[pass])) {
            struct rank *swapped = *ranks;

            *ranks = *spare;
            *spare = swapped;
        }
    }
}

void plan_order(const struct plan *plan, const struct plan_job *jobs, size_t count,
                const bool *hasty, instant now, uint32_t *order)
{
    struct rank *ranks = xcalloc(count, sizeof(ranks[0]));
    struct rank *spare = xcalloc(count, sizeof(spare[0]));
    bool is_by_id = true;

    for (size_t i = 0; i < count; i++) {
        /* An id's sign bit is turned, so that negative ones come first. */
        ranks[i] = (struct rank){(uint64_t)jobs[i].id ^ UINT64_C(1) << 63, (uint32_t)i};
        if (i > 0 && jobs[i].id < jobs[i - 1].id)
            is_by_id = false;
    }
    if (!is_by_id)
        sort(&ranks, &spare, count);
    for (size_t k = 0; k < count; k++) {
        uint32_t i = ranks[k].index;

        ranks[k].key = make_key(plan, &jobs[i], hasty && hasty[i], now);
    }
    sort(&ranks, &spare, count);
    for (size_t k = 0; k < count; k++)
        order[k] = ranks[k].index;
    free(ranks);
    free(spare);
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/bound.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/ascent.h"

struct search {
    const struct bound *bound;
    const double *prices;
    double *level_sums; /* of the slots before each */
    double *price_sums;
    double *load;  /* GPUs wanted, as changes from slot to slot; then themselves */
    double *costs; /* of the slots of one job */
    int32_t *order;
};

static void sum_up(double *sums, const double *terms, size_t count)
{
    sums[0] = 0;
    for (size_t i = 0; i < count; i++)
        sums[i + 1] = sums[i] + terms[i];
}

/* The cheapest start of a job in one piece; adds to the load. */
static double choose_start(struct search *search, const struct bound_job *job)
{
    const double *levels = search->level_sums;
    const double *prices = search->price_sums;
    double power = job->power;
    int32_t best = job->first;
    double least = 0;

    for (int32_t i = job->first; i <= job->last; i++) {
        double cost = power * (levels[i + job->length] - levels[i])
                      + (prices[i + job->length] - prices[i]);

        if (i == job->first || cost < least) {
            least = cost;
            best = i;
        }
    }
    search->load[best] += job->gpus;
    search->load[best + job->length] -= job->gpus;
    return least * job->gpus;
}

static void swap(int32_t *a, int32_t *b)
{
    int32_t kept = *a;

    *a = *b;
    *b = kept;
}

/* Let the `wanted` cheapest come first (Hoare, "Algorithm 65: find", 1961). */
static void select_cheapest(const double *costs, int32_t *order, int32_t count,
                            int32_t wanted)
{
    int32_t low = 0;
    int32_t high = count - 1;

    while (low < high) {
        double pivot = costs[order[low + (high - low) / 2]];
        int32_t i = low;
        int32_t j = high;

        while (i <= j) {
            while (costs[order[i]] < pivot)
                i++;
            while (costs[order[j]] > pivot)
                j--;
            if (i <= j)
                swap(&order[i++], &order[j--]);
        }
        if (wanted <= j)
            high = j;
        else if (wanted >= i)
            low = i;
        else
            break;
    }
}

/* The cheapest slots of a job, together or not; adds to the load. */
static double choose_slots(struct search *search, const struct bound_job *job)
{
    const double *levels = search->bound->levels;
    int32_t count = job->last + job->length - job->first;
    double sum = 0;

    for (int32_t i = 0; i < count; i++) {
        search->costs[i] =
            job->power * levels[job->first + i] + search->prices[job->first + i];
        search->order[i] = i;
    }
    select_cheapest(search->costs, search->order, count, job->length);
    for (int32_t i = 0; i < job->length; i++) {
        int32_t slot = job->first + search->order[i];

        sum += search->costs[search->order[i]];
        search->load[slot] += job->gpus;
        search->load[slot + 1] -= job->gpus;
    }
    return sum * job->gpus;
}

static double evaluate(const double *prices, double *excess, void *context)
{
    struct search *search = context;
    const struct bound *bound = search->bound;
    double sum = 0;

    search->prices = prices;
    sum_up(search->price_sums, prices, bound->slots);
    memset(search->load, 0, (bound->slots + 1) * sizeof(search->load[0]));
    for (size_t i = 0; i < bound->count; i++)
        sum += bound->preemptive ? choose_slots(search, &bound->jobs[i])
                                 : choose_start(search, &bound->jobs[i]);
    for (size_t i = 1; i < bound->slots; i++)
        search->load[i] += search->load[i - 1];
    for (size_t i = 0; i < bound->slots; i++)
        excess[i] = search->load[i] - (double)bound->capacity;
    if (bound->capacity == INT64_MAX)
        return sum;
    return sum - search->price_sums[bound->slots] * (double)bound->capacity;
}

double bound_find(const struct bound *bound)
{
    size_t slots = bound->slots;
    struct search search = {
        .bound = bound,
        .level_sums = xcalloc(slots + 1, sizeof(double)),
        .price_sums = xcalloc(slots + 1, sizeof(double)),
        .load = xcalloc(slots + 1, sizeof(double)),
        .costs = xcalloc(slots, sizeof(double)),
        .order = xcalloc(slots, sizeof(int32_t)),
    };
    const struct ascent ascent = {
        .count = slots,
        .upper = bound->upper,
        .enough = bound->upper,
        .steps = bound->capacity < INT64_MAX ? bound->steps : 0,
        .evaluate = evaluate,
        .context = &search,
        .first_step = 1,
    };
    double best;

    sum_up(search.level_sums, bound->levels, slots);
    best = ascent_find(&ascent);
    free(search.level_sums);
    free(search.price_sums);
    free(search.load);
    free(search.costs);
    free(search.order);
    return best;
}

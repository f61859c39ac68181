/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_market.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * All sums here are of at most PLAN_JOBS_MAX numbers that are not negative, each off by
 * a few ulps: far less than this part of them.
 */
#define ROUNDING 1e-8

/* What a slot of a span costs beside one of a group: it goes through a heap, twice. */
#define SPAN_WORK 16

static double *of_pool(const struct plan_market *market, double *by_slot, int32_t pool)
{
    return by_slot + (size_t)market->place[pool] * (market->slots + 1);
}

/* Add to the changes from slot to slot of a pool. */
static void add(const struct plan_market *market, double *changes, int32_t pool,
                instant begins, instant ends, const struct resources *taken)
{
    const struct plan *plan = market->plan;
    int64_t first = plan_slot(plan, begins);
    int64_t after = plan_slot_after(plan, ends);
    double units;

    if (pool < 0 || market->place[pool] < 0)
        return;
    first = first > 0 ? first : 0;
    after = after < plan->slots ? after : plan->slots;
    if (first >= after)
        return;
    units = (double)profile_units(plan->pools[pool].profile, taken);
    of_pool(market, changes, pool)[first] += units;
    of_pool(market, changes, pool)[after] -= units;
}

static void add_pieces(const struct plan_market *market, double *changes,
                       const struct plan_split *split)
{
    for (size_t i = 0; i < split->pieces.count; i++)
        add(market, changes, split->pieces.pool, split->pieces.list[i].start,
            split->pieces.list[i].ends, &split->job.wanted);
}

/*
 * What there is for the jobs of the plan: what they hold in it, and what is free. Of
 * those that run the plan holds the pieces as they were. What they take in this plan
 * there is in any case, even where a pool is overdrawn.
 */
static void count_capacity(struct plan_market *market, const struct plan_made *made)
{
    size_t width = market->slots + 1;
    double *held = market->load;
    double *taken = xcalloc(market->pool_count * width, sizeof(double));

    for (size_t i = 0; i < made->batch->count; i++) {
        const struct plan_job job = plan_batch_unpack(made->batch, i);
        const struct reservation its = plan_batch_before(made->batch, i, &job);

        add(market, held, its.pool, its.start, its.ends, &job.wanted);
    }
    memcpy(taken, held, market->pool_count * width * sizeof(double));
    for (size_t i = 0; i < made->split_count; i++) {
        bool runs = made->splits[i].runs_in >= 0;

        add_pieces(market, held, runs ? &made->before[i] : &made->splits[i]);
        add_pieces(market, taken, &made->splits[i]);
    }
    for (size_t i = 0; i < market->pool_count; i++) {
        const struct profile *profile = market->plan->pools[market->pools[i]].profile;
        double ours = 0;
        double given = 0;

        for (size_t j = 0; j < market->slots; j++) {
            given += held[i * width + j];
            ours += taken[i * width + j];
            market->capacity[i * market->slots + j] =
                fmax(ours, (double)profile_units(profile, &profile->free[j]) + given);
        }
    }
    free(taken);
}

void plan_market_init(struct plan_market *market, const struct plan_made *made,
                      const struct plan_groups *groups)
{
    struct plan *plan = made->plan;
    size_t slots = (size_t)plan->slots;
    size_t width = slots + 1;

    *market = (struct plan_market){
        .plan = plan, .groups = groups, .slots = slots, .stride = 1, .scale = 1};
    for (int32_t i = 0; i < PLAN_POOLS_MAX; i++) {
        market->place[i] = -1;
        /* Without a forecast nothing has a cost there, and prices would be 0. */
        if (!plan->pools[i].profile || !plan_pool_zone(plan, i))
            continue;
        market->place[i] = (int32_t)market->pool_count;
        market->pools[market->pool_count++] = i;
    }
    market->capacity = xcalloc(market->pool_count * slots, sizeof(double));
    market->price_sums = xcalloc(market->pool_count * width, sizeof(double));
    market->load = xcalloc(market->pool_count * width, sizeof(double));
    market->free_of_price = xcalloc(width, sizeof(double));
    market->costs = xcalloc(slots, sizeof(double));
    market->where = xcalloc(slots, sizeof(int32_t));
    market->stack = xcalloc(slots, sizeof(int32_t));
    market->heap = xcalloc(2 * slots, sizeof(double));
    market->heap_slots = xcalloc(2 * slots, sizeof(int32_t));
    count_capacity(market, made);
}

void plan_market_release(struct plan_market *market)
{
    free(market->capacity);
    free(market->price_sums);
    free(market->load);
    free(market->free_of_price);
    free(market->costs);
    free(market->where);
    free(market->stack);
    free(market->heap);
    free(market->heap_slots);
}

static int64_t count_pools(const struct plan_kind *kind)
{
    int64_t count = 0;

    for (uint64_t rest = kind->pools; rest != 0; rest &= rest - 1)
        count++;
    return count;
}

int64_t plan_market_work(const struct plan_groups *groups)
{
    int64_t work = (int64_t)groups->group_count;

    for (size_t i = 0; i < groups->bundle_count; i++) {
        const struct plan_bundle *bundle = &groups->bundles[i];

        work += (bundle->last - bundle->first + 1) * count_pools(&bundle->kind);
    }
    for (size_t i = 0; i < groups->span_count; i++) {
        const struct plan_span *span = &groups->spans[i];

        work += (span->ends - span->first) * count_pools(&span->kind) * SPAN_WORK;
    }
    return work;
}

static double count_bundle(const struct plan_market *market, size_t i)
{
    const struct plan_bundle *bundle = &market->groups->bundles[i];
    double units = 0;

    for (size_t j = bundle->begin; j < bundle->end; j++)
        units += market->groups->groups[j].units;
    return units * bundle->kind.length;
}

static double count_span(const struct plan_market *market, size_t i)
{
    const struct plan_span *span = &market->groups->spans[i];

    return span->units * span->kind.length;
}

void plan_market_thin(struct plan_market *market, size_t stride)
{
    double all = 0;
    double there = 0;

    for (size_t i = 0; i < market->groups->bundle_count; i++) {
        all += count_bundle(market, i);
        there += i % stride == 0 ? count_bundle(market, i) : 0;
    }
    for (size_t i = 0; i < market->groups->span_count; i++) {
        all += count_span(market, i);
        there += i % stride == 0 ? count_span(market, i) : 0;
    }
    market->stride = stride;
    market->scale = there > 0 ? all / there : 1;
}

double plan_market_weigh(const struct pool *shape, const struct plan_kind *kind)
{
    int64_t pue = shape->pue_ppm < PLAN_PUE_MAX ? shape->pue_ppm : PLAN_PUE_MAX;
    int64_t watts = shape->cpu_power;

    if (!kind->is_green || pue < 0)
        return 0;
    if (kind->has_gpus)
        watts = kind->power > 0 ? kind->power : shape->gpu_power;
    return watts > 0 ? (double)(watts * pue) : 0;
}

/* Whether the units of a kind are those that a pool has prices for. */
static bool is_priced(const struct plan_market *market, const struct plan_kind *kind,
                      int32_t pool)
{
    return market->place[pool] >= 0
           && kind->has_gpus == (market->plan->pools[pool].profile->capacity.gpus > 0);
}

const double *plan_market_sums(const struct plan_market *market,
                               const struct plan_kind *kind, int32_t pool)
{
    return is_priced(market, kind, pool) ? of_pool(market, market->price_sums, pool)
                                         : market->free_of_price;
}

void plan_market_want(struct plan_market *market, const struct plan_kind *kind,
                      int32_t pool, int32_t begins, int32_t ends, double units)
{
    int32_t slots = market->plan->slots;

    if (begins >= slots || !is_priced(market, kind, pool))
        return;
    units *= market->scale;
    of_pool(market, market->load, pool)[begins] += units;
    of_pool(market, market->load, pool)[ends < slots ? ends : slots] -= units;
}

/* What a unit costs in one pool, if that is less than in those before it. */
static void fill_costs(struct plan_market *market, const struct plan_bundle *bundle,
                       int32_t pool, bool is_first)
{
    const struct plan_kind *kind = &bundle->kind;
    struct plan *plan = market->plan;
    double weight = plan_market_weigh(&plan->pools[pool].shape, kind);
    const double *sums = plan_market_sums(market, kind, pool);
    const struct plan_row *row = NULL;
    double *costs = market->costs;

    if (weight > 0)
        row = plan_find_row(plan, plan->pools[pool].zone, kind->class, kind->length);
    for (int32_t i = bundle->first; i <= bundle->last; i++) {
        int32_t ends = kind->length < plan->slots - i ? i + kind->length : plan->slots;
        double cost = sums[ends] - sums[i];

        if (row)
            cost += weight * (double)row->area[i];
        if (!is_first && cost >= costs[i])
            continue;
        costs[i] = cost;
        market->where[i] = pool;
    }
}

/* The first slot of the stack that is no sooner than `first`. */
static int32_t find_from(const int32_t *stack, size_t depth, int32_t first)
{
    size_t low = 0;
    size_t high = depth - 1;

    while (low < high && stack[low] < first) {
        size_t middle = low + (high - low) / 2;

        if (stack[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    return stack[low];
}

/* Let units of a kind start in a slot; what they pay. */
static double start(struct plan_market *market, const struct plan_kind *kind,
                    int32_t slot, double units)
{
    int32_t length =
        kind->length < market->plan->slots ? kind->length : market->plan->slots;

    plan_market_want(market, kind, market->where[slot], slot, slot + length, units);
    return units * market->costs[slot];
}

/*
 * Let each group of a kind start where it is cheapest. The stack has the slots so far
 * that are cheaper than all after them, so that the first of a window is its cheapest.
 */
static double choose_starts(struct plan_market *market,
                            const struct plan_bundle *bundle)
{
    const struct plan_group *group = &market->groups->groups[bundle->begin];
    const struct plan_group *end = &market->groups->groups[bundle->end];
    const double *costs = market->costs;
    int32_t *stack = market->stack;
    int32_t best = bundle->first;
    double units = 0; /* that want to start in `best` */
    size_t depth = 0;
    double sum = 0;

    for (int32_t i = bundle->first; i <= bundle->last; i++) {
        while (depth > 0 && costs[stack[depth - 1]] > costs[i])
            depth--;
        stack[depth++] = i;
        for (; group < end && group->last == i; group++) {
            int32_t slot = find_from(stack, depth, group->first);

            if (slot != best) {
                sum += start(market, &bundle->kind, best, units);
                best = slot;
                units = 0;
            }
            units += group->units;
        }
    }
    return sum + start(market, &bundle->kind, best, units);
}

static void sum_up_prices(struct plan_market *market, const double *prices)
{
    for (size_t i = 0; i < market->pool_count; i++) {
        double *sums = market->price_sums + i * (market->slots + 1);

        for (size_t j = 0; j < market->slots; j++)
            sums[j + 1] = sums[j] + prices[i * market->slots + j];
    }
}

/*
 * What all capacity costs; writes how much more of it is wanted than there is. The
 * price that counts is the difference of two sums, as it is for jobs: then rounding the
 * sums does no harm.
 */
static double sell_capacity(const struct plan_market *market, double *excess)
{
    double total = 0;

    for (size_t i = 0; i < market->pool_count; i++) {
        const double *sums = market->price_sums + i * (market->slots + 1);
        const double *load = market->load + i * (market->slots + 1);
        double wanted = 0;

        for (size_t j = 0; j < market->slots; j++) {
            double capacity = market->capacity[i * market->slots + j];

            wanted += load[j];
            excess[i * market->slots + j] = wanted - capacity;
            total += capacity * (sums[j + 1] - sums[j]);
        }
    }
    return total;
}

double plan_market_evaluate(const double *prices, double *excess, void *context)
{
    struct plan_market *market = context;
    const struct plan_groups *groups = market->groups;
    double paid = 0;
    double sold;

    sum_up_prices(market, prices);
    memset(market->load, 0,
           market->pool_count * (market->slots + 1) * sizeof(market->load[0]));
    for (size_t i = 0; i < groups->bundle_count; i += market->stride) {
        bool is_first = true;

        for (int32_t pool = 0; pool < PLAN_POOLS_MAX; pool++) {
            if (!(groups->bundles[i].kind.pools >> pool & 1))
                continue;
            fill_costs(market, &groups->bundles[i], pool, is_first);
            is_first = false;
        }
        paid += choose_starts(market, &groups->bundles[i]);
    }
    for (size_t i = 0; i < groups->span_count; i += market->stride)
        paid += plan_market_take(market, &groups->spans[i]);
    paid *= market->scale;
    sold = sell_capacity(market, excess);
    return paid - sold - ROUNDING * (paid + sold);
}

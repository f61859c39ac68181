/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "scheduler/plan_market.h"

/*
 * Jobs in pieces. The cost of a course is that of its slots, and patience for each slot
 * before its end that it does not run in; so it is the sum over its slots of their cost
 * less patience, and patience up to its end. For each end, the least are the cheapest
 * `length` slots before it. More are never less: without the last of them it ends
 * sooner. So it need not be heeded that restarts and graces take some.
 */
struct offer {
    double cost; /* of one unit */
    int32_t pool;
    int32_t ends;
};

static void swap(struct plan_market *market, int32_t i, int32_t j)
{
    double cost = market->heap[i];
    int32_t slot = market->heap_slots[i];

    market->heap[i] = market->heap[j];
    market->heap_slots[i] = market->heap_slots[j];
    market->heap[j] = cost;
    market->heap_slots[j] = slot;
}

static void push(struct plan_market *market, int32_t size, double cost, int32_t slot)
{
    int32_t i = size;

    market->heap[i] = cost;
    market->heap_slots[i] = slot;
    for (; i > 0 && market->heap[(i - 1) / 2] < market->heap[i]; i = (i - 1) / 2)
        swap(market, i, (i - 1) / 2);
}

/* Put a slot in the place of the dearest. */
static void replace(struct plan_market *market, int32_t size, double cost, int32_t slot)
{
    int32_t i = 0;

    market->heap[0] = cost;
    market->heap_slots[0] = slot;
    for (int32_t child = 1; child < size; child = 2 * i + 1) {
        if (child + 1 < size && market->heap[child + 1] > market->heap[child])
            child++;
        if (market->heap[child] <= market->heap[i])
            break;
        swap(market, i, child);
        i = child;
    }
}

/*
 * The cheapest course in a pool, by what one unit pays. With `ends` less than the
 * span's, the heap holds the slots of the one that ends by then.
 */
static struct offer find_offer(struct plan_market *market, const struct plan_span *span,
                               int32_t pool, int32_t ends)
{
    const struct plan *plan = market->plan;
    const struct plan_kind *kind = &span->kind;
    const struct plan_zone *zone = plan_pool_zone(plan, pool);
    const double *sums = plan_market_sums(market, kind, pool);
    double weight = plan_market_weigh(&plan->pools[pool].shape, kind);
    struct offer best = {INFINITY, pool, ends};
    int64_t patience = 0;
    double sum = 0;
    int32_t size = 0;

    if (weight > 0)
        patience = plan_zone_patience(zone, kind->length,
                                      plan->classes[kind->class].policy.patience_ppm);
    for (int32_t i = span->first; i < ends; i++) {
        double cost = i < plan->slots ? sums[i + 1] - sums[i] : 0;

        if (weight > 0)
            cost += weight * (double)(zone->level[i] * zone->slot - patience);
        if (size < kind->length) {
            push(market, size++, cost, i);
            sum += cost;
        } else if (cost < market->heap[0]) {
            sum += cost - market->heap[0];
            replace(market, size, cost, i);
        }
        cost = sum + weight * (double)patience * (double)(i + 1);
        if (size == kind->length && cost < best.cost)
            best = (struct offer){cost, pool, i + 1};
    }
    return best;
}

double plan_market_take(struct plan_market *market, const struct plan_span *span)
{
    struct offer best = {INFINITY, -1, 0};

    for (int32_t pool = 0; pool < PLAN_POOLS_MAX; pool++) {
        struct offer offer;

        if (!(span->kind.pools >> pool & 1))
            continue;
        offer = find_offer(market, span, pool, span->ends);
        if (offer.cost < best.cost)
            best = offer;
    }
    if (best.pool < 0)
        return 0;
    find_offer(market, span, best.pool, best.ends);
    for (int32_t i = 0; i < span->kind.length; i++) {
        int32_t slot = market->heap_slots[i];

        plan_market_want(market, &span->kind, best.pool, slot, slot + 1, span->units);
    }
    return best.cost > 0 ? best.cost * span->units : 0;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/plan_bound.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/ascent.h"
#include "scheduler/plan_market.h"

#define MILLION 1e6

/* A gap that is not worth another step, and one that is not worth telling. */
#define GAP_SMALL 1e-4
#define GAP_MAX   1000

/* Slots and groups that all steps together may look at: some 0.4 s. */
#define WORK_MAX INT64_C(100000000)

/* With fewer steps than this the prices are found by some of the kinds first... */
#define STEPS_FEW 100

/* ... and are no more than that from what they would be: longer steps lead astray. */
#define STEP_LATER 0.1

/* In two halves, for a compiler calls a library for the whole. */
static double number_from(burden cost)
{
    return (double)(uint64_t)(cost >> 64) * 0x1p64 + (double)(uint64_t)cost;
}

static int count_steps(int64_t work_max, int64_t work)
{
    int64_t steps = work > 0 ? work_max / work : 0;

    return steps < PLAN_BOUND_STEPS ? (int)steps : PLAN_BOUND_STEPS;
}

/*
 * Whatever finds the prices, they bound by what all kinds do at them. With room for all
 * no prices are best.
 */
static double climb_by_some(struct plan_market *market, struct ascent *ascent,
                            int64_t work)
{
    double least;

    ascent->steps = 0;
    least = ascent_find(ascent);
    if (least >= ascent->enough)
        return least;
    ascent->prices = xcalloc(ascent->count, sizeof(double));
    ascent->steps = PLAN_BOUND_STEPS;
    plan_market_thin(market, (size_t)(work * PLAN_BOUND_STEPS / (WORK_MAX / 2) + 1));
    ascent_find(ascent);
    ascent->steps = count_steps(WORK_MAX / 2, work);
    ascent->first_step = STEP_LATER;
    plan_market_thin(market, 1);
    least = fmax(least, ascent_find(ascent));
    free(ascent->prices);
    return least;
}

static double climb(struct plan_market *market, double cost, int64_t work)
{
    struct ascent ascent = {
        .count = market->pool_count * market->slots,
        .upper = cost,
        .enough = cost * (1 - GAP_SMALL),
        .steps = count_steps(WORK_MAX, work),
        .evaluate = plan_market_evaluate,
        .context = market,
        .first_step = 1,
    };

    return ascent.steps < STEPS_FEW ? climb_by_some(market, &ascent, work)
                                    : ascent_find(&ascent);
}

static double find_least(const struct plan_made *made, const struct plan_groups *groups,
                         double cost)
{
    int64_t work = plan_market_work(groups);
    struct plan_market market;
    double least;

    if (groups->green == 0 || work > WORK_MAX)
        return 0;
    plan_market_init(&market, made, groups);
    least = climb(&market, cost, work);
    plan_market_release(&market);
    return fmin(least, cost);
}

bool plan_find_bound(const struct plan_made *made, struct plan_bound *found)
{
    struct plan_groups groups;
    double cost;
    double least;
    bool is_told;

    plan_groups_init(&groups, made);
    cost = number_from(groups.cost);
    least = find_least(made, &groups, cost);
    is_told = least > 0 && cost < least * GAP_MAX;
    if (is_told) {
        double gap = (cost - least) / least * MILLION;

        *found = (struct plan_bound){groups.green, cost, least,
                                     gap < 1 ? 0 : (int64_t)ceil(gap)};
    }
    plan_groups_release(&groups);
    return is_told;
}

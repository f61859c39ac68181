/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "scheduler/plan_internal.h"

#define MILLION 1000000

_Static_assert((burden)PLAN_AREA_MAX *PLAN_WATTS_MAX *PLAN_PUE_MAX
                   <= BURDEN_MAX / MILLION / (PLAN_HORIZON_MAX / HOUR + 2),
               "what is weighed compares in ppm");

/* Pausing, as the planner weighs it. */
struct weighing {
    const struct plan *plan;
    const struct plan_job *resumed;
    const struct plan_rest *rest;
    const struct reservation *resume;
    instant now;
    uint64_t part; /* of a million: less than this must be left of the cost */
};

static int64_t area(const struct weighing *weighing, int32_t pool, instant begins,
                    duration length)
{
    duration after = begins - weighing->plan->begins;

    return plan_zone_integral(plan_pool_zone(weighing->plan, pool),
                              after > 0 ? after : 0, length);
}

/* Intensity over the resumed run, in its pool; without what waiting costs. */
static int64_t resumed_area(const struct weighing *weighing)
{
    return area(weighing, weighing->resume->pool, weighing->resume->start,
                weighing->resumed->time);
}

static int64_t patience(const struct weighing *weighing)
{
    const struct plan *plan = weighing->plan;
    const struct policy *policy = &plan->classes[weighing->resumed->class].policy;
    duration slot = plan->settings.slot;
    int32_t length = (int32_t)((weighing->resumed->time + slot - 1) / slot);

    if (policy->kind != POLICY_CLEANEST)
        return 0;
    return plan_zone_patience(plan_pool_zone(plan, weighing->resume->pool), length,
                              policy->patience_ppm)
           * plan_slot(plan, weighing->resume->start);
}

static bool is_cheaper(const struct weighing *weighing)
{
    const struct plan_rest *rest = weighing->rest;
    burden going_on = plan_weigh(weighing->plan, weighing->resumed, rest->pool,
                                 area(weighing, rest->pool, weighing->now, rest->time));
    burden grace = plan_weigh(weighing->plan, weighing->resumed, rest->pool,
                              area(weighing, rest->pool, weighing->now, rest->grace));
    burden later = plan_weigh(weighing->plan, weighing->resumed, weighing->resume->pool,
                              resumed_area(weighing) + patience(weighing));

    return (later + grace) * MILLION < going_on * weighing->part;
}

/* Else it does best to go on for now, whatever comes later. */
static bool is_dirty_now(const struct weighing *weighing)
{
    const struct plan *plan = weighing->plan;
    int32_t pool = weighing->rest->pool;
    int64_t slot = plan_slot(plan, weighing->now);
    intensity level = plan_pool_zone(plan, pool)->level[slot > 0 ? slot : 0];
    burden here =
        plan_weigh(plan, weighing->resumed, pool, level * weighing->resumed->time);
    burden there = plan_weigh(plan, weighing->resumed, weighing->resume->pool,
                              resumed_area(weighing));

    return there * MILLION < here * weighing->part;
}

/* Whether a job of a threshold would pause out of green power, or into other. */
static bool crosses_threshold(const struct weighing *weighing)
{
    const struct plan *plan = weighing->plan;
    const struct plan_class *class = &plan->classes[weighing->resumed->class];
    const bool *here = class->green[plan->pools[weighing->rest->pool].zone];
    const bool *there = class->green[plan->pools[weighing->resume->pool].zone];
    int64_t slot = plan_slot(plan, weighing->now);

    if (class->policy.kind != POLICY_THRESHOLD)
        return true;
    return here && there && !here[slot > 0 ? slot : 0]
           && there[plan_slot(plan, weighing->resume->start)];
}

bool plan_weigh_pause(struct plan *plan, const struct plan_job *resumed,
                      const struct plan_rest *rest, instant now,
                      struct reservation *resume)
{
    const struct policy *policy = &plan->classes[resumed->class].policy;
    int64_t least = policy->min_saving_ppm > plan->settings.hysteresis_ppm
                        ? policy->min_saving_ppm
                        : plan->settings.hysteresis_ppm;
    struct reservation found;
    struct weighing weighing = {plan,   resumed, rest,
                                &found, now,     (uint64_t)(MILLION - least)};

    assert(rest->time > 0 && rest->time <= JOB_TIME_MAX && rest->grace >= 0
           && rest->grace <= JOB_GRACE_MAX);
    if (!plan_pool_zone(plan, rest->pool) || policy->kind == POLICY_IMMEDIATE)
        return false;
    found = plan_place(plan, resumed, now);
    if (found.pool >= 0 && found.start <= resumed->latest
        && plan_pool_zone(plan, found.pool) && is_cheaper(&weighing)
        && is_dirty_now(&weighing) && crosses_threshold(&weighing)) {
        *resume = found;
        return true;
    }
    plan_withdraw(plan, resumed, &found);
    return false;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/engine_internal.h"
#include "scheduler/engine_width.h"

#define MILLION 1000000

/*
 * When jobs that cannot wait were more than this of what was asked for in the last
 * week, room is left for them: twice what they use on the mean, for they come as they
 * like, and this at least.
 */
#define URGENT_PPM   10000
#define HEADROOM_PPM 50000

/* Below the limit by this, jobs wait again. */
#define GATE_WIDTH_PPM 50000

/* A day may be busy: what was asked for in less time is taken for that of so much. */
#define DEMAND_LEAST (2 * DAY)

/* Of all pools that are in use. */
static struct resources find_capacity(const struct engine *engine)
{
    struct resources sum = {0, 0, 0};

    for (size_t i = 0; i < engine->pool_count; i++)
        if (!engine->pools[i].pool.drained)
            resources_add(&sum, &engine->pools[i].pool.capacity);
    return sum;
}

/* What counts of a pool or a job: GPUs, or CPUs where there are no GPUs. */
static int64_t units_of(const struct resources *some, const struct resources *capacity)
{
    return capacity->gpus > 0 ? some->gpus : some->cpus;
}

/* The place of a day, emptied if it held an older one; NULL if it holds a newer. */
static struct demand_day *find_day(struct engine *engine, int64_t day)
{
    struct demand_day *found = &engine->demand.days[day % DEMAND_DAYS];

    if (found->day > day)
        return NULL;
    if (found->day != day)
        *found = (struct demand_day){.day = day};
    return found;
}

void engine_count_demand(struct engine *engine, const struct job *job)
{
    const struct resources wanted = engine_least(job);
    const struct resources capacity = find_capacity(engine);
    struct demand_day *day = find_day(engine, job->submitted / DAY);
    int64_t asked = units_of(&wanted, &capacity) * job->time;

    if (engine->demand.since == 0 || job->submitted < engine->demand.since)
        engine->demand.since = job->submitted;
    if (!day)
        return;
    day->asked += asked;
    if (job->now || job_latest_start(job) - job_earliest_start(job) < PLAN_URGENT_SLACK)
        day->urgent += asked;
}

void engine_recall(struct engine *engine, const struct job *job)
{
    engine_count_demand(engine, job);
}

/* The last week's, today's with it. */
static struct demand_day sum_up(const struct engine *engine, instant now)
{
    struct demand_day sum = {0, 0, 0};

    for (size_t i = 0; i < DEMAND_DAYS; i++) {
        const struct demand_day *day = &engine->demand.days[i];

        if (day->day <= now / DAY - DEMAND_DAYS || day->day > now / DAY)
            continue;
        sum.asked += day->asked;
        sum.urgent += day->urgent;
    }
    return sum;
}

/* What of all there was, in parts per million, these GPU-seconds were since jobs were
 * first seen, a week ago at most. */
static int64_t find_use(const struct engine *engine, int64_t asked, instant now)
{
    const struct resources there = find_capacity(engine);
    int64_t capacity = units_of(&there, &there);
    instant since = now - now % DAY - (DEMAND_DAYS - 1) * DAY;

    if (engine->demand.since > since)
        since = engine->demand.since;
    if (engine->demand.since == 0 || capacity == 0)
        return 0;
    if (now - since < DEMAND_LEAST)
        since = now - DEMAND_LEAST;
    if (asked > INT64_MAX / MILLION)
        asked = INT64_MAX / MILLION;
    return asked * MILLION / (capacity * (now - since));
}

int64_t engine_headroom(const struct engine *engine, instant now)
{
    struct demand_day sum;
    int64_t headroom;

    if (engine->settings.headroom_ppm != ENGINE_AUTO)
        return engine->settings.headroom_ppm;
    sum = sum_up(engine, now);
    if (sum.urgent <= sum.asked / MILLION * URGENT_PPM)
        return 0;
    headroom = 2 * find_use(engine, sum.urgent, now);
    if (headroom < HEADROOM_PPM)
        return HEADROOM_PPM;
    return headroom < MILLION ? headroom : MILLION;
}

/* Of all that there is in the coming day, what is taken or planned. */
static int64_t find_committed(const struct engine *engine)
{
    const struct resources there = find_capacity(engine);
    int64_t capacity = units_of(&there, &there);

    if (capacity == 0)
        return 0;
    return plan_count_taken(engine->plan, DAY) * 10 / capacity * (MILLION / 10) / DAY;
}

void engine_find_gate(struct engine *engine, instant now)
{
    int64_t limit = engine->settings.load_gate_ppm;
    int64_t use;
    int64_t committed;
    bool is_shut;

    if (now < engine->gate_at)
        return;
    engine->gate_at = engine_next_slot(engine, now);
    use = find_use(engine, sum_up(engine, now).asked, now);
    committed = find_committed(engine);
    use = use > committed ? use : committed;
    is_shut = engine->is_gated ? use > limit - GATE_WIDTH_PPM : use > limit;
    if (limit >= MILLION)
        is_shut = false;
    if (is_shut == engine->is_gated)
        return;
    engine->is_gated = is_shut;
    engine->wants_plan = true;
    engine->replan_soonest = 0;
}

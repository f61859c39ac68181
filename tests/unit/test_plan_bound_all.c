/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>

#include "scheduler/plan_bound.h"
#include "tests/support/small_plan.h"

/* The bounds of small plans, held against all plans there are. */

#define START SMALL_PLAN_START
#define SLOTS SMALL_PLAN_SLOTS
#define JOBS  SMALL_PLAN_JOBS
#define POOLS SMALL_PLAN_POOLS

struct choice {
    int32_t pool;
    int32_t slot;
    uint32_t slots; /* of a job in pieces, bit by bit */
};

static bool is_counted(const struct small_plan *small, int i, int32_t pool)
{
    return small->policies[small->jobs[i].class].kind == POLICY_CLEANEST
           && small->levels[pool][0] >= 0;
}

static bool is_on_time(const struct small_plan *small, int i)
{
    return small->reservations[i].pool >= 0
           && small->reservations[i].start <= small->jobs[i].latest;
}

static int32_t slot_of(instant when)
{
    return (int32_t)((when - START) / HOUR);
}

/* What a job costs somewhere, by the formulas of plan.h; 0 if that does not count. */
static double cost_of(const struct small_plan *small, int i,
                      const struct choice *choice)
{
    const struct plan_job *job = &small->jobs[i];
    const struct pool *pool = &small->pools[choice->pool];
    int64_t ppm = small->policies[job->class].patience_ppm;
    int64_t watts = job->wanted.cpus * pool->cpu_power;
    int64_t sum = 0;
    int64_t area = 0;

    if (!is_counted(small, i, small->reservations[i].pool))
        return 0;
    if (job->wanted.gpus > 0)
        watts = job->wanted.gpus * (job->power > 0 ? job->power : pool->gpu_power);
    for (int j = 0; j < SLOTS; j++)
        sum += small->levels[choice->pool][j];
    for (int32_t j = 0; j < job->time / HOUR; j++)
        area += small->levels[choice->pool][(choice->slot + j) % SLOTS] * HOUR;
    area += job->time * (sum / SLOTS) * ppm / 1000000 * choice->slot;
    return (double)area * (double)(watts * pool->pue_ppm);
}

/* Whether a job fits there; takes what it takes, or gives it back. */
static bool take(struct small_plan *small, int i, const struct choice *choice,
                 int64_t sign)
{
    const struct resources *wanted = &small->jobs[i].wanted;
    int32_t ends = choice->slot + slot_of(START + small->jobs[i].time);
    bool fits = true;

    for (int32_t j = choice->slot; j < ends && j < SLOTS; j++) {
        struct resources *free = &small->free[choice->pool][j];

        free->gpus -= sign * wanted->gpus;
        free->cpus -= sign * wanted->cpus;
        fits = fits && (free->gpus >= 0 || wanted->gpus == 0)
               && (free->cpus >= 0 || wanted->cpus == 0);
    }
    return fits;
}

/* All places of a job that is on time; how many. */
static int list_choices(const struct small_plan *small, int i, struct choice *choices)
{
    const struct plan_job *job = &small->jobs[i];
    instant from = job->earliest > small->now ? job->earliest : small->now;
    int count = 0;

    for (int32_t pool = 0; pool < POOLS && is_on_time(small, i); pool++) {
        bool is_green = is_counted(small, i, small->reservations[i].pool);

        if (!(job->pools >> pool & 1) || (is_green && small->levels[pool][0] < 0)
            || !resources_fit(&job->wanted, &small->pools[pool].capacity))
            continue;
        for (int32_t slot = slot_of(from); slot <= slot_of(job->latest); slot++)
            choices[count++] = (struct choice){pool, slot, 0};
    }
    return count;
}

/* The least cost of the jobs in one piece; INFINITY: there is no room for them. */
static double try_jobs(struct small_plan *small)
{
    struct choice choices[JOBS][POOLS * SLOTS];
    int counts[JOBS];
    int at[JOBS] = {0};
    double least = INFINITY;
    int count = (int)small->count;
    int turned = 0;

    for (int i = 0; i < count; i++)
        counts[i] = list_choices(small, i, choices[i]);
    while (turned < count) {
        bool fits = true;
        double cost = 0;

        for (int i = 0; i < count; i++) {
            if (counts[i] == 0)
                continue;
            fits = take(small, i, &choices[i][at[i]], 1) && fits;
            cost += cost_of(small, i, &choices[i][at[i]]);
        }
        for (int i = 0; i < count; i++)
            if (counts[i] > 0)
                take(small, i, &choices[i][at[i]], -1);
        if (fits && cost < least)
            least = cost;
        for (turned = 0; turned < count && ++at[turned] >= counts[turned]; turned++)
            at[turned] = 0;
    }
    return least;
}

static bool is_split_on_time(const struct small_plan *small)
{
    return small->split.pieces.count > 0 && small->split.pieces.reason != PLAN_LATE;
}

static bool is_split_counted(const struct small_plan *small)
{
    return small->has_split && is_split_on_time(small)
           && small->levels[small->split.pieces.pool][0] >= 0;
}

/* The cost of a job in pieces by the formula of plan_split.h. */
static double cost_of_split(const struct small_plan *small, const struct choice *choice)
{
    const struct plan_job *job = &small->split.job;
    const struct pool *pool = &small->pools[choice->pool];
    int64_t watts = job->power > 0 ? job->power : pool->gpu_power;
    int64_t sum = 0;
    int64_t area = 0;
    int64_t ends = 0;
    int64_t slots = 0;

    if (!is_split_counted(small))
        return 0;
    for (int j = 0; j < SLOTS; j++) {
        sum += small->levels[choice->pool][j];
        if (!(choice->slots >> j & 1))
            continue;
        area += small->levels[choice->pool][j] * HOUR;
        ends = j + 1;
        slots++;
    }
    area += job->time * (sum / SLOTS) * small->policies[job->class].patience_ppm
            / 1000000 * (ends - slots);
    return (double)area * (double)(watts * pool->pue_ppm);
}

/* Whether a job in pieces may run so, beside the room there is. */
static bool may_run(const struct small_plan *small, const struct choice *choice)
{
    const struct plan_split *split = &small->split;
    bool is_running = split->runs_in >= 0; /* the first of its pieces was begun */
    duration useful = is_running ? 0 : split->restart;
    instant from = split->job.earliest > small->now ? split->job.earliest : small->now;

    if (split->runs_in >= 0 ? choice->pool != split->runs_in
                            : !(split->job.pools >> choice->pool & 1))
        return false;
    if (small->levels[choice->pool][0] < 0 && is_split_counted(small))
        return false;
    for (int32_t j = 0; j < SLOTS; j++) {
        const struct resources *free = &small->free[choice->pool][j];

        if (!(choice->slots >> j & 1)) {
            is_running = false;
            continue;
        }
        if (j < slot_of(from) || !resources_fit(&split->job.wanted, free)
            || j >= slot_of(split->job.latest) + slot_of(START + split->job.time))
            return false;
        useful += HOUR - (is_running ? 0 : split->restart);
        is_running = true;
    }
    return useful >= split->job.time;
}

static void take_split(struct small_plan *small, const struct choice *choice)
{
    for (int32_t j = 0; j < SLOTS; j++)
        if (choice->slots >> j & 1)
            resources_subtract(&small->free[choice->pool][j], &small->split.job.wanted);
}

static void give_split(struct small_plan *small, const struct choice *choice)
{
    for (int32_t j = 0; j < SLOTS; j++)
        if (choice->slots >> j & 1)
            resources_add(&small->free[choice->pool][j], &small->split.job.wanted);
}

/* The least cost of all plans that keep to everything; INFINITY: there is none. */
static double try_all(struct small_plan *small)
{
    double least = INFINITY;

    if (!small->has_split || !is_split_on_time(small))
        return try_jobs(small);
    for (int32_t pool = 0; pool < POOLS; pool++) {
        for (uint32_t slots = 1; slots < 1 << SLOTS; slots++) {
            struct choice choice = {pool, 0, slots};

            if (!may_run(small, &choice))
                continue;
            take_split(small, &choice);
            least = fmin(least, cost_of_split(small, &choice) + try_jobs(small));
            give_split(small, &choice);
        }
    }
    return least;
}

static struct choice choice_of_split(const struct small_plan *small)
{
    const struct plan_pieces *pieces = &small->split.pieces;
    struct choice choice = {pieces->pool, 0, 0};

    for (size_t i = 0; i < pieces->count; i++)
        for (int32_t j = slot_of(pieces->list[i].start);
             j < slot_of(pieces->list[i].ends); j++)
            choice.slots |= UINT32_C(1) << j;
    return choice;
}

static double cost_as_planned(const struct small_plan *small, size_t *counted)
{
    double cost = 0;

    *counted = 0;
    for (int i = 0; i < (int)small->count; i++) {
        const struct reservation *reservation = &small->reservations[i];
        struct choice choice = {reservation->pool, slot_of(reservation->start), 0};

        if (!is_on_time(small, i) || !is_counted(small, i, reservation->pool))
            continue;
        *counted += 1;
        cost += cost_of(small, i, &choice);
    }
    if (is_split_counted(small)) {
        struct choice choice = choice_of_split(small);

        *counted += 1;
        cost += cost_of_split(small, &choice);
    }
    return cost;
}

/* What the bounds of many instances come to, as a part of what their plans cost. */
static double measure(uint64_t seeds, bool has_split)
{
    double bounds = 0;
    double leasts = 0;
    uint64_t improvable = 0;

    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct plan_bound bound = {0, 0, 0, 0};
        struct small_plan small;
        struct plan_made made = {
            .splits = &small.split, .before = &small.before, .split_count = has_split};
        size_t counted;
        double least;
        double cost;

        small_plan_init(&small, seed, has_split);
        made.plan = small.plan;
        made.batch = small.batch;
        made.now = small.now;
        cost = cost_as_planned(&small, &counted);
        assert_int_equal(plan_find_bound(&made, &bound), counted > 0);
        assert_int_equal(bound.jobs, counted);
        assert_true(fabs(bound.cost - cost) <= cost * 1e-12);
        least = try_all(&small);
        assert_true(isfinite(least) && bound.least <= least);
        assert_true(counted == 0
                    || fabs((cost / bound.least - 1) * 1e6 - (double)bound.gap) <= 1);
        improvable += cost > least * 1.01;
        bounds += bound.least;
        leasts += least;
        small_plan_release(&small);
    }
    assert_true(improvable > seeds / 30);
    return bounds / leasts;
}

static void no_plan_costs_less_than_the_bound(void **state)
{
    (void)state;
    /* Jobs as large as the pools do not fit together, which prices cannot say. */
    assert_true(measure(1500, false) > 0.95);
}

static void no_plan_of_jobs_in_pieces_does_either(void **state)
{
    (void)state;
    assert_true(measure(1500, true) > 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_plan_costs_less_than_the_bound),
        cmocka_unit_test(no_plan_of_jobs_in_pieces_does_either),
    };

    return cmocka_run_group_tests_name("plan_bound_all", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>

#include "scheduler/bound.h"
#include "tests/support/planning.h"

/* Small instances, held against all plans there are. */

#define SLOTS 12
#define JOBS  4

struct instance {
    double levels[SLOTS];
    struct bound_job jobs[JOBS];
    int64_t capacity;
    double least; /* over all plans; below 0: none */
};

static void make_instance(struct instance *instance, uint64_t seed, int32_t gpus)
{
    uint64_t random = seed * 977 + 3;

    *instance = (struct instance){.capacity = gpus > 1 ? 3 : 2, .least = -1};
    for (int i = 0; i < SLOTS; i++)
        instance->levels[i] = (double)planning_between(&random, 10, 400);
    for (int i = 0; i < JOBS; i++) {
        int32_t length = (int32_t)planning_between(&random, 1, 4);
        int32_t first = (int32_t)planning_between(&random, 0, SLOTS - length);

        instance->jobs[i] = (struct bound_job){
            first, (int32_t)planning_between(&random, first, SLOTS - length), length,
            (int32_t)planning_between(&random, 1, gpus),
            (int32_t)planning_between(&random, 1, 3) * 100};
    }
}

/* What the jobs cost with these starts; below 0 if they do not fit. */
static double cost_of(const struct instance *instance, const int32_t *starts)
{
    int64_t used[SLOTS] = {0};
    double cost = 0;

    for (int i = 0; i < JOBS; i++) {
        const struct bound_job *job = &instance->jobs[i];

        for (int32_t slot = starts[i]; slot < starts[i] + job->length; slot++) {
            used[slot] += job->gpus;
            if (used[slot] > instance->capacity)
                return -1;
            cost += instance->levels[slot] * job->gpus * job->power;
        }
    }
    return cost;
}

/* The next starts, as a counter counts; false when all have been. */
static bool step_starts(const struct instance *instance, int32_t *starts)
{
    for (int i = 0; i < JOBS; i++) {
        if (++starts[i] <= instance->jobs[i].last)
            return true;
        starts[i] = instance->jobs[i].first;
    }
    return false;
}

static void try_all(struct instance *instance)
{
    int32_t starts[JOBS];

    for (int i = 0; i < JOBS; i++)
        starts[i] = instance->jobs[i].first;
    do {
        double cost = cost_of(instance, starts);

        if (cost >= 0 && (instance->least < 0 || cost < instance->least))
            instance->least = cost;
    } while (step_starts(instance, starts));
}

static double bound_of(const struct instance *instance, int64_t capacity,
                       int preemptive, double upper)
{
    const struct bound bound = {
        .levels = instance->levels,
        .slots = SLOTS,
        .jobs = instance->jobs,
        .count = JOBS,
        .capacity = capacity,
        .preemptive = preemptive,
        .upper = upper,
        .steps = BOUND_STEPS,
    };

    return bound_find(&bound);
}

/* What the bounds of many instances come to, as a part of what their plans cost. */
static double measure(int32_t gpus)
{
    double bounds = 0;
    double costs = 0;
    int feasible = 0;

    for (uint64_t seed = 0; seed < 300; seed++) {
        struct instance instance;
        double bound;

        make_instance(&instance, seed, gpus);
        try_all(&instance);
        if (instance.least < 0)
            continue;
        bound = bound_of(&instance, instance.capacity, 0, instance.least);
        assert_true(bound <= instance.least * (1 + 1e-9));
        bounds += bound;
        costs += instance.least;
        feasible++;
    }
    assert_true(feasible > 100);
    return bounds / costs;
}

static void no_plan_is_below_the_bound(void **state)
{
    (void)state;
    /* Jobs as large as the pool do not fit together, which prices cannot say. */
    assert_true(measure(3) > 0.95);
}

static void the_bound_is_close_where_jobs_are_small(void **state)
{
    (void)state;
    assert_true(measure(1) > 0.99);
}

static void without_a_limit_the_bound_is_what_each_job_does_best(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct instance instance;

        make_instance(&instance, seed, 3);
        instance.capacity = 100;
        try_all(&instance);
        assert_true(fabs(bound_of(&instance, INT64_MAX, 0, 1e18) / instance.least - 1)
                    < 1e-9);
    }
}

static void pieces_cost_no_more_than_one(void **state)
{
    const double levels[SLOTS] = {9, 1, 9, 2, 9, 9, 9, 9, 9, 9, 9, 9};
    struct instance instance = {.capacity = 1};

    (void)state;
    for (int i = 0; i < SLOTS; i++)
        instance.levels[i] = levels[i];
    for (int i = 0; i < JOBS; i++)
        instance.jobs[i] = (struct bound_job){0, 0, 1, 0, 1};
    instance.jobs[0] = (struct bound_job){0, 6, 2, 1, 10};
    assert_true(fabs(bound_of(&instance, INT64_MAX, 0, 1e18) - 100) < 1e-9);
    assert_true(fabs(bound_of(&instance, INT64_MAX, 1, 1e18) - 30) < 1e-9);
    /* A second one has to make do with the next best. */
    instance.jobs[1] = instance.jobs[0];
    assert_true(fabs(bound_of(&instance, 1, 1, 210) - 210) < 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_plan_is_below_the_bound),
        cmocka_unit_test(the_bound_is_close_where_jobs_are_small),
        cmocka_unit_test(without_a_limit_the_bound_is_what_each_job_does_best),
        cmocka_unit_test(pieces_cost_no_more_than_one),
    };

    return cmocka_run_group_tests_name("bound", tests, NULL, NULL);
}

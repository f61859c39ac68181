/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define JOBS  500

static struct plan_job make_job(uint64_t *seed, size_t i)
{
    struct plan_job job = planning_job(seed, (int64_t)i, START);

    job.pools = (uint64_t)planning_between(seed, 1, 7);
    job.wanted.memory = planning_between(seed, 0, 40);
    job.power = planning_between(seed, 0, 1) * 300;
    job.class = (uint8_t)planning_between(seed, 0, 2);
    job.now = planning_between(seed, 0, 1) == 0;
    job.priority = (int32_t)planning_between(seed, -3, 3);
    job.earliest = START + planning_between(seed, -400, 400) * DAY;
    if (i % 5 == 0)
        job.latest = INSTANT_MAX;
    return job;
}

static struct plan *make_plan(void)
{
    struct plan_settings settings = {15 * MINUTE, 96, 20000, 0, 0};
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan = plan_create(&settings, START);

    plan_set_class(plan, 0, &policy);
    return plan;
}

static void a_job_comes_out_as_it_went_in_but_for_its_id(void **state)
{
    static struct plan_job jobs[JOBS];
    struct plan *plan = make_plan();
    struct plan_batch *batch = plan_batch_create(plan, JOBS, START);
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = make_job(&seed, i);
        plan_batch_add(batch, &jobs[i], &RESERVATION_NONE);
    }
    assert_int_equal(plan_batch_count(batch), JOBS);
    for (size_t i = 0; i < JOBS; i++) {
        const struct plan_job *job = &jobs[i];
        struct plan_job found = plan_batch_job(batch, i);

        assert_int_equal(found.pools, job->pools);
        assert_memory_equal(&found.wanted, &job->wanted, sizeof(found.wanted));
        assert_int_equal(found.power, job->power);
        assert_int_equal(found.class, job->class);
        assert_int_equal(found.now, job->now);
        assert_int_equal(found.priority, job->priority);
        assert_int_equal(found.time, job->time);
        assert_true(found.latest == job->latest);
        assert_true(found.earliest == (job->earliest > START ? job->earliest : 0));
    }
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

static void a_reservation_comes_out_with_the_end_that_its_time_has(void **state)
{
    struct plan *plan = make_plan();
    struct plan_batch *batch = plan_batch_create(plan, 3, START + MINUTE);
    const struct plan_job job = {.id = 1, .pools = 1, .time = 20 * MINUTE};
    const struct reservation held[3] = {
        {START + 15 * MINUTE, 0, 63, PLAN_CAPACITY},
        {START - MINUTE, 0, 1, PLAN_GREEN},
        RESERVATION_NONE,
    };
    struct reservation found;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        plan_batch_add(batch, &job, &held[i]);
    found = plan_batch_reservation(batch, 0);
    assert_int_equal(found.start, START + 15 * MINUTE);
    assert_int_equal(found.ends, START + 45 * MINUTE);
    assert_int_equal(found.pool, 63);
    assert_int_equal(found.reason, PLAN_CAPACITY);
    /* What is overdue keeps its start, and runs from now. */
    found = plan_batch_reservation(batch, 1);
    assert_int_equal(found.start, START - MINUTE);
    assert_int_equal(found.ends, START + 30 * MINUTE);
    found = plan_batch_reservation(batch, 2);
    assert_int_equal(found.pool, -1);
    assert_int_equal(found.start, INSTANT_MAX);
    found = plan_batch_take(batch, 0);
    assert_int_equal(found.pool, 63);
    assert_int_equal(plan_batch_reservation(batch, 0).pool, -1);
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

static void jobs_alike_but_for_their_times_are_one_shape(void **state)
{
    struct plan *plan = make_plan();
    struct plan_batch *batch = plan_batch_create(plan, JOBS, START);
    uint64_t seed = 4;

    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        struct plan_job job = planning_job(&seed, (int64_t)i, START);

        job.earliest -= (duration)i;
        plan_batch_add(batch, &job, &RESERVATION_NONE);
    }
    /* 1, 2, 4 or 8 GPUs */
    assert_int_equal(batch->shape_count, 4);
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

static struct plan_job make_waiting(int64_t id, int32_t priority, duration slack,
                                    duration time)
{
    return (struct plan_job){.id = id,
                             .pools = 1,
                             .wanted = {1, 1, 0},
                             .time = time,
                             .latest = START + slack,
                             .priority = priority,
                             .now = slack == 0};
}

static void jobs_are_placed_least_flexible_first(void **state)
{
    /* As they are to come out: priority, then who cannot wait, by latest start; who
     * does not want to, by id; and the rest by slack for each second of their run. */
    const struct plan_job jobs[] = {
        make_waiting(9, 2, 40 * HOUR, HOUR),
        make_waiting(8, 0, -HOUR, HOUR),
        make_waiting(3, 0, MINUTE, HOUR),
        make_waiting(4, 0, 10 * HOUR, 5 * HOUR),
        make_waiting(1, 0, 10 * HOUR, 4 * HOUR),
        make_waiting(2, 0, 10 * HOUR, 4 * HOUR),
        make_waiting(7, 0, 11 * HOUR, 4 * HOUR),
        make_waiting(6, 0, 90 * HOUR, HOUR),
        make_waiting(5, -1, 10 * HOUR, 5 * HOUR),
    };
    const size_t added[] = {4, 5, 2, 3, 8, 7, 6, 1, 0};
    struct plan *plan = make_plan();
    struct pool pool = planning_pool(8);
    struct plan_batch *batch = plan_batch_create(plan, 9, START);

    (void)state;
    plan_set_pool(plan, 0, 0, &pool);
    for (size_t i = 0; i < 9; i++)
        plan_batch_add(batch, &jobs[added[i]], &RESERVATION_NONE);
    plan_batch_order(batch, plan);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(batch->places[i], added[i]);
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

static void of_equal_jobs_the_lowest_id_comes_first(void **state)
{
    struct plan *plan = make_plan();
    struct pool pool = planning_pool(8);
    struct plan_batch *batch = plan_batch_create(plan, 100, START);

    (void)state;
    plan_set_pool(plan, 0, 0, &pool);
    for (int64_t i = 0; i < 100; i++) {
        const struct plan_job job =
            make_waiting(5000000000 + i * 37 % 100, 0, 10 * HOUR, HOUR);

        plan_batch_add(batch, &job, &RESERVATION_NONE);
    }
    plan_batch_order(batch, plan);
    for (int64_t i = 0; i < 100; i++)
        assert_int_equal(batch->places[i], i * 37 % 100);
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_comes_out_as_it_went_in_but_for_its_id),
        cmocka_unit_test(a_reservation_comes_out_with_the_end_that_its_time_has),
        cmocka_unit_test(jobs_alike_but_for_their_times_are_one_shape),
        cmocka_unit_test(jobs_are_placed_least_flexible_first),
        cmocka_unit_test(of_equal_jobs_the_lowest_id_comes_first),
    };

    return cmocka_run_group_tests_name("plan_batch", tests, NULL, NULL);
}

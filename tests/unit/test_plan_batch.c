/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/plan_internal.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define JOBS  500

static void a_job_comes_out_as_it_went_in_at_its_place(void **state)
{
    static struct plan_job jobs[JOBS];
    uint32_t order[JOBS];
    struct plan_batch batch;
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = planning_job(&seed, (int64_t)i, START);
        jobs[i].pools = (uint64_t)planning_between(&seed, 1, 7);
        jobs[i].wanted.memory = planning_between(&seed, 0, 40);
        jobs[i].power = planning_between(&seed, 0, 1) * 300;
        jobs[i].class = (uint8_t)planning_between(&seed, 0, 2);
        jobs[i].now = planning_between(&seed, 0, 1) == 0;
        jobs[i].earliest = START + planning_between(&seed, -400, 400) * DAY;
        if (i % 5 == 0)
            jobs[i].latest = INSTANT_MAX;
        order[i] = (uint32_t)(JOBS - 1 - i);
    }
    plan_batch_init(&batch, jobs, order, JOBS, START);
    for (size_t i = 0; i < JOBS; i++) {
        const struct plan_job *job = &jobs[i];
        struct plan_job found = plan_batch_unpack(&batch, JOBS - 1 - i);

        assert_int_equal(found.pools, job->pools);
        assert_memory_equal(&found.wanted, &job->wanted, sizeof(found.wanted));
        assert_int_equal(found.power, job->power);
        assert_int_equal(found.class, job->class);
        assert_int_equal(found.now, job->now);
        assert_int_equal(found.time, job->time);
        assert_true(found.earliest == job->earliest && found.latest == job->latest);
    }
    plan_batch_release(&batch);
}

static void jobs_alike_but_for_their_times_are_one_shape(void **state)
{
    static struct plan_job jobs[JOBS];
    uint32_t order[JOBS];
    struct plan_batch batch;
    uint64_t seed = 4;

    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = planning_job(&seed, (int64_t)i, START);
        jobs[i].priority = (int32_t)(i % 3);
        order[i] = (uint32_t)i;
    }
    plan_batch_init(&batch, jobs, order, JOBS, START);
    /* 1, 2, 4 or 8 GPUs */
    assert_int_equal(batch.shape_count, 4);
    plan_batch_release(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_comes_out_as_it_went_in_at_its_place),
        cmocka_unit_test(jobs_alike_but_for_their_times_are_one_shape),
    };

    return cmocka_run_group_tests_name("plan_batch", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "daemon/slurm_handover.h"
#include "nodes/slurm/lease.h"

#define NOW    1000000
#define MARGIN (5 * MINUTE)

static const struct config_pool pool = {.name = "cluster", .partition = "gpu"};

/* A job, and the handover that it is handed over on. */
static const struct {
    struct job job;
    struct slurm_handover handover;
} jobs_and_handovers[] = {
    {{.time = HOUR, .time_limit = 2 * HOUR, .max_wait = 10 * HOUR},
     {.minutes = 120, .time = HOUR, .wait = 10 * HOUR}},
    {{.time = 1, .time_limit = 61, .max_wait = 10 * HOUR},
     {.minutes = 2, .time = 1, .wait = 10 * HOUR}},
    {{.time = HOUR, .time_limit = HOUR, .max_wait = JOB_NO_WAIT_LIMIT},
     {.minutes = 60, .time = HOUR, .wait = LEASE_WAIT_MAX}},
    {{.time = HOUR,
      .time_limit = HOUR - 59,
      .max_wait = JOB_NO_WAIT_LIMIT,
      .deadline = NOW + 9 * HOUR},
     {.minutes = 60,
      .time = HOUR,
      .wait = 8 * HOUR - MARGIN,
      .deadline = NOW + 9 * HOUR}},
    {{.time = HOUR,
      .time_limit = HOUR,
      .max_wait = HOUR,
      .begin = NOW + 3 * HOUR,
      .deadline = NOW + 9 * HOUR},
     {.minutes = 60,
      .time = HOUR,
      .begin = 3 * HOUR,
      .wait = HOUR,
      .deadline = NOW + 9 * HOUR}},
    {{.time = HOUR, .time_limit = HOUR, .max_wait = HOUR, .begin = NOW - HOUR},
     {.minutes = 60, .time = HOUR, .wait = HOUR}},
    {{.time = HOUR, .time_limit = HOUR, .max_wait = HOUR, .now = true},
     {.minutes = 60, .time = HOUR}},
    {{.time = HOUR, .time_limit = HOUR, .max_wait = 2 * MINUTE - 1},
     {.minutes = 60, .time = HOUR}},
    {{.time = HOUR, .time_limit = HOUR, .max_wait = HOUR, .deadline = NOW + HOUR},
     {.minutes = 60, .time = HOUR, .deadline = NOW + HOUR}},
};

static void check_handover(const struct slurm_handover *expected,
                           const struct slurm_handover *handover, size_t i)
{
    if (expected->minutes != handover->minutes || expected->time != handover->time
        || expected->begin != handover->begin || expected->wait != handover->wait
        || expected->deadline != handover->deadline)
        fail_msg("job %zu: %lld minutes, time %lld, begin %lld, wait %lld", i,
                 (long long)handover->minutes, (long long)handover->time,
                 (long long)handover->begin, (long long)handover->wait);
    assert_string_equal("gpu", handover->partition);
}

static void a_job_waits_for_as_long_as_it_may_and_can(void **state)
{
    const struct slurm_moment moment = {NOW, NOW, 1};

    (void)state;
    for (size_t i = 0; i < sizeof(jobs_and_handovers) / sizeof(jobs_and_handovers[0]);
         i++) {
        struct job job = jobs_and_handovers[i].job;
        struct slurm_handover handover;

        slurm_handover_make(&job, &pool, MARGIN, &moment, &handover);
        check_handover(&jobs_and_handovers[i].handover, &handover, i);
        assert_int_equal(handover.wait, job.max_wait);
    }
}

static void slurm_is_told_real_time(void **state)
{
    const struct slurm_moment moment = {NOW, 5000, 60};
    struct job job = {
        .time = HOUR,
        .time_limit = HOUR + 1,
        .max_wait = 10 * HOUR,
        .begin = 5000 + HOUR,
        .deadline = 5000 + 2 * DAY,
    };
    const struct slurm_handover expected = {.minutes = 2,
                                            .time = MINUTE,
                                            .begin = MINUTE,
                                            .wait = 10 * MINUTE,
                                            .deadline = NOW + 48 * MINUTE};
    struct slurm_handover handover;

    (void)state;
    slurm_handover_make(&job, &pool, MARGIN, &moment, &handover);
    check_handover(&expected, &handover, 0);
    assert_int_equal(10 * HOUR, job.max_wait);
}

static void only_a_pool_of_slurm_that_stands_alone_is_found(void **state)
{
    static struct config_pool pools[] = {
        {.name = "lab", .executor = "local"},
        {.name = "cluster", .executor = "slurm"},
    };
    const struct config config = {.pools = pools, .pool_count = 2};

    (void)state;
    assert_ptr_equal(&pools[1], slurm_handover_find_pool(&config, "cluster"));
    assert_null(slurm_handover_find_pool(&config, "lab"));
    assert_null(slurm_handover_find_pool(&config, "cluster,lab"));
    assert_null(slurm_handover_find_pool(&config, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_waits_for_as_long_as_it_may_and_can),
        cmocka_unit_test(slurm_is_told_real_time),
        cmocka_unit_test(only_a_pool_of_slurm_that_stands_alone_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "ledger/counterfactual.h"

static const struct shadow_capacity four_gpus = {0, {4, 64, 1000}};

static struct shadow_job job(int64_t id, instant eligible, int64_t gpus,
                             duration length, duration estimate)
{
    return (struct shadow_job){.id = id,
                               .eligible = eligible,
                               .wanted = {gpus, 1, 10},
                               .length = length,
                               .estimate = estimate};
}

static void a_job_starts_at_once_in_an_empty_pool(void **state)
{
    struct shadow_job jobs[] = {job(1, 100, 4, 50, 60)};

    (void)state;
    shadow_run(NULL, 0, &four_gpus, 1);
    shadow_run(jobs, 1, &four_gpus, 1);
    assert_int_equal(100, jobs[0].start);
}

static void jobs_come_back_in_the_order_of_the_queue(void **state)
{
    struct shadow_job jobs[] = {job(3, 7, 4, 10, 10), job(9, 5, 4, 10, 10),
                                job(2, 7, 4, 10, 10)};

    (void)state;
    shadow_run(jobs, 3, &four_gpus, 1);
    assert_int_equal(9, jobs[0].id);
    assert_int_equal(5, jobs[0].start);
    assert_int_equal(2, jobs[1].id);
    assert_int_equal(15, jobs[1].start);
    assert_int_equal(3, jobs[2].id);
    assert_int_equal(25, jobs[2].start);
}

static void a_job_waits_for_the_true_end_not_the_estimate(void **state)
{
    struct shadow_job jobs[] = {job(1, 0, 4, 30, 100), job(2, 1, 4, 100, 10),
                                job(3, 2, 4, 1, 1)};

    (void)state;
    shadow_run(jobs, 3, &four_gpus, 1);
    assert_int_equal(30, jobs[1].start);
    assert_int_equal(130, jobs[2].start);
}

/* Job 1 holds three of four GPUs until 100 by its limit; job 2 wants three, and gets
 * its reservation; job 3 comes at 10 and wants the one that is left. */
static void backfill_does_not_delay_the_head(void **state)
{
    static const struct {
        const char *name;
        int64_t head_gpus;
        int64_t gpus;
        duration length, estimate;
        instant start;
    } cases[] = {
        {"over by the reservation", 4, 1, 90, 90, 10},
        {"over a second too late", 4, 1, 90, 91, 200},
        {"over in time, but its limit is not", 4, 1, 5, 500, 200},
        {"long, on what the head leaves", 3, 1, 500, 500, 10},
        {"larger than what is free", 4, 2, 5, 5, 200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shadow_job jobs[] = {
            job(1, 0, 3, 100, 100), job(2, 1, cases[i].head_gpus, 100, 100),
            job(3, 10, cases[i].gpus, cases[i].length, cases[i].estimate)};

        shadow_run(jobs, 3, &four_gpus, 1);
        if (jobs[1].start != 100 || jobs[2].start != cases[i].start)
            fail_msg("%s: the head at %ld, the other at %ld", cases[i].name,
                     (long)jobs[1].start, (long)jobs[2].start);
    }
}

static void two_long_jobs_do_not_take_the_same_spare_room(void **state)
{
    struct shadow_job jobs[] = {job(1, 0, 2, 100, 100), job(2, 1, 3, 10, 10),
                                job(3, 2, 1, 500, 500), job(4, 3, 1, 500, 500)};

    (void)state;
    shadow_run(jobs, 4, &four_gpus, 1);
    assert_int_equal(2, jobs[2].start);
    assert_int_equal(100, jobs[1].start);
    assert_int_equal(110, jobs[3].start);
}

static void capacity_may_drop_below_what_runs(void **state)
{
    static const struct shadow_capacity history[] = {
        {0, {4, 64, 1000}}, {10, {2, 64, 1000}}, {80, {4, 64, 1000}}};
    struct shadow_job jobs[] = {job(1, 0, 3, 50, 50), job(2, 11, 1, 5, 5),
                                job(3, 12, 0, 5, 5), job(4, 13, 4, 5, 5),
                                job(5, 14, 2, 5, 5)};

    (void)state;
    shadow_run(jobs, 5, history, 3);
    assert_int_equal(50, jobs[1].start);
    assert_int_equal(12, jobs[2].start); /* wants none of what is overdrawn */
    assert_int_equal(80, jobs[3].start); /* once it is large enough again */
    assert_int_equal(55, jobs[4].start); /* held up by nobody but job 2 */
}

static void what_came_before_the_history_is_as_its_beginning(void **state)
{
    static const struct shadow_capacity history[] = {{1000, {4, 64, 1000}},
                                                     {2000, {8, 64, 1000}}};
    struct shadow_job jobs[] = {job(1, 5, 4, 10, 10), job(2, 6, 8, 10, 10)};

    (void)state;
    shadow_run(jobs, 2, history, 2);
    assert_int_equal(5, jobs[0].start);
    assert_int_equal(2000, jobs[1].start);
}

static void
a_job_that_never_fits_starts_when_eligible_and_is_in_nobodys_way(void **state)
{
    static const struct shadow_capacity history[] = {{0, {8, 64, 1000}},
                                                     {50, {4, 64, 1000}}};
    struct shadow_job jobs[] = {job(1, 0, 9, 100, 100), job(2, 0, 8, 10, 10),
                                job(3, 60, 8, 10, 10), job(4, 60, 4, 10, 10)};

    (void)state;
    shadow_run(jobs, 4, history, 2);
    assert_int_equal(0, jobs[0].start);
    assert_int_equal(0, jobs[1].start);
    assert_int_equal(60, jobs[2].start);
    assert_int_equal(60, jobs[3].start);
}

static void a_length_below_zero_counts_as_none(void **state)
{
    struct shadow_job jobs[] = {job(1, 5, 4, -3, -3), job(2, 5, 4, 10, 10)};

    (void)state;
    shadow_run(jobs, 2, &four_gpus, 1);
    assert_int_equal(5, jobs[0].start);
    assert_int_equal(5, jobs[1].start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_starts_at_once_in_an_empty_pool),
        cmocka_unit_test(jobs_come_back_in_the_order_of_the_queue),
        cmocka_unit_test(a_job_waits_for_the_true_end_not_the_estimate),
        cmocka_unit_test(backfill_does_not_delay_the_head),
        cmocka_unit_test(two_long_jobs_do_not_take_the_same_spare_room),
        cmocka_unit_test(capacity_may_drop_below_what_runs),
        cmocka_unit_test(what_came_before_the_history_is_as_its_beginning),
        cmocka_unit_test(
            a_job_that_never_fits_starts_when_eligible_and_is_in_nobodys_way),
        cmocka_unit_test(a_length_below_zero_counts_as_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan_bound.h"
#include "tests/support/planning.h"
#include "tests/support/small_plan.h"

#define START SMALL_PLAN_START

static const intensity steps[4] = {200000, 200000, 100000, 200000};

static bool bound_of(struct plan *plan, const struct plan_job *jobs,
                     const struct reservation *reservations, size_t count,
                     struct plan_bound *bound)
{
    struct plan_made made = {.plan = plan, .now = START};

    return small_plan_bound(&made, jobs, reservations, count, bound);
}

static bool find(struct plan *plan, const struct plan_job *jobs,
                 struct reservation *reservations, size_t count,
                 struct plan_bound *bound)
{
    for (size_t i = 0; i < count; i++)
        reservations[i] = RESERVATION_NONE;
    planning_run(plan, jobs, reservations, count, START);
    return bound_of(plan, jobs, reservations, count, bound);
}

static void with_room_for_all_a_plan_is_as_good_as_it_gets(void **state)
{
    enum { COUNT = 200 };
    static struct plan_job jobs[COUNT];
    static struct reservation reservations[COUNT];
    intensity levels[96];
    uint64_t seed = 1;
    struct plan_bound bound;
    struct plan *plan;

    (void)state;
    planning_make_levels(&seed, START, HOUR, levels, 96);
    plan = small_plan_make(levels, 96, 10000, POLICY_CLEANEST);
    for (int i = 0; i < COUNT; i++)
        jobs[i] = planning_job(&seed, i + 1, START);
    assert_true(find(plan, jobs, reservations, COUNT, &bound));
    assert_int_equal(bound.jobs, COUNT);
    assert_int_equal(bound.gap, 0);
    plan_destroy(plan);
}

static void who_comes_later_has_no_earlier_hour(void **state)
{
    const intensity levels[4] = {100000, 200000, 300000, 300000};
    struct plan_job jobs[2] = {small_plan_job(1, HOUR, 3 * HOUR),
                               small_plan_job(2, HOUR, 3 * HOUR)};
    struct reservation reservations[2];
    struct plan *plan = small_plan_make(levels, 4, 2, POLICY_CLEANEST);
    struct plan_bound bound;

    (void)state;
    jobs[1].earliest = START + HOUR;
    assert_true(find(plan, jobs, reservations, 2, &bound));
    assert_int_equal(bound.gap, 0);
    plan_destroy(plan);
}

/* Of a job in the first hour, which could be in any of four. */
static bool bound_first_hour(const intensity *levels, struct plan_bound *bound)
{
    struct plan_job job = small_plan_job(1, HOUR, 3 * HOUR);
    struct reservation reservation = {START, START + HOUR, 0, PLAN_GREEN};
    struct plan *plan = small_plan_make(levels, 4, 1, POLICY_CLEANEST);
    bool is_found;

    plan_occupy(plan, 0, reservation.start, reservation.ends, &job.wanted);
    is_found = bound_of(plan, &job, &reservation, 1, bound);
    plan_destroy(plan);
    return is_found;
}

static void a_job_in_a_dirty_hour_shows(void **state)
{
    struct plan_bound bound;

    (void)state;
    assert_true(bound_first_hour(steps, &bound));
    /* Twice as dear as it could be. */
    assert_in_range(bound.gap, 1000000, 1000001);
}

static void what_says_too_little_is_not_told(void **state)
{
    const intensity levels[4] = {2000000, 2000000, 2000, 2000000};
    struct plan_bound bound;

    (void)state;
    assert_false(bound_first_hour(levels, &bound));
}

static void what_runs_is_no_room(void **state)
{
    struct plan_job job = small_plan_job(1, HOUR, 3 * HOUR);
    struct reservation reservation;
    struct plan *plan = small_plan_make(steps, 4, 1, POLICY_CLEANEST);
    struct plan_bound bound;

    (void)state;
    plan_occupy(plan, 0, START + 2 * HOUR, START + 3 * HOUR, &job.wanted);
    assert_true(find(plan, &job, &reservation, 1, &bound));
    assert_true(bound.gap <= 100);
    plan_destroy(plan);
}

static void who_does_not_wait_for_green_power_needs_room_too(void **state)
{
    struct plan_job jobs[2] = {small_plan_job(1, HOUR, 3 * HOUR),
                               small_plan_job(2, HOUR, 2 * HOUR)};
    struct reservation reservations[2];
    struct plan *plan = small_plan_make(steps, 4, 1, POLICY_CLEANEST);
    struct plan_bound bound;

    (void)state;
    jobs[1].now = true;
    jobs[1].earliest = START + 2 * HOUR;
    assert_true(find(plan, jobs, reservations, 2, &bound));
    assert_int_equal(bound.jobs, 1);
    assert_true(bound.gap <= 100);
    plan_destroy(plan);
}

static void a_start_that_is_due_is_one_of_those_that_there_are(void **state)
{
    struct plan_job job = small_plan_job(1, HOUR, 60);
    struct reservation reservation = {START + 60, START + 2 * HOUR, 0, PLAN_URGENT};
    struct plan *plan = small_plan_make(steps, 4, 1, POLICY_CLEANEST);
    struct plan_made made = {.plan = plan, .now = START + 120};
    struct plan_bound bound;

    (void)state;
    plan_occupy(plan, 0, reservation.start, reservation.ends, &job.wanted);
    /* Its latest start has passed, but its reservation was in time. */
    assert_true(small_plan_bound(&made, &job, &reservation, 1, &bound));
    assert_int_equal(bound.jobs, 1);
    assert_int_equal(bound.gap, 0);
    plan_destroy(plan);
}

static void what_a_plan_takes_there_is_even_of_too_little(void **state)
{
    const intensity levels[4] = {200000, 150000, 100000, 300000};
    struct plan_job jobs[2] = {small_plan_job(1, HOUR, HOUR),
                               small_plan_job(2, HOUR, 3 * HOUR)};
    struct reservation reservations[2] = {
        {START, START + HOUR, 0, PLAN_GREEN},
        {START + 2 * HOUR, START + 3 * HOUR, 0, PLAN_GREEN}};
    struct plan *plan = small_plan_make(levels, 4, 1, POLICY_CLEANEST);
    struct plan_bound bound;

    (void)state;
    plan_occupy(plan, 0, START, START + HOUR, &jobs[0].wanted);
    plan_occupy(plan, 0, START + 2 * HOUR, START + 3 * HOUR, &jobs[0].wanted);
    plan_occupy(plan, 0, START + 2 * HOUR, START + 3 * HOUR, &jobs[0].wanted);
    assert_true(bound_of(plan, jobs, reservations, 2, &bound));
    /* 300 and it could be 250. */
    assert_in_range(bound.gap, 200000, 200002);
    plan_destroy(plan);
}

static void nothing_is_said_where_nobody_waits_for_green_power(void **state)
{
    struct plan_job job = small_plan_job(1, HOUR, 3 * HOUR);
    struct reservation reservation;
    struct plan_bound bound = {.jobs = 7};
    struct plan *plan;

    (void)state;
    plan = small_plan_make(steps, 4, 1, POLICY_IMMEDIATE);
    assert_false(find(plan, &job, &reservation, 1, &bound));
    plan_destroy(plan);
    plan = small_plan_make(NULL, 4, 1, POLICY_CLEANEST);
    assert_false(find(plan, &job, &reservation, 1, &bound));
    plan_destroy(plan);
    plan = small_plan_make(steps, 4, 1, POLICY_CLEANEST);
    assert_false(find(plan, &job, &reservation, 0, &bound));
    job.latest = START - HOUR;
    assert_false(find(plan, &job, &reservation, 1, &bound));
    plan_destroy(plan);
    assert_int_equal(bound.jobs, 7);
}

static void a_full_cluster_is_bounded_within_some_per_cent(void **state)
{
    enum { COUNT = 2000, HOURS = 96 };
    static struct plan_job jobs[COUNT];
    static struct reservation reservations[COUNT];
    intensity levels[HOURS];
    duration gpu_seconds = 0;
    uint64_t seed = 3;
    struct plan_bound bound;
    struct plan_bound again;
    struct plan *plan;

    (void)state;
    planning_make_levels(&seed, START, HOUR, levels, HOURS);
    for (int i = 0; i < COUNT; i++) {
        jobs[i] = planning_job(&seed, i + 1, START);
        jobs[i].time = (jobs[i].time + HOUR - 1) / HOUR * HOUR;
        gpu_seconds += jobs[i].time * jobs[i].wanted.gpus;
    }
    plan = small_plan_make(levels, HOURS, gpu_seconds * 2 / (HOURS * HOUR),
                           POLICY_CLEANEST);
    assert_true(find(plan, jobs, reservations, COUNT, &bound));
    assert_in_range(bound.gap, 1000, 50000);
    assert_true(bound_of(plan, jobs, reservations, COUNT, &again));
    assert_true(bound.least == again.least && bound.cost == again.cost);
    plan_destroy(plan);
}

/* So many that prices are found by some of them. */
static void jobs_of_all_kinds_are_bounded_within_some_per_cent(void **state)
{
    enum { COUNT = 1000, SPAN = 5760 };
    static struct plan_job jobs[COUNT];
    static struct reservation reservations[COUNT];
    static const int64_t least[2] = {1000, 0};
    static const int64_t most[2] = {60000, 0};
    const struct plan_settings settings = {MINUTE, SPAN, 0, 0, 0};
    struct policy policy = planning_policy(POLICY_CLEANEST);
    intensity levels[SPAN];
    duration gpu_seconds = 0;
    uint64_t seed = 3;

    (void)state;
    planning_make_levels(&seed, START, MINUTE, levels, SPAN);
    for (int i = 0; i < COUNT; i++) {
        jobs[i] = planning_job(&seed, i + 1, START);
        jobs[i].power = planning_between(&seed, 200, 800);
        gpu_seconds += jobs[i].time * jobs[i].wanted.gpus;
    }
    for (int i = 0; i < 2; i++) {
        struct pool pool = planning_pool(i == 0 ? gpu_seconds * 3 / (96 * HOUR)
                                                : INT64_C(100) * COUNT);
        struct plan *plan = plan_create(&settings, START);
        struct plan_bound bound;

        plan_set_zone(plan, 0, levels, NULL);
        plan_set_pool(plan, 0, 0, &pool);
        plan_set_class(plan, 0, &policy);
        assert_true(find(plan, jobs, reservations, COUNT, &bound));
        assert_in_range(bound.gap, least[i], most[i]);
        plan_destroy(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_room_for_all_a_plan_is_as_good_as_it_gets),
        cmocka_unit_test(who_comes_later_has_no_earlier_hour),
        cmocka_unit_test(a_job_in_a_dirty_hour_shows),
        cmocka_unit_test(what_says_too_little_is_not_told),
        cmocka_unit_test(what_runs_is_no_room),
        cmocka_unit_test(who_does_not_wait_for_green_power_needs_room_too),
        cmocka_unit_test(a_start_that_is_due_is_one_of_those_that_there_are),
        cmocka_unit_test(what_a_plan_takes_there_is_even_of_too_little),
        cmocka_unit_test(nothing_is_said_where_nobody_waits_for_green_power),
        cmocka_unit_test(a_full_cluster_is_bounded_within_some_per_cent),
        cmocka_unit_test(jobs_of_all_kinds_are_bounded_within_some_per_cent),
    };

    return cmocka_run_group_tests_name("plan_bound", tests, NULL, NULL);
}

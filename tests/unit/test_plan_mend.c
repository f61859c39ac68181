/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)

/*
 * A day in slots of an hour at 300 g, but for two: cleaner after `noon` hours, and at
 * 110 g after ten.
 */
static struct plan *make_plan(int64_t gpus, int noon, intensity level)
{
    struct plan_settings settings = {HOUR, 24, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(gpus);
    intensity levels[24];

    for (int i = 0; i < 24; i++)
        levels[i] = i == noon ? level : i == 10 ? G_PER_KWH(110) : G_PER_KWH(300);
    policy.patience_ppm = 0;
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct plan_job make_job(int64_t id, int64_t gpus, duration latest)
{
    return (struct plan_job){.id = id,
                             .pools = 1,
                             .wanted = {gpus, 1, 1},
                             .time = HOUR,
                             .latest = START + latest};
}

static void who_can_wait_least_goes_first(void **state)
{
    struct plan_job jobs[] = {make_job(1, 1, 20 * HOUR), make_job(2, 1, 3 * HOUR)};
    struct reservation found[] = {RESERVATION_NONE, RESERVATION_NONE};
    struct plan *plan = make_plan(1, 2, G_PER_KWH(100));

    (void)state;
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(10 * HOUR, found[0].start - START); /* in order of ids: 2 */
    assert_int_equal(2 * HOUR, found[1].start - START);
    plan_destroy(plan);
}

static void a_higher_priority_goes_first(void **state)
{
    struct plan_job jobs[] = {make_job(1, 1, 8 * HOUR), make_job(2, 1, 9 * HOUR)};
    struct reservation found[] = {RESERVATION_NONE, RESERVATION_NONE};
    struct plan *plan = make_plan(1, 6, G_PER_KWH(100));

    (void)state;
    jobs[1].priority = 1;
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(6 * HOUR, found[1].start - START);
    assert_int_equal(0, found[0].start - START);
    plan_destroy(plan);
}

static void a_plan_is_not_upset_for_less_than_the_hysteresis(void **state)
{
    static const struct {
        const char *name;
        intensity noon;
        duration start;
    } cases[] = {
        {"a per cent", G_PER_KWH(297), 3 * HOUR},
        {"three per cent", G_PER_KWH(291), 6 * HOUR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan = make_plan(1, 6, cases[i].noon);
        struct plan_job job = make_job(1, 1, 8 * HOUR);
        struct reservation found = {START + 3 * HOUR, START + 4 * HOUR, 0, PLAN_GREEN};

        planning_run(plan, &job, &found, 1, START);
        if (found.start != START + cases[i].start)
            fail_msg("%s: starts after %ld h", cases[i].name,
                     (long)((found.start - START) / HOUR));
        plan_destroy(plan);
    }
}

static void a_start_at_hand_is_not_called_off(void **state)
{
    struct plan *plan = make_plan(1, 6, G_PER_KWH(10));
    struct plan_job job = make_job(1, 1, 20 * HOUR);
    struct reservation found = {START + HOUR, START + 2 * HOUR, 0, PLAN_GREEN};

    (void)state;
    planning_run(plan, &job, &found, 1, START + MINUTE);
    assert_int_equal(HOUR, found.start - START);
    job.now = true;
    plan_destroy(plan);
    plan = make_plan(1, 6, G_PER_KWH(10));
    planning_run(plan, &job, &found, 1, START + MINUTE); /* but may be called in */
    assert_int_equal(MINUTE, found.start - START);
    plan_destroy(plan);
    plan = make_plan(1, 6, G_PER_KWH(10));
    job.earliest = START + 30 * MINUTE;
    found = (struct reservation){START + HOUR, START + 2 * HOUR, 0, PLAN_AT_ONCE};
    planning_run(plan, &job, &found, 1, START + MINUTE); /* at once only */
    assert_int_equal(HOUR, found.start - START);
    plan_destroy(plan);
}

static void lost_capacity_hurts_who_comes_last_in_order(void **state)
{
    struct plan *plan = make_plan(2, 6, G_PER_KWH(100));
    struct pool smaller = planning_pool(1);
    struct plan_job jobs[] = {make_job(1, 1, 6 * HOUR), make_job(2, 1, 6 * HOUR)};
    struct reservation found[] = {
        {START + 6 * HOUR, START + 7 * HOUR, 0, PLAN_GREEN},
        {START + 6 * HOUR, START + 7 * HOUR, 0, PLAN_GREEN},
    };

    (void)state;
    jobs[1].priority = 1;
    plan_set_pool(plan, 0, 0, &smaller);
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(6 * HOUR, found[1].start - START);
    assert_int_equal(0, found[0].start - START);
    assert_int_equal(PLAN_CAPACITY, found[0].reason);
    plan_destroy(plan);
}

static void a_late_job_makes_others_give_way_that_can(void **state)
{
    struct plan *plan = make_plan(1, 6, G_PER_KWH(100));
    struct plan_job jobs[] = {make_job(1, 1, 20 * HOUR), make_job(2, 1, 2 * HOUR),
                              make_job(3, 1, 2 * HOUR), make_job(4, 1, 2 * HOUR)};
    struct reservation found[] = {
        {START + 2 * HOUR, START + 3 * HOUR, 0, PLAN_GREEN},
        RESERVATION_NONE,
        RESERVATION_NONE,
        RESERVATION_NONE,
    };

    (void)state;
    planning_run(plan, jobs, found, 4, START);
    assert_int_equal(6 * HOUR, found[0].start - START);
    for (int i = 1; i < 4; i++)
        assert_true(found[i].start <= jobs[i].latest);
    plan_destroy(plan);
}

static void jobs_change_places_where_that_is_cleaner(void **state)
{
    struct plan *plan = make_plan(1, 6, G_PER_KWH(100));
    struct plan_job jobs[] = {make_job(1, 1, 20 * HOUR), make_job(2, 1, 7 * HOUR)};
    struct reservation found[] = {
        {START + 6 * HOUR, START + 7 * HOUR, 0, PLAN_GREEN},
        {START + 2 * HOUR, START + 3 * HOUR, 0, PLAN_CAPACITY},
    };

    (void)state;
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(10 * HOUR, found[0].start - START);
    assert_int_equal(6 * HOUR, found[1].start - START);
    plan_destroy(plan);
}

static void carbon_does_not_buy_the_time_of_who_will_not_wait(void **state)
{
    struct plan *plan = make_plan(1, 2, G_PER_KWH(100));
    struct plan_job jobs[] = {make_job(1, 1, 9 * HOUR), make_job(2, 1, 9 * HOUR)};
    struct reservation found[] = {
        {START + 2 * HOUR, START + 3 * HOUR, 0, PLAN_CAPACITY},
        {START + 3 * HOUR, START + 4 * HOUR, 0, PLAN_CAPACITY},
    };

    (void)state;
    plan_occupy(plan, 0, START, START + 2 * HOUR, &(struct resources){1, 0, 0});
    jobs[0].now = true;
    jobs[1].priority = 1;
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(2 * HOUR, found[0].start - START);
    assert_int_equal(3 * HOUR, found[1].start - START);
    plan_destroy(plan);
}

static void who_is_on_time_keeps_its_place_before_who_is_late(void **state)
{
    struct plan *plan = make_plan(1, 6, G_PER_KWH(100));
    struct plan_job jobs[] = {make_job(1, 1, -HOUR), make_job(2, 1, 6 * HOUR)};
    struct reservation found[] = {
        {START + 6 * HOUR, START + 7 * HOUR, 0, PLAN_LATE},
        {START + 6 * HOUR, START + 7 * HOUR, 0, PLAN_GREEN},
    };

    (void)state;
    plan_occupy(plan, 0, START, START + 6 * HOUR, &(struct resources){1, 0, 0});
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(6 * HOUR, found[1].start - START);
    assert_int_equal(7 * HOUR, found[0].start - START);
    assert_int_equal(PLAN_LATE, found[0].reason);
    plan_destroy(plan);
}

/* By flexibility the long job would go first, to the sixth hour, and the other be late.
 */
static void a_job_that_came_out_late_goes_first_in_another_try(void **state)
{
    struct plan *plan = make_plan(1, 6, G_PER_KWH(100));
    struct plan_job jobs[] = {make_job(1, 1, 5 * HOUR), make_job(2, 1, 6 * HOUR)};
    struct reservation found[] = {RESERVATION_NONE, RESERVATION_NONE};

    (void)state;
    plan_occupy(plan, 0, START, START + 5 * HOUR, &(struct resources){1, 0, 0});
    jobs[1].time = 8 * HOUR;
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(5 * HOUR, found[0].start - START);
    assert_int_equal(6 * HOUR, found[1].start - START);
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_can_wait_least_goes_first),
        cmocka_unit_test(a_higher_priority_goes_first),
        cmocka_unit_test(a_plan_is_not_upset_for_less_than_the_hysteresis),
        cmocka_unit_test(a_start_at_hand_is_not_called_off),
        cmocka_unit_test(lost_capacity_hurts_who_comes_last_in_order),
        cmocka_unit_test(a_late_job_makes_others_give_way_that_can),
        cmocka_unit_test(jobs_change_places_where_that_is_cleaner),
        cmocka_unit_test(carbon_does_not_buy_the_time_of_who_will_not_wait),
        cmocka_unit_test(who_is_on_time_keeps_its_place_before_who_is_late),
        cmocka_unit_test(a_job_that_came_out_late_goes_first_in_another_try),
    };

    return cmocka_run_group_tests_name("plan_mend", tests, NULL, NULL);
}

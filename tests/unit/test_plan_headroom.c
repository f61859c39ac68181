/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000 / DAY * DAY)
#define HOURS 24
#define GPUS  10

/* Dirty but for the hours 4 and 5, of which 4 is the cleaner; a fifth is headroom. */
static struct plan *make_plan(int64_t headroom_ppm)
{
    struct plan_settings settings = {HOUR, HOURS, 20000, 0, headroom_ppm};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(GPUS);
    intensity levels[HOURS];

    policy.patience_ppm = policy.min_saving_ppm = 0;
    for (int i = 0; i < HOURS; i++)
        levels[i] = G_PER_KWH(400);
    levels[4] = G_PER_KWH(100);
    levels[5] = G_PER_KWH(150);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct plan_job make_job(int64_t id, int64_t gpus, duration earliest,
                                duration latest)
{
    return (struct plan_job){
        .id = id,
        .pools = 1,
        .wanted = {gpus, 1, 1},
        .time = HOUR,
        .earliest = START + earliest,
        .latest = START + latest,
    };
}

static duration place(struct plan *plan, const struct plan_job *job)
{
    return plan_place(plan, job, START).start - START;
}

static void who_can_wait_leaves_room_for_who_cannot(void **state)
{
    struct plan *plan = make_plan(200000);
    struct plan_job first = make_job(1, 6, 0, 12 * HOUR);
    struct plan_job second = make_job(2, 3, 0, 12 * HOUR);
    struct plan_job urgent = make_job(3, 4, 4 * HOUR, 4 * HOUR + 30 * MINUTE);

    (void)state;
    assert_int_equal(4 * HOUR, place(plan, &first));
    /* One GPU more would fit, and be headroom. */
    assert_int_equal(5 * HOUR, place(plan, &second));
    assert_int_equal(4 * HOUR, place(plan, &urgent));
    plan_destroy(plan);
}

static void without_headroom_the_cleanest_hour_is_filled(void **state)
{
    struct plan *plan = make_plan(0);
    struct plan_job first = make_job(1, 6, 0, 12 * HOUR);
    struct plan_job second = make_job(2, 3, 0, 12 * HOUR);

    (void)state;
    assert_int_equal(4 * HOUR, place(plan, &first));
    assert_int_equal(4 * HOUR, place(plan, &second));
    plan_destroy(plan);
}

static void nobody_is_late_for_headroom(void **state)
{
    struct plan *plan = make_plan(200000);
    struct plan_job job = make_job(1, GPUS, 0, 12 * HOUR);

    (void)state;
    assert_int_equal(4 * HOUR, place(plan, &job));
    plan_destroy(plan);
}

static void a_new_plan_gives_headroom_back(void **state)
{
    struct plan *plan = make_plan(200000);
    struct plan_job jobs[2] = {make_job(1, 6, 0, 12 * HOUR),
                               make_job(2, 3, 0, 12 * HOUR)};
    struct reservation found[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        found[i] =
            (struct reservation){START + 4 * HOUR, START + 5 * HOUR, 0, PLAN_GREEN};
    planning_run(plan, jobs, found, 2, START);
    assert_int_equal(9 * HOUR, found[0].start - START + found[1].start - START);
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_can_wait_leaves_room_for_who_cannot),
        cmocka_unit_test(without_headroom_the_cleanest_hour_is_filled),
        cmocka_unit_test(nobody_is_late_for_headroom),
        cmocka_unit_test(a_new_plan_gives_headroom_back),
    };

    return cmocka_run_group_tests_name("headroom", tests, NULL, NULL);
}

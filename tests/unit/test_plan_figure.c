/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24

/* Slots of an hour at 300 g, but 100 g from the tenth to the twelfth. */
static struct plan *make_plan(int64_t gpus)
{
    struct plan_settings settings = {HOUR, HOURS, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(gpus);
    intensity levels[HOURS];

    for (int i = 0; i < HOURS; i++)
        levels[i] = G_PER_KWH(i >= 10 && i < 12 ? 100 : 300);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct plan_job make_job(duration time)
{
    return (struct plan_job){.id = 1,
                             .pools = 1,
                             .wanted = {4, 4, 4},
                             .power = 500,
                             .time = time,
                             .latest = INSTANT_MAX};
}

static void figures_say_what_waiting_saves(void **state)
{
    struct plan *plan = make_plan(4);
    struct plan_job job = make_job(2 * HOUR);
    struct reservation found = plan_place(plan, &job, START);
    struct plan_figures figures;

    (void)state;
    plan_figure(plan, &job, &found, START, &figures);
    assert_true(figures.has_forecast);
    assert_int_equal(G_PER_KWH(300), figures.level_now);
    assert_int_equal(G_PER_KWH(100), figures.level_planned);
    assert_int_equal(1440000,
                     figures.milligrams_at_once); /* 2 kW, 2 h, PUE 1.2, 300 g */
    assert_int_equal(480000, figures.milligrams_planned);
    assert_int_equal(START, figures.first_room);
    assert_int_equal(START + 10 * HOUR, figures.cleanest);
    plan_destroy(plan);
}

static void figures_count_seconds_and_not_slots(void **state)
{
    struct plan *plan = make_plan(4);
    struct plan_job job = make_job(3 * HOUR / 2);
    struct reservation found;
    struct plan_figures figures;

    (void)state;
    job.now = true;
    job.earliest = START + 21 * HOUR / 2;
    found = plan_place(plan, &job, START);
    assert_int_equal(START + 21 * HOUR / 2, found.start);
    plan_figure(plan, &job, &found, START, &figures);
    assert_int_equal(G_PER_KWH(100), figures.level_planned);
    assert_int_equal(360000, figures.milligrams_planned);
    plan_destroy(plan);
}

static void figures_see_first_room_where_others_leave_it(void **state)
{
    struct plan *plan = make_plan(4);
    struct plan_job job = make_job(2 * HOUR);
    struct reservation found;
    struct plan_figures figures;

    (void)state;
    plan_occupy(plan, 0, START, START + 3 * HOUR, &(struct resources){1, 0, 0});
    plan_occupy(plan, 0, START + 10 * HOUR, START + 13 * HOUR,
                &(struct resources){1, 0, 0});
    found = plan_place(plan, &job, START);
    assert_int_equal(START + 3 * HOUR, found.start);
    assert_int_equal(PLAN_CAPACITY, found.reason);
    plan_figure(plan, &job, &found, START, &figures);
    assert_int_equal(START + 3 * HOUR, figures.first_room);
    assert_int_equal(START + 10 * HOUR, figures.cleanest);
    assert_int_equal(1440000, figures.milligrams_at_once);
    plan_destroy(plan);
}

static void figures_are_none_without_forecast_or_start(void **state)
{
    struct plan *plan = make_plan(4);
    struct plan_job job = make_job(2 * HOUR);
    struct reservation found = RESERVATION_NONE;
    struct plan_figures figures;

    (void)state;
    plan_occupy(plan, 0, START, INSTANT_MAX, &(struct resources){1, 0, 0});
    plan_figure(plan, &job, &found, START, &figures);
    assert_true(figures.has_forecast);
    assert_true(figures.first_room == INSTANT_MAX);
    assert_int_equal(0, figures.milligrams_planned);
    assert_int_equal(0, figures.milligrams_at_once);

    plan_set_zone(plan, 0, NULL, NULL);
    plan_vacate(plan, 0, START, INSTANT_MAX, &(struct resources){1, 0, 0});
    found = plan_place(plan, &job, START);
    plan_figure(plan, &job, &found, START, &figures);
    assert_false(figures.has_forecast);
    assert_int_equal(START, figures.first_room);
    assert_int_equal(0, figures.milligrams_planned);
    plan_destroy(plan);
}

static void of_two_zones_the_cleaner_gets_the_job(void **state)
{
    struct plan *plan = make_plan(4);
    struct pool pool = planning_pool(4);
    struct plan_job job = make_job(2 * HOUR);
    intensity levels[HOURS];
    struct plan_figures figures;
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct reservation found;

    (void)state;
    for (int i = 0; i < HOURS; i++)
        levels[i] = G_PER_KWH(i == 4 || i == 5 ? 90 : 310);
    pool.pue_ppm = 1100000;
    plan_set_zone(plan, 1, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 1, 1, &pool);
    job.pools = 3;
    found = plan_place(plan, &job, START);
    assert_int_equal(1, found.pool);
    assert_int_equal(START + 4 * HOUR, found.start);
    plan_figure(plan, &job, &found, START, &figures);
    assert_int_equal(G_PER_KWH(310), figures.level_now);
    assert_int_equal(1364000,
                     figures.milligrams_at_once); /* 310 g, but the better PUE */
    assert_int_equal(396000, figures.milligrams_planned);
    assert_int_equal(START + 4 * HOUR, figures.cleanest);

    job.now = true;
    found = plan_place(plan, &job, START);
    assert_int_equal(START, found.start);
    assert_int_equal(1, found.pool);
    plan_destroy(plan);
}

static void the_next_best_start_is_an_hour_away_and_has_room(void **state)
{
    struct plan *plan = make_plan(4);
    struct plan_job job = make_job(HOUR);
    const struct resources taken = {4, 0, 0};
    struct plan_figures figures;
    struct reservation found;

    (void)state;
    job.latest = START + 20 * HOUR;
    found = plan_place(plan, &job, START);
    assert_int_equal(START + 10 * HOUR, found.start);
    plan_figure(plan, &job, &found, START, &figures);
    assert_int_equal(START + 11 * HOUR, figures.runner_up);
    assert_int_equal(1000 * 120 * 2, figures.milligrams_runner_up);
    plan_occupy(plan, 0, START + 11 * HOUR, START + 12 * HOUR, &taken);
    plan_figure(plan, &job, &found, START, &figures);
    assert_int_equal(START, figures.runner_up);
    job.latest = START;
    plan_figure(plan, &job, &found, START + 12 * HOUR, &figures);
    assert_int_equal(INSTANT_MAX, figures.runner_up);
    plan_destroy(plan);
}

/* Without patience nor ramp, what is cheapest in grams is what is chosen. */
static void assert_adds_up(struct plan *plan, const struct plan_job *job,
                           const struct reservation *found)
{
    struct plan_job ideal = *job;
    struct reservation elsewhere = *found;
    struct plan_figures figures;
    struct plan_figures at_best;

    plan_figure(plan, job, found, START, &figures);
    elsewhere.start = figures.cleanest;
    plan_figure(plan, &ideal, &elsewhere, START, &at_best);
    assert_true(figures.first_room <= found->start);
    assert_true(figures.milligrams_planned <= figures.milligrams_at_once);
    assert_true(at_best.milligrams_planned <= figures.milligrams_planned);
    assert_true(found->start <= job->latest);
    if (figures.runner_up < INSTANT_MAX) {
        duration apart = figures.runner_up - found->start;

        assert_true(apart >= HOUR || apart <= -HOUR);
        assert_true(figures.runner_up >= figures.first_room);
        assert_true(figures.runner_up <= job->latest);
        assert_true(figures.milligrams_planned <= figures.milligrams_runner_up);
    }
    if (found->reason == PLAN_CAPACITY)
        assert_true(found->start != figures.cleanest);
    if (found->reason == PLAN_GREEN_NOW)
        assert_int_equal(START, found->start);
    if (found->start == figures.first_room)
        assert_int_equal(figures.milligrams_planned, figures.milligrams_at_once);
}

static void the_numbers_of_every_explanation_add_up(void **state)
{
    const struct plan_settings settings = {15 * MINUTE, 384, 20000, 0, 0};
    size_t capacity = 0;
    size_t green = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct plan *plan = plan_create(&settings, START);
        struct policy policy = planning_policy(POLICY_CLEANEST);
        struct pool pool = planning_pool(12);
        uint64_t random = seed;
        intensity levels[384];

        policy.patience_ppm = 0;
        planning_make_levels(&random, START, 15 * MINUTE, levels, 384);
        plan_set_zone(plan, 0, levels, NULL);
        plan_set_class(plan, 0, &policy);
        plan_set_pool(plan, 0, 0, &pool);
        for (int64_t i = 1; i <= 60; i++) {
            struct plan_job job = planning_job(&random, i, START);
            struct reservation found;

            /* Starts are weighed by whole slots, and grams are of seconds. */
            job.time += 15 * MINUTE - job.time % (15 * MINUTE);
            found = plan_place(plan, &job, START);
            if (found.reason == PLAN_LATE || found.pool < 0)
                continue;
            capacity += found.reason == PLAN_CAPACITY;
            green += found.reason == PLAN_GREEN;
            assert_adds_up(plan, &job, &found);
        }
        plan_destroy(plan);
    }
    assert_true(capacity > 100 && green > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_say_what_waiting_saves),
        cmocka_unit_test(figures_count_seconds_and_not_slots),
        cmocka_unit_test(figures_see_first_room_where_others_leave_it),
        cmocka_unit_test(figures_are_none_without_forecast_or_start),
        cmocka_unit_test(of_two_zones_the_cleaner_gets_the_job),
        cmocka_unit_test(the_next_best_start_is_an_hour_away_and_has_room),
        cmocka_unit_test(the_numbers_of_every_explanation_add_up),
    };

    return cmocka_run_group_tests_name("plan_figure", tests, NULL, NULL);
}

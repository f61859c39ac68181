/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

static void ask_for_bounds(struct world *world)
{
    struct engine_settings settings = world->engine->settings;

    settings.bounds_plan = true;
    engine_set_settings(world->engine, &settings);
}

static void a_plan_is_known_to_be_as_good_as_it_gets(void **state)
{
    struct world *world = *state;
    struct plan_bound bound;
    instant made;

    ask_for_bounds(world);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));
    world_wait(world, HOUR);
    assert_true(engine_find_bound(world->engine, &bound, &made));
    assert_int_equal(bound.jobs, 1);
    assert_int_equal(bound.gap, 0);
    assert_in_range(made, WORLD_START + 1, WORLD_START + HOUR);
}

static void another_forecast_makes_the_bound_unknown(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    struct plan_bound bound;
    instant made;

    ask_for_bounds(world);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_wait(world, HOUR);
    assert_true(engine_find_bound(world->engine, &bound, &made));
    world_set_forecast(world, WORLD_START + 7 * HOUR);
    assert_false(engine_find_bound(world->engine, &bound, &made));
    /* Nor is one told of a plan that was begun before. */
    task = engine_take_plan(world->engine);
    engine_task_run(task);
    world_set_forecast(world, WORLD_START + 8 * HOUR);
    engine_adopt_plan(world->engine, task);
    assert_false(engine_find_bound(world->engine, &bound, &made));
    world_run(world);
    assert_true(engine_find_bound(world->engine, &bound, &made));
}

static void without_a_job_that_waits_there_is_no_bound(void **state)
{
    struct world *world = *state;
    struct plan_bound bound;
    instant made;
    int64_t id;

    ask_for_bounds(world);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_wait(world, HOUR);
    assert_true(engine_find_bound(world->engine, &bound, &made));
    assert_int_equal(world_act(world, ENGINE_CANCEL, id, world->uid, NULL), 0);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_run(world);
    assert_false(engine_find_bound(world->engine, &bound, &made));
}

static void who_does_not_ask_for_bounds_pays_for_none(void **state)
{
    struct world *world = *state;
    struct plan_bound bound;
    instant made;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_wait(world, HOUR);
    assert_false(engine_find_bound(world->engine, &bound, &made));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_known_to_be_as_good_as_it_gets),
        TEST(another_forecast_makes_the_bound_unknown),
        TEST(without_a_job_that_waits_there_is_no_bound),
        TEST(who_does_not_ask_for_bounds_pays_for_none),
    };

    return cmocka_run_group_tests_name("engine_bound", tests, NULL, NULL);
}

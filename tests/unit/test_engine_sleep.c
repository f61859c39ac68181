/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

#define UNTIL(world) ((world)->clock.time + DAY)

static struct rest_outlook look(const struct world *world)
{
    return engine_find_outlook(world->engine, 0, UNTIL(world));
}

static void an_empty_queue_leaves_the_pool_empty(void **state)
{
    const struct world *world = *state;
    struct rest_outlook outlook = look(world);

    assert_true(outlook.is_known);
    assert_false(outlook.is_active);
    assert_int_equal(INSTANT_MAX, outlook.next_start);
}

static void the_next_start_is_the_first_that_is_planned_there(void **state)
{
    struct world *world = *state;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    for (int i = 0; i < 6; i++)
        world_take(world, WORLD_JOB(", \"gpus\": 2, \"time\": 3600"));
    assert_int_equal(WORLD_START + 6 * HOUR, look(world).next_start);
    assert_false(look(world).is_active);
    assert_int_equal(
        INSTANT_MAX,
        engine_find_outlook(world->engine, 0, WORLD_START + 6 * HOUR - 1).next_start);
}

static void starts_in_other_pools_are_passed_over(void **state)
{
    struct world *world = *state;
    struct engine *engine = world->engine;
    instant last = 0;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    for (int i = 0; i < 6; i++)
        world_take(world, WORLD_JOB(", \"gpus\": 2, \"time\": 3600"));
    for (size_t i = 0; i < engine->heap.count; i++)
        if (engine->heap.items[i]->reservation.start > last)
            last = engine->heap.items[i]->reservation.start;
    assert_true(last > WORLD_START + 6 * HOUR);
    for (size_t i = 0; i < engine->heap.count; i++)
        if (engine->heap.items[i]->reservation.start < last)
            engine->heap.items[i]->reservation.pool = 1;
    assert_int_equal(last, look(world).next_start);
}

static void what_runs_keeps_the_pool_awake_from_its_order_to_its_end(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));

    assert_true(look(world).is_active);
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_true(look(world).is_active);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_false(look(world).is_active);
}

static void what_is_due_in_a_pool_that_sleeps_is_seen(void **state)
{
    struct world *world = *state;

    engine_set_sleep(world->engine, 0, POOL_ASLEEP);
    world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    assert_false(look(world).is_active);
    assert_true(look(world).next_start <= world->clock.time);
    /* And still when the plan is made anew. */
    world_wait(world, HOUR);
    assert_true(look(world).next_start <= world->clock.time);
}

static void jobs_that_wait_for_other_things_do_not_keep_it_awake(void **state)
{
    struct world *world = *state;

    world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"held\": true"));
    assert_int_equal(INSTANT_MAX, look(world).next_start);
}

static void until_a_plan_is_made_nothing_is_known(void **state)
{
    struct world *world = *state;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_take(world, WORLD_JOB(""));
    world_restart(world);
    assert_false(look(world).is_known);
    world_run(world);
    assert_true(look(world).is_known);
}

#define SLEEP_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLEEP_TEST(an_empty_queue_leaves_the_pool_empty),
        SLEEP_TEST(the_next_start_is_the_first_that_is_planned_there),
        SLEEP_TEST(starts_in_other_pools_are_passed_over),
        SLEEP_TEST(what_runs_keeps_the_pool_awake_from_its_order_to_its_end),
        SLEEP_TEST(what_is_due_in_a_pool_that_sleeps_is_seen),
        SLEEP_TEST(jobs_that_wait_for_other_things_do_not_keep_it_awake),
        SLEEP_TEST(until_a_plan_is_made_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

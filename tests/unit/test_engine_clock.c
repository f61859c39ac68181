/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/* The wall clock is set: by hand, by NTP, or because the machine slept. */

static void step(struct world *world, duration length)
{
    world->clock.time += length;
    world_run(world);
}

static void a_step_either_way_ends_no_job_that_runs(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1, "
                                             "\"time\": 600, \"time_limit\": 1200"));

    world_report(world, id, EXECUTOR_STARTED, 0);
    step(world, HOUR);
    step(world, -2 * HOUR);
    step(world, HOUR);
    assert_int_equal(world_job(world, id).state, JOB_RUNNING);
    assert_int_equal(world->executor->stopped_count, 0);
    assert_int_equal(world_count_orders(world, id), 1);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(world_job(world, id).state, JOB_DONE);
}

static void a_job_that_was_ordered_is_not_ordered_again_after_a_step_back(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 2 * HOUR);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600"));
    world_wait(world, 2 * HOUR);
    assert_int_equal(world_count_orders(world, id), 1);
    step(world, -HOUR);
    step(world, HOUR);
    world_wait(world, HOUR);
    assert_int_equal(world_count_orders(world, id), 1);
    assert_int_equal(world_count_events(world, id, JOB_EVENT_STARTING), 1);
}

static void a_job_that_waits_keeps_its_moment_when_the_clock_is_set_back(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 2 * HOUR);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600"));
    world_wait(world, HOUR + 55 * MINUTE);
    step(world, -HOUR);
    world_wait(world, HOUR);
    assert_int_equal(world_count_orders(world, id), 0);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(world_count_orders(world, id), 1);
}

static void what_comes_after_a_step_back_is_placed_and_started(void **state)
{
    struct world *world = *state;
    int64_t blocker;
    int64_t next;

    world_set_forecast(world, WORLD_START + 2 * HOUR);
    blocker = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4, "
                                          "\"time\": 600"));
    world_report(world, blocker, EXECUTOR_STARTED, 0);
    step(world, -HOUR);
    next = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4, "
                                       "\"time\": 600"));
    assert_int_equal(world_count_orders(world, next), 0);
    world_report(world, blocker, EXECUTOR_ENDED, 0);
    assert_int_equal(world_count_orders(world, next), 1);
}

static void what_was_due_while_the_machine_slept_starts_when_it_wakes(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 2 * HOUR);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600"));
    step(world, 5 * HOUR);
    assert_int_equal(world_count_orders(world, id), 1);
}

static void a_plan_is_made_anew_at_once_when_the_clock_was_set_back(void **state)
{
    struct world *world = *state;
    instant planned_at;

    world_set_forecast(world, WORLD_START + 2 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600"));
    world_wait(world, HOUR);
    planned_at = WORLD_START + 10 * MINUTE;
    step(world, planned_at - world->clock.time);
    assert_int_equal(engine_planned_at(world->engine), planned_at);
}

#define WORLD_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_step_either_way_ends_no_job_that_runs),
        WORLD_TEST(a_job_that_was_ordered_is_not_ordered_again_after_a_step_back),
        WORLD_TEST(a_job_that_waits_keeps_its_moment_when_the_clock_is_set_back),
        WORLD_TEST(what_comes_after_a_step_back_is_placed_and_started),
        WORLD_TEST(what_was_due_while_the_machine_slept_starts_when_it_wakes),
        WORLD_TEST(a_plan_is_made_anew_at_once_when_the_clock_was_set_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

#define GREEN  "\"queue\": \"green\""
#define URGENT "\"queue\": \"urgent\""
/* Of four hours on one GPU. */
#define ELASTIC(queue, gpus)                                                           \
    WORLD_JOB(", " queue ", \"gpus\": \"" gpus "\", \"time\": 14400, "                 \
              "\"time_limit\": 28800, \"max_wait\": 0, \"scaling\": 90, "              \
              "\"requeue\": true")
#define FIXED(gpus, more)                                                              \
    WORLD_JOB(", " URGENT ", \"gpus\": " #gpus ", \"time\": 14400, "                   \
              "\"time_limit\": 28800" more)

/* Only this hour is clean: the sooner it is done, the better. */
static struct world *clean_world(void **state)
{
    static const int levels[48] = {
        50,  500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 500};
    struct world *world = *state;

    world_set_levels(world, levels, 48);
    return world;
}

static void check_width(struct world *world, int64_t id, int gpus)
{
    struct job job = world_job(world, id);
    int64_t held =
        id_map_counted(&world->engine->user_gpus,
                       (int64_t)world->uid * PLAN_CLASSES_MAX
                           + engine_entry_find(world->engine, id)->class + 1);

    assert_int_equal(gpus, job.gpus);
    assert_int_equal(gpus, __builtin_popcountll(job.gpu_mask));
    assert_in_range(held, gpus, 4);
}

static int64_t taken(const struct world *world)
{
    return engine_pool(world->engine, 0)->taken.gpus;
}

static void alone_it_has_all_that_save_carbon(void **state)
{
    struct world *world = clean_world(state);
    int64_t id = world_take(world, ELASTIC(GREEN, "1-4"));
    struct engine_job found;

    check_width(world, id, 4);
    assert_int_equal(4, taken(world));
    /* An hour and nine minutes, though its limit stays. */
    assert_true(engine_find(world->engine, id, &found));
    assert_int_equal(4136, found.time);
    assert_int_equal(8 * HOUR, world->executor->orders[0].time_limit);
}

static void without_a_forecast_it_has_the_least(void **state)
{
    struct world *world = *state;

    check_width(world, world_take(world, ELASTIC(GREEN, "1-4")), 1);
}

static void it_has_no_more_than_the_pool(void **state)
{
    struct world *world = clean_world(state);

    check_width(world, world_take(world, ELASTIC(GREEN, "2-64")), 4);
}

static void where_nobody_waits_it_has_what_is_free(void **state)
{
    struct world *world = *state;

    world_take(world, FIXED(1, ""));
    check_width(world, world_take(world, ELASTIC(URGENT, "1-4")), 3);
    assert_int_equal(4, taken(world));
}

/* What is reserved for others stays theirs, and they start when they were to. */
static void others_start_when_they_were_to(void **state)
{
    struct world *world = clean_world(state);
    int64_t other =
        world_take(world, FIXED(3, ", \"begin\": \"2026-01-01T00:30:00Z\""));
    int64_t id = world_take(world, ELASTIC(GREEN, "1-4"));

    check_width(world, id, 1);
    world_wait(world, 30 * MINUTE);
    assert_int_equal(1, world_count_orders(world, other));
    assert_false(world_job(world, other).late);
}

static void what_comes_after_it_counts_with_its_shorter_run(void **state)
{
    struct world *world = clean_world(state);
    struct engine_job found;
    int64_t id = world_take(world, ELASTIC(GREEN, "1-4"));
    int64_t next = world_take(world, FIXED(4, ""));

    assert_true(engine_find(world->engine, next, &found));
    assert_int_equal(WORLD_START + HOUR + 10 * MINUTE, found.reservation->start);
    world_wait(world, HOUR);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(1, world_count_orders(world, next));
    assert_int_equal(4, world_job(world, id).gpus);
}

static void its_users_limit_bounds_it(void **state)
{
    struct world *world = clean_world(state);

    world->policies[0].max_gpus_per_user = 2;
    world_set_policies(world);
    check_width(world, world_take(world, ELASTIC(GREEN, "1-4")), 2);
}

static void a_restart_of_the_daemon_finds_what_it_holds(void **state)
{
    struct world *world = clean_world(state);
    int64_t id = world_take(world, ELASTIC(GREEN, "1-4"));

    world_restart(world);
    assert_int_equal(4, taken(world));
    check_width(world, id, 4);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(0, taken(world));
    assert_int_equal(4, world_job(world, id).gpus);
}

static void once_lost_it_waits_with_the_least_and_may_have_other_ones(void **state)
{
    struct world *world = clean_world(state);
    int64_t id = world_take(world, ELASTIC(GREEN, "1-4"));

    check_width(world, id, 4);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, HOUR);
    /* By now there is nothing clean left to hurry for. */
    world_report(world, id, EXECUTOR_LOST, 0);
    world_wait(world, 10 * MINUTE);
    assert_int_equal(2, world_count_orders(world, id));
    check_width(world, id, 1);
    assert_int_equal(1, taken(world));
}

static void a_start_that_is_not_stored_takes_nothing(void **state)
{
    struct world *world = clean_world(state);

    assert_int_equal(0, world_submit(world, ELASTIC(GREEN, "1-4"), NULL));
    world_step(world);
    world->disk_is_full = true;
    world_step(world);
    assert_int_equal(0, taken(world));
    assert_int_equal(1, engine_entry_find(world->engine, 1)->job.gpus);
    world->disk_is_full = false;
    world_run(world);
    assert_int_equal(1, world_count_orders(world, 1));
    assert_int_equal(world_job(world, 1).gpus, taken(world));
}

/* Others may have places in a plan that is being made. */
static void it_waits_for_a_plan_that_is_being_made(void **state)
{
    struct world *world = clean_world(state);
    struct engine_task *task;

    assert_int_equal(0, world_submit(world, WORLD_JOB(", " URGENT), NULL));
    assert_int_equal(0, world_submit(world,
                                     WORLD_JOB(", " GREEN ", \"gpus\": \"1-4\", "
                                               "\"time\": 14400, "
                                               "\"scaling\": 90"),
                                     NULL));
    engine_refresh_plan(world->engine);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    for (int i = 0; i < 4; i++)
        world_step(world);
    assert_int_equal(0, world_count_orders(world, 2));
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    world_run(world);
    check_width(world, 2, 4);
}

/* It has no time to: then it has what is its own. */
static void it_does_not_start_late_for_that(void **state)
{
    struct world *world = clean_world(state);
    struct engine_task *task;

    assert_int_equal(0, world_submit(world, ELASTIC(GREEN, "1-4"), NULL));
    engine_refresh_plan(world->engine);
    task = engine_take_plan(world->engine);
    world_step(world);
    world_step(world);
    assert_int_equal(1, world_count_orders(world, 1));
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    world_run(world);
    check_width(world, 1, 1);
}

static void it_is_expected_to_take_what_its_runs_took(void **state)
{
    struct world *world = clean_world(state);
    const char *unsaid = WORLD_JOB(", " GREEN ", \"gpus\": \"1-4\", \"scaling\": 50, "
                                   "\"name\": \"train\", \"max_wait\": 0");

    /* On the four that it has, an hour; on one twice as long. */
    for (int i = 0; i < 3; i++) {
        int64_t id = world_take(
            world, WORLD_JOB(", " URGENT ", \"gpus\": 4, \"name\": \"train\""));

        world_report(world, id, EXECUTOR_STARTED, 0);
        world_wait(world, HOUR);
        world_report(world, id, EXECUTOR_ENDED, 0);
    }
    assert_int_equal(2 * HOUR, world_job(world, world_take(world, unsaid)).time);
}

static void a_range_above_all_pools_is_refused_and_so_is_pausing(void **state)
{
    struct world *world = *state;
    struct error err;

    assert_int_equal(-1, world_submit(world, ELASTIC(GREEN, "5-8"), &err));
    assert_string_equal("gpus", err.field);
    assert_int_equal(-1, world_submit(world,
                                      WORLD_JOB(", \"gpus\": \"1-4\", "
                                                "\"interruptible\": true"),
                                      &err));
    assert_string_equal("interruptible", err.field);
}

static void each_of_an_array_has_its_own(void **state)
{
    struct world *world = *state;

    world_take(world, WORLD_JOB(", " URGENT ", \"gpus\": \"1-4\", \"array\": \"0-1\""));
    check_width(world, 1, 3);
    check_width(world, 2, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(alone_it_has_all_that_save_carbon),
        TEST(without_a_forecast_it_has_the_least),
        TEST(it_has_no_more_than_the_pool),
        TEST(where_nobody_waits_it_has_what_is_free),
        TEST(others_start_when_they_were_to),
        TEST(what_comes_after_it_counts_with_its_shorter_run),
        TEST(its_users_limit_bounds_it),
        TEST(a_restart_of_the_daemon_finds_what_it_holds),
        TEST(once_lost_it_waits_with_the_least_and_may_have_other_ones),
        TEST(a_start_that_is_not_stored_takes_nothing),
        TEST(it_waits_for_a_plan_that_is_being_made),
        TEST(it_does_not_start_late_for_that),
        TEST(it_is_expected_to_take_what_its_runs_took),
        TEST(a_range_above_all_pools_is_refused_and_so_is_pausing),
        TEST(each_of_an_array_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>

#include "tests/support/world.h"

static void a_job_that_can_wait_starts_when_the_grid_is_clean(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600"));
    assert_int_equal(0, world->executor->order_count);
    assert_int_equal(WORLD_START + 6 * HOUR, world_run(world));

    world_wait(world, 6 * HOUR);
    assert_int_equal(1, world_count_orders(world, id));
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(1, world->executor->forgotten_count);
}

static void a_job_that_cannot_wait_starts_at_once(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world,
                    WORLD_JOB(", \"gpus\": 1, \"time\": 3600, \"time_limit\": 3600, "
                              "\"deadline\": \"2026-01-01T01:00:00Z\""));
    assert_int_equal(1, world_count_orders(world, id));
}

static void without_a_forecast_jobs_run_as_if_carbon_did_not_matter(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"gpus\": 1"));

    assert_int_equal(1, world_count_orders(world, id));
}

static void a_forecast_that_comes_while_a_plan_is_made_counts(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    int64_t id;

    world_take(world, WORLD_JOB(", \"held\": true"));
    engine_set_forecast(world->engine, "GB", NULL);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    engine_task_run(task);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    engine_adopt_plan(world->engine, task);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(WORLD_START + 6 * HOUR, world_run(world));
}

static void a_user_who_says_now_does_not_wait(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, WORLD_JOB(", \"now\": true"));
    assert_int_equal(1, world_count_orders(world, id));
}

static void no_gpu_is_given_to_two_jobs(void **state)
{
    struct world *world = *state;
    uint64_t taken = 0;

    for (int i = 0; i < 6; i++)
        world_take(world, WORLD_JOB(", \"gpus\": 1, \"queue\": \"urgent\""));
    assert_int_equal(4, world->executor->order_count);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(0, taken & world->executor->orders[i].gpu_mask);
        taken |= world->executor->orders[i].gpu_mask;
    }
    world_report(world, 1, EXECUTOR_STARTED, 0);
    world_report(world, 1, EXECUTOR_ENDED, 0);
    assert_int_equal(5, world->executor->order_count);
    assert_int_equal(world->executor->orders[0].gpu_mask,
                     world->executor->orders[4].gpu_mask);
}

static void cancelling_what_waits_ends_it(void **state)
{
    struct world *world = *state;
    struct error err;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, WORLD_JOB(""));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, &err));
    world_run(world);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(0, engine_open_count(world->engine));
    assert_int_equal(-1, world_act(world, ENGINE_CANCEL, id, 1000, &err));
    assert_int_equal(ERROR_CONFLICT, err.code);
}

static void cancelling_what_runs_stops_it_first(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));

    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    assert_int_equal(1, world->executor->stopped_count);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
}

static void nobody_acts_on_anothers_job(void **state)
{
    struct world *world = *state;
    struct error err;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, WORLD_JOB(""));
    assert_int_equal(-1, world_act(world, ENGINE_CANCEL, id, 1001, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 0, &err));
}

static void a_held_job_waits_until_it_is_released(void **state)
{
    struct world *world = *state;
    int64_t id =
        world_take(world, WORLD_JOB(", \"held\": true, \"queue\": \"urgent\""));

    world_wait(world, DAY);
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(0, world_act(world, ENGINE_RELEASE, id, 1000, NULL));
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_job_starts_after_what_it_comes_after_ended_well(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    int64_t second;
    char json[160];

    snprintf(json, sizeof(json),
             WORLD_JOB(", \"queue\": \"urgent\", \"after\": [%lld]"), (long long)first);
    second = world_take(world, json);
    assert_int_equal(0, world_count_orders(world, second));
    world_report(world, first, EXECUTOR_STARTED, 0);
    world_restart(world);
    world_report(world, first, EXECUTOR_ENDED, 0);
    assert_int_equal(1, world_count_orders(world, second));
}

static void a_job_is_cancelled_when_what_it_comes_after_failed(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    int64_t second;
    char json[160];

    snprintf(json, sizeof(json), WORLD_JOB(", \"after\": [%lld]"), (long long)first);
    second = world_take(world, json);
    world_report(world, first, EXECUTOR_STARTED, 0);
    world_report(world, first, EXECUTOR_ENDED, 1);
    assert_int_equal(JOB_CANCELLED, world_job(world, second).state);
    assert_int_equal(JOB_CAUSE_DEPENDENCY, world_job(world, second).cause);
    /* And one that comes too late to wait for it. */
    second = world_take(world, json);
    assert_int_equal(JOB_CANCELLED, world_job(world, second).state);
}

static void of_a_limited_array_only_so_many_run_at_once(void **state)
{
    struct world *world = *state;
    int64_t id =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"array\": \"0-5%2\""));

    assert_int_equal(6, world->answer.count);
    assert_int_equal(2, world->executor->order_count);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(3, world->executor->order_count);
    assert_int_equal(5, world_job(world, id + 5).array_index);
    assert_int_equal(id, world_job(world, id + 5).array_id);
}

static void what_cannot_be_run_is_refused(void **state)
{
    static const struct {
        const char *json;
        enum error_code code;
        const char *field;
    } cases[] = {
        {WORLD_JOB(", \"gpus\": 5"), ERROR_INVALID, "gpus"},
        {WORLD_JOB(", \"queue\": \"nowhere\""), ERROR_INVALID, "queue"},
        {WORLD_JOB(", \"pools\": [\"attic\"]"), ERROR_INVALID, "pools"},
        {WORLD_JOB(", \"after\": [77]"), ERROR_INVALID, "after"},
        {WORLD_JOB(", \"priority\": 1"), ERROR_FORBIDDEN, "priority"},
        {WORLD_JOB(", \"queue\": \"urgent\", \"now\": true"), ERROR_FORBIDDEN, "now"},
        {WORLD_JOB(", \"deadline\": \"2026-01-01T00:30:00Z\", \"time\": 3600"),
         ERROR_INVALID, "deadline"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {.code = ERROR_NONE};

        if (world_submit(world, cases[i].json, &err) == 0)
            fail_msg("taken: %s", cases[i].json);
        assert_int_equal(cases[i].code, err.code);
        assert_string_equal(cases[i].field, err.field);
    }
    assert_int_equal(0, engine_open_count(world->engine));
}

static void an_overrun_moves_reservations_and_loses_none(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4, \"time\": 600, "
                         "\"time_limit\": 86400"));
    int64_t second =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4"));

    world_report(world, first, EXECUTOR_STARTED, 0);
    world_wait(world, 3 * HOUR);
    assert_int_equal(0, world_count_orders(world, second));
    world_report(world, first, EXECUTOR_ENDED, 0);
    world_run(world);
    assert_int_equal(1, world_count_orders(world, second));
}

static void an_end_that_was_expected_needs_no_new_plan(void **state)
{
    struct world *world = *state;
    int64_t ends = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1"));
    instant planned;

    world_set_forecast(world, WORLD_START + 10 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_report(world, ends, EXECUTOR_STARTED, 0);
    planned = engine_planned_at(world->engine);
    world->clock.time = WORLD_START + HOUR;
    world_report(world, ends, EXECUTOR_ENDED, 0);
    world_wait(world, 30 * MINUTE);
    assert_int_equal(planned, engine_planned_at(world->engine));
}

static void an_end_before_its_time_does(void **state)
{
    struct world *world = *state;
    int64_t early =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1"));

    world_set_forecast(world, WORLD_START + 10 * HOUR);
    world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_report(world, early, EXECUTOR_STARTED, 0);
    world->clock.time = WORLD_START + HOUR - 10 * MINUTE;
    world_report(world, early, EXECUTOR_ENDED, 0);
    world_wait(world, 30 * MINUTE);
    assert_in_range(engine_planned_at(world->engine), WORLD_START + HOUR - 10 * MINUTE,
                    WORLD_START + HOUR);
}

static void who_comes_next_has_what_is_left_of_a_slot(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4, \"time\": 60"));
    int64_t second =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4"));

    world_report(world, first, EXECUTOR_STARTED, 0);
    world->clock.time += 2;
    world_report(world, first, EXECUTOR_ENDED, 0);
    assert_int_equal(1, world_count_orders(world, second));
}

static void others_make_way_for_a_job_that_would_be_late(void **state)
{
    struct world *world = *state;
    int64_t running, waiting, hasty;
    struct engine_job found;

    world_set_forecast(world, WORLD_START + 10 * HOUR);
    running = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 4, "
                                          "\"time\": 36000"));
    world_report(world, running, EXECUTOR_STARTED, 0);
    waiting = world_take(world, WORLD_JOB(", \"gpus\": 4, \"time\": 3600"));
    assert_true(engine_find(world->engine, waiting, &found));
    assert_int_equal(WORLD_START + 10 * HOUR, found.reservation->start);
    world_wait(world, 30 * MINUTE);
    hasty = world_take(world, WORLD_JOB(", \"gpus\": 4, \"time\": 3600, "
                                        "\"time_limit\": 3600, "
                                        "\"deadline\": \"2026-01-01T11:00:00Z\""));
    world_wait(world, 5 * MINUTE);
    assert_true(engine_find(world->engine, hasty, &found));
    assert_int_equal(WORLD_START + 10 * HOUR, found.reservation->start);
    assert_true(engine_find(world->engine, waiting, &found));
    assert_int_equal(WORLD_START + 11 * HOUR, found.reservation->start);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_can_wait_starts_when_the_grid_is_clean),
        TEST(a_job_that_cannot_wait_starts_at_once),
        TEST(without_a_forecast_jobs_run_as_if_carbon_did_not_matter),
        TEST(a_forecast_that_comes_while_a_plan_is_made_counts),
        TEST(a_user_who_says_now_does_not_wait),
        TEST(no_gpu_is_given_to_two_jobs),
        TEST(cancelling_what_waits_ends_it),
        TEST(cancelling_what_runs_stops_it_first),
        TEST(nobody_acts_on_anothers_job),
        TEST(a_held_job_waits_until_it_is_released),
        TEST(a_job_starts_after_what_it_comes_after_ended_well),
        TEST(a_job_is_cancelled_when_what_it_comes_after_failed),
        TEST(of_a_limited_array_only_so_many_run_at_once),
        TEST(what_cannot_be_run_is_refused),
        TEST(an_overrun_moves_reservations_and_loses_none),
        TEST(an_end_that_was_expected_needs_no_new_plan),
        TEST(an_end_before_its_time_does),
        TEST(who_comes_next_has_what_is_left_of_a_slot),
        TEST(others_make_way_for_a_job_that_would_be_late),
    };

    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

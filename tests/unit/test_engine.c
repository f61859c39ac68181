/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>

#include "tests/support/world.h"

#define COMMAND   "\"command\": [\"true\"], \"directory\": \"/tmp\""
#define JOB(rest) "{" COMMAND rest "}"

static int make_world(void **state)
{
    *state = world_create();
    return 0;
}

static int drop_world(void **state)
{
    world_destroy(*state);
    return 0;
}

static void a_job_that_can_wait_starts_when_the_grid_is_clean(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, JOB(", \"gpus\": 1, \"time\": 3600"));
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
    id = world_take(world, JOB(", \"gpus\": 1, \"time\": 3600, \"time_limit\": 3600, "
                               "\"deadline\": \"2026-01-01T01:00:00Z\""));
    assert_int_equal(1, world_count_orders(world, id));
}

static void without_a_forecast_jobs_run_as_if_carbon_did_not_matter(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, JOB(", \"gpus\": 1"));

    assert_int_equal(1, world_count_orders(world, id));
}

static void a_forecast_that_comes_while_a_plan_is_made_counts(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    int64_t id;

    world_take(world, JOB(", \"held\": true"));
    engine_set_forecast(world->engine, "GB", NULL);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    engine_task_run(task);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    engine_adopt_plan(world->engine, task);
    id = world_take(world, JOB(", \"gpus\": 1"));
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(WORLD_START + 6 * HOUR, world_run(world));
}

static void a_user_who_says_now_does_not_wait(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, JOB(", \"now\": true"));
    assert_int_equal(1, world_count_orders(world, id));
}

static void no_gpu_is_given_to_two_jobs(void **state)
{
    struct world *world = *state;
    uint64_t taken = 0;

    for (int i = 0; i < 6; i++)
        world_take(world, JOB(", \"gpus\": 1, \"queue\": \"urgent\""));
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

static void a_restart_remembers_what_waits_and_what_runs(void **state)
{
    struct world *world = *state;
    int64_t waiting;
    int64_t running = world_take(world, JOB(", \"queue\": \"urgent\""));

    world_report(world, running, EXECUTOR_STARTED, 0);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    waiting = world_take(world, JOB(", \"gpus\": 1"));
    world_restart(world);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    world_run(world);
    assert_int_equal(1, world->executor->adopted_count);
    assert_int_equal(running, world->executor->adopted[0]);
    assert_int_equal(1, world->executor->order_count);
    world_wait(world, 6 * HOUR);
    assert_int_equal(1, world_count_orders(world, waiting));
    assert_int_equal(1, world_count_orders(world, running));
}

/* The step that comes while the job is being stored must not put it off. */
static void a_job_that_is_due_starts_as_soon_as_it_is_stored(void **state)
{
    struct world *world = *state;
    struct store_batch *batch;
    struct error err;

    assert_int_equal(0, world_submit(world, JOB(", \"queue\": \"urgent\""), &err));
    engine_step(world->engine);
    batch = engine_take_batch(world->engine);
    assert_int_equal(0, store_write(world->store, batch, &err));
    engine_step(world->engine);
    engine_settle(world->engine, batch, NULL);
    engine_step(world->engine);
    batch = engine_take_batch(world->engine);
    assert_non_null(batch);
    assert_int_equal(0, store_write(world->store, batch, &err));
    engine_settle(world->engine, batch, NULL);
    assert_int_equal(1, world->executor->order_count);
}

static void nothing_is_started_that_was_not_stored(void **state)
{
    struct world *world = *state;
    struct error err;

    assert_int_equal(0, world_submit(world, JOB(", \"queue\": \"urgent\""), &err));
    engine_step(world->engine);
    assert_int_equal(0, world->executor->order_count);
    assert_int_equal(0, world->answers);
    world_run(world);
    assert_int_equal(1, world->executor->order_count);
    assert_int_equal(1, world->answers);
}

static void a_crash_between_store_and_start_gives_one_start(void **state)
{
    struct world *world = *state;
    int64_t id;

    world->executor->refuses = false;
    id = world_take(world, JOB(", \"queue\": \"urgent\""));
    world_crash(world);
    world_run(world);
    /* Only the executor can say whether the attempt began; until then nothing does. */
    assert_int_equal(1, world->executor->adopted_count);
    assert_int_equal(1, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_NOT_RUN, 0);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(2, world->executor->orders[1].attempt);
}

static void a_full_disk_refuses_new_jobs_and_keeps_the_old(void **state)
{
    struct world *world = *state;
    struct error err;
    int64_t old;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    old = world_take(world, JOB(""));
    world->disk_is_full = true;
    assert_int_equal(0, world_submit(world, JOB(""), &err));
    world_run(world);
    assert_int_equal(ERROR_UNAVAILABLE, world->answer.error.code);
    assert_int_equal(1, engine_open_count(world->engine));

    world->clock.time = WORLD_START + 6 * HOUR;
    world_run(world);
    assert_int_equal(0, world->executor->order_count);
    world->disk_is_full = false;
    world_run(world);
    assert_int_equal(1, world_count_orders(world, old));
}

static void an_end_that_cannot_be_stored_is_stored_later(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, JOB(", \"queue\": \"urgent\""));

    world_report(world, id, EXECUTOR_STARTED, 0);
    world->disk_is_full = true;
    world_report(world, id, EXECUTOR_ENDED, 3);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world->disk_is_full = false;
    world_run(world);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(3, world_job(world, id).exit_status);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_BROKE));
}

static void a_lost_job_fails_and_is_never_rerun_unasked(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, JOB(", \"queue\": \"urgent\""));

    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_LOST, 0);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_LOST, world_job(world, id).cause);
    world_wait(world, DAY);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_lost_job_with_requeue_runs_again(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, JOB(", \"queue\": \"urgent\", \"requeue\": true"));

    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_LOST, 0);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(2, world->executor->orders[1].attempt);
}

static void a_job_that_cannot_be_started_fails_after_some_tries(void **state)
{
    struct world *world = *state;
    int64_t id;

    world->executor->refuses = true;
    id = world_take(world, JOB(", \"queue\": \"urgent\""));
    world_wait(world, HOUR);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_NOT_STARTED, world_job(world, id).cause);
    assert_int_equal(ENGINE_STARTS_MAX - 1,
                     world_count_events(world, id, JOB_EVENT_START_FAILED));
}

static void cancelling_what_waits_ends_it(void **state)
{
    struct world *world = *state;
    struct error err;
    int64_t id;

    world_set_forecast(world, WORLD_START + 6 * HOUR);
    id = world_take(world, JOB(""));
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
    int64_t id = world_take(world, JOB(", \"queue\": \"urgent\""));

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
    id = world_take(world, JOB(""));
    assert_int_equal(-1, world_act(world, ENGINE_CANCEL, id, 1001, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 0, &err));
}

static void a_held_job_waits_until_it_is_released(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, JOB(", \"held\": true, \"queue\": \"urgent\""));

    world_wait(world, DAY);
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(0, world_act(world, ENGINE_RELEASE, id, 1000, NULL));
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_job_starts_after_what_it_comes_after_ended_well(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(world, JOB(", \"queue\": \"urgent\""));
    int64_t second;
    char json[160];

    snprintf(json, sizeof(json), JOB(", \"queue\": \"urgent\", \"after\": [%lld]"),
             (long long)first);
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
    int64_t first = world_take(world, JOB(", \"queue\": \"urgent\""));
    int64_t second;
    char json[160];

    snprintf(json, sizeof(json), JOB(", \"after\": [%lld]"), (long long)first);
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
        world_take(world, JOB(", \"queue\": \"urgent\", \"array\": \"0-5%2\""));

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
        {JOB(", \"gpus\": 5"), ERROR_INVALID, "gpus"},
        {JOB(", \"queue\": \"nowhere\""), ERROR_INVALID, "queue"},
        {JOB(", \"pools\": [\"attic\"]"), ERROR_INVALID, "pools"},
        {JOB(", \"after\": [77]"), ERROR_INVALID, "after"},
        {JOB(", \"priority\": 1"), ERROR_FORBIDDEN, "priority"},
        {JOB(", \"queue\": \"urgent\", \"now\": true"), ERROR_FORBIDDEN, "now"},
        {JOB(", \"deadline\": \"2026-01-01T00:30:00Z\", \"time\": 3600"), ERROR_INVALID,
         "deadline"},
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
    int64_t first =
        world_take(world, JOB(", \"queue\": \"urgent\", \"gpus\": 4, \"time\": 600, "
                              "\"time_limit\": 86400"));
    int64_t second = world_take(world, JOB(", \"queue\": \"urgent\", \"gpus\": 4"));

    world_report(world, first, EXECUTOR_STARTED, 0);
    world_wait(world, 3 * HOUR);
    assert_int_equal(0, world_count_orders(world, second));
    world_report(world, first, EXECUTOR_ENDED, 0);
    world_run(world);
    assert_int_equal(1, world_count_orders(world, second));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_can_wait_starts_when_the_grid_is_clean),
        TEST(a_job_that_cannot_wait_starts_at_once),
        TEST(without_a_forecast_jobs_run_as_if_carbon_did_not_matter),
        TEST(a_forecast_that_comes_while_a_plan_is_made_counts),
        TEST(a_user_who_says_now_does_not_wait),
        TEST(no_gpu_is_given_to_two_jobs),
        TEST(a_restart_remembers_what_waits_and_what_runs),
        TEST(a_job_that_is_due_starts_as_soon_as_it_is_stored),
        TEST(nothing_is_started_that_was_not_stored),
        TEST(a_crash_between_store_and_start_gives_one_start),
        TEST(a_full_disk_refuses_new_jobs_and_keeps_the_old),
        TEST(an_end_that_cannot_be_stored_is_stored_later),
        TEST(a_lost_job_fails_and_is_never_rerun_unasked),
        TEST(a_lost_job_with_requeue_runs_again),
        TEST(a_job_that_cannot_be_started_fails_after_some_tries),
        TEST(cancelling_what_waits_ends_it),
        TEST(cancelling_what_runs_stops_it_first),
        TEST(nobody_acts_on_anothers_job),
        TEST(a_held_job_waits_until_it_is_released),
        TEST(a_job_starts_after_what_it_comes_after_ended_well),
        TEST(a_job_is_cancelled_when_what_it_comes_after_failed),
        TEST(of_a_limited_array_only_so_many_run_at_once),
        TEST(what_cannot_be_run_is_refused),
        TEST(an_overrun_moves_reservations_and_loses_none),
    };

    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}

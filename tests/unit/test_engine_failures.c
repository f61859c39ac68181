/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "tests/support/world.h"

static void a_restart_remembers_what_waits_and_what_runs(void **state)
{
    struct world *world = *state;
    int64_t waiting;
    int64_t running = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));

    world_report(world, running, EXECUTOR_STARTED, 0);
    world_set_forecast(world, WORLD_START + 6 * HOUR);
    waiting = world_take(world, WORLD_JOB(", \"gpus\": 1"));
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

    assert_int_equal(0,
                     world_submit(world, WORLD_JOB(", \"queue\": \"urgent\""), &err));
    engine_step(world->engine);
    batch = engine_take_batch(world->engine);
    assert_int_equal(0, store_write(world->store, batch, &err));
    engine_step(world->engine);
    store_batch_destroy(batch);
    engine_settle(world->engine, NULL);
    engine_answer(world->engine, NULL);
    engine_step(world->engine);
    batch = engine_take_batch(world->engine);
    assert_non_null(batch);
    assert_int_equal(0, store_write(world->store, batch, &err));
    store_batch_destroy(batch);
    engine_settle(world->engine, NULL);
    engine_answer(world->engine, NULL);
    assert_int_equal(1, world->executor->order_count);
}

static void nothing_is_started_that_was_not_stored(void **state)
{
    struct world *world = *state;
    struct error err;

    assert_int_equal(0,
                     world_submit(world, WORLD_JOB(", \"queue\": \"urgent\""), &err));
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
    id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
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
    old = world_take(world, WORLD_JOB(""));
    world->disk_is_full = true;
    assert_int_equal(0, world_submit(world, WORLD_JOB(""), &err));
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
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));

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

/* When it began and ended is the word of its owner, who can write what the runner
 * writes. */
static void no_attempt_ends_before_it_began_nor_begins_before_its_job(void **state)
{
    struct world *world = *state;
    int64_t watched = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    int64_t found = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    struct executor_report report = {
        .job_id = watched, .attempt = 1, .outcome = EXECUTOR_ENDED, .started = 1};

    world_report(world, watched, EXECUTOR_STARTED, 0);
    world->clock.time += HOUR;
    engine_report(&report, world->engine);
    report.job_id = found;
    report.at = 2;
    engine_report(&report, world->engine);
    world_run(world);
    assert_int_equal(JOB_DONE, world_job(world, watched).state);
    assert_int_equal(WORLD_START, world_job(world, watched).ended);
    assert_int_equal(JOB_DONE, world_job(world, found).state);
    assert_int_equal(WORLD_START, world_job(world, found).started);
    assert_int_equal(WORLD_START, world_job(world, found).ended);
}

/* Its owner can take away all that tells of it; its GPUs are not to be held for that.
 */
static void a_job_that_ran_and_is_said_never_to_have_run_is_lost(void **state)
{
    static const enum executor_outcome forged[] = {EXECUTOR_NOT_RUN, EXECUTOR_REFUSED};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        int64_t id =
            world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1"));

        world_report(world, id, EXECUTOR_STARTED, 0);
        world_report(world, id, forged[i], 0);
        assert_int_equal(JOB_FAILED, world_job(world, id).state);
        assert_int_equal(JOB_CAUSE_LOST, world_job(world, id).cause);
        assert_int_equal(0, engine_open_count(world->engine));
    }
}

static void a_lost_job_fails_and_is_never_rerun_unasked(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));

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
    int64_t id =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"requeue\": true"));

    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_LOST, 0);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(2, world->executor->orders[1].attempt);
}

static int find_requeued(const struct job_event *event, void *context,
                         struct error *err)
{
    (void)err;
    if (event->kind == JOB_EVENT_REQUEUED)
        *(enum job_cause *)context = event->cause;
    return 0;
}

static void a_job_that_was_put_back_is_not_said_to_be_lost(void **state)
{
    static const struct {
        bool requeued;
        enum job_cause cause;
    } rows[] = {{false, JOB_CAUSE_LOST}, {true, JOB_CAUSE_NONE}};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t id =
            world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"requeue\": true"));
        const struct executor_report report = {
            .job_id = id,
            .attempt = 1,
            .outcome = EXECUTOR_LOST,
            .at = WORLD_START,
            .requeued = rows[i].requeued,
        };
        enum job_cause cause = JOB_CAUSES;

        world_report(world, id, EXECUTOR_STARTED, 0);
        engine_report(&report, world->engine);
        world_run(world);
        assert_int_equal(2, world_count_orders(world, id));
        assert_int_equal(
            0, store_load_events(world->reader, id, find_requeued, &cause, NULL));
        assert_int_equal(rows[i].cause, cause);
    }
}

static void a_job_that_cannot_be_started_fails_after_some_tries(void **state)
{
    struct world *world = *state;
    int64_t id;

    world->executor->refuses = true;
    id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    world_wait(world, HOUR);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_NOT_STARTED, world_job(world, id).cause);
    assert_int_equal(ENGINE_STARTS_MAX - 1,
                     world_count_events(world, id, JOB_EVENT_START_FAILED));
}

static void a_job_waits_for_what_starts_jobs_as_long_as_it_takes(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
    struct executor_report report = {
        .job_id = id, .outcome = EXECUTOR_NOT_RUN, .unavailable = true};

    for (int32_t i = 1; i <= 3 * ENGINE_STARTS_MAX; i++) {
        assert_int_equal(i, world_job(world, id).attempt);
        report.attempt = i;
        report.at = world->clock.time;
        engine_report(&report, world->engine);
        world_run(world);
        assert_int_equal(JOB_WAITING, world_job(world, id).state);
        world_wait(world, MINUTE);
    }
    /* And then it has as many tries as any. */
    world_report(world, id, EXECUTOR_NOT_RUN, 0);
    assert_int_not_equal(JOB_FAILED, world_job(world, id).state);
    world_wait(world, MINUTE);
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
}

static void the_next_batch_is_on_its_way_before_answers(void **state)
{
    struct world *world = *state;
    struct store_batch *first;
    struct store_batch *second;
    struct error err;

    assert_int_equal(0, world_submit(world, WORLD_JOB(""), &err));
    first = engine_take_batch(world->engine);
    assert_int_equal(0, world_submit(world, WORLD_JOB(""), &err));
    assert_int_equal(0, store_write(world->store, first, &err));
    store_batch_destroy(first);
    engine_settle(world->engine, NULL);
    second = engine_take_batch(world->engine);
    assert_non_null(second);
    assert_int_equal(0, world->answers);
    engine_answer(world->engine, NULL);
    assert_int_equal(1, world->answers);
    assert_int_equal(1, world->answer.first_id);
    assert_int_equal(0, store_write(world->store, second, &err));
    store_batch_destroy(second);
    engine_settle(world->engine, NULL);
    engine_answer(world->engine, NULL);
    assert_int_equal(2, world->answers);
    assert_int_equal(2, world->answer.first_id);
}

/* A plan that does not know a job must not make it be forgotten while it is stored. */
static void a_plan_adopted_while_a_job_is_stored_does_not_lose_it(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    struct error err;

    engine_set_forecast(world->engine, "GB", NULL);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    engine_task_run(task);
    assert_int_equal(0,
                     world_submit(world, WORLD_JOB(", \"queue\": \"urgent\""), &err));
    engine_step(world->engine);
    engine_adopt_plan(world->engine, task);
    world_run(world);
    assert_int_equal(1, world->executor->order_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_adopted_while_a_job_is_stored_does_not_lose_it),
        TEST(the_next_batch_is_on_its_way_before_answers),
        TEST(a_restart_remembers_what_waits_and_what_runs),
        TEST(a_job_that_is_due_starts_as_soon_as_it_is_stored),
        TEST(nothing_is_started_that_was_not_stored),
        TEST(a_crash_between_store_and_start_gives_one_start),
        TEST(a_full_disk_refuses_new_jobs_and_keeps_the_old),
        TEST(an_end_that_cannot_be_stored_is_stored_later),
        TEST(no_attempt_ends_before_it_began_nor_begins_before_its_job),
        TEST(a_job_that_ran_and_is_said_never_to_have_run_is_lost),
        TEST(a_lost_job_fails_and_is_never_rerun_unasked),
        TEST(a_lost_job_with_requeue_runs_again),
        TEST(a_job_that_was_put_back_is_not_said_to_be_lost),
        TEST(a_job_that_cannot_be_started_fails_after_some_tries),
        TEST(a_job_waits_for_what_starts_jobs_as_long_as_it_takes),
    };

    return cmocka_run_group_tests_name("engine failures", tests, NULL, NULL);
}

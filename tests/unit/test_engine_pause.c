/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "tests/support/world.h"

/* Dirty from the third hour on for eight, then clean: worth a pause of a long job. */
static const int dirty_block[72] = {
    100, 100, 400, 400, 400, 400, 400, 400, 400, 400, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
};

#define DIRTY_FROM (WORLD_START + 2 * HOUR)
#define CLEAN_FROM (WORLD_START + 10 * HOUR)

/* A slot early, so that the job has gone when the dirty hours come. */
#define TOLD_AFTER (2 * HOUR - 5 * MINUTE)

#define SPLIT(members)                                                                 \
    WORLD_JOB(", \"queue\": \"split\", \"interruptible\": true, \"gpus\": 1, "         \
              "\"time\": 36000, \"begin\": \"2026-01-01T00:00:00Z\"" members)

static void set_block(struct world *world)
{
    size_t passed = (size_t)((world->clock.time - WORLD_START) / HOUR);

    world_set_levels(world, dirty_block + passed, 72 - passed);
}

/* Start a job, which does not wait as long as nothing is known of the grid. */
static int64_t start_job(struct world *world, const char *json)
{
    int64_t id = world_take(world, json);

    assert_int_equal(1, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    return id;
}

static struct engine_job found_job(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found;
}

/* Run a job until the dirty hours come and it is told to pause. */
static int64_t run_until_pausing(struct world *world, const char *json)
{
    int64_t id;

    id = start_job(world, json);
    set_block(world);
    world_wait(world, TOLD_AFTER - MINUTE);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world_wait(world, MINUTE);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    return id;
}

static int64_t run_until_paused(struct world *world, const char *json)
{
    int64_t id = run_until_pausing(world, json);

    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    return id;
}

static void
a_job_pauses_when_dirty_hours_come_and_resumes_in_its_reservation(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world, SPLIT(""));
    struct job job;

    assert_int_equal(1, world->executor->paused_count);
    assert_int_equal(id, world->executor->paused[0]);
    assert_int_equal(CLEAN_FROM, found_job(world, id).reservation->start);
    world_report(world, id, EXECUTOR_ENDED, 9);
    job = world_job(world, id);
    assert_int_equal(JOB_PAUSED, job.state);
    assert_int_equal(TOLD_AFTER, job.ran);
    assert_int_equal(0, job.gpu_mask);
    assert_int_equal(0, engine_pool(world->engine, 0)->taken.gpus);
    assert_int_equal(1, world->executor->forgotten_count);
    assert_int_equal(CLEAN_FROM, found_job(world, id).reservation->start);

    world_wait(world, CLEAN_FROM - world->clock.time - MINUTE);
    assert_int_equal(1, world_count_orders(world, id));
    world_wait(world, MINUTE);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(1, engine_pool(world->engine, 0)->taken.gpus);
    assert_int_equal(1, world->executor->orders[1].restarts);
    assert_int_equal(18 * HOUR + 10 * MINUTE, world->executor->orders[1].time_limit);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, 8 * HOUR + 10 * MINUTE);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    /* One piece of ten hours, whatever the restart took. */
    assert_int_equal(10 * HOUR, world_job(world, id).ran);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_PAUSING));
}

static void a_job_is_told_to_pause_only_when_that_is_stored(void **state)
{
    struct world *world = *state;
    int64_t id;

    id = start_job(world, SPLIT(""));
    set_block(world);
    world_wait(world, TOLD_AFTER - MINUTE);
    world->clock.time += MINUTE;
    engine_step(world->engine);
    assert_int_equal(0, world->executor->paused_count);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world_run(world);
    assert_int_equal(1, world->executor->paused_count);
}

static void nothing_is_paused_for_less_than_the_least_saving(void **state)
{
    static const int nearly_flat[72] = {
        100, 100, 101, 101, 101, 101, 101, 101, 101, 101, 100, 100, 100, 100, 100,
        100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
        100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
        100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
        100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    };
    struct world *world = *state;
    int64_t id;

    id = start_job(world, SPLIT(""));
    world_set_levels(world, nearly_flat, 72);
    world_wait(world, 9 * HOUR);
    assert_int_equal(0, world_count_events(world, id, JOB_EVENT_PAUSING));
}

/* Those that the rules keep running, whatever the grid does. */
static void who_may_not_be_paused_is_not(void **state)
{
    static const char *const jobs[] = {
        WORLD_JOB(", \"queue\": \"split\", \"gpus\": 1, \"time\": 36000"),
        WORLD_JOB(", \"queue\": \"split\", \"interruptible\": true, \"gpus\": 1, "
                  "\"time\": 28799, \"time_limit\": 72000"),
        SPLIT(", \"now\": true"),
        WORLD_JOB(", \"queue\": \"urgent\", \"interruptible\": true, \"gpus\": 1, "
                  "\"time\": 36000"),
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
        start_job(world, jobs[i]);
    set_block(world);
    world_wait(world, 9 * HOUR);
    assert_int_equal(0, world->executor->paused_count);
}

/* Were it to wait for clean hours, it could not end by its deadline. */
static void a_job_is_never_paused_past_its_latest_resume(void **state)
{
    struct world *world = *state;
    int64_t id;

    id = start_job(world, SPLIT(", \"time_limit\": 36000, "
                                "\"deadline\": \"2026-01-01T10:15:00Z\""));
    set_block(world);
    world_wait(world, 9 * HOUR);
    assert_int_equal(0, world_count_events(world, id, JOB_EVENT_PAUSING));
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
}

static void a_paused_job_resumes_by_its_latest_resume(void **state)
{
    static const int levels[24] = {100, 400, 400, 400, 200, 200, 200, 200,
                                   200, 200, 200, 200, 200, 200, 200, 200,
                                   200, 200, 200, 200, 200, 200, 200, 200};
    struct world *world = *state;
    int64_t id;
    instant latest;

    id = start_job(world, SPLIT(", \"time_limit\": 36000, "
                                "\"deadline\": \"2026-01-01T14:00:00Z\""));
    world_set_levels(world, levels, 24);
    world_wait(world, HOUR);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_ENDED, 9);
    latest = found_job(world, id).latest;
    assert_int_equal(WORLD_START + 5 * HOUR - 5 * MINUTE, latest);
    /* Clean hours that come after it do not tempt it. */
    set_block(world);
    world_wait(world, latest - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
}

static void a_job_that_ends_well_while_it_pauses_is_done(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world, SPLIT(""));

    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    world_wait(world, DAY);
    assert_int_equal(1, world_count_orders(world, id));
    assert_int_equal(0, engine_pool(world->engine, 0)->taken.gpus);
}

static void a_job_that_is_lost_while_it_pauses_is_paused_and_starts_over(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world, SPLIT(""));

    world_report(world, id, EXECUTOR_LOST, 0);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    assert_int_equal(0, world_job(world, id).ran);
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(20 * HOUR, world->executor->orders[1].time_limit);
    assert_int_equal(1, world->executor->orders[1].restarts);
}

static int64_t answered(const struct world *world)
{
    return world->answer.error.code;
}

static void a_job_that_is_cancelled_while_it_pauses_is_cancelled(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world, SPLIT(""));

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    assert_int_equal(1, world->executor->stopped_count);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(TOLD_AFTER, world_job(world, id).ran);
    world_wait(world, DAY);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_paused_job_can_be_cancelled_and_not_held(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world, SPLIT(""));

    assert_int_equal(0, world_act(world, ENGINE_HOLD, id, 1000, NULL));
    world_run(world);
    assert_int_equal(ERROR_CONFLICT, answered(world));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    assert_int_equal(ERROR_NONE, answered(world));
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    world_wait(world, DAY);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_job_whose_limit_strikes_while_it_runs_has_failed(void **state)
{
    struct world *world = *state;
    struct executor_report report = {.outcome = EXECUTOR_ENDED, .timed_out = true};
    int64_t id = run_until_paused(world, SPLIT(""));

    world_wait(world, CLEAN_FROM - world->clock.time);
    world_report(world, id, EXECUTOR_STARTED, 0);
    report.job_id = id;
    report.attempt = 2;
    report.at = world->clock.time;
    engine_report(&report, world->engine);
    world_run(world);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_TIME_LIMIT, world_job(world, id).cause);
}

static void a_change_of_priority_while_it_pauses_keeps_the_resume(void **state)
{
    const struct job_update update = {.has_priority = true, .priority = -3};
    const struct engine_actor actor = {.uid = 1000, .user = "ada"};
    struct world *world = *state;
    int64_t id = run_until_pausing(world, SPLIT(""));

    assert_int_equal(0, engine_act(world->engine, ENGINE_UPDATE, id, &update, &actor,
                                   NULL, NULL, NULL));
    world_run(world);
    assert_int_equal(-3, world_job(world, id).priority);
    assert_int_equal(CLEAN_FROM, found_job(world, id).reservation->start);
    world_report(world, id, EXECUTOR_ENDED, 9);
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
}

static void a_paused_job_that_is_hurried_resumes_at_once(void **state)
{
    const struct job_update update = {.now = true};
    const struct engine_actor actor = {.uid = 1000, .user = "ada"};
    struct world *world = *state;
    int64_t id = run_until_paused(world, SPLIT(""));

    assert_int_equal(0, engine_act(world->engine, ENGINE_UPDATE, id, &update, &actor,
                                   NULL, NULL, NULL));
    world_run(world);
    assert_int_equal(2, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, 4 * HOUR);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_PAUSING));
}

static void paused_jobs_resume_when_there_is_no_forecast_any_more(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world, SPLIT(""));

    world_wait(world, HOUR);
    assert_int_equal(1, world_count_orders(world, id));
    engine_set_forecast(world->engine, "GB", NULL);
    world_run(world);
    assert_int_equal(2, world_count_orders(world, id));
}

/* Four clean hours, four dirty ones, and so on: ten hours of work in three runs. */
static void a_job_may_pause_again_and_does_no_more_than_its_work(void **state)
{
    struct world *world = *state;
    int64_t id = start_job(world, SPLIT(", \"max_wait\": 345600"));
    int levels[96];

    for (int i = 0; i < 96; i++)
        levels[i] = i % 8 < 4 ? 100 : 400;
    world_set_levels(world, levels, 96);
    for (int i = 0; i < 2; i++) {
        world_wait(world, 4 * HOUR - 5 * MINUTE);
        assert_int_equal(JOB_PAUSING, world_job(world, id).state);
        world_report(world, id, EXECUTOR_ENDED, 9);
        world_wait(world, 4 * HOUR + 5 * MINUTE);
        assert_int_equal(JOB_STARTING, world_job(world, id).state);
        world_report(world, id, EXECUTOR_STARTED, 0);
    }
    assert_int_equal(8 * HOUR - 15 * MINUTE, world_job(world, id).ran);
    assert_int_equal(2, world->executor->orders[2].restarts);
    assert_int_equal(12 * HOUR + 20 * MINUTE, world->executor->orders[2].time_limit);
    world_wait(world, 2 * HOUR + 20 * MINUTE);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(10 * HOUR, world_job(world, id).ran);
    assert_int_equal(2, world_count_events(world, id, JOB_EVENT_PAUSING));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_pauses_when_dirty_hours_come_and_resumes_in_its_reservation),
        TEST(a_job_is_told_to_pause_only_when_that_is_stored),
        TEST(nothing_is_paused_for_less_than_the_least_saving),
        TEST(who_may_not_be_paused_is_not),
        TEST(a_job_is_never_paused_past_its_latest_resume),
        TEST(a_paused_job_resumes_by_its_latest_resume),
        TEST(a_job_that_ends_well_while_it_pauses_is_done),
        TEST(a_job_that_is_lost_while_it_pauses_is_paused_and_starts_over),
        TEST(a_job_that_is_cancelled_while_it_pauses_is_cancelled),
        TEST(a_paused_job_can_be_cancelled_and_not_held),
        TEST(a_job_whose_limit_strikes_while_it_runs_has_failed),
        TEST(a_change_of_priority_while_it_pauses_keeps_the_resume),
        TEST(a_paused_job_that_is_hurried_resumes_at_once),
        TEST(a_job_may_pause_again_and_does_no_more_than_its_work),
        TEST(paused_jobs_resume_when_there_is_no_forecast_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "tests/support/world.h"

/* Clean for two hours, dirty for eight, then clean. */
#define CLEAN_FROM (WORLD_START + 10 * HOUR)

#define SPLIT(members)                                                                 \
    WORLD_JOB(", \"queue\": \"split\", \"interruptible\": true, \"gpus\": 1, "         \
              "\"time\": 36000" members)

static void set_block(struct world *world)
{
    int levels[96];

    for (int i = 0; i < 96; i++) {
        instant hour = world->clock.time / HOUR + i - WORLD_START / HOUR;

        levels[i] = hour >= 2 && hour < 10 ? 400 : 100;
    }
    world_set_levels(world, levels, 96);
}

static int64_t start_job(struct world *world, const char *json)
{
    int64_t id = world_take(world, json);

    assert_int_equal(1, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    return id;
}

static int64_t run_until_pausing(struct world *world)
{
    int64_t id = start_job(world, SPLIT(""));

    set_block(world);
    world_wait(world, 2 * HOUR);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    return id;
}

static int64_t run_until_paused(struct world *world)
{
    int64_t id = run_until_pausing(world);

    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    return id;
}

static int64_t taken(const struct world *world)
{
    return engine_pool(world->engine, 0)->taken.gpus;
}

static void ends_as_if_nothing_had_been(struct world *world, int64_t id)
{
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(1, taken(world));
    world_wait(world, 8 * HOUR + 5 * MINUTE);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(10 * HOUR, world_job(world, id).ran);
    assert_int_equal(0, taken(world));
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_PAUSED));
    assert_int_equal(2, world_count_orders(world, id));
}

static void a_restart_while_a_job_pauses_adopts_it_and_tells_it_again(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world);

    world_restart(world);
    set_block(world);
    world_run(world);
    assert_int_equal(1, world->executor->adopted_count);
    assert_int_equal(2, world->executor->paused_count);
    assert_int_equal(1, taken(world));
    world_report(world, id, EXECUTOR_ENDED, 9);
    ends_as_if_nothing_had_been(world, id);
}

static void a_restart_while_a_job_is_paused_lets_it_resume(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world);

    world_restart(world);
    assert_int_equal(0, world->executor->adopted_count);
    set_block(world);
    world_run(world);
    assert_int_equal(0, taken(world));
    ends_as_if_nothing_had_been(world, id);
}

static void a_restart_while_a_job_restarts_orders_nothing_twice(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world);

    world_wait(world, 8 * HOUR);
    assert_int_equal(2, world_count_orders(world, id));
    world_crash(world);
    set_block(world);
    world_run(world);
    assert_int_equal(1, taken(world));
    ends_as_if_nothing_had_been(world, id);
}

static void a_crash_before_the_pause_is_stored_leaves_the_job_running(void **state)
{
    struct world *world = *state;
    int64_t id = start_job(world, SPLIT(""));

    set_block(world);
    world_wait(world, 2 * HOUR - 6 * MINUTE);
    world->clock.time += MINUTE;
    engine_step(world->engine);
    world_crash(world);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    assert_int_equal(0, world->executor->paused_count);
    set_block(world);
    world_run(world);
    assert_int_equal(1, world->executor->paused_count);
}

static void
a_job_that_is_cancelled_while_it_pauses_is_stopped_after_a_restart(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world);

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_restart(world);
    assert_int_equal(2, world->executor->stopped_count);
    assert_int_equal(1, world->executor->paused_count);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
}

static void a_pause_that_cannot_be_stored_is_decided_anew(void **state)
{
    struct world *world = *state;
    int64_t id = start_job(world, SPLIT(""));

    set_block(world);
    world_wait(world, 2 * HOUR - 6 * MINUTE);
    world->disk_is_full = true;
    world->clock.time += MINUTE;
    world_run(world);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    assert_int_equal(0, world->executor->paused_count);
    world->disk_is_full = false;
    world_wait(world, 5 * MINUTE);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    assert_int_equal(1, world->executor->paused_count);
}

static void an_end_that_cannot_be_stored_pauses_later(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world);

    world->disk_is_full = true;
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    world->disk_is_full = false;
    world_run(world);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    ends_as_if_nothing_had_been(world, id);
}

/* What ran for two hours by a clock that nobody sets has done two hours of work. */
static void report_pause(struct world *world, int64_t id)
{
    const struct executor_report report = {
        .job_id = id,
        .attempt = 1,
        .outcome = EXECUTOR_ENDED,
        .at = world->clock.time,
        .status = 9,
        .ran = 2 * HOUR,
    };

    engine_report(&report, world->engine);
    world_run(world);
}

static void a_step_of_the_clock_while_a_job_pauses_costs_it_nothing(void **state)
{
    static const duration steps[] = {HOUR, -HOUR};

    for (size_t i = 0; i < 2; i++) {
        struct world *world = i == 0 ? *state : world_create();
        int64_t id = run_until_pausing(world);

        world->clock.time += steps[i];
        world_run(world);
        assert_int_equal(JOB_PAUSING, world_job(world, id).state);
        assert_int_equal(1, taken(world));
        report_pause(world, id);
        assert_int_equal(2 * HOUR, world_job(world, id).ran);
        ends_as_if_nothing_had_been(world, id);
        assert_int_equal(0, world->executor->stopped_count);
        assert_int_equal(18 * HOUR + 5 * MINUTE, world->executor->orders[1].time_limit);
        if (i > 0)
            world_destroy(world);
    }
}

static void a_step_of_the_clock_while_a_job_is_paused_starts_it_once(void **state)
{
    static const duration steps[] = {HOUR, -HOUR};

    for (size_t i = 0; i < 2; i++) {
        struct world *world = i == 0 ? *state : world_create();
        int64_t id = run_until_paused(world);

        world_wait(world, 3 * HOUR);
        world->clock.time += steps[i];
        world_run(world);
        assert_int_equal(1, world_count_orders(world, id));
        ends_as_if_nothing_had_been(world, id);
        world->clock.time -= steps[i];
        world_run(world);
        assert_int_equal(2, world_count_orders(world, id));
        if (i > 0)
            world_destroy(world);
    }
}

/* A plan that is begun while a job pauses, and adopted when it has. */
static int64_t pause_under_a_plan(struct world *world, struct engine_task **task)
{
    int64_t id = run_until_pausing(world);

    set_block(world);
    *task = engine_take_plan(world->engine);
    assert_non_null(*task);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    return id;
}

static void adopt(struct world *world, struct engine_task *task)
{
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
}

/* Whether a job of so many GPUs could have the best hours. */
static bool has_room_when_clean(struct world *world, const char *json)
{
    struct engine_job found;
    struct error err;

    assert_int_equal(0, world_submit(world, json, &err));
    assert_true(engine_find(world->engine, 2, &found));
    return found.reservation->start == CLEAN_FROM;
}

static void a_plan_begun_before_the_pause_keeps_the_resume(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    int64_t id = pause_under_a_plan(world, &task);

    adopt(world, task);
    assert_true(has_room_when_clean(world, WORLD_JOB(", \"gpus\": 3")));
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(1, world_count_orders(world, 2));
}

static void a_plan_begun_before_the_pause_gives_away_no_place(void **state)
{
    struct world *world = *state;
    struct engine_task *task;

    pause_under_a_plan(world, &task);
    adopt(world, task);
    assert_false(has_room_when_clean(world, WORLD_JOB(", \"gpus\": 4")));
}

static void a_plan_is_told_of_a_paused_job_that_was_cancelled(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    int64_t id = pause_under_a_plan(world, &task);

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    adopt(world, task);
    assert_true(has_room_when_clean(world, WORLD_JOB(", \"gpus\": 4")));
}

/* Four GPUs, which others would fill in the clean hours if they could. */
static void nobody_takes_the_place_of_one_who_pauses(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_pausing(world);

    for (int i = 0; i < 6; i++)
        world_take(world, WORLD_JOB(", \"gpus\": 2, \"time\": 32400"));
    set_block(world);
    world_run(world);
    world_report(world, id, EXECUTOR_ENDED, 9);
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(2, world_count_orders(world, id));
}

static void nobody_is_paused_while_a_plan_is_being_made(void **state)
{
    struct world *world = *state;
    int64_t id = start_job(world, SPLIT(""));
    struct engine_task *task;

    set_block(world);
    world_wait(world, 2 * HOUR - 6 * MINUTE);
    world->clock.time += MINUTE;
    set_block(world);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    world_run(world);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    adopt(world, task);
    world_run(world);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
}

static void what_a_paused_job_held_is_free_for_others(void **state)
{
    struct world *world = *state;
    int64_t id = start_job(world, SPLIT(", \"cpus\": 16"));
    int64_t other;

    set_block(world);
    world_wait(world, 2 * HOUR);
    other = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"cpus\": 16"));
    assert_int_equal(0, world_count_orders(world, other));
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(1, world_count_orders(world, other));
    world_report(world, other, EXECUTOR_STARTED, 0);
    world_wait(world, HOUR);
    world_report(world, other, EXECUTOR_ENDED, 0);
    ends_as_if_nothing_had_been(world, id);
}

/* Its place would be taken by the next of the array when it has to resume. */
static void one_of_an_array_with_a_limit_is_not_paused(void **state)
{
    struct world *world = *state;

    start_job(world, SPLIT(", \"array\": \"0-1%1\""));
    set_block(world);
    world_wait(world, 3 * HOUR);
    assert_int_equal(0, world->executor->paused_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restart_while_a_job_pauses_adopts_it_and_tells_it_again),
        TEST(a_restart_while_a_job_is_paused_lets_it_resume),
        TEST(a_restart_while_a_job_restarts_orders_nothing_twice),
        TEST(a_crash_before_the_pause_is_stored_leaves_the_job_running),
        TEST(a_job_that_is_cancelled_while_it_pauses_is_stopped_after_a_restart),
        TEST(a_pause_that_cannot_be_stored_is_decided_anew),
        TEST(an_end_that_cannot_be_stored_pauses_later),
        TEST(a_step_of_the_clock_while_a_job_pauses_costs_it_nothing),
        TEST(a_step_of_the_clock_while_a_job_is_paused_starts_it_once),
        TEST(nobody_takes_the_place_of_one_who_pauses),
        TEST(a_plan_begun_before_the_pause_keeps_the_resume),
        TEST(a_plan_begun_before_the_pause_gives_away_no_place),
        TEST(a_plan_is_told_of_a_paused_job_that_was_cancelled),
        TEST(nobody_is_paused_while_a_plan_is_being_made),
        TEST(what_a_paused_job_held_is_free_for_others),
        TEST(one_of_an_array_with_a_limit_is_not_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

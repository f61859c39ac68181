/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

#define JOBS 24

static void take_small_steps(struct world *world)
{
    world->engine->gather_max = 2;
    world->engine->adopt_max = 3;
    world->engine->withdraw_max = 1;
}

/* Clean in some hours of the day, which are others each time. */
static void set_clean_hours(struct world *world, int from, int to)
{
    int hour = (int)(world->clock.time % DAY / HOUR);
    int levels[72];

    for (int i = 0; i < 72; i++)
        levels[i] = (hour + i) % 24 >= from && (hour + i) % 24 < to ? 100 : 400;
    world_set_levels(world, levels, 72);
}

static void submit_some(struct world *world, int64_t ids[JOBS])
{
    for (int i = 0; i < JOBS; i++)
        ids[i] = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 3600, "
                                             "\"max_wait\": 86400"));
}

/* What the plan holds is what the jobs have. */
static void assert_plan_holds(struct world *world, const int64_t ids[JOBS])
{
    int64_t held = 0;

    for (int i = 0; i < JOBS; i++) {
        const struct engine_entry *entry = engine_entry_find(world->engine, ids[i]);
        instant from = world->clock.time - world->clock.time % (5 * MINUTE);

        if (!entry)
            continue;
        if (entry->pool >= 0)
            held += entry->occupied_until - from;
        else if (entry->reservation.pool >= 0)
            held += entry->reservation.ends - entry->reservation.start;
    }
    assert_int_equal(held, plan_count_taken(world->engine->plan, 90 * HOUR));
}

static void a_plan_is_adopted_step_by_step(void **state)
{
    struct world *world = *state;
    int64_t ids[JOBS];

    take_small_steps(world);
    set_clean_hours(world, 12, 18);
    submit_some(world, ids);
    world_run(world);
    assert_plan_holds(world, ids);
    for (int round = 0; round < 6; round++) {
        set_clean_hours(world, 4 + round * 2, 8 + round * 2);
        world_wait(world, 20 * MINUTE);
        assert_plan_holds(world, ids);
    }
}

static void jobs_come_and_go_while_a_plan_is_gathered_and_adopted(void **state)
{
    struct world *world = *state;
    struct engine_task *task = NULL;
    int64_t ids[JOBS];

    take_small_steps(world);
    set_clean_hours(world, 12, 18);
    submit_some(world, ids);
    world_run(world);
    set_clean_hours(world, 6, 10);
    assert_null(engine_take_plan(world->engine));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, ids[0], 1000, NULL));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, ids[JOBS - 1], 1000, NULL));
    engine_step(world->engine);
    while (!task)
        task = engine_take_plan(world->engine);
    assert_int_equal(0, world_act(world, ENGINE_HOLD, ids[5], 1000, NULL));
    engine_step(world->engine);
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    assert_int_equal(0, world_act(world, ENGINE_HOLD, ids[6], 1000, NULL));
    world_run(world);
    assert_plan_holds(world, ids);
}

/* It is no part of the plan that is made, which must not give its place away. */
static void a_job_that_starts_while_others_are_gathered_keeps_its_place(void **state)
{
    struct world *world = *state;
    struct executor_report report = {.outcome = EXECUTOR_STARTED, .attempt = 1};
    struct engine_task *task = NULL;
    int64_t ids[JOBS];
    int64_t long_one;

    take_small_steps(world);
    set_clean_hours(world, 12, 18);
    long_one = world_take(world, WORLD_JOB(", \"queue\": \"split\", \"gpus\": 4, "
                                           "\"time\": 36000, \"max_wait\": 3600, "
                                           "\"interruptible\": true"));
    submit_some(world, ids);
    world_wait(world, HOUR - MINUTE);
    set_clean_hours(world, 6, 10);
    assert_null(engine_take_plan(world->engine));
    world->clock.time += MINUTE;
    world_step(world);
    report.job_id = long_one;
    report.at = world->clock.time;
    engine_report(&report, world->engine);
    world_step(world);
    assert_int_equal(JOB_RUNNING, world_job(world, long_one).state);
    while (!task)
        task = engine_take_plan(world->engine);
    for (size_t i = 0; i < task->split_count; i++)
        assert_int_equal(-1, task->splits[i].runs_in);
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    world_run(world);
}

static void a_move_is_counted_with_its_cause(void **state)
{
    struct world *world = *state;
    struct engine_job found;
    int64_t id;

    set_clean_hours(world, 12, 18);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"max_wait\": 86400"));
    world_run(world);
    assert_true(engine_find(world->engine, id, &found));
    assert_int_equal(0, found.moves);
    set_clean_hours(world, 6, 10);
    world_run(world);
    assert_true(engine_find(world->engine, id, &found));
    assert_int_equal(1, found.moves);
    assert_string_equal("forecast", engine_cause_name(found.moved_by));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_is_adopted_step_by_step),
        TEST(jobs_come_and_go_while_a_plan_is_gathered_and_adopted),
        TEST(a_job_that_starts_while_others_are_gathered_keeps_its_place),
        TEST(a_move_is_counted_with_its_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

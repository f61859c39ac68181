/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

static void set(struct world *world, int64_t headroom_ppm, int64_t load_gate_ppm)
{
    struct engine_settings settings = world->engine->settings;

    settings.headroom_ppm = headroom_ppm;
    settings.load_gate_ppm = load_gate_ppm;
    engine_set_settings(world->engine, &settings);
}

static int64_t headroom(const struct world *world)
{
    return engine_headroom(world->engine, world->clock.time);
}

static void room_is_left_when_jobs_that_cannot_wait_are_common(void **state)
{
    struct world *world = *state;

    set(world, ENGINE_AUTO, 1000000);
    assert_int_equal(0, headroom(world));
    world_take(world, WORLD_JOB(", \"gpus\": 4, \"time\": 360000"));
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 7200, \"max_wait\": 3000"));
    /* 2 GPU-hours of 402. */
    assert_int_equal(0, headroom(world));
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 18000, \"now\": true"));
    /* Twice 7 GPU-hours of the 192 that two days have. */
    assert_int_equal(72916, headroom(world));
    world->clock.time += 4 * DAY;
    assert_int_equal(50000, headroom(world));
    set(world, 70000, 1000000);
    assert_int_equal(70000, headroom(world));
}

static void what_was_asked_for_is_forgotten_after_a_week(void **state)
{
    struct world *world = *state;

    set(world, ENGINE_AUTO, 1000000);
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));
    assert_int_equal(50000, headroom(world));
    world->clock.time += 6 * DAY + 23 * HOUR;
    assert_int_equal(50000, headroom(world));
    world->clock.time += 2 * HOUR;
    assert_int_equal(0, headroom(world));
}

static const struct reservation *reservation_of(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.reservation;
}

/* 165 GPU-hours: of two days more than four fifths, of 56 hours less than 3/4. */
static void make_busy(struct world *world)
{
    set(world, 0, 800000);
    world_take(world, WORLD_JOB(", \"gpus\": 3, \"time\": 198000, \"now\": true"));
}

static void on_a_busy_cluster_nobody_waits_for_green_power(void **state)
{
    struct world *world = *state;
    int64_t waiting;

    world_set_forecast(world, WORLD_START + 20 * HOUR);
    set(world, 0, 800000);
    waiting = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    assert_int_equal(WORLD_START + 20 * HOUR, reservation_of(world, waiting)->start);
    make_busy(world);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(1, world_count_orders(world, waiting));
}

static void a_restart_forgets_nothing_of_the_week(void **state)
{
    struct world *world = *state;
    int64_t busy;
    int64_t waiting;

    set(world, 0, 800000);
    busy =
        world_take(world, WORLD_JOB(", \"gpus\": 3, \"time\": 198000, \"now\": true"));
    world_report(world, busy, EXECUTOR_STARTED, 0);
    world_wait(world, 10 * HOUR);
    world_report(world, busy, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, busy).state);
    world_restart(world);
    set(world, 0, 800000);
    world_set_forecast(world, WORLD_START + 20 * HOUR);
    world_wait(world, 5 * MINUTE);
    waiting = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    assert_int_equal(1, world_count_orders(world, waiting));
}

static void an_old_job_does_not_hide_what_is_newer(void **state)
{
    struct world *world = *state;
    struct job old = {.submitted = WORLD_START - 7 * DAY, .gpus = 1, .time = HOUR};

    set(world, ENGINE_AUTO, 1000000);
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));
    engine_recall(world->engine, &old);
    assert_int_equal(50000, headroom(world));
}

static void when_it_is_less_busy_jobs_wait_again(void **state)
{
    struct world *world = *state;
    int64_t later;

    make_busy(world);
    world_wait(world, 54 * HOUR);
    world_set_forecast(world, WORLD_START + 70 * HOUR);
    /* Below the limit, but not by enough. */
    later = world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 60"));
    assert_int_equal(1, world_count_orders(world, later));
    world_wait(world, 2 * HOUR);
    later = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    assert_int_equal(WORLD_START + 70 * HOUR, reservation_of(world, later)->start);
}

static void a_day_that_is_all_taken_counts_as_busy_too(void **state)
{
    struct world *world = *state;
    int64_t waiting;

    world_set_forecast(world, WORLD_START + 20 * HOUR);
    set(world, 0, 800000);
    waiting = world_take(world, WORLD_JOB(", \"gpus\": 1"));
    world_take(world, WORLD_JOB(", \"gpus\": 3, \"time\": 86400, \"now\": true"));
    world_wait(world, 5 * MINUTE);
    assert_int_equal(0, world_count_orders(world, waiting));
    /* 73 of the coming 96 GPU-hours, then 79. */
    world_take(world, WORLD_JOB(", \"gpus\": 1, \"time\": 21600, \"now\": true, "
                                "\"begin\": \"2026-01-01T10:00:00Z\""));
    world_wait(world, 5 * MINUTE);
    assert_int_equal(1, world_count_orders(world, waiting));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(room_is_left_when_jobs_that_cannot_wait_are_common),
        TEST(what_was_asked_for_is_forgotten_after_a_week),
        TEST(on_a_busy_cluster_nobody_waits_for_green_power),
        TEST(a_restart_forgets_nothing_of_the_week),
        TEST(an_old_job_does_not_hide_what_is_newer),
        TEST(when_it_is_less_busy_jobs_wait_again),
        TEST(a_day_that_is_all_taken_counts_as_busy_too),
    };

    return cmocka_run_group_tests_name("demand", tests, NULL, NULL);
}

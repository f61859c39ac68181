/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

/* Dirty from the third hour on for eight, then clean: worth a pause of a long job. */
static const int dirty_block[72] = {
    100, 100, 400, 400, 400, 400, 400, 400, 400, 400, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
};

#define CLEAN_FROM (WORLD_START + 10 * HOUR)

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

/* Four clean hours, four dirty ones, and so on. */
static void set_waves(struct world *world)
{
    size_t passed = (size_t)((world->clock.time - WORLD_START) / HOUR);
    int levels[96];

    for (size_t i = 0; i < 96; i++)
        levels[i] = (i + passed) % 8 < 4 ? 400 : 100;
    world_set_levels(world, levels, 96);
}

static int64_t count_taken(const struct world *world)
{
    return plan_count_taken(world->engine->plan, 90 * HOUR);
}

static void a_job_that_waits_is_planned_in_all_its_clean_hours(void **state)
{
    struct world *world = *state;
    int64_t id;

    set_waves(world);
    id = world_take(world, SPLIT(", \"max_wait\": 345600"));
    world_wait(world, 4 * HOUR - MINUTE);
    assert_int_equal(0, world_count_orders(world, id));
    world_wait(world, MINUTE);
    assert_int_equal(1, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, 4 * HOUR - MINUTE);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_ENDED, 9);
    world_wait(world, 4 * HOUR);
    assert_int_equal(1, world_count_orders(world, id));
    world_wait(world, MINUTE);
    assert_int_equal(2, world_count_orders(world, id));
}

/* The same forecast, 50 g/kWh off either way at most. */
static void set_band(struct world *world)
{
    struct forecast forecast = *world->engine->zones[0].forecast;
    struct series_sample low[96], high[96];

    assert_int_equal(96, series_count(forecast.intensity));
    for (size_t i = 0; i < 96; i++) {
        low[i] = high[i] = series_at(forecast.intensity, i);
        low[i].level -= G_PER_KWH(50);
        high[i].level += G_PER_KWH(50);
    }
    forecast.intensity = series_copy(forecast.intensity);
    forecast.low =
        series_create(low, 96, series_ends(forecast.intensity), INTENSITY_MAX, NULL);
    forecast.high =
        series_create(high, 96, series_ends(forecast.intensity), INTENSITY_MAX, NULL);
    engine_set_forecast(world->engine, "GB", &forecast);
    series_destroy(forecast.intensity);
    series_destroy(forecast.low);
    series_destroy(forecast.high);
}

static void the_band_of_a_job_in_pieces_is_that_of_all_of_them(void **state)
{
    struct world *world = *state;
    struct plan_figures figures;
    int64_t saving;
    int64_t id;

    set_waves(world);
    id = world_take(world, SPLIT(", \"max_wait\": 345600"));
    assert_non_null(engine_entry_find(world->engine, id)->later);
    assert_true(engine_figure(world->engine, id, &figures));
    assert_false(figures.band.has_levels || figures.band.has_saving);

    set_band(world);
    assert_true(engine_figure(world->engine, id, &figures));
    saving = (figures.milligrams_at_once - figures.milligrams_planned) / 1000;
    assert_true(figures.band.has_levels && figures.band.has_saving);
    assert_int_equal(figures.level_planned - G_PER_KWH(50), figures.band.low);
    assert_int_equal(figures.level_planned + G_PER_KWH(50), figures.band.high);
    assert_true(figures.band.saving_low < saving);
    assert_int_equal(2 * saving, figures.band.saving_low + figures.band.saving_high);
}

static void a_job_that_ends_early_gives_its_later_pieces_back(void **state)
{
    struct world *world = *state;
    int64_t before = count_taken(world);
    int64_t id;

    set_waves(world);
    id = world_take(world, SPLIT(", \"max_wait\": 345600"));
    world_wait(world, 4 * HOUR);
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_non_null(engine_entry_find(world->engine, id)->later);
    world_wait(world, HOUR);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(before, count_taken(world));
}

static void a_job_that_is_cancelled_gives_all_its_pieces_back(void **state)
{
    struct world *world = *state;
    int64_t before = count_taken(world);
    int64_t id;

    set_waves(world);
    id = world_take(world, SPLIT(", \"max_wait\": 345600"));
    assert_true(count_taken(world) > before);
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    assert_int_equal(before, count_taken(world));
}

static void a_job_in_pieces_that_is_hurried_runs_in_one(void **state)
{
    const struct job_update update = {.now = true};
    const struct engine_actor actor = {.uid = 1000, .user = "ada"};
    struct world *world = *state;
    int64_t id;

    set_waves(world);
    id = world_take(world, SPLIT(", \"max_wait\": 345600"));
    assert_int_equal(0, engine_act(world->engine, ENGINE_UPDATE, id, &update, &actor,
                                   NULL, NULL, NULL));
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
    assert_null(engine_entry_find(world->engine, id)->later);
}

/* With a ramp of a tenth, one of four GPUs at a time, slot after slot. */
static void no_more_jobs_resume_in_a_slot_than_the_ramp_lets_start(void **state)
{
    static const struct engine_settings settings = {
        .plan = {.slot = 5 * MINUTE,
                 .slots = 1152,
                 .hysteresis_ppm = 20000,
                 .ramp_ppm = 100000},
        .load_gate_ppm = 1000000,
        .open_jobs_max = 100,
    };
    struct world *world = *state;
    int64_t ids[4];

    for (int i = 0; i < 4; i++)
        ids[i] = start_job(world, SPLIT(""));
    engine_set_settings(world->engine, &settings);
    set_block(world);
    world_wait(world, 2 * HOUR);
    for (int i = 0; i < 4; i++)
        world_report(world, ids[i], EXECUTOR_ENDED, 9);
    world_wait(world, CLEAN_FROM - world->clock.time - MINUTE);
    assert_int_equal(4, world->executor->order_count);
    world_wait(world, MINUTE);
    for (size_t i = 5; i <= 8; i++) {
        assert_int_equal(i, world->executor->order_count);
        world_wait(world, 5 * MINUTE);
    }
    assert_int_equal(8, world->executor->order_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_that_waits_is_planned_in_all_its_clean_hours),
        TEST(the_band_of_a_job_in_pieces_is_that_of_all_of_them),
        TEST(a_job_that_ends_early_gives_its_later_pieces_back),
        TEST(a_job_that_is_cancelled_gives_all_its_pieces_back),
        TEST(a_job_in_pieces_that_is_hurried_runs_in_one),
        TEST(no_more_jobs_resume_in_a_slot_than_the_ramp_lets_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

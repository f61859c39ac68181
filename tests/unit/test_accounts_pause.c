/* SPDX-License-Identifier: MIT */
#include "daemon/accounts.h"

#include <string.h>

#include "nodes/power.h"
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/*
 * A job of ten hours in a grid that is clean for two hours, dirty for eight and then
 * clean again: it is paused after two hours, and its restart takes five minutes.
 */
#define CLEAN 100
#define DIRTY 400

static int level_at(int64_t hour)
{
    return hour >= 2 && hour < 10 ? DIRTY : CLEAN;
}

static void set_forecast(struct world *world)
{
    int levels[96];

    for (int i = 0; i < 96; i++)
        levels[i] = level_at(i);
    world_set_levels(world, levels, 96);
}

static void write_actuals(struct world *world)
{
    struct store_batch *batch = store_batch_create();
    struct actual items[96];
    struct actuals actuals = {.zone = "GB", .provider = "neso", .items = items};

    actuals.signal = SIGNAL_AVERAGE_DIRECT;
    actuals.count = 96;
    for (int i = 0; i < 96; i++)
        items[i] = (struct actual){.begins = WORLD_START + i * HOUR,
                                   .ends = WORLD_START + (i + 1) * HOUR,
                                   .level = G_PER_KWH(level_at(i))};
    store_batch_add_actuals(batch, &actuals);
    assert_int_equal(0, store_write(world->store, batch, NULL));
    store_batch_destroy(batch);
}

/* With PUE. */
static int64_t draw_of(const struct job *job, const struct pool *pool)
{
    struct resources taken = {job->gpus, job->cpus, job->memory};

    return energy_estimate(pool, power_estimate(pool, &taken, job->power), 1);
}

static int64_t run_until_paused(struct world *world)
{
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"split\", \"gpus\": 1, "
                                             "\"interruptible\": true"));

    world_report(world, id, EXECUTOR_STARTED, 0);
    set_forecast(world);
    world_wait(world, 2 * HOUR);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    return id;
}

static const struct accounts_zone zones[] = {{"GB", "neso", DAY}};

static struct accounts_question ask(const struct world *world)
{
    return (struct accounts_question){
        .pools = engine_pool(world->engine, 0),
        .pool_count = 1,
        .zones = zones,
        .zone_count = 1,
        .from = WORLD_START,
        .to = WORLD_START + 2 * DAY,
        .now = WORLD_START + 4 * DAY,
        .by = REPORT_BY_USER,
        .uid = -1,
    };
}

static struct report_line account(struct world *world)
{
    const struct accounts_question question = ask(world);
    struct accounts accounts;
    struct report_line total;
    struct error err;

    write_actuals(world);
    if (accounts_make(&question, world->reader, &accounts, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(1, accounts.report.part_count);
    total = accounts.report.parts[0].total;
    accounts_release(&accounts);
    return total;
}

static void each_run_is_booked_at_its_hours_and_the_shadow_in_one_piece(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world);
    struct accounts_question question;
    struct accounts_energy energy;
    struct report_line total;
    struct job job;
    int64_t watts;

    world_wait(world, 8 * HOUR);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, 8 * HOUR + 5 * MINUTE);
    world_report(world, id, EXECUTOR_ENDED, 0);
    total = account(world);
    job = world_job(world, id);
    watts = draw_of(&job, engine_pool(world->engine, 0));
    assert_int_equal(1, total.jobs);
    assert_int_equal(watts * (10 * HOUR + 5 * MINUTE), total.joules);
    /* W x h x g/kWh are mg; the restart's five minutes are no part of the shadow. */
    assert_int_equal(watts * CLEAN * 121 / 12, total.milligrams);
    assert_int_equal(watts * (2 * CLEAN + 8 * DIRTY), total.shadow_milligrams);
    assert_int_equal(8 * HOUR, total.waited_mean);
    assert_int_equal(0, total.missed);

    question = ask(world);
    assert_int_equal(0, accounts_book(&job, &question, world->reader, &energy, NULL));
    assert_int_equal(total.joules, energy.joules);
    assert_int_equal(total.milligrams, energy.emissions.milligrams);
}

static void a_job_that_is_cancelled_while_paused_is_booked_for_what_it_ran(void **state)
{
    struct world *world = *state;
    int64_t id = run_until_paused(world);
    struct report_line total;
    struct job job;
    int64_t watts;

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    total = account(world);
    job = world_job(world, id);
    watts = draw_of(&job, engine_pool(world->engine, 0));
    assert_int_equal(1, total.jobs);
    assert_int_equal(watts * 2 * CLEAN, total.milligrams);
    assert_int_equal(watts * 2 * CLEAN, total.shadow_milligrams);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_run_is_booked_at_its_hours_and_the_shadow_in_one_piece),
        TEST(a_job_that_is_cancelled_while_paused_is_booked_for_what_it_ran),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "tests/support/world.h"

/* A job starts, runs a minute and ends with a reading. */
static void run_minute(struct world *world, int64_t id, enum executor_outcome outcome,
                       const struct energy_reading *reading)
{
    struct executor_report report = {
        .job_id = id, .attempt = world_job(world, id).attempt, .outcome = outcome};

    world_report(world, id, EXECUTOR_STARTED, 0);
    world_wait(world, MINUTE);
    report.started = world->clock.time - MINUTE;
    report.at = world->clock.time;
    report.energy = *reading;
    engine_report(&report, world->engine);
    world_run(world);
}

struct found {
    struct job_energy last;
    size_t count;
};

static int on_energy(const struct job_energy *energy, void *context, struct error *err)
{
    struct found *found = context;

    (void)err;
    found->last = *energy;
    found->count++;
    return 0;
}

static struct found find_energy(struct world *world, int64_t id)
{
    struct found found = {.count = 0};

    assert_int_equal(store_load_energy(world->reader, id, on_energy, &found, NULL), 0);
    return found;
}

static void what_an_attempt_took_is_stored_with_its_end(void **state)
{
    const struct energy_reading reading = {true, true, 12000, 700, 3000};
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));
    struct found found;

    run_minute(world, id, EXECUTOR_ENDED, &reading);
    found = find_energy(world, id);
    assert_int_equal(world_job(world, id).state, JOB_DONE);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.attempt, 1);
    assert_string_equal(found.last.pool, "lab");
    assert_int_equal(found.last.ends - found.last.begins, MINUTE);
    assert_int_equal(found.last.gpu_joules, 12000);
    assert_int_equal(found.last.cpu_joules, 700);
    assert_int_equal(found.last.idle_joules, 3000);
}

static void a_lost_attempt_that_waits_again_is_booked_too(void **state)
{
    const struct energy_reading reading = {true, false, 12000, 0, 3000};
    struct world *world = *state;
    int64_t id =
        world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true, \"requeue\": true"));

    run_minute(world, id, EXECUTOR_LOST, &reading);
    assert_int_equal(world_count_events(world, id, JOB_EVENT_REQUEUED), 1);
    assert_int_equal(find_energy(world, id).count, 1);
    assert_int_equal(find_energy(world, id).last.cpu_joules, JOB_ENERGY_UNKNOWN);
    run_minute(world, id, EXECUTOR_ENDED, &reading);
    assert_int_equal(find_energy(world, id).count, 2);
    assert_int_equal(find_energy(world, id).last.attempt, 2);
}

static void what_was_not_measured_leaves_no_row(void **state)
{
    const struct energy_reading reading = {false, false, 1, 2, 3};
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));

    run_minute(world, id, EXECUTOR_ENDED, &reading);
    assert_int_equal(find_energy(world, id).count, 0);
}

static void
nothing_is_booked_while_the_disk_is_full_and_all_once_it_is_not(void **state)
{
    const struct energy_reading reading = {true, false, 12000, 0, 3000};
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"now\": true"));

    world_report(world, id, EXECUTOR_STARTED, 0);
    world->disk_is_full = true;
    run_minute(world, id, EXECUTOR_ENDED, &reading);
    assert_int_equal(find_energy(world, id).count, 0);
    world->disk_is_full = false;
    world_wait(world, MINUTE);
    assert_int_equal(world_job(world, id).state, JOB_DONE);
    assert_int_equal(find_energy(world, id).count, 1);
}

#define TRAINING WORLD_JOB(", \"gpus\": 1, \"now\": true, \"name\": \"train\"")

static void the_fourth_job_of_a_name_has_learnt_power(void **state)
{
    struct world *world = *state;
    int64_t id;

    for (int64_t i = 0; i < 3; i++) {
        const struct energy_reading reading = {true, false, 60 * (200 + i), 0, 0};

        id = world_take(world, TRAINING);
        assert_int_equal(world_job(world, id).power, 0);
        run_minute(world, id, EXECUTOR_ENDED, &reading);
    }
    id = world_take(world, TRAINING);
    assert_int_equal(world_job(world, id).power, 201);
    id = world_take(world, WORLD_JOB(", \"gpus\": 1, \"name\": \"train\", "
                                     "\"power\": 350"));
    assert_int_equal(world_job(world, id).power, 350);
    id = world_take(world, WORLD_JOB(", \"gpus\": 0, \"name\": \"train\""));
    assert_int_equal(world_job(world, id).power, 0);
}

static void a_batch_of_several_kinds_learns_each_by_its_name(void **state)
{
    const struct energy_reading reading = {true, false, 12000, 0, 0};
    struct world *world = *state;
    int64_t id;

    for (int64_t i = 0; i < 3; i++)
        run_minute(world, world_take(world, TRAINING), EXECUTOR_ENDED, &reading);
    id = world_take(world, "[" TRAINING ", " WORLD_JOB(
                               ", \"gpus\": 1, \"name\": \"other\"") ", " TRAINING "]");
    assert_int_equal(world_job(world, id).power, 200);
    assert_int_equal(world_job(world, id + 1).power, 0);
    assert_int_equal(world_job(world, id + 2).power, 200);
}

#define WORLD_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_an_attempt_took_is_stored_with_its_end),
        WORLD_TEST(a_lost_attempt_that_waits_again_is_booked_too),
        WORLD_TEST(what_was_not_measured_leaves_no_row),
        WORLD_TEST(nothing_is_booked_while_the_disk_is_full_and_all_once_it_is_not),
        WORLD_TEST(the_fourth_job_of_a_name_has_learnt_power),
        WORLD_TEST(a_batch_of_several_kinds_learns_each_by_its_name),
    };

    return cmocka_run_group_tests_name("energy in the engine", tests, NULL, NULL);
}

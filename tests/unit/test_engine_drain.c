/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "tests/support/world.h"

#define URGENT WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1")

static void note(const struct engine_answer *answer, void *context)
{
    struct error *error = context;

    *error = answer->error;
}

/* Ask, and run until it is answered. */
static struct error drain(struct world *world, bool drained, const char *reason)
{
    const struct engine_drain what = {"lab", drained, reason};
    struct error error = {.code = ERROR_CODES};

    assert_int_equal(0, engine_drain(world->engine, &what, note, &error, NULL));
    assert_int_equal(ERROR_CODES, error.code);
    world_run(world);
    assert_int_not_equal(ERROR_CODES, error.code);
    return error;
}

static const struct pool *lab(const struct world *world)
{
    return engine_pool(world->engine, 0);
}

static const char *reason_of(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.reason;
}

static void nothing_starts_in_a_drained_pool_and_what_runs_goes_on(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(world, URGENT);
    int64_t second;

    drain(world, true, "");
    second = world_take(world, URGENT);
    assert_int_equal(0, world->executor->stopped_count);
    assert_int_equal(0, world_count_orders(world, second));
    assert_string_equal("drained", reason_of(world, second));
    world_report(world, first, EXECUTOR_STARTED, 0);
    world_report(world, first, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, first).state);
    assert_int_equal(0, world_count_orders(world, second));
    drain(world, false, "");
    assert_int_equal(1, world_count_orders(world, second));
}

static void a_drained_pool_stays_so_when_the_daemon_dies(void **state)
{
    struct world *world = *state;

    drain(world, true, "it does not wake");
    world_crash(world);
    assert_true(lab(world)->drained);
    assert_string_equal("it does not wake", engine_drain_reason(world->engine, 0));
    drain(world, false, "");
    world_crash(world);
    assert_false(lab(world)->drained);
    assert_string_equal("", engine_drain_reason(world->engine, 0));
}

static void draining_counts_only_once_it_is_stored(void **state)
{
    struct world *world = *state;
    const struct engine_drain what = {"lab", true, ""};

    assert_int_equal(0, engine_drain(world->engine, &what, NULL, NULL, NULL));
    assert_false(lab(world)->drained);
    world_crash(world);
    assert_false(lab(world)->drained);

    world->disk_is_full = true;
    assert_int_equal(ERROR_UNAVAILABLE, drain(world, true, "").code);
    assert_false(lab(world)->drained);
}

static void the_last_word_on_a_pool_counts(void **state)
{
    struct world *world = *state;

    drain(world, true, "one");
    drain(world, true, "two");
    assert_string_equal("two", engine_drain_reason(world->engine, 0));
    world_crash(world);
    assert_string_equal("two", engine_drain_reason(world->engine, 0));
}

static void a_pool_that_is_not_there_cannot_be_drained(void **state)
{
    struct world *world = *state;
    const struct engine_drain what = {"nowhere", true, ""};
    struct error err;

    assert_int_equal(-1, engine_drain(world->engine, &what, note, NULL, &err));
    assert_int_equal(ERROR_MISSING, err.code);
}

static void nothing_starts_in_a_pool_that_sleeps_until_it_has_woken(void **state)
{
    struct world *world = *state;
    int64_t id;

    engine_set_sleep(world->engine, 0, POOL_ASLEEP);
    id = world_take(world, URGENT);
    assert_string_equal("asleep", reason_of(world, id));
    engine_set_sleep(world->engine, 0, POOL_WAKING);
    world_run(world);
    assert_string_equal("waking", reason_of(world, id));
    assert_int_equal(0, world->executor->order_count);
    engine_set_sleep(world->engine, 0, POOL_AWAKE);
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
}

#define DRAIN_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRAIN_TEST(nothing_starts_in_a_drained_pool_and_what_runs_goes_on),
        DRAIN_TEST(a_drained_pool_stays_so_when_the_daemon_dies),
        DRAIN_TEST(draining_counts_only_once_it_is_stored),
        DRAIN_TEST(the_last_word_on_a_pool_counts),
        DRAIN_TEST(a_pool_that_is_not_there_cannot_be_drained),
        DRAIN_TEST(nothing_starts_in_a_pool_that_sleeps_until_it_has_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

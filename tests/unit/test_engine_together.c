/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "tests/support/world.h"

/* Where pausing, limits, idleness and lost GPUs meet. */

#define CLEAN_FROM (WORLD_START + 10 * HOUR)
#define SPLIT(members)                                                                 \
    WORLD_JOB(", \"queue\": \"split\", \"interruptible\": true, \"gpus\": 1, "         \
              "\"time\": 36000" members)

enum { GREEN, URGENT, SPLITTING };

/* Clean for two hours, dirty for eight, then clean. */
static void set_block(struct world *world)
{
    size_t passed = (size_t)((world->clock.time - WORLD_START) / HOUR);
    int levels[72];

    for (size_t i = 0; i < 72; i++)
        levels[i] = i >= 2 && i < 10 ? 400 : 100;
    world_set_levels(world, levels + passed, 72 - passed);
}

static int64_t start_split(struct world *world)
{
    int64_t id = world_take(world, SPLIT(""));

    assert_int_equal(1, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_STARTED, 0);
    set_block(world);
    return id;
}

static int64_t pause_split(struct world *world)
{
    int64_t id = start_split(world);

    world_wait(world, 2 * HOUR);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    return id;
}

static const char *reason_of(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.reason;
}

static void limit_gpus(struct world *world, int64_t gpus)
{
    world->policies[SPLITTING].max_gpus_per_user = gpus;
    world_set_policies(world);
}

static void a_paused_job_keeps_its_share_of_what_its_user_may_hold(void **state)
{
    struct world *world = *state;
    int64_t paused;
    int64_t next;

    limit_gpus(world, 1);
    paused = pause_split(world);
    next = world_take(world, SPLIT(", \"now\": true"));
    assert_int_equal(0, world_count_orders(world, next));
    assert_string_equal("user-limit", reason_of(world, next));
    world_restart(world);
    set_block(world);
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(0, world_count_orders(world, next));
    assert_int_equal(JOB_STARTING, world_job(world, paused).state);
    world_report(world, paused, EXECUTOR_STARTED, 0);
    world_report(world, paused, EXECUTOR_ENDED, 0);
    assert_int_equal(1, world_count_orders(world, next));
}

static void what_is_cancelled_while_paused_gives_its_share_back(void **state)
{
    struct world *world = *state;
    int64_t paused;
    int64_t next;

    limit_gpus(world, 1);
    paused = pause_split(world);
    next = world_take(world, SPLIT(", \"now\": true"));
    assert_int_equal(0, world_count_orders(world, next));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, paused, 1000, NULL));
    world_run(world);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(1, world_count_orders(world, next));
}

static void a_limit_that_changes_meanwhile_counts_what_is_paused(void **state)
{
    struct world *world = *state;
    int64_t next;

    pause_split(world);
    limit_gpus(world, 1);
    next = world_take(world, SPLIT(", \"now\": true"));
    assert_int_equal(0, world_count_orders(world, next));
    limit_gpus(world, 2);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(1, world_count_orders(world, next));
}

/* As the daemon does every few seconds. */
static void leave_idle(struct world *world, duration length)
{
    static const int64_t idle[4] = {0, 0, 0, 0};

    for (duration passed = 0; passed < length; passed += 30) {
        engine_watch_use(world->engine, 0, idle, 4);
        world_wait(world, 30);
    }
}

static void a_job_that_is_stopped_for_idling_is_not_paused_instead(void **state)
{
    struct world *world = *state;
    int64_t id;

    world->policies[SPLITTING].idle_after = HOUR;
    world->policies[SPLITTING].idle_below = 5;
    world->policies[SPLITTING].stops_idle = true;
    world_set_policies(world);
    id = start_split(world);
    leave_idle(world, HOUR + 5 * MINUTE);
    assert_int_equal(1, world->executor->stopped_count);
    world_wait(world, 2 * HOUR);
    assert_int_equal(0, world->executor->paused_count);
    world_report(world, id, EXECUTOR_ENDED, 1);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_IDLE, world_job(world, id).cause);
}

static void a_job_whose_gpu_is_lost_while_it_pauses_goes_on_elsewhere(void **state)
{
    struct world *world = *state;
    int64_t id = start_split(world);

    world_wait(world, 2 * HOUR);
    assert_int_equal(JOB_PAUSING, world_job(world, id).state);
    engine_set_gpus(world->engine, 0, 0, 1);
    world_run(world);
    world_report(world, id, EXECUTOR_ENDED, 9);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    world_wait(world, CLEAN_FROM - world->clock.time);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
    assert_int_equal(2, world_job(world, id).gpu_mask);
}

static void a_paused_job_waits_where_its_pool_is_drained(void **state)
{
    const struct engine_drain drain = {"lab", true, ""};
    const struct engine_drain resume = {"lab", false, ""};
    struct world *world = *state;
    int64_t id = pause_split(world);

    assert_int_equal(0, engine_drain(world->engine, &drain, NULL, NULL, NULL));
    world_run(world);
    world_wait(world, CLEAN_FROM + HOUR - world->clock.time);
    assert_int_equal(JOB_PAUSED, world_job(world, id).state);
    assert_string_equal("drained", reason_of(world, id));
    assert_int_equal(0, engine_drain(world->engine, &resume, NULL, NULL, NULL));
    world_run(world);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
}

static void a_uid_that_was_another_users_once_opens_no_job_of_his(void **state)
{
    const struct engine_actor heir = {.uid = 1000, .user = "newbie"};
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"held\": true"));
    struct error err;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(-1, engine_act(world->engine, ENGINE_RELEASE, id, NULL, &heir,
                                        NULL, NULL, &err));
        assert_int_equal(ERROR_FORBIDDEN, err.code);
        world_restart(world);
    }
    assert_int_equal(0, world_act(world, ENGINE_RELEASE, id, 1000, NULL));
}

#define WORLD_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_paused_job_keeps_its_share_of_what_its_user_may_hold),
        WORLD_TEST(what_is_cancelled_while_paused_gives_its_share_back),
        WORLD_TEST(a_limit_that_changes_meanwhile_counts_what_is_paused),
        WORLD_TEST(a_job_that_is_stopped_for_idling_is_not_paused_instead),
        WORLD_TEST(a_job_whose_gpu_is_lost_while_it_pauses_goes_on_elsewhere),
        WORLD_TEST(a_uid_that_was_another_users_once_opens_no_job_of_his),
        WORLD_TEST(a_paused_job_waits_where_its_pool_is_drained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

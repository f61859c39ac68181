/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/cluster.h"

/* What becomes of jobs in pool 1 "cluster", which another scheduler runs, when its
 * times are changed, or it is to start now. */

static void change(struct world *world, int64_t id, const struct job_update *update)
{
    const struct engine_told told = {
        .fate = ENGINE_FATE_CHANGED,
        .actor = JOB_ACTOR_DAEMON,
        .text = "in the cluster",
        .update = update,
    };

    engine_tell(world->engine, id, &told);
    world_run(world);
}

static void what_changes_there_is_planned_anew_here(void **state)
{
    static const int levels[] = {400, 200, 400, 100, 100, 400, 400, 400, 400, 400};
    struct world *world = *state;
    const struct job_update update = {
        .time_limit = 3 * HOUR,
        .has_deadline = true,
        .deadline = WORLD_START + 6 * HOUR,
        .has_max_wait = true,
        .max_wait = 2 * HOUR,
    };
    int64_t id;

    world_set_levels(world, levels, sizeof(levels) / sizeof(*levels));
    id = world_take_reference(world, "trial/17@1", 0);
    assert_int_equal(WORLD_START + 3 * HOUR, cluster_reservation(world, id)->start);
    change(world, id, &update);
    assert_int_equal(WORLD_START + 2 * HOUR, cluster_reservation(world, id)->start);
    assert_int_equal(WORLD_START + 5 * HOUR, cluster_reservation(world, id)->ends);
    world_restart(world);
    assert_int_equal(3 * HOUR, world_job(world, id).time_limit);
    assert_int_equal(3 * HOUR, world_job(world, id).time);
    assert_int_equal(WORLD_START + 6 * HOUR, world_job(world, id).deadline);
    assert_int_equal(2 * HOUR, world_job(world, id).max_wait);
}

static void what_is_known_already_is_no_change(void **state)
{
    struct world *world = *state;
    const struct job_update update = {.time_limit = 2 * HOUR, .now = true};
    int64_t id = world_take_reference(world, "trial/17@1", 0);
    struct engine_told told = {
        .fate = ENGINE_FATE_CHANGED, .text = "", .update = &update};

    cluster_tell(world, id, ENGINE_FATE_HELD);
    engine_tell(world->engine, id, &told);
    change(world, id, &update);
    change(world, id, &update);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_TIME_LIMIT_SET));
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_NOW_SET));
    assert_int_equal(JOB_HELD, world_job(world, id).state);
}

static void what_changes_of_a_job_that_has_begun_is_passed_over(void **state)
{
    struct world *world = *state;
    const struct job_update update = {.time_limit = 2 * HOUR};
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    change(world, id, &update);
    assert_int_equal(0, world_count_events(world, id, JOB_EVENT_TIME_LIMIT_SET));
}

static int update_now(struct world *world, int64_t id)
{
    const struct job_update now = {.now = true};
    const struct engine_actor actor = world_actor(world);

    return engine_act(world->engine, ENGINE_UPDATE, id, &now, &actor, NULL, NULL, NULL);
}

static void what_is_to_start_now_is_handed_over_though_there_is_no_room(void **state)
{
    struct world *world = *state;
    const struct engine_use use = {WORLD_START, WORLD_START + 9 * DAY, {4, 4, 4}};
    int64_t id = world_take_reference(world, "trial/17@1", 0);
    int64_t other = world_take_reference(world, "trial/18@1", 0);

    cluster_set_use(world, &use, 1);
    assert_int_equal(0, update_now(world, id));
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
    assert_int_equal(0, world_count_orders(world, other));
    assert_int_equal(1, engine_pool(world->engine, 1)->taken.gpus);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(0, engine_pool(world->engine, 1)->taken.gpus);
}

static void what_was_to_start_now_is_handed_over_by_the_next_daemon(void **state)
{
    struct world *world = *state;
    struct engine_job found;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_int_equal(0, update_now(world, id));
    world_step(world);
    assert_true(engine_find(world->engine, id, &found));
    assert_string_equal("handed-over", found.reason);
    assert_int_equal(INSTANT_MAX, found.reservation->start);
    assert_int_equal(JOB_WAITING, world_job(world, id).state);
    world_crash(world);
    /* It does not know of any room yet. */
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
}

static void nothing_is_handed_over_before_its_users_own_begin_time(void **state)
{
    struct world *world = *state;
    const struct engine_actor actor = world_actor(world);
    int64_t id = world_take_reference(world, "trial/17@1", 0) + 1;
    struct submission submission = {
        .job = {.gpus = 1,
                .gpus_max = 1,
                .cpus = 1,
                .time = HOUR,
                .time_limit = HOUR,
                .begin = WORLD_START + 2 * HOUR,
                .max_wait = 6 * HOUR,
                .signal = 15},
        .spec = {.name = xstrdup("train"),
                 .pools = xstrdup("cluster"),
                 .reference = xstrdup("trial/18@1")},
        .given = {.time = true, .time_limit = true, .max_wait = true, .memory = true},
        .array_first = 1,
    };
    struct engine_job found;

    assert_int_equal(
        0, engine_submit(world->engine, &submission, 1, &actor, NULL, NULL, NULL));
    submission_release(&submission);
    world_run(world);
    assert_int_equal(0, update_now(world, id));
    world_run(world);
    assert_int_equal(0, world_count_orders(world, id));
    assert_true(engine_find(world->engine, id, &found));
    assert_string_equal("not-before", found.reason);
    world_wait(world, 2 * HOUR);
    assert_int_equal(1, world_count_orders(world, id));
}

static void nothing_is_handed_over_to_a_drained_pool_or_while_held(void **state)
{
    struct world *world = *state;
    struct engine_drain drain = {.pool = "cluster", .drained = true, .reason = ""};
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_int_equal(0, engine_drain(world->engine, &drain, NULL, NULL, NULL));
    assert_int_equal(0, update_now(world, id));
    world_wait(world, HOUR);
    assert_int_equal(0, world_count_orders(world, id));
    cluster_tell(world, id, ENGINE_FATE_HELD);
    drain.drained = false;
    assert_int_equal(0, engine_drain(world->engine, &drain, NULL, NULL, NULL));
    world_wait(world, HOUR);
    assert_int_equal(0, world_count_orders(world, id));
    cluster_tell(world, id, ENGINE_FATE_RELEASED);
    assert_int_equal(1, world_count_orders(world, id));
}

static void a_handover_that_failed_is_made_again_ever_more_slowly(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_int_equal(0, update_now(world, id));
    world_run(world);
    world_report(world, id, EXECUTOR_NOT_RUN, 0);
    assert_int_equal(2, world_count_orders(world, id));
    world_report(world, id, EXECUTOR_NOT_RUN, 0);
    assert_int_equal(2, world_count_orders(world, id));
    world_wait(world, MINUTE);
    assert_int_equal(3, world_count_orders(world, id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_changes_there_is_planned_anew_here),
        TEST(what_is_known_already_is_no_change),
        TEST(what_changes_of_a_job_that_has_begun_is_passed_over),
        TEST(what_is_to_start_now_is_handed_over_though_there_is_no_room),
        TEST(what_was_to_start_now_is_handed_over_by_the_next_daemon),
        TEST(nothing_is_handed_over_before_its_users_own_begin_time),
        TEST(nothing_is_handed_over_to_a_drained_pool_or_while_held),
        TEST(a_handover_that_failed_is_made_again_ever_more_slowly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

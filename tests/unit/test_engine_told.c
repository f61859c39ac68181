/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cluster.h"

/* Jobs that another scheduler runs, in pool 1 "cluster". */

static void it_is_planned_and_ordered_like_any_other(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_int_equal(1, cluster_reservation(world, id)->pool);
    assert_int_equal(WORLD_START + 3 * HOUR, cluster_reservation(world, id)->start);
    world_wait(world, 3 * HOUR);
    assert_int_equal(1, world_count_orders(world, id));
    assert_string_equal(
        "trial/17@1",
        world->executor->orders[world->executor->order_count - 1].reference);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
}

static void only_jobs_of_its_scheduler_come_to_a_delegated_pool(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"gpus\": 4, \"queue\": \"urgent\""));
    struct error err;

    assert_int_equal(0, world_job(world, id).eligible - WORLD_START);
    id = world_take(world, WORLD_JOB(", \"gpus\": 4, \"queue\": \"urgent\""));
    assert_int_equal(0, cluster_reservation(world, id)->pool);
    assert_int_equal(
        -1, world_submit(world, WORLD_JOB(", \"pools\": [\"cluster\"]"), &err));
    assert_string_equal("pools", err.field);
    assert_non_null(strstr(err.text, "scheduler of its own"));
}

static void what_its_scheduler_would_be_offered_is_previewed(void **state)
{
    struct world *world = *state;
    const char *json = WORLD_JOB(", \"pools\": [\"cluster\"], \"gpus\": 2");
    const struct engine_actor actor = world_actor(world);
    struct submission *submissions;
    struct engine_offer offer;
    size_t count;
    bool is_array;

    assert_int_equal(0, submissions_parse(json, strlen(json), &submissions, &count,
                                          &is_array, NULL));
    assert_int_equal(0,
                     engine_preview(world->engine, submissions, &actor, &offer, NULL));
    assert_int_equal(1, offer.reservation.pool);
    assert_int_equal(WORLD_START + 3 * HOUR, offer.reservation.start);
    submission_release(submissions);
    free(submissions);
}

static void what_began_unasked_is_adopted_and_not_ordered(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(1, world->executor->adopted_count);
    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    assert_int_equal(1, world_job(world, id).attempt);
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(0, engine_pool(world->engine, 1)->taken.gpus);
}

static void what_began_beyond_the_room_is_counted_all_the_same(void **state)
{
    struct world *world = *state;
    int64_t ids[6];

    for (int i = 0; i < 6; i++)
        ids[i] = world_take_reference(world, "trial/17@1", 0);
    for (int i = 0; i < 6; i++)
        cluster_tell(world, ids[i], ENGINE_FATE_BEGUN);
    assert_int_equal(6, engine_pool(world->engine, 1)->taken.gpus);
    world_restart(world);
    assert_int_equal(6, engine_pool(world->engine, 1)->taken.gpus);
    assert_int_equal(12, world->executor->adopted_count);
}

static void a_begin_that_was_not_stored_is_told_again(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    world->disk_is_full = true;
    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    assert_int_equal(0, world->executor->adopted_count);
    world->disk_is_full = false;
    world_wait(world, MINUTE);
    assert_int_equal(1, world->executor->adopted_count);
    assert_int_equal(0, world_count_orders(world, id));
    assert_int_equal(1, engine_pool(world->engine, 1)->taken.gpus);
}

static void what_is_held_there_is_not_planned_here(void **state)
{
    struct world *world = *state;
    struct engine_job found;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_HELD);
    assert_int_equal(JOB_HELD, world_job(world, id).state);
    assert_true(engine_find(world->engine, id, &found));
    assert_string_equal("slurm", found.reason);
    world_wait(world, 4 * HOUR);
    assert_int_equal(0, world_count_orders(world, id));
    cluster_tell(world, id, ENGINE_FATE_RELEASED);
    assert_int_equal(1, world_count_orders(world, id));
}

static void what_is_held_may_begin_all_the_same(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_HELD);
    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_RELEASED));
    world_crash(world);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
}

static void what_is_cancelled_there_has_ended_here(void **state)
{
    struct world *world = *state;
    int64_t waits = world_take_reference(world, "trial/17@1", 0);
    int64_t runs = world_take_reference(world, "trial/18@1", 0);

    cluster_tell(world, waits, ENGINE_FATE_CANCELLED);
    assert_int_equal(JOB_CANCELLED, world_job(world, waits).state);
    assert_int_equal(JOB_CAUSE_USER, world_job(world, waits).cause);
    cluster_tell(world, runs, ENGINE_FATE_BEGUN);
    world_report(world, runs, EXECUTOR_STARTED, 0);
    cluster_tell(world, runs, ENGINE_FATE_CANCELLED);
    assert_int_equal(JOB_RUNNING, world_job(world, runs).state);
    world_report(world, runs, EXECUTOR_ENDED, 1);
    assert_int_equal(JOB_CANCELLED, world_job(world, runs).state);
}

static void what_is_cancelled_here_before_its_start_is_cancelled_there(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    assert_int_equal(0, world->executor->stopped_count);
    world_run(world);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(1, world->executor->stopped_count);
    assert_int_equal(id, world->executor->stopped[0]);
}

static void what_nobody_knows_any_more_is_lost(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_LOST);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_LOST, world_job(world, id).cause);
    id = world_take_reference(world, "trial/18@1", 0);
    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    cluster_tell(world, id, ENGINE_FATE_LOST);
    assert_int_equal(JOB_STARTING, world_job(world, id).state);
}

static void what_is_dropped_is_cancelled_by_nobody(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_tell(world, id, ENGINE_FATE_DROPPED);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_NONE, world_job(world, id).cause);
    id = world_take_reference(world, "trial/18@1", 0);
    cluster_tell(world, id, ENGINE_FATE_BEGUN);
    world_report(world, id, EXECUTOR_STARTED, 0);
    cluster_tell(world, id, ENGINE_FATE_DROPPED);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_DROPPED, 0);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_NONE, world_job(world, id).cause);
    assert_int_equal(0, engine_open_count(world->engine));
}

static void holding_and_extending_are_its_schedulers_to_do(void **state)
{
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);
    const struct engine_actor actor = world_actor(world);
    const struct job_update longer = {.has_max_wait = true, .max_wait = DAY};
    const struct job_update now = {.now = true};
    struct error err;

    assert_int_equal(-1, world_act(world, ENGINE_HOLD, id, 1000, &err));
    assert_int_equal(ERROR_CONFLICT, err.code);
    assert_int_equal(-1, engine_act(world->engine, ENGINE_UPDATE, id, &longer, &actor,
                                    NULL, NULL, &err));
    assert_string_equal("max_wait", err.field);
    assert_int_equal(0, engine_act(world->engine, ENGINE_UPDATE, id, &now, &actor, NULL,
                                   NULL, &err));
    world_run(world);
    assert_int_equal(1, world_count_orders(world, id));
}

static void what_others_hold_is_planned_around(void **state)
{
    struct world *world = *state;
    const struct engine_use uses[] = {
        {WORLD_START, WORLD_START + 4 * HOUR, {3, 3, 3}},
        {WORLD_START + 3 * HOUR, WORLD_START + 5 * HOUR, {1, 1, 1}},
    };
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    cluster_set_use(world, uses, 2);
    assert_int_equal(1, pool_free(engine_pool(world->engine, 1)).gpus);
    world_wait(world, 5 * MINUTE);
    /* From the third hour on the grid is clean, and from the fourth there is room. */
    assert_int_equal(WORLD_START + 4 * HOUR, cluster_reservation(world, id)->start);
    cluster_set_use(world, uses, 1);
    id = world_take_reference(world, "trial/18@1", 0);
    assert_int_equal(WORLD_START + 3 * HOUR, cluster_reservation(world, id)->start);
    cluster_set_use(world, NULL, 0);
    assert_int_equal(4, pool_free(engine_pool(world->engine, 1)).gpus);
}

static void the_room_that_was_left_is_stored_for_the_ledger(void **state)
{
    struct world *world = *state;
    const struct engine_use use = {WORLD_START, WORLD_START + 4 * HOUR, {3, 3, 3}};
    int64_t usable;

    cluster_set_use(world, &use, 1);
    usable = pool_usable(engine_pool(world->engine, 1)).gpus;
    assert_int_equal(1, usable);
    world_restart(world);
    /* Nothing is known of it until its scheduler says so again. */
    assert_int_equal(0, engine_pool(world->engine, 1)->capacity.gpus);
    cluster_set_use(world, NULL, 0);
    assert_int_equal(4, pool_usable(engine_pool(world->engine, 1)).gpus);
}

static void its_own_submission_counts_not_when_we_heard_of_it(void **state)
{
    struct world *world = *state;
    int64_t id;

    world_wait(world, HOUR);
    id = world_take_reference(world, "trial/17@1", WORLD_START);
    assert_int_equal(WORLD_START, world_job(world, id).submitted);
    assert_int_equal(WORLD_START, world_job(world, id).eligible);
    id = world_take_reference(world, "trial/18@1", WORLD_START + DAY);
    assert_int_equal(WORLD_START + HOUR, world_job(world, id).submitted);
}

static bool is_late(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.late;
}

static void a_job_is_late_only_as_long_as_its_plan_is(void **state)
{
    const struct engine_use use = {WORLD_START, WORLD_START + 7 * HOUR, cluster_whole};
    struct world *world = *state;
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    assert_false(is_late(world, id));
    cluster_set_use(world, &use, 1);
    world_wait(world, 5 * MINUTE);
    assert_true(is_late(world, id));
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_LATE));
    cluster_set_use(world, NULL, 0);
    world_wait(world, 5 * MINUTE);
    assert_int_equal(WORLD_START + 3 * HOUR, cluster_reservation(world, id)->start);
    assert_false(is_late(world, id));
    world_restart(world);
    world_run(world);
    assert_false(is_late(world, id));
}

static void what_cannot_end_by_its_deadline_is_not_said_to_lack_room(void **state)
{
    struct world *world = *state;
    const struct job_update update = {.time_limit = 3 * HOUR,
                                      .has_deadline = true,
                                      .deadline = WORLD_START + 2 * HOUR,
                                      .has_max_wait = true,
                                      .now = true};
    const struct engine_told told = {
        .fate = ENGINE_FATE_CHANGED, .text = "in Slurm", .update = &update};
    int64_t id = world_take_reference(world, "trial/17@1", 0);

    world_wait(world, 12);
    engine_tell(world->engine, id, &told);
    world_run(world);
    assert_true(is_late(world, id));
    assert_int_equal(1, world_count_orders(world, id));
    assert_int_equal(0, world_count_events(world, id, JOB_EVENT_LATE));
}

static void nobody_is_late_before_it_is_told_what_there_is(void **state)
{
    struct world *world = *state;
    int64_t other = world_take_reference(world, "trial/17@1", 0);
    int64_t id = world_take_reference(world, "trial/18@1", 0);

    cluster_tell(world, other, ENGINE_FATE_BEGUN);
    world_restart(world);
    world_set_forecast(world, WORLD_START + 3 * HOUR);
    world_wait(world, MINUTE);
    assert_false(is_late(world, id));
    cluster_set_use(world, NULL, 0);
    assert_false(is_late(world, id));
    assert_int_equal(0, world_count_events(world, id, JOB_EVENT_LATE));
    assert_int_equal(WORLD_START + 3 * HOUR, cluster_reservation(world, id)->start);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cluster_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_planned_and_ordered_like_any_other),
        TEST(only_jobs_of_its_scheduler_come_to_a_delegated_pool),
        TEST(what_its_scheduler_would_be_offered_is_previewed),
        TEST(what_began_unasked_is_adopted_and_not_ordered),
        TEST(what_began_beyond_the_room_is_counted_all_the_same),
        TEST(a_begin_that_was_not_stored_is_told_again),
        TEST(what_is_held_there_is_not_planned_here),
        TEST(what_is_held_may_begin_all_the_same),
        TEST(what_is_cancelled_there_has_ended_here),
        TEST(what_is_cancelled_here_before_its_start_is_cancelled_there),
        TEST(what_nobody_knows_any_more_is_lost),
        TEST(what_is_dropped_is_cancelled_by_nobody),
        TEST(holding_and_extending_are_its_schedulers_to_do),
        TEST(what_others_hold_is_planned_around),
        TEST(a_job_is_late_only_as_long_as_its_plan_is),
        TEST(what_cannot_end_by_its_deadline_is_not_said_to_lack_room),
        TEST(nobody_is_late_before_it_is_told_what_there_is),
        TEST(the_room_that_was_left_is_stored_for_the_ledger),
        TEST(its_own_submission_counts_not_when_we_heard_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "scheduler/engine_internal.h"
#include "tests/support/world.h"

/* An urgent job of so many GPUs. */
#define URGENT(gpus) WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": " #gpus)

static struct world *limited_world(void **state, int64_t jobs, int64_t gpus)
{
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        world->policies[i].max_jobs_per_user = jobs;
        world->policies[i].max_gpus_per_user = gpus;
    }
    world_set_policies(world);
    return world;
}

static int64_t take_as(struct world *world, uint32_t uid, const char *json)
{
    world->uid = uid;
    return world_take(world, json);
}

static void end(struct world *world, int64_t id)
{
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
}

static const char *reason_of(struct world *world, int64_t id)
{
    struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.reason;
}

/* Count again what the engine keeps count of, and compare. */
static void check_counts(struct world *world)
{
    struct engine *engine = world->engine;
    const struct id_map *maps[] = {&engine->user_open, &engine->user_gpus,
                                   &engine->array_active};
    struct id_map kept[3] = {engine->user_open, engine->user_gpus,
                             engine->array_active};

    engine->user_open = engine->user_gpus = engine->array_active = (struct id_map){0};
    engine_count_anew(engine);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(kept[i].count, maps[i]->count);
        for (size_t j = 0; j < kept[i].room; j++) {
            const struct id_slot *slot = &kept[i].slots[j];

            if (slot->id)
                assert_ptr_equal(slot->value, id_map_find(maps[i], slot->id));
        }
        id_map_release(&kept[i]);
    }
}

static void more_open_jobs_than_a_user_may_have_are_refused(void **state)
{
    struct world *world = limited_world(state, 3, POLICY_NOT_SET);
    struct error err;

    world_take(world, WORLD_JOB(", \"held\": true, \"array\": \"0-1\""));
    assert_int_equal(-1, world_submit(world, WORLD_JOB(", \"array\": \"0-1\""), &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    assert_string_equal("queue 'green' takes at most 3 open jobs of one user "
                        "(max_jobs_per_user): you have 2 there, and ask for 2 more",
                        err.text);
    world_take(world, WORLD_JOB(""));
    assert_int_equal(-1, world_submit(world, WORLD_JOB(""), &err));
    /* Another queue, another user and an administrator are not concerned. */
    world_take(world, URGENT(1));
    take_as(world, 1001, WORLD_JOB(""));
    take_as(world, 0, WORLD_JOB(", \"array\": \"0-9\""));
    check_counts(world);
}

static void jobs_of_one_request_are_counted_together(void **state)
{
    struct world *world = limited_world(state, 3, POLICY_NOT_SET);
    struct error err;

    assert_int_equal(-1,
                     world_submit(world,
                                  "[" WORLD_JOB(", \"array\": \"0-1\"") "," WORLD_JOB(
                                      "") "," WORLD_JOB("") "]",
                                  &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    assert_int_equal(0, engine_open_count(world->engine));
}

static void a_dry_run_tells_of_the_limit(void **state)
{
    struct world *world = limited_world(state, 1, POLICY_NOT_SET);
    const struct engine_actor actor = {.uid = 1000, .user = "ada"};
    const char *json = WORLD_JOB(", \"array\": \"0-1\"");
    struct submission *submissions;
    struct engine_offer offer;
    struct error err;
    size_t count;
    bool is_array;

    assert_int_equal(0, submissions_parse(json, strlen(json), &submissions, &count,
                                          &is_array, &err));
    assert_int_equal(-1,
                     engine_preview(world->engine, submissions, &actor, &offer, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    submission_release(submissions);
    free(submissions);
}

static void ended_jobs_make_room_for_new_ones(void **state)
{
    struct world *world = limited_world(state, 1, POLICY_NOT_SET);
    int64_t id = world_take(world, URGENT(1));

    assert_int_equal(-1, world_submit(world, URGENT(1), NULL));
    end(world, id);
    world_take(world, URGENT(1));
    check_counts(world);
}

static void what_could_not_be_stored_does_not_count(void **state)
{
    struct world *world = limited_world(state, 1, POLICY_NOT_SET);

    world->disk_is_full = true;
    assert_int_equal(0, world_submit(world, URGENT(1), NULL));
    world_run(world);
    assert_int_not_equal(0, world->answer.error.code);
    world->disk_is_full = false;
    world_take(world, URGENT(1));
    check_counts(world);
}

static void a_job_larger_than_the_limit_is_refused(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);
    struct error err;

    assert_int_equal(-1, world_submit(world, URGENT(3), &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    assert_string_equal("gpus", err.field);
    assert_non_null(strstr(err.text, "at most 2 GPUs (max_gpus_per_user)"));
    world = limited_world(state, POLICY_NOT_SET, 1);
    assert_int_equal(-1, world_submit(world, URGENT(3), &err));
    assert_non_null(strstr(err.text, "at most 1 GPU (max_gpus_per_user)"));
}

static void a_user_holds_no_more_gpus_than_allowed_and_others_start(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);
    int64_t first = world_take(world, URGENT(1));
    int64_t second = world_take(world, URGENT(1));
    int64_t third = world_take(world, URGENT(1));
    int64_t fourth = world_take(world, URGENT(2));
    int64_t other;

    assert_int_equal(2, world->executor->order_count);
    assert_string_equal("user-limit", reason_of(world, third));
    assert_string_equal("user-limit", reason_of(world, fourth));
    other = take_as(world, 1001, URGENT(2));
    assert_int_equal(1, world_count_orders(world, other));
    check_counts(world);

    end(world, first);
    assert_int_equal(1, world_count_orders(world, third));
    assert_string_equal("user-limit", reason_of(world, fourth));
    end(world, second);
    assert_int_equal(0, world_count_orders(world, fourth));
    end(world, third);
    assert_int_equal(1, world_count_orders(world, fourth));
    check_counts(world);
}

static void jobs_without_gpus_pass_the_limit(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 1);

    world_take(world, URGENT(1));
    assert_int_equal(1, world_count_orders(world, world_take(world, URGENT(0))));
}

static void what_is_held_back_keeps_no_room_from_others(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);
    int64_t other;

    world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 2, "
                                "\"array\": \"0-9\""));
    assert_int_equal(1, world->executor->order_count);
    /* The plan is made anew while they wait, and has no place for them. */
    engine_set_forecast(world->engine, "GB", NULL);
    world_wait(world, 10 * MINUTE);
    other = take_as(world, 1001, URGENT(2));
    assert_int_equal(1, world_count_orders(world, other));
    assert_int_equal(0, engine_beyond_count(world->engine));
}

static void set_drained(struct world *world, bool drained)
{
    const struct engine_drain what = {"lab", drained, ""};

    assert_int_equal(0, engine_drain(world->engine, &what, NULL, NULL, NULL));
    world_run(world);
}

static void the_plan_reckons_with_nothing_that_is_held_back(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);
    struct engine_job found;
    int64_t next;

    world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 2, "
                                "\"array\": \"0-9\""));
    take_as(world, 1001, URGENT(2));
    next = take_as(world, 1001, URGENT(2));
    /* All that waits is placed anew. */
    set_drained(world, true);
    set_drained(world, false);
    assert_true(engine_find(world->engine, next, &found));
    assert_string_equal("user-limit", found.limit);
    assert_in_range(found.reservation->start, WORLD_START + HOUR,
                    WORLD_START + HOUR + 5 * MINUTE);
}

static void others_have_the_room_at_once(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);

    /* Both of the first have a place before either starts; the second gives it up. */
    assert_int_equal(0, world_submit(world,
                                     WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": "
                                               "2, \"array\": \"0-1\""),
                                     NULL));
    world->uid = 1001;
    assert_int_equal(0, world_submit(world, URGENT(2), NULL));
    /* So that no plan is made anew meanwhile. */
    world_step(world);
    world_step(world);
    assert_int_equal(1, world_count_orders(world, 1));
    assert_int_equal(1, world_count_orders(world, 3));
}

static void an_array_says_that_its_own_limit_is_reached(void **state)
{
    struct world *world = *state;
    int64_t id =
        world_take(world, WORLD_JOB(", \"queue\": \"urgent\", \"array\": \"0-3%2\""));

    assert_int_equal(2, world->executor->order_count);
    assert_string_equal("array-limit", reason_of(world, id + 2));
    assert_string_equal("array-limit", reason_of(world, id + 3));
    end(world, id);
    assert_int_equal(1, world_count_orders(world, id + 2));
    assert_string_equal("array-limit", reason_of(world, id + 3));
    check_counts(world);
}

static void what_a_limit_held_back_starts_by_priority(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 2);
    int64_t first = world_take(world, URGENT(2));
    int64_t low = world_take(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 2, \"priority\": -5"));
    int64_t high = world_take(world, URGENT(2));

    end(world, first);
    assert_int_equal(1, world_count_orders(world, high));
    assert_int_equal(0, world_count_orders(world, low));
    assert_string_equal("user-limit", reason_of(world, low));
}

static void a_held_back_job_can_be_held_released_changed_and_cancelled(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 1);
    int64_t first = world_take(world, URGENT(1));
    int64_t second = world_take(world, URGENT(1));
    int64_t third = world_take(world, URGENT(1));

    assert_int_equal(0, world_act(world, ENGINE_HOLD, second, 1000, NULL));
    world_run(world);
    assert_string_equal("held", reason_of(world, second));
    assert_int_equal(0, world_act(world, ENGINE_RELEASE, second, 1000, NULL));
    world_run(world);
    assert_string_equal("user-limit", reason_of(world, second));
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, second, 1000, NULL));
    world_run(world);
    assert_int_equal(JOB_CANCELLED, world_job(world, second).state);
    end(world, first);
    assert_int_equal(1, world_count_orders(world, third));
    check_counts(world);
}

static void a_reload_that_lifts_the_limit_frees_what_waits(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 1);
    int64_t second;

    world_take(world, URGENT(1));
    second = world_take(world, URGENT(1));
    assert_int_equal(0, world_count_orders(world, second));
    limited_world(state, POLICY_NOT_SET, 2);
    assert_int_equal(1, world_count_orders(world, second));
    check_counts(world);
}

static void a_job_larger_than_a_limit_made_since_has_its_turn_alone(void **state)
{
    struct world *world = *state;
    int64_t first = world_take(world, URGENT(4));
    int64_t second = world_take(world, URGENT(4));

    limited_world(state, POLICY_NOT_SET, 1);
    end(world, first);
    assert_int_equal(1, world_count_orders(world, second));
}

static void counts_survive_a_restart_and_queues_that_go(void **state)
{
    struct world *world = limited_world(state, POLICY_NOT_SET, 1);
    int64_t second;

    world_take(world, URGENT(1));
    second = world_take(world, URGENT(1));
    world_take(world, WORLD_JOB(", \"held\": true"));
    world_restart(world);
    world_run(world);
    check_counts(world);
    assert_string_equal("user-limit", reason_of(world, second));
    engine_set_policies(world->engine, world->policies, 1, "green");
    check_counts(world);
}

static void a_large_array_is_held_back_and_comes_in_its_turn(void **state)
{
    struct world *world = *state;
    int64_t id = world_take(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"array\": \"0-2999%2\""));

    for (int64_t i = 0; i < 20; i++) {
        assert_int_equal(i + 2, world->executor->order_count);
        end(world, id + i);
        check_counts(world);
    }
    assert_int_equal(1, world_count_orders(world, id + 21));
}

#define LIMITS_TEST(name)                                                              \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIMITS_TEST(more_open_jobs_than_a_user_may_have_are_refused),
        LIMITS_TEST(jobs_of_one_request_are_counted_together),
        LIMITS_TEST(a_dry_run_tells_of_the_limit),
        LIMITS_TEST(ended_jobs_make_room_for_new_ones),
        LIMITS_TEST(what_could_not_be_stored_does_not_count),
        LIMITS_TEST(a_job_larger_than_the_limit_is_refused),
        LIMITS_TEST(a_user_holds_no_more_gpus_than_allowed_and_others_start),
        LIMITS_TEST(jobs_without_gpus_pass_the_limit),
        LIMITS_TEST(what_is_held_back_keeps_no_room_from_others),
        LIMITS_TEST(the_plan_reckons_with_nothing_that_is_held_back),
        LIMITS_TEST(others_have_the_room_at_once),
        LIMITS_TEST(an_array_says_that_its_own_limit_is_reached),
        LIMITS_TEST(what_a_limit_held_back_starts_by_priority),
        LIMITS_TEST(a_held_back_job_can_be_held_released_changed_and_cancelled),
        LIMITS_TEST(a_reload_that_lifts_the_limit_frees_what_waits),
        LIMITS_TEST(a_job_larger_than_a_limit_made_since_has_its_turn_alone),
        LIMITS_TEST(counts_survive_a_restart_and_queues_that_go),
        LIMITS_TEST(a_large_array_is_held_back_and_comes_in_its_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/gpu.h"
#include "tests/support/world.h"

#define TRAIN(gpus)                                                                    \
    WORLD_JOB(", \"queue\": \"urgent\", \"time\": 36000, \"gpus\": " #gpus)

static struct world *watching_world(void **state, bool stops)
{
    struct world *world = *state;

    world->policies[1].idle_below = 5;
    world->policies[1].idle_after = 30 * MINUTE;
    world->policies[1].stops_idle = stops;
    world_set_policies(world);
    return world;
}

static int64_t run(struct world *world, const char *json)
{
    int64_t id = world_take(world, json);

    world_report(world, id, EXECUTOR_STARTED, 0);
    return id;
}

static void sample(struct world *world, int64_t first, int64_t second)
{
    const int64_t use[4] = {first, second, 0, 0};

    engine_watch_use(world->engine, 0, use, 4);
    world_run(world);
}

/* Samples of the first two GPUs twice a minute for so long, the first in 30 s. */
static void watch(struct world *world, int64_t first, int64_t second, duration length)
{
    for (duration at = 0; at < length; at += 30) {
        world_wait(world, 30);
        sample(world, first, second);
    }
}

static bool is_idle(struct world *world, int64_t id)
{
    return world_job(world, id).idle_since != 0;
}

static void a_job_whose_gpus_stand_idle_for_long_is_reported(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(world, TRAIN(2));

    watch(world, 0, 4, 30 * MINUTE);
    assert_false(is_idle(world, id));
    watch(world, 0, 4, 30);
    assert_int_equal(WORLD_START, world_job(world, id).idle_since);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_IDLE));
    watch(world, 0, 0, HOUR);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_IDLE));
    assert_int_equal(0, world->executor->stopped_count);
}

static void one_gpu_that_works_is_enough(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(world, TRAIN(2));

    watch(world, 0, 5, 2 * HOUR);
    assert_false(is_idle(world, id));
}

static void work_in_between_begins_the_wait_anew(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, 29 * MINUTE);
    watch(world, 100, 0, 30);
    watch(world, 0, 0, 30 * MINUTE);
    assert_false(is_idle(world, id));
    watch(world, 0, 0, 30);
    assert_int_equal(WORLD_START + 29 * MINUTE + 30, world_job(world, id).idle_since);
}

static void what_is_not_known_proves_nothing_and_undoes_nothing(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(world, TRAIN(2));

    watch(world, 0, 0, 20 * MINUTE);
    watch(world, 0, GPU_UNKNOWN, 2 * HOUR);
    world_wait(world, HOUR);
    sample(world, 0, 0);
    assert_false(is_idle(world, id));
    watch(world, 0, 0, 10 * MINUTE);
    assert_false(is_idle(world, id));
    watch(world, 0, 0, 30);
    assert_int_equal(world->clock.time - 30 * MINUTE - 30,
                     world_job(world, id).idle_since);
}

static void samples_that_are_missing_are_not_known(void **state)
{
    struct world *world = watching_world(state, false);
    const int64_t use[1] = {0};
    int64_t id = run(world, TRAIN(2));

    for (int i = 0; i < 200; i++) {
        world_wait(world, 30);
        engine_watch_use(world->engine, 0, use, 1);
    }
    world_run(world);
    assert_false(is_idle(world, id));
}

static void a_job_that_works_again_is_told_of(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, HOUR);
    watch(world, 50, 0, MINUTE);
    assert_false(is_idle(world, id));
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_BUSY));
    watch(world, 0, 0, HOUR);
    assert_int_equal(2, world_count_events(world, id, JOB_EVENT_IDLE));
}

static void jobs_without_gpus_and_queues_that_do_not_look_are_left_alone(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t without = run(world, TRAIN(0));
    int64_t other = run(world, WORLD_JOB(", \"gpus\": 2, \"now\": true"));

    watch(world, 0, 0, 2 * HOUR);
    assert_false(is_idle(world, without));
    assert_false(is_idle(world, other));
    assert_int_equal(0, world->executor->stopped_count);
}

static void a_queue_may_stop_what_stands_idle(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t id = run(world, TRAIN(1));
    struct job job;

    watch(world, 0, 0, 30 * MINUTE);
    assert_int_equal(0, world->executor->stopped_count);
    watch(world, 0, 0, 30);
    assert_int_equal(1, world->executor->stopped_count);
    assert_int_equal(id, world->executor->stopped[0]);
    watch(world, 0, 0, MINUTE);
    assert_int_equal(1, world->executor->stopped_count);
    /* To save its state it may use the GPU once more. */
    watch(world, 100, 0, MINUTE);
    world_report(world, id, EXECUTOR_ENDED, 0);
    job = world_job(world, id);
    assert_int_equal(JOB_FAILED, job.state);
    assert_int_equal(JOB_CAUSE_IDLE, job.cause);
    assert_int_equal(0, job.idle_since);
}

static void it_is_stopped_only_when_that_is_stored(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, 30 * MINUTE);
    world->disk_is_full = true;
    watch(world, 0, 0, 5 * MINUTE);
    assert_int_equal(0, world->executor->stopped_count);
    world->disk_is_full = false;
    watch(world, 0, 0, MINUTE);
    assert_true(is_idle(world, id));
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_IDLE));
    assert_int_equal(1, world->executor->stopped_count);
}

static void after_a_restart_it_is_stopped_when_it_is_seen_idle_again(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, HOUR);
    world_restart(world);
    assert_int_equal(1, world->executor->stopped_count);
    watch(world, GPU_UNKNOWN, 0, MINUTE);
    assert_int_equal(1, world->executor->stopped_count);
    watch(world, 0, 0, MINUTE);
    assert_int_equal(2, world->executor->stopped_count);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(JOB_CAUSE_IDLE, world_job(world, id).cause);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_IDLE));
}

static void an_end_that_a_restart_finds_has_its_cause_too(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, HOUR);
    world_restart(world);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_IDLE, world_job(world, id).cause);
}

static void who_cancels_an_idle_job_is_its_end(void **state)
{
    struct world *world = watching_world(state, true);
    int64_t id = run(world, TRAIN(1));

    watch(world, 0, 0, HOUR);
    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_USER, world_job(world, id).cause);
}

static void a_second_attempt_proves_its_idleness_anew(void **state)
{
    struct world *world = watching_world(state, false);
    int64_t id = run(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1, \"requeue\": true"));

    watch(world, 0, 0, 29 * MINUTE);
    world_report(world, id, EXECUTOR_LOST, 0);
    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(2, world_job(world, id).attempt);
    watch(world, 0, 0, 29 * MINUTE);
    assert_false(is_idle(world, id));
}

#define IDLE_TEST(name)                                                                \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IDLE_TEST(a_job_whose_gpus_stand_idle_for_long_is_reported),
        IDLE_TEST(one_gpu_that_works_is_enough),
        IDLE_TEST(work_in_between_begins_the_wait_anew),
        IDLE_TEST(what_is_not_known_proves_nothing_and_undoes_nothing),
        IDLE_TEST(samples_that_are_missing_are_not_known),
        IDLE_TEST(a_job_that_works_again_is_told_of),
        IDLE_TEST(jobs_without_gpus_and_queues_that_do_not_look_are_left_alone),
        IDLE_TEST(a_queue_may_stop_what_stands_idle),
        IDLE_TEST(it_is_stopped_only_when_that_is_stored),
        IDLE_TEST(after_a_restart_it_is_stopped_when_it_is_seen_idle_again),
        IDLE_TEST(an_end_that_a_restart_finds_has_its_cause_too),
        IDLE_TEST(who_cancels_an_idle_job_is_its_end),
        IDLE_TEST(a_second_attempt_proves_its_idleness_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

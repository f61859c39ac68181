/* SPDX-License-Identifier: MIT */
#include "scheduler/engine.h"

#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/world.h"

#define URGENT(gpus) WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": " #gpus)

static void set_gpus(struct world *world, uint64_t foreign, uint64_t lost)
{
    engine_set_gpus(world->engine, 0, foreign, lost);
    world_run(world);
}

/* A job that runs on the lowest free GPUs. */
static int64_t run_job(struct world *world, const char *json)
{
    int64_t id = world_take(world, json);

    world_report(world, id, EXECUTOR_STARTED, 0);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    return id;
}

static int note_capacity(instant at, const struct resources *capacity, void *context)
{
    int64_t *last = context;

    (void)at;
    *last = capacity->gpus;
    return 0;
}

static int64_t stored_gpus(struct world *world)
{
    int64_t gpus = -1;

    assert_int_equal(
        0, store_load_capacity(world->reader, "lab", note_capacity, &gpus, NULL));
    return gpus;
}

static int note_text(const struct job_event *event, void *context, struct error *err)
{
    (void)err;
    if (event->kind == JOB_EVENT_BROKE || event->kind == JOB_EVENT_REQUEUED)
        memcpy(context, event->text, sizeof(event->text));
    return 0;
}

static void a_lost_gpu_ends_its_job_as_lost_whatever_its_end(void **state)
{
    struct world *world = *state;
    int64_t other = run_job(world, URGENT(1));
    int64_t id = run_job(world, URGENT(2));
    char text[160] = "";

    set_gpus(world, 0, 0x4);
    assert_int_equal(1, world->executor->stopped_count);
    assert_int_equal(id, world->executor->stopped[0]);
    assert_int_equal(JOB_RUNNING, world_job(world, id).state);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_FAILED, world_job(world, id).state);
    assert_int_equal(JOB_CAUSE_LOST, world_job(world, id).cause);
    store_load_events(world->reader, id, note_text, text, NULL);
    assert_string_equal(text, "GPU 2 was lost");
    assert_int_equal(JOB_RUNNING, world_job(world, other).state);
    /* Of the four one is lost, and one is the other's. */
    assert_int_equal(2, pool_free(engine_pool(world->engine, 0)).gpus);
    assert_int_equal(3, stored_gpus(world));
}

static void a_cancelled_job_on_a_lost_gpu_is_cancelled(void **state)
{
    struct world *world = *state;
    int64_t id = run_job(world, URGENT(1));

    assert_int_equal(0, world_act(world, ENGINE_CANCEL, id, 1000, NULL));
    world_run(world);
    set_gpus(world, 0, 0x1);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_CANCELLED, world_job(world, id).state);
}

static void a_requeue_job_waits_again_and_gets_another_gpu(void **state)
{
    struct world *world = *state;
    int64_t id = run_job(
        world, WORLD_JOB(", \"queue\": \"urgent\", \"gpus\": 1, \"requeue\": true"));

    set_gpus(world, 0, 0x1);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(1, world_count_events(world, id, JOB_EVENT_REQUEUED));
    assert_int_equal(2, world_count_orders(world, id));
    assert_int_equal(0x2, world->executor->orders[1].gpu_mask);
    /* The loss was the first attempt's: this one ends as it does. */
    world_report(world, id, EXECUTOR_STARTED, 0);
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
}

static void a_foreign_gpu_is_given_to_nobody_until_it_is_free_again(void **state)
{
    struct world *world = *state;
    int64_t id;

    set_gpus(world, 0x7, 0);
    id = world_take(world, URGENT(2));
    assert_int_equal(0, world_count_orders(world, id));
    set_gpus(world, 0x6, 0);
    assert_int_equal(1, world_count_orders(world, id));
    assert_int_equal(0x9, world->executor->orders[0].gpu_mask);
    assert_int_equal(2, engine_pool(world->engine, 0)->taken.gpus);
}

static void somebody_else_on_the_gpu_of_a_job_does_not_stop_it(void **state)
{
    struct world *world = *state;
    int64_t id = run_job(world, URGENT(1));

    set_gpus(world, 0x1, 0);
    assert_int_equal(0, world->executor->stopped_count);
    assert_int_equal(-1, stored_gpus(world)); /* what it holds is in use */
    world_report(world, id, EXECUTOR_ENDED, 0);
    assert_int_equal(JOB_DONE, world_job(world, id).state);
    assert_int_equal(3, stored_gpus(world));
    assert_int_equal(3, pool_free(engine_pool(world->engine, 0)).gpus);
}

static void the_plan_shrinks_and_grows_with_what_is_usable(void **state)
{
    struct world *world = *state;
    const instant clean = WORLD_START + 6 * HOUR;
    struct engine_job found;
    int64_t ids[2];

    world_set_forecast(world, clean);
    world_run(world);
    for (int i = 0; i < 2; i++)
        ids[i] = world_take(world, WORLD_JOB(", \"gpus\": 2, \"time\": 10800"));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            assert_true(engine_find(world->engine, ids[i], &found));
            assert_int_equal(clean, found.reservation->start);
        }
        set_gpus(world, 0x1, 0x6);
        assert_int_equal(1, stored_gpus(world));
        for (int i = 0; i < 2; i++) {
            assert_true(engine_find(world->engine, ids[i], &found));
            assert_true(found.reservation->pool < 0);
        }
        set_gpus(world, 0, 0);
    }
    /* With room for one of them the other does better now than after it. */
    set_gpus(world, 0, 0x1);
    assert_int_equal(1, world->executor->order_count);
    assert_int_equal(0x6, world->executor->orders[0].gpu_mask);
    set_gpus(world, 0, 0);
    assert_int_equal(4, stored_gpus(world));
}

static void what_fits_only_when_all_is_well_is_taken_and_waits(void **state)
{
    struct world *world = *state;
    int64_t id;

    set_gpus(world, 0, 0x8);
    id = world_take(world, URGENT(4));
    world_wait(world, 2 * HOUR);
    assert_int_equal(JOB_WAITING, world_job(world, id).state);
    assert_int_equal(3, engine_usable_gpus(world->engine, id));
    set_gpus(world, 0, 0);
    assert_int_equal(4, engine_usable_gpus(world->engine, id));
    assert_int_equal(1, world_count_orders(world, id));
}

static void what_is_submitted_before_the_next_plan_knows_what_is_usable(void **state)
{
    struct world *world = *state;
    struct engine_task *task;
    struct engine_job found;

    engine_set_forecast(world->engine, "GB", NULL);
    task = engine_take_plan(world->engine);
    assert_non_null(task);
    engine_set_gpus(world->engine, 0, 0x3, 0xc);
    assert_int_equal(0, world_submit(world, URGENT(1), NULL));
    assert_true(engine_find(world->engine, 1, &found));
    assert_true(found.reservation->pool < 0);
    /* A plan that was begun before does not know, and is told. */
    engine_task_run(task);
    engine_adopt_plan(world->engine, task);
    assert_int_equal(0, world_submit(world, URGENT(1), NULL));
    assert_true(engine_find(world->engine, 2, &found));
    assert_true(found.reservation->pool < 0);
}

static void a_job_that_was_due_starts_when_its_gpu_is_free_again(void **state)
{
    struct world *world = *state;

    assert_int_equal(0, world_submit(world, URGENT(4), NULL));
    set_gpus(world, 0x1, 0);
    assert_int_equal(0, world->executor->order_count);
    set_gpus(world, 0, 0);
    assert_int_equal(1, world->executor->order_count);
}

static void a_gpu_lost_while_a_start_is_being_stored_stops_it(void **state)
{
    struct world *world = *state;
    struct store_batch *batch;
    int64_t id;

    assert_int_equal(0, world_submit(world, URGENT(1), NULL));
    engine_step(world->engine);
    while ((batch = engine_take_batch(world->engine))
           && world->executor->order_count == 0) {
        engine_set_gpus(world->engine, 0, 0, 0);
        assert_int_equal(0, store_write(world->store, batch, NULL));
        store_batch_destroy(batch);
        if (engine_pool(world->engine, 0)->taken.gpus > 0)
            engine_set_gpus(world->engine, 0, 0, 0x1);
        engine_settle(world->engine, NULL);
        engine_answer(world->engine, NULL);
        engine_step(world->engine);
    }
    store_batch_destroy(batch);
    id = world->executor->orders[0].job_id;
    assert_int_equal(1, world->executor->stopped_count);
    assert_int_equal(id, world->executor->stopped[0]);
}

static void after_a_restart_the_loss_is_found_again(void **state)
{
    struct world *world = *state;
    int64_t id = run_job(world, URGENT(1));

    set_gpus(world, 0, 0x1);
    world_crash(world);
    world_run(world);
    set_gpus(world, 0, 0x1);
    assert_int_equal(2, world->executor->stopped_count);
    world_report(world, id, EXECUTOR_ENDED, 143);
    assert_int_equal(JOB_CAUSE_LOST, world_job(world, id).cause);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_gpu_ends_its_job_as_lost_whatever_its_end),
        TEST(a_cancelled_job_on_a_lost_gpu_is_cancelled),
        TEST(a_requeue_job_waits_again_and_gets_another_gpu),
        TEST(a_foreign_gpu_is_given_to_nobody_until_it_is_free_again),
        TEST(somebody_else_on_the_gpu_of_a_job_does_not_stop_it),
        TEST(the_plan_shrinks_and_grows_with_what_is_usable),
        TEST(what_fits_only_when_all_is_well_is_taken_and_waits),
        TEST(what_is_submitted_before_the_next_plan_knows_what_is_usable),
        TEST(a_job_that_was_due_starts_when_its_gpu_is_free_again),
        TEST(a_gpu_lost_while_a_start_is_being_stored_stops_it),
        TEST(after_a_restart_the_loss_is_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

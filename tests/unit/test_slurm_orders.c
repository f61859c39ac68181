/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/alloc.h"
#include "nodes/slurm/orders.h"

/* A door that writes down what it is asked, and answers when it is told to. */
struct door {
    struct slurm_backend backend;
    char asked[16][SLURM_TARGET_MAX];
    enum slurm_verb verbs[16];
    size_t asked_count;
    slurm_on_done *on_done;
    void *context;

    uv_loop_t loop;
    struct slurm_orders *orders;
    size_t answered;
    size_t failed;
};

static void note_order(struct slurm_backend *backend, const struct slurm_order *order,
                       slurm_on_done *on_done, void *context)
{
    struct door *door = (struct door *)backend;

    assert_true(door->asked_count < 16);
    snprintf(door->asked[door->asked_count], SLURM_TARGET_MAX, "%s", order->target);
    door->verbs[door->asked_count++] = order->verb;
    door->on_done = on_done;
    door->context = context;
}

static void on_answer(const struct slurm_change *change, const struct error *failure,
                      void *context)
{
    struct door *door = context;

    (void)change;
    door->answered++;
    door->failed += failure != NULL;
}

static int setup(void **state)
{
    struct door *door = xcalloc(1, sizeof(*door));

    door->backend.order = note_order;
    door->backend.targets_max = 8;
    uv_loop_init(&door->loop);
    door->orders =
        slurm_orders_create(&door->loop, &door->backend, 10000, on_answer, door);
    *state = door;
    return 0;
}

static int teardown(void **state)
{
    struct door *door = *state;

    slurm_orders_destroy(door->orders);
    uv_run(&door->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&door->loop));
    free(door);
    return 0;
}

static void ask(struct door *door, enum slurm_verb verb, int64_t id, int32_t task)
{
    const struct slurm_change change = {.verb = verb, .id = id, .task = task};

    slurm_orders_add(door->orders, &change);
}

/* Run until so many orders were given; the door is asked from a timer of the loop. */
static void run_until(struct door *door, size_t asked)
{
    while (door->asked_count < asked) {
        assert_true(uv_loop_alive(&door->loop));
        uv_run(&door->loop, UV_RUN_ONCE);
    }
}

static void answer(struct door *door, enum error_code code)
{
    const struct error failure = {.code = code, .text = "it failed"};

    door->on_done(code ? &failure : NULL, door->context);
}

static void jobs_that_are_to_have_the_same_are_asked_for_together(void **state)
{
    struct door *door = *state;

    ask(door, SLURM_RELEASE, 1, -1);
    ask(door, SLURM_CANCEL, 2, -1);
    ask(door, SLURM_RELEASE, 3, 0);
    ask(door, SLURM_RELEASE, 3, 7);
    assert_int_equal(0, door->asked_count);
    run_until(door, 1);
    assert_string_equal("1,3_0,3_7", door->asked[0]);
    answer(door, ERROR_NONE);
    assert_int_equal(3, door->answered);
    run_until(door, 2);
    assert_string_equal("2", door->asked[1]);
    answer(door, ERROR_NONE);
    assert_int_equal(4, door->answered);
    assert_int_equal(0, slurm_orders_waiting(door->orders));
}

static void one_order_names_no_more_than_its_door_takes(void **state)
{
    struct door *door = *state;

    for (int64_t id = 1; id <= 9; id++)
        ask(door, SLURM_RELEASE, id, -1);
    run_until(door, 1);
    assert_string_equal("1,2,3,4,5,6,7,8", door->asked[0]);
    answer(door, ERROR_NONE);
    run_until(door, 2);
    assert_string_equal("9", door->asked[1]);
}

static void a_wish_that_waits_or_is_under_way_is_not_added_again(void **state)
{
    struct door *door = *state;

    ask(door, SLURM_RELEASE, 1, -1);
    ask(door, SLURM_RELEASE, 1, -1);
    run_until(door, 1);
    ask(door, SLURM_RELEASE, 1, -1);
    assert_int_equal(1, slurm_orders_waiting(door->orders));
    answer(door, ERROR_NONE);
    assert_int_equal(1, door->answered);
}

static void to_cancel_stands_above_all_else(void **state)
{
    struct door *door = *state;

    ask(door, SLURM_RELEASE, 1, -1);
    ask(door, SLURM_CANCEL, 1, -1);
    ask(door, SLURM_RELEASE, 1, -1);
    run_until(door, 1);
    assert_int_equal(SLURM_CANCEL, door->verbs[0]);
    assert_int_equal(1, slurm_orders_waiting(door->orders));
}

static void while_slurmctld_does_not_answer_one_at_a_time_is_tried(void **state)
{
    struct door *door = *state;

    ask(door, SLURM_RELEASE, 1, -1);
    run_until(door, 1);
    answer(door, ERROR_UNAVAILABLE);
    assert_int_equal(1, door->failed);
    ask(door, SLURM_RELEASE, 1, -1);
    ask(door, SLURM_RELEASE, 2, -1);
    /* A second lies before the next try: nothing is asked at once. */
    uv_run(&door->loop, UV_RUN_NOWAIT);
    assert_int_equal(1, door->asked_count);
    run_until(door, 2);
    assert_string_equal("1", door->asked[1]);
    answer(door, ERROR_NONE);
    run_until(door, 3);
    assert_string_equal("2", door->asked[2]);
}

static void another_fault_is_told_and_holds_up_nobody(void **state)
{
    struct door *door = *state;

    ask(door, SLURM_RELEASE, 1, -1);
    run_until(door, 1);
    ask(door, SLURM_CANCEL, 2, -1);
    answer(door, ERROR_MISSING);
    assert_int_equal(1, door->failed);
    uv_run(&door->loop, UV_RUN_NOWAIT);
    run_until(door, 2);
    assert_string_equal("2", door->asked[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_that_are_to_have_the_same_are_asked_for_together),
        TEST(one_order_names_no_more_than_its_door_takes),
        TEST(a_wish_that_waits_or_is_under_way_is_not_added_again),
        TEST(to_cancel_stands_above_all_else),
        TEST(while_slurmctld_does_not_answer_one_at_a_time_is_tried),
        TEST(another_fault_is_told_and_holds_up_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

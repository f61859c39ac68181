/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "base/clock.h"
#include "scheduler/plan_split.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24

_Static_assert(START % HOUR == 0, "slots of an hour begin at START");

static struct plan *make_plan(const int *levels, const struct policy *policy,
                              int64_t gpus)
{
    struct plan_settings settings = {HOUR, HOURS, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct pool pool = planning_pool(gpus);
    intensity scaled[HOURS];

    for (int i = 0; i < HOURS; i++)
        scaled[i] = G_PER_KWH(levels[i]);
    plan_set_zone(plan, 0, scaled, NULL);
    plan_set_class(plan, 0, policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct policy make_policy(void)
{
    return (struct policy){.kind = POLICY_CLEANEST, .interruptible_after = HOUR};
}

static struct plan_split make_split(duration time, duration latest)
{
    return (struct plan_split){
        .job = {.id = 1,
                .pools = 1,
                .wanted = {2, 2, 1024},
                .time = time,
                .earliest = START,
                .latest = START + latest},
        .runs_in = -1,
        .pieces = PLAN_PIECES_NONE,
    };
}

static void take_hours(struct plan *plan, int begins, int ends, int64_t gpus)
{
    const struct resources taken = {gpus, gpus, 0};

    plan_occupy(plan, 0, START + begins * HOUR, START + ends * HOUR, &taken);
}

static void assert_piece(const struct plan_split *split, size_t i, duration begins,
                         duration ends)
{
    assert_true(i < split->pieces.count);
    assert_int_equal(split->pieces.list[i].start - START, begins);
    assert_int_equal(split->pieces.list[i].ends - START, ends);
}

/* Six dirty hours, six clean ones, and so on. */
static const int blocks[HOURS] = {400, 400, 400, 400, 400, 400, 100, 100,
                                  100, 100, 100, 100, 400, 400, 400, 400,
                                  400, 400, 100, 100, 100, 100, 100, 100};

static void a_job_runs_in_the_clean_hours_with_a_rest_between(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 2);
    assert_piece(&split, 0, 6 * HOUR, 12 * HOUR);
    assert_piece(&split, 1, 18 * HOUR, 20 * HOUR);
    assert_int_equal(split.pieces.reason, PLAN_GREEN);
    plan_destroy(plan);
}

static void a_restart_is_paid_in_time(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    split.restart = HOUR;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 2);
    assert_piece(&split, 0, 6 * HOUR, 12 * HOUR);
    assert_piece(&split, 1, 18 * HOUR, 21 * HOUR);
    plan_destroy(plan);
}

static void the_grace_is_part_of_a_piece_that_is_not_the_last(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    split.grace = 10 * MINUTE;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 2);
    assert_piece(&split, 0, 6 * HOUR, 12 * HOUR);
    assert_piece(&split, 1, 18 * HOUR, 21 * HOUR);
    plan_destroy(plan);
}

static void a_restart_that_costs_more_than_it_brings_is_not_made(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(7 * HOUR, 16 * HOUR);

    (void)state;
    split.restart = 6 * HOUR;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 1);
    assert_piece(&split, 0, 5 * HOUR, 12 * HOUR);
    plan_destroy(plan);
}

static void pieces_that_save_less_than_is_asked_for_are_not_made(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan;
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    policy.min_saving_ppm = 800000;
    plan = make_plan(blocks, &policy, 4);
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 1);
    plan_destroy(plan);
}

static void pieces_go_around_those_who_have_the_place(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(6 * HOUR, 16 * HOUR);

    (void)state;
    take_hours(plan, 8, 10, 3);
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 3);
    assert_piece(&split, 0, 6 * HOUR, 8 * HOUR);
    assert_piece(&split, 1, 10 * HOUR, 12 * HOUR);
    assert_piece(&split, 2, 18 * HOUR, 20 * HOUR);
    plan_destroy(plan);
}

static void a_job_that_has_no_room_in_one_piece_is_on_time_in_two(void **state)
{
    static const int flat[HOURS] = {200, 200, 200, 200, 200, 200, 200, 200,
                                    200, 200, 200, 200, 200, 200, 200, 200,
                                    200, 200, 200, 200, 200, 200, 200, 200};
    struct policy policy = make_policy();
    struct plan *plan = make_plan(flat, &policy, 4);
    struct plan_split split = make_split(6 * HOUR, 3 * HOUR);

    (void)state;
    take_hours(plan, 3, 5, 4);
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 2);
    assert_piece(&split, 0, 0, 3 * HOUR);
    assert_piece(&split, 1, 5 * HOUR, 8 * HOUR);
    assert_true(split.pieces.reason != PLAN_LATE);
    plan_destroy(plan);
}

static void who_runs_in_a_dirty_hour_is_to_pause_now(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(5 * HOUR, 16 * HOUR);

    (void)state;
    split.runs_in = 0;
    split.restart = 10 * MINUTE;
    split.pieces = (struct plan_pieces){.list = {{START, START + 5 * HOUR}},
                                        .count = 1,
                                        .pool = 0,
                                        .reason = PLAN_GREEN_NOW};
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 1);
    assert_piece(&split, 0, 6 * HOUR, 12 * HOUR);
    plan_destroy(plan);
}

static void who_has_hardly_begun_goes_on(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(5 * HOUR, 16 * HOUR);

    (void)state;
    split.runs_in = 0;
    split.goes_on = true;
    plan_split_place(plan, &split, START);
    assert_true(split.pieces.count > 0);
    assert_int_equal(split.pieces.list[0].start, START);
    plan_destroy(plan);
}

static void who_runs_past_its_latest_start_goes_on(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(5 * HOUR, -HOUR);

    (void)state;
    split.runs_in = 0;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 1);
    assert_piece(&split, 0, 0, 5 * HOUR);
    plan_destroy(plan);
}

static void a_threshold_is_kept_where_time_allows(void **state)
{
    struct policy policy = {.kind = POLICY_THRESHOLD,
                            .max_intensity = G_PER_KWH(200),
                            .below_percentile = POLICY_NOT_SET,
                            .min_renewable = POLICY_NOT_SET,
                            .interruptible_after = HOUR};
    struct plan *plan = make_plan(blocks, &policy, 4);
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    plan_split_place(plan, &split, START);
    assert_int_equal(split.pieces.count, 2);
    assert_piece(&split, 0, 6 * HOUR, 12 * HOUR);
    assert_piece(&split, 1, 18 * HOUR, 20 * HOUR);
    plan_destroy(plan);
}

static void pieces_that_are_as_good_stay(void **state)
{
    int levels[HOURS];
    struct policy policy = make_policy();
    struct plan *plan;
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);
    struct plan_pieces before;

    (void)state;
    plan = make_plan(blocks, &policy, 4);
    plan_split_place(plan, &split, START);
    plan_destroy(plan);
    before = split.pieces;
    for (int i = 0; i < HOURS; i++)
        levels[i] = blocks[i] - (i == 22);
    plan = make_plan(levels, &policy, 4);
    plan_split_place(plan, &split, START);
    assert_memory_equal(&split.pieces, &before, sizeof(before));
    plan_destroy(plan);
}

static void what_is_held_is_given_back(void **state)
{
    struct policy policy = make_policy();
    struct plan *plan = make_plan(blocks, &policy, 2);
    struct plan_split split = make_split(8 * HOUR, 16 * HOUR);
    struct plan_split other = make_split(8 * HOUR, 16 * HOUR);

    (void)state;
    plan_split_place(plan, &split, START);
    plan_split_place(plan, &other, START);
    assert_true(other.pieces.list[0].start != split.pieces.list[0].start);
    plan_split_withdraw(plan, &other, START);
    plan_split_withdraw(plan, &split, START);
    assert_int_equal(plan_count_taken(plan, HOURS * HOUR), 0);
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_in_the_clean_hours_with_a_rest_between),
        cmocka_unit_test(a_restart_is_paid_in_time),
        cmocka_unit_test(the_grace_is_part_of_a_piece_that_is_not_the_last),
        cmocka_unit_test(a_restart_that_costs_more_than_it_brings_is_not_made),
        cmocka_unit_test(pieces_that_save_less_than_is_asked_for_are_not_made),
        cmocka_unit_test(pieces_go_around_those_who_have_the_place),
        cmocka_unit_test(a_job_that_has_no_room_in_one_piece_is_on_time_in_two),
        cmocka_unit_test(who_runs_in_a_dirty_hour_is_to_pause_now),
        cmocka_unit_test(who_has_hardly_begun_goes_on),
        cmocka_unit_test(who_runs_past_its_latest_start_goes_on),
        cmocka_unit_test(a_threshold_is_kept_where_time_allows),
        cmocka_unit_test(pieces_that_are_as_good_stay),
        cmocka_unit_test(what_is_held_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

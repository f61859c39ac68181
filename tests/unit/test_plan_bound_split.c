/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan_bound.h"
#include "tests/support/planning.h"
#include "tests/support/small_plan.h"

#define START SMALL_PLAN_START

static struct plan_split make_split(int64_t id, duration time, duration wait)
{
    return (struct plan_split){.job = small_plan_job(id, time, wait),
                               .runs_in = -1,
                               .pieces = PLAN_PIECES_NONE};
}

static void jobs_in_pieces_share_the_hours_that_are_best(void **state)
{
    static const struct {
        intensity levels[6];
        int64_t patience_ppm;
    } cases[] = {
        {{300000, 100000, 300000, 100000, 300000, 300000}, 0},
        /* Here the sooner is the better. */
        {{100000, 100000, 99000, 99000, 99000, 99000}, 50000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_split splits[2] = {make_split(1, 2 * HOUR, 4 * HOUR),
                                       make_split(2, 2 * HOUR, 4 * HOUR)};
        struct plan_split before[2] = {splits[0], splits[1]};
        struct policy policy = planning_policy(POLICY_CLEANEST);
        struct plan_made made = {
            .splits = splits, .before = before, .split_count = 2, .now = START};
        struct plan_batch *batch;
        struct plan_bound bound;

        policy.patience_ppm = cases[i].patience_ppm;
        made.plan = small_plan_make(cases[i].levels, 6, 1, POLICY_CLEANEST);
        plan_set_class(made.plan, 0, &policy);
        batch = plan_batch_create(made.plan, 0, START);
        plan_run_split(made.plan, splits, 2, &batch, START);
        made.batch = batch;
        assert_true(plan_find_bound(&made, &bound));
        assert_int_equal(bound.jobs, 2);
        assert_in_range(bound.gap, 0, 200);
        plan_batch_destroy(batch);
        plan_destroy(made.plan);
    }
}

/* Some seconds short, and an hour later than could be chosen: nothing is said of it
 * but that it is there. */
static void pieces_that_were_kept_are_among_those_that_there_are(void **state)
{
    const intensity levels[6] = {200000, 150000, 200000, 100000, 100000, 100000};
    struct plan_job job = small_plan_job(1, HOUR, HOUR);
    struct reservation reservation = {START, START + HOUR, 0, PLAN_GREEN};
    struct plan_split split = make_split(2, 2 * HOUR + 10, HOUR);
    struct plan_made made = {.plan = small_plan_make(levels, 6, 2, POLICY_CLEANEST),
                             .splits = &split,
                             .before = &split,
                             .split_count = 1,
                             .now = START};
    struct plan_bound bound;

    (void)state;
    split.pieces = (struct plan_pieces){
        .list = {{START + 3 * HOUR, START + 5 * HOUR}}, .count = 1, .pool = 0};
    plan_occupy(made.plan, 0, reservation.start, reservation.ends, &job.wanted);
    plan_split_hold(made.plan, &split, START);
    assert_true(small_plan_bound(&made, &job, &reservation, 1, &bound));
    /* 200 and twice 100; it could be 150 and that. */
    assert_in_range(bound.gap, 142857, 142859);
    plan_destroy(made.plan);
}

static void what_ran_makes_room_by_its_pause(void **state)
{
    const intensity levels[4] = {200000, 150000, 100000, 100000};
    struct plan_job job = small_plan_job(1, HOUR, HOUR);
    struct reservation reservation = {START, START + HOUR, 0, PLAN_GREEN};
    struct plan_split split = make_split(2, 2 * HOUR, 2 * HOUR);
    struct plan_split before = split;
    struct plan_made made = {.plan = small_plan_make(levels, 4, 1, POLICY_CLEANEST),
                             .splits = &split,
                             .before = &before,
                             .split_count = 1,
                             .now = START};
    struct plan_bound bound;

    (void)state;
    before.runs_in = split.runs_in = 0;
    before.pieces =
        (struct plan_pieces){.list = {{START, START + 2 * HOUR}}, .count = 1};
    split.pieces = (struct plan_pieces){.list = {{START + 2 * HOUR, START + 4 * HOUR}},
                                        .count = 1};
    plan_occupy(made.plan, 0, reservation.start, reservation.ends, &job.wanted);
    plan_split_hold(made.plan, &before, START);
    assert_true(small_plan_bound(&made, &job, &reservation, 1, &bound));
    /* 400 and it could be 350, with the other job an hour later. */
    assert_in_range(bound.gap, 142857, 142859);
    plan_destroy(made.plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_in_pieces_share_the_hours_that_are_best),
        cmocka_unit_test(pieces_that_were_kept_are_among_those_that_there_are),
        cmocka_unit_test(what_ran_makes_room_by_its_pause),
    };

    return cmocka_run_group_tests_name("plan_bound_split", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/clock.h"
#include "scheduler/plan_split.h"
#include "tests/support/planning.h"

#define START  ((instant)1800000000)
#define SLOT   (15 * MINUTE)
#define SLOTS  384
#define SPLITS 24
#define JOBS   40
#define GPUS   10
#define ROUNDS 6

/* Jobs of both kinds that share a pool, decided by a seed. */
struct crowd {
    uint64_t seed;
    intensity levels[SLOTS];
    struct plan_split splits[SPLITS];
    struct plan_job jobs[JOBS];
    struct reservation reservations[JOBS];
};

static void set_up_crowd(struct crowd *crowd, uint64_t seed)
{
    memset(crowd, 0, sizeof(*crowd));
    crowd->seed = seed;
    planning_make_levels(&crowd->seed, START, SLOT, crowd->levels, SLOTS);
    for (int i = 0; i < SPLITS; i++) {
        struct plan_split *split = &crowd->splits[i];

        split->job = planning_job(&crowd->seed, i + 1, START);
        split->job.time += 4 * HOUR;
        split->restart = planning_between(&crowd->seed, 0, 2) * 10 * MINUTE;
        split->grace = planning_between(&crowd->seed, 0, 2) * MINUTE;
        split->runs_in = -1;
        split->pieces = PLAN_PIECES_NONE;
    }
    for (int i = 0; i < JOBS; i++) {
        crowd->jobs[i] = planning_job(&crowd->seed, SPLITS + i + 1, START);
        crowd->reservations[i] = RESERVATION_NONE;
    }
    /* One that runs, with nothing planned but to go on. */
    crowd->splits[0].runs_in = 0;
    crowd->splits[0].pieces = (struct plan_pieces){
        .list = {{START, START + crowd->splits[0].job.time + SLOT}}, .count = 1};
}

static struct plan *make_plan(const struct crowd *crowd)
{
    struct plan_settings settings = {SLOT, SLOTS, 10000, 50000, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(GPUS);

    plan_set_zone(plan, 0, crowd->levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    for (int i = 0; i < SPLITS; i++)
        if (crowd->splits[i].runs_in >= 0)
            plan_split_hold(plan, &crowd->splits[i], START);
    return plan;
}

/* Plan, and give what runs its new pieces, as the engine would. */
static void plan_crowd(struct crowd *crowd)
{
    struct plan *plan = make_plan(crowd);
    struct plan_batch *batch;

    batch = plan_batch_create(plan, JOBS, START);
    for (size_t i = 0; i < JOBS; i++)
        plan_batch_add(batch, &crowd->jobs[i], &crowd->reservations[i]);
    plan_run_split(plan, crowd->splits, SPLITS, &batch, START);
    for (size_t i = 0; i < JOBS; i++)
        crowd->reservations[i] = plan_batch_reservation(batch, i);
    plan_batch_destroy(batch);
    plan_destroy(plan);
}

static void change_forecast(struct crowd *crowd)
{
    for (int i = 0; i < SLOTS; i++)
        crowd->levels[i] += G_PER_KWH(planning_between(&crowd->seed, 0, 60) - 30);
    for (int i = 0; i < SLOTS; i++)
        if (crowd->levels[i] < G_PER_KWH(1))
            crowd->levels[i] = G_PER_KWH(1);
}

/* All that is planned, as jobs of one piece each. */
static void assert_no_gpu_is_given_twice(const struct crowd *crowd)
{
    static struct plan_job jobs[JOBS + SPLITS * PLAN_PIECES_MAX];
    static struct reservation reservations[JOBS + SPLITS * PLAN_PIECES_MAX];
    struct planning_view view = {START, SLOT, SLOTS, 0, planning_pool(GPUS).capacity};
    size_t count = 0;

    for (int i = 0; i < JOBS; i++) {
        jobs[count] = crowd->jobs[i];
        reservations[count++] = crowd->reservations[i];
    }
    for (int i = 0; i < SPLITS; i++) {
        const struct plan_pieces *pieces = &crowd->splits[i].pieces;

        for (size_t k = 0; k < pieces->count; k++) {
            const struct plan_piece *piece = &pieces->list[k];

            assert_true(k == 0 || piece->start >= pieces->list[k - 1].ends);
            jobs[count] = crowd->splits[i].job;
            jobs[count].time = piece->ends - piece->start;
            reservations[count++] = (struct reservation){piece->start, piece->ends,
                                                         pieces->pool, PLAN_GREEN};
        }
    }
    assert_true(planning_has_room(&view, jobs, reservations, count));
}

static bool is_job_late(const struct crowd *crowd, int i)
{
    return crowd->reservations[i].start > crowd->jobs[i].latest;
}

static bool is_split_late(const struct plan_split *split)
{
    const struct plan_pieces *pieces = &split->pieces;

    return pieces->count == 0
           || pieces->list[pieces->count - 1].ends
                  > split->job.latest + split->job.time + SLOT;
}

/* What its pieces give it, without restarts and graces. */
static duration count_work(const struct plan_split *split)
{
    duration grace = (split->grace + SLOT - 1) / SLOT * SLOT;
    duration work = 0;

    for (size_t k = 0; k < split->pieces.count; k++) {
        work += split->pieces.list[k].ends - split->pieces.list[k].start;
        work -= k + 1 < split->pieces.count ? grace : 0;
        work -= k > 0 ? split->restart : 0;
    }
    if (split->runs_in >= 0 && split->pieces.list[0].start > START)
        work -= split->restart;
    return work;
}

static void no_gpu_is_given_twice_and_nobody_becomes_late(void **state)
{
    static struct crowd crowd;
    static struct crowd before;
    size_t pieces = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        set_up_crowd(&crowd, seed);
        plan_crowd(&crowd);
        for (int round = 0; round < ROUNDS; round++) {
            before = crowd;
            change_forecast(&crowd);
            plan_crowd(&crowd);
            assert_no_gpu_is_given_twice(&crowd);
            for (int i = 0; i < JOBS; i++)
                assert_true(!is_job_late(&crowd, i) || is_job_late(&before, i));
            for (int i = 0; i < SPLITS; i++) {
                assert_true(!is_split_late(&crowd.splits[i])
                            || is_split_late(&before.splits[i]));
                assert_true(count_work(&crowd.splits[i]) >= crowd.splits[i].job.time);
                pieces += crowd.splits[i].pieces.count;
            }
        }
    }
    /* Or nothing of this was tried. */
    assert_true(pieces > (size_t)60 * ROUNDS * SPLITS * 5 / 4);
}

static void the_same_question_has_the_same_answer(void **state)
{
    static struct crowd crowd;
    static struct crowd other;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        set_up_crowd(&crowd, seed);
        other = crowd;
        plan_crowd(&crowd);
        plan_crowd(&other);
        for (int i = 0; i < SPLITS; i++)
            assert_memory_equal(&crowd.splits[i].pieces, &other.splits[i].pieces,
                                sizeof(crowd.splits[i].pieces));
        assert_memory_equal(crowd.reservations, other.reservations,
                            sizeof(crowd.reservations));
    }
}

static void what_runs_holds_in_the_plan_what_it_held(void **state)
{
    static struct crowd crowd;
    const struct plan_piece held = {START, START + 40 * HOUR};
    struct plan_batch *batch;
    struct plan *plan;
    int64_t before;

    (void)state;
    set_up_crowd(&crowd, 7);
    crowd.splits[0].job.time = 40 * HOUR;
    crowd.splits[0].pieces.list[0] = held;
    plan = make_plan(&crowd);
    before = plan_count_taken(plan, SLOTS * SLOT);
    batch = plan_batch_create(plan, 0, START);
    plan_run_split(plan, crowd.splits, 1, &batch, START);
    plan_batch_destroy(batch);
    assert_true(crowd.splits[0].pieces.count > 1
                || crowd.splits[0].pieces.list[0].ends != held.ends);
    assert_int_equal(before, plan_count_taken(plan, SLOTS * SLOT));
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_gpu_is_given_twice_and_nobody_becomes_late),
        cmocka_unit_test(the_same_question_has_the_same_answer),
        cmocka_unit_test(what_runs_holds_in_the_plan_what_it_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

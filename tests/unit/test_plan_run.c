/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define SLOT  (15 * MINUTE)
#define SLOTS 384
#define JOBS  300

/* A cluster whose plan is made anew again and again, with another forecast each time.
 */
struct cluster {
    uint64_t seed;
    struct plan_settings settings;
    struct policy policies[3];
    struct pool pools[2];
    struct plan_job jobs[JOBS];
    struct reservation reservations[JOBS];
    size_t count;
    int64_t next_id;
    instant now;
};

static void make_cluster(struct cluster *cluster, uint64_t seed)
{
    *cluster = (struct cluster){
        .seed = seed,
        .settings = {SLOT, SLOTS, 20000, 100000, 0},
        .policies = {planning_policy(POLICY_CLEANEST),
                     planning_policy(POLICY_THRESHOLD),
                     planning_policy(POLICY_IMMEDIATE)},
        .pools = {planning_pool(24), planning_pool(16)},
        .now = START,
    };
    cluster->policies[0].min_saving_ppm = 20000;
    cluster->policies[1].below_percentile = 30;
    cluster->pools[1].gpu_power = 250;
}

static struct plan *make_plan(struct cluster *cluster)
{
    struct plan *plan = plan_create(&cluster->settings, cluster->now);
    instant begins = cluster->now - cluster->now % SLOT;
    intensity levels[SLOTS];

    for (int i = 0; i < 2; i++) {
        planning_make_levels(&cluster->seed, begins, SLOT, levels, SLOTS);
        plan_set_zone(plan, i, levels, NULL);
        plan_set_pool(plan, i, i, &cluster->pools[i]);
    }
    for (int i = 0; i < 3; i++)
        plan_set_class(plan, i, &cluster->policies[i]);
    return plan;
}

static void add_job(struct cluster *cluster, struct plan *plan)
{
    struct plan_job *job = &cluster->jobs[cluster->count];

    *job = planning_job(&cluster->seed, ++cluster->next_id, cluster->now);
    job->pools = (uint64_t)planning_between(&cluster->seed, 1, 3);
    job->class = (uint8_t)(planning_between(&cluster->seed, 0, 9) / 4);
    job->priority = (int32_t)planning_between(&cluster->seed, -1, 1);
    if (planning_between(&cluster->seed, 0, 9) == 0)
        job->latest = cluster->now + planning_between(&cluster->seed, 0, HOUR);
    cluster->reservations[cluster->count] = RESERVATION_NONE;
    if (plan)
        cluster->reservations[cluster->count] = plan_place(plan, job, cluster->now);
    cluster->count++;
}

static bool is_on_time(const struct plan_job *job,
                       const struct reservation *reservation)
{
    return reservation->start <= job->latest && reservation->pool >= 0;
}

static void assert_within_capacity(const struct cluster *cluster)
{
    for (int i = 0; i < 2; i++) {
        struct planning_view view = {cluster->now - cluster->now % SLOT, SLOT, SLOTS, i,
                                     cluster->pools[i].capacity};

        assert_true(planning_has_room(&view, cluster->jobs, cluster->reservations,
                                      cluster->count));
    }
}

/* Jobs whose start has come are gone. */
static void let_time_pass(struct cluster *cluster, duration length)
{
    cluster->now += length;
    for (size_t i = cluster->count; i-- > 0;) {
        if (cluster->reservations[i].start > cluster->now)
            continue;
        cluster->count--;
        cluster->jobs[i] = cluster->jobs[cluster->count];
        cluster->reservations[i] = cluster->reservations[cluster->count];
    }
}

static void who_was_on_time_stays_on_time_whatever_the_forecast(void **state)
{
    static struct cluster cluster;
    static struct reservation before[JOBS];
    size_t moved = 0;

    (void)state;
    make_cluster(&cluster, 5);
    for (int round = 0; round < 200; round++) {
        struct plan *plan;

        while (cluster.count < JOBS)
            add_job(&cluster, NULL);
        memcpy(before, cluster.reservations, sizeof(before));
        plan = make_plan(&cluster);
        planning_run(plan, cluster.jobs, cluster.reservations, cluster.count,
                     cluster.now);
        assert_within_capacity(&cluster);
        for (size_t i = 0; i < cluster.count; i++) {
            const struct reservation *after = &cluster.reservations[i];

            if (is_on_time(&cluster.jobs[i], &before[i]))
                assert_true(is_on_time(&cluster.jobs[i], after));
            if (before[i].pool >= 0 && before[i].start < cluster.now + SLOT)
                assert_true(after->start == before[i].start
                            || after->start == cluster.now);
            if (before[i].pool >= 0)
                moved += after->start != before[i].start;
            assert_true(after->pool < 0 || cluster.jobs[i].pools >> after->pool & 1);
            assert_true(is_on_time(&cluster.jobs[i], after)
                        == (after->reason != PLAN_LATE
                            && after->reason != PLAN_BEYOND_HORIZON));
        }
        plan_destroy(plan);
        let_time_pass(&cluster, planning_between(&cluster.seed, MINUTE, 2 * HOUR));
    }
    assert_true(moved > JOBS); /* or nothing was tried */
}

static void the_plan_holds_what_it_returns(void **state)
{
    static struct cluster cluster;
    struct plan *plan;
    struct plan *empty;

    (void)state;
    make_cluster(&cluster, 6);
    plan = make_plan(&cluster);
    while (cluster.count < JOBS)
        add_job(&cluster, NULL);
    empty = plan_copy(plan);
    planning_run(plan, cluster.jobs, cluster.reservations, cluster.count, cluster.now);
    for (size_t i = 0; i < cluster.count; i++)
        plan_withdraw(plan, &cluster.jobs[i], &cluster.reservations[i]);
    for (int64_t i = 0; i < 50; i++) {
        struct plan_job job = planning_job(&cluster.seed, i, cluster.now);
        struct reservation found = plan_place(plan, &job, cluster.now);
        struct reservation expected = plan_place(empty, &job, cluster.now);

        assert_true(found.start == expected.start && found.ends == expected.ends
                    && found.reason == expected.reason);
    }
    plan_destroy(plan);
    plan_destroy(empty);
}

static void the_same_question_gets_the_same_plan(void **state)
{
    static struct cluster cluster;
    static struct reservation first[JOBS];
    struct plan *plan;
    struct plan *copy;

    (void)state;
    make_cluster(&cluster, 7);
    while (cluster.count < JOBS)
        add_job(&cluster, NULL);
    plan = make_plan(&cluster);
    copy = plan_copy(plan);
    memcpy(first, cluster.reservations, sizeof(first));
    planning_run(plan, cluster.jobs, first, JOBS, cluster.now);
    planning_run(copy, cluster.jobs, cluster.reservations, JOBS, cluster.now);
    for (size_t i = 0; i < JOBS; i++) {
        assert_true(first[i].start == cluster.reservations[i].start);
        assert_int_equal(first[i].pool, cluster.reservations[i].pool);
        assert_int_equal(first[i].reason, cluster.reservations[i].reason);
    }
    plan_destroy(plan);
    plan_destroy(copy);
}

static void a_plan_made_twice_moves_nothing(void **state)
{
    static struct cluster cluster;
    static struct reservation first[JOBS];
    struct plan *plan;
    struct plan *again;

    (void)state;
    make_cluster(&cluster, 8);
    while (cluster.count < JOBS)
        add_job(&cluster, NULL);
    plan = make_plan(&cluster);
    again = plan_copy(plan);
    planning_run(plan, cluster.jobs, cluster.reservations, JOBS, cluster.now);
    memcpy(first, cluster.reservations, sizeof(first));
    planning_run(again, cluster.jobs, cluster.reservations, JOBS, cluster.now);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(first[i].start == cluster.reservations[i].start);
    plan_destroy(plan);
    plan_destroy(again);
}

/* What the planned runs take by these levels, in whole slots; equal watts per GPU. */
static int64_t cost_of(const struct cluster *cluster,
                       const struct reservation *reservations, const intensity *levels)
{
    instant begins = cluster->now - cluster->now % SLOT;
    int64_t sum = 0;

    for (size_t i = 0; i < cluster->count; i++) {
        int64_t slot = (reservations[i].start - begins) / SLOT;
        int64_t end = (reservations[i].ends - begins) / SLOT;

        for (; slot < end; slot++)
            sum +=
                levels[slot < SLOTS ? slot : slot - 96] * cluster->jobs[i].wanted.gpus;
    }
    return sum;
}

static void a_new_plan_costs_no_more_than_the_one_that_it_replaces(void **state)
{
    static struct cluster cluster;
    static struct reservation before[JOBS];
    int64_t cheaper = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        intensity levels[SLOTS];
        struct plan *plan;

        make_cluster(&cluster, seed * 13 + 1);
        cluster.policies[0].patience_ppm = cluster.policies[0].min_saving_ppm = 0;
        for (int i = 0; i < 2; i++) {
            memcpy(before, cluster.reservations, sizeof(before));
            planning_make_levels(&cluster.seed, START, SLOT, levels, SLOTS);
            plan = plan_create(&cluster.settings, START);
            plan_set_zone(plan, 0, levels, NULL);
            plan_set_pool(plan, 0, 0, &cluster.pools[0]);
            plan_set_class(plan, 0, &cluster.policies[0]);
            while (cluster.count < 80) {
                add_job(&cluster, NULL);
                cluster.jobs[cluster.count - 1].pools = 1;
                cluster.jobs[cluster.count - 1].class = 0;
                cluster.jobs[cluster.count - 1].latest += 2 * HOUR;
            }
            planning_run(plan, cluster.jobs, cluster.reservations, 80, START);
            plan_destroy(plan);
        }
        assert_true(cost_of(&cluster, cluster.reservations, levels)
                    <= cost_of(&cluster, before, levels));
        cheaper += cost_of(&cluster, cluster.reservations, levels)
                   < cost_of(&cluster, before, levels);
    }
    assert_true(cheaper > 50);
}

/* The finest slots over the usual horizon. */
static struct plan *make_fine_plan(const struct cluster *cluster)
{
    struct plan_settings settings = {5, PLAN_SLOTS_MAX, 20000, 100000, 0};
    struct plan *plan = plan_create(&settings, cluster->now);
    intensity *levels = xcalloc(settings.slots, sizeof(levels[0]));

    for (size_t i = 0; i < settings.slots; i++)
        levels[i] = G_PER_KWH(i >= 60001 && i < 62000 ? 100 : 300);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_pool(plan, 0, 0, &cluster->pools[0]);
    for (int i = 0; i < 3; i++)
        plan_set_class(plan, i, &cluster->policies[i]);
    free(levels);
    return plan;
}

static void a_slot_of_five_seconds_in_four_days_is_met_exactly(void **state)
{
    static struct cluster cluster;
    struct plan *plan;
    struct plan *copy;
    struct plan_job job = {.id = 1, .pools = 1, .wanted = {1, 4, 32768}, .time = HOUR};
    struct reservation found;

    (void)state;
    make_cluster(&cluster, 9);
    cluster.policies[0].patience_ppm = 1000;
    plan = make_fine_plan(&cluster);
    copy = plan_copy(plan);
    job.latest = INSTANT_MAX;
    found = plan_place(plan, &job, START);
    assert_int_equal(found.start, START + INT64_C(60001) * 5);
    assert_int_equal(found.ends, found.start + HOUR);
    /* All the patience that there may be is no overflow: it wants to start at once. */
    cluster.policies[0].patience_ppm = 1000000;
    job.time = 30 * DAY;
    plan_set_class(plan, 0, &cluster.policies[0]);
    assert_int_equal(plan_place(plan, &job, START).start, START);
    plan_advance(copy, START + 5);
    job.time = HOUR;
    assert_int_equal(plan_place(copy, &job, START + 5).start, found.start);
    plan_destroy(plan);
    plan_destroy(copy);
}

static void a_plan_of_five_second_slots_keeps_within_capacity(void **state)
{
    static struct cluster cluster;
    struct planning_view view = {START, 5, PLAN_SLOTS_MAX, 0, {0, 0, 0}};
    struct plan *plan;

    (void)state;
    make_cluster(&cluster, 10);
    cluster.pools[0] = planning_pool(96);
    view.capacity = cluster.pools[0].capacity;
    while (cluster.count < 60) {
        add_job(&cluster, NULL);
        cluster.jobs[cluster.count - 1].pools = 1;
    }
    for (int round = 0; round < 2; round++) {
        plan = make_fine_plan(&cluster);
        planning_run(plan, cluster.jobs, cluster.reservations, cluster.count,
                     cluster.now);
        plan_destroy(plan);
        assert_true(planning_has_room(&view, cluster.jobs, cluster.reservations,
                                      cluster.count));
        for (size_t i = 0; i < cluster.count; i++)
            assert_true(is_on_time(&cluster.jobs[i], &cluster.reservations[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_on_time_stays_on_time_whatever_the_forecast),
        cmocka_unit_test(the_plan_holds_what_it_returns),
        cmocka_unit_test(the_same_question_gets_the_same_plan),
        cmocka_unit_test(a_plan_made_twice_moves_nothing),
        cmocka_unit_test(a_new_plan_costs_no_more_than_the_one_that_it_replaces),
        cmocka_unit_test(a_slot_of_five_seconds_in_four_days_is_met_exactly),
        cmocka_unit_test(a_plan_of_five_second_slots_keeps_within_capacity),
    };

    return cmocka_run_group_tests_name("plan_run", tests, NULL, NULL);
}

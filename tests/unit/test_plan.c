/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24

_Static_assert(START % HOUR == 0, "slots of an hour begin at START");

/* A day in four steps: night, morning, a sunny noon, an evening peak. */
static void fill_day(intensity *levels)
{
    for (int i = 0; i < HOURS; i++)
        levels[i] = G_PER_KWH(i < 6 ? 300 : i < 12 ? 200 : i < 18 ? 100 : 400);
}

/* A plan of one day in slots of an hour, with one pool in one zone, of class 0. */
static struct plan *make_plan(int64_t gpus, int64_t ramp_ppm,
                              const struct policy *policy)
{
    struct plan_settings settings = {HOUR, HOURS, 20000, ramp_ppm, 0};
    struct plan *plan = plan_create(&settings, START);
    struct pool pool = planning_pool(gpus);
    intensity levels[HOURS];

    fill_day(levels);
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static struct plan_job make_job(int64_t id, int64_t gpus, duration time)
{
    return (struct plan_job){.id = id,
                             .pools = 1,
                             .wanted = {gpus, gpus, 1024},
                             .time = time,
                             .latest = INSTANT_MAX};
}

static void assert_start(const char *name, duration after, enum plan_reason reason,
                         const struct reservation *found)
{
    if (found->start != START + after || found->reason != reason)
        fail_msg("%s: starts after %ld min (%s), not %ld (%s)", name,
                 (long)((found->start - START) / MINUTE),
                 plan_reason_name(found->reason), (long)(after / MINUTE),
                 plan_reason_name(reason));
}

struct case_of_one {
    const char *name;
    enum policy_kind kind;
    bool now;
    duration time;
    duration earliest; /* after START */
    duration latest;   /* after START; 0: none */
    duration start;
    enum plan_reason reason;
    int64_t patience_ppm;
    int64_t min_saving_ppm;
    intensity max_intensity;
};

#define OVERDUE (-1)

static const struct case_of_one alone[] = {
    {"immediate", POLICY_IMMEDIATE, false, 2 * HOUR, 0, 0, 0, .reason = PLAN_AT_ONCE},
    {"told not to wait", POLICY_CLEANEST, true, HOUR, 0, 0, 0, .reason = PLAN_AT_ONCE},
    {"noon", POLICY_CLEANEST, false, 2 * HOUR, 0, 0, 12 * HOUR, .reason = PLAN_GREEN},
    {"morning, for noon is too late", POLICY_CLEANEST, false, 2 * HOUR, 0, 8 * HOUR,
     6 * HOUR, .reason = PLAN_GREEN},
    {"now, for later is no better", POLICY_CLEANEST, false, 2 * HOUR, 0, 4 * HOUR, 0,
     .reason = PLAN_GREEN_NOW},
    {"over a step", POLICY_CLEANEST, false, 8 * HOUR, 0, 0, 10 * HOUR,
     .reason = PLAN_GREEN},
    {"no choice", POLICY_CLEANEST, false, 2 * HOUR, 0, 30 * MINUTE, 0,
     .reason = PLAN_URGENT},
    {"overdue", POLICY_CLEANEST, false, 2 * HOUR, 0, OVERDUE, 0, .reason = PLAN_LATE},
    {"not before", POLICY_IMMEDIATE, false, HOUR, 200 * MINUTE, 0, 200 * MINUTE,
     .reason = PLAN_NOT_BEFORE},
    {"cleanest after its begin", POLICY_CLEANEST, false, HOUR, 19 * HOUR, 0, 19 * HOUR,
     .reason = PLAN_NOT_BEFORE},
    {"longer than the horizon", POLICY_CLEANEST, false, 30 * HOUR, 0, 0, 12 * HOUR,
     .reason = PLAN_GREEN},
    {"much longer than the horizon", POLICY_CLEANEST, false, 30 * DAY, 0, 0, 0,
     .reason = PLAN_GREEN_NOW},
    {"begins beyond the horizon", POLICY_CLEANEST, false, HOUR, DAY, 0,
     INSTANT_MAX - START, .reason = PLAN_BEYOND_HORIZON},
    {"saves a third, but a half is asked", POLICY_CLEANEST, false, 2 * HOUR, 0,
     8 * HOUR, 0, .reason = PLAN_SMALL_SAVING, .min_saving_ppm = 500000},
    {"saves two thirds, a half is asked", POLICY_CLEANEST, false, 2 * HOUR, 0, 0,
     12 * HOUR, .reason = PLAN_GREEN, .min_saving_ppm = 500000},
    {"impatient", POLICY_CLEANEST, false, 2 * HOUR, 0, 0, 0, .reason = PLAN_GREEN_NOW,
     .patience_ppm = 100000},
    {"patient enough", POLICY_CLEANEST, false, 2 * HOUR, 0, 0, 12 * HOUR,
     .reason = PLAN_GREEN, .patience_ppm = 60000},
    {"green enough later", POLICY_THRESHOLD, false, 2 * HOUR, 0, 0, 6 * HOUR,
     .reason = PLAN_GREEN, .max_intensity = G_PER_KWH(200)},
    {"green enough now", POLICY_THRESHOLD, false, 2 * HOUR, 0, 0, 0,
     .reason = PLAN_GREEN_NOW, .max_intensity = G_PER_KWH(300)},
    {"not green before its latest start", POLICY_THRESHOLD, false, 2 * HOUR, 0,
     4 * HOUR, 4 * HOUR, .reason = PLAN_GREEN, .max_intensity = G_PER_KWH(200)},
    {"latest start within a slot", POLICY_THRESHOLD, false, HOUR, 0, 270 * MINUTE,
     4 * HOUR, .reason = PLAN_GREEN, .max_intensity = G_PER_KWH(200)},
    {"never green, may wait for ever", POLICY_THRESHOLD, false, 2 * HOUR, 0, 0,
     23 * HOUR, .reason = PLAN_GREEN, .max_intensity = G_PER_KWH(50)},
};

static void a_job_alone_starts_as_its_policy_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        struct policy policy = planning_policy(alone[i].kind);
        struct plan_job job = make_job(1, 1, alone[i].time);
        struct reservation found;
        struct plan *plan;

        policy.patience_ppm = alone[i].patience_ppm;
        policy.min_saving_ppm = alone[i].min_saving_ppm;
        policy.max_intensity = alone[i].max_intensity;
        plan = make_plan(2, 0, &policy);
        job.earliest = START + alone[i].earliest;
        if (alone[i].latest != 0)
            job.latest = START + alone[i].latest;
        job.now = alone[i].now;
        found = plan_place(plan, &job, START);
        assert_start(alone[i].name, alone[i].start, alone[i].reason, &found);
        plan_destroy(plan);
    }
}

static void a_start_within_a_slot_takes_every_slot_it_touches(void **state)
{
    static const struct {
        duration now, time, ends;
    } cases[] = {
        {0, HOUR, HOUR},
        {1, HOUR, 2 * HOUR},
        {20 * MINUTE, 40 * MINUTE, HOUR},
        {20 * MINUTE, 40 * MINUTE + 1, 2 * HOUR},
        {20 * MINUTE, 1, HOUR},
    };
    struct policy policy = planning_policy(POLICY_IMMEDIATE);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan *plan = make_plan(2, 0, &policy);
        struct plan_job job = make_job(1, 2, cases[i].time);
        struct plan_job next = make_job(2, 1, HOUR);
        struct reservation found = plan_place(plan, &job, START + cases[i].now);

        assert_int_equal(START + cases[i].now, found.start);
        assert_int_equal(START + cases[i].ends, found.ends);
        found = plan_place(plan, &next, START + cases[i].now);
        assert_start("the next", cases[i].ends, PLAN_CAPACITY, &found);
        plan_destroy(plan);
    }
}

static void without_a_forecast_a_job_does_not_wait(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan = make_plan(1, 0, &policy);
    struct plan_job job = make_job(1, 1, 2 * HOUR);
    struct reservation found;

    (void)state;
    plan_set_zone(plan, 0, NULL, NULL);
    found = plan_place(plan, &job, START);
    assert_start("first", 0, PLAN_NO_FORECAST, &found);
    found = plan_place(plan, &job, START);
    assert_start("second", 2 * HOUR, PLAN_CAPACITY, &found);
    plan_destroy(plan);
}

static void a_full_noon_sends_the_next_job_elsewhere(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan;
    struct plan_job job = make_job(1, 2, 6 * HOUR);
    struct plan_job next = make_job(2, 1, 2 * HOUR);
    struct reservation found;

    (void)state;
    policy.patience_ppm = 0;
    plan = make_plan(2, 0, &policy);
    found = plan_place(plan, &job, START);
    assert_start("noon", 12 * HOUR, PLAN_GREEN, &found);
    found = plan_place(plan, &next, START);
    assert_start("morning", 6 * HOUR, PLAN_CAPACITY, &found);
    plan_destroy(plan);
}

static void resources_other_than_gpus_are_limits_too(void **state)
{
    static const struct resources hungry[] = {{1, 16, 1024},
                                              {1, 1, INT64_C(2) * 65536}};
    struct policy policy = planning_policy(POLICY_IMMEDIATE);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plan *plan = make_plan(2, 0, &policy);
        struct plan_job job = make_job(1, 1, 2 * HOUR);
        struct reservation found;

        job.wanted = hungry[i];
        plan_place(plan, &job, START);
        job = make_job(2, 1, 2 * HOUR);
        found = plan_place(plan, &job, START);
        assert_start("the next", 2 * HOUR, PLAN_CAPACITY, &found);
        plan_destroy(plan);
    }
}

static void a_job_late_for_want_of_room_starts_as_soon_as_it_can(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan = make_plan(2, 0, &policy);
    struct plan_job job = make_job(1, 1, HOUR);
    struct reservation found;

    (void)state;
    plan_occupy(plan, 0, START - DAY, START + 5 * HOUR, &(struct resources){2, 0, 0});
    job.latest = START + 4 * HOUR;
    found = plan_place(plan, &job, START);
    assert_start("late", 5 * HOUR, PLAN_LATE, &found);
    plan_destroy(plan);
}

static void a_job_for_which_there_is_never_room_gets_no_start(void **state)
{
    struct policy policy = planning_policy(POLICY_IMMEDIATE);
    struct plan *plan = make_plan(2, 0, &policy);
    struct plan_job job = make_job(1, 3, HOUR);
    struct pool pool = planning_pool(4);
    struct reservation found = plan_place(plan, &job, START);

    (void)state;
    assert_int_equal(PLAN_BEYOND_HORIZON, found.reason);
    assert_int_equal(-1, found.pool);
    assert_true(found.start == INSTANT_MAX);
    plan_withdraw(plan, &job, &found);

    plan_set_pool(plan, 0, 0, &pool);
    found = plan_place(plan, &job, START);
    assert_start("the pool has grown", 0, PLAN_AT_ONCE, &found);

    pool.drained = true;
    plan_set_pool(plan, 0, 0, &pool);
    job = make_job(2, 1, HOUR);
    found = plan_place(plan, &job, START);
    assert_int_equal(PLAN_BEYOND_HORIZON, found.reason);
    plan_destroy(plan);
}

static void starts_are_spread_as_far_as_the_ramp_asks(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan = make_plan(20, 100000, &policy); /* two may start in a slot */
    static const struct {
        const char *name;
        int64_t gpus;
        duration latest, start;
        enum plan_reason reason;
    } jobs[] = {
        {"first", 1, 20 * HOUR, 12 * HOUR, PLAN_GREEN},
        {"beside it", 1, 20 * HOUR, 12 * HOUR, PLAN_GREEN},
        {"one too many", 1, 20 * HOUR, 13 * HOUR, PLAN_RAMP},
        {"large, but alone", 8, 20 * HOUR, 14 * HOUR, PLAN_RAMP},
        {"not beside the large one", 1, 20 * HOUR, 13 * HOUR, PLAN_RAMP},
        {"no choice", 8, 10 * MINUTE, 0, PLAN_URGENT},
        {"no choice either", 8, 10 * MINUTE, 0, PLAN_URGENT},
        {"off the crowded slot", 1, HOUR, HOUR, PLAN_RAMP},
        {"and again", 1, HOUR, HOUR, PLAN_RAMP},
        {"would be late for the ramp", 1, HOUR, 0, PLAN_GREEN_NOW},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        struct plan_job job = make_job((int64_t)i, jobs[i].gpus, HOUR);
        struct reservation found;

        job.latest = START + jobs[i].latest;
        found = plan_place(plan, &job, START);
        assert_start(jobs[i].name, jobs[i].start, jobs[i].reason, &found);
    }
    plan_destroy(plan);
}

static void starts_that_are_facts_count_for_the_ramp(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan *plan = make_plan(20, 100000, &policy);
    struct plan_job job = make_job(1, 1, HOUR);
    struct reservation found;

    (void)state;
    job.latest = START + 4 * HOUR;
    plan_count_start(plan, 0, START, &(struct resources){2, 0, 0});
    found = plan_place(plan, &job, START);
    assert_start("after them", HOUR, PLAN_RAMP, &found);
    plan_destroy(plan);
}

static void of_equal_starts_the_first_is_taken(void **state)
{
    struct plan_settings settings = {HOUR, 64, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct pool pool = planning_pool(1);
    struct plan_job job = make_job(1, 1, 2 * HOUR);
    intensity levels[64];
    struct reservation found;

    (void)state;
    for (int i = 0; i < 64; i++)
        levels[i] = G_PER_KWH(200);
    policy.patience_ppm = 0;
    plan_set_zone(plan, 0, levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    plan_occupy(plan, 0, START, START + 16 * HOUR, &pool.capacity);
    found = plan_place(plan, &job, START);
    assert_start("flat", 16 * HOUR, PLAN_CAPACITY, &found);
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_alone_starts_as_its_policy_says),
        cmocka_unit_test(a_start_within_a_slot_takes_every_slot_it_touches),
        cmocka_unit_test(without_a_forecast_a_job_does_not_wait),
        cmocka_unit_test(a_full_noon_sends_the_next_job_elsewhere),
        cmocka_unit_test(resources_other_than_gpus_are_limits_too),
        cmocka_unit_test(a_job_late_for_want_of_room_starts_as_soon_as_it_can),
        cmocka_unit_test(a_job_for_which_there_is_never_room_gets_no_start),
        cmocka_unit_test(of_equal_starts_the_first_is_taken),
        cmocka_unit_test(starts_are_spread_as_far_as_the_ramp_asks),
        cmocka_unit_test(starts_that_are_facts_count_for_the_ramp),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}

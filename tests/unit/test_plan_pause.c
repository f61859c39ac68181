/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24
#define COST  (10 * MINUTE)

_Static_assert(START % HOUR == 0, "slots of an hour begin at START");

/* A plan of a day in slots of an hour, with one pool of 4 GPUs, and its policy. */
static struct plan *make_plan(const int levels[HOURS], const struct policy *policy)
{
    struct plan_settings settings = {HOUR, HOURS, 20000, 1000000, 0};
    struct plan *plan = plan_create(&settings, START);
    struct pool pool = planning_pool(4);
    intensity scaled[HOURS];

    for (int i = 0; i < HOURS; i++)
        scaled[i] = G_PER_KWH(levels[i]);
    plan_set_zone(plan, 0, scaled, NULL);
    plan_set_class(plan, 0, policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

/* What waits after the pause of one that has `left` to run. */
static struct plan_job make_resumed(duration left, instant latest)
{
    return (struct plan_job){.id = 1,
                             .pools = 1,
                             .wanted = {2, 2, 1024},
                             .time = left + COST,
                             .earliest = START + 2 * HOUR,
                             .latest = latest};
}

/* Six dirty hours, six clean ones, and so on. */
static const int blocks[HOURS] = {400, 400, 400, 400, 400, 400, 100, 100,
                                  100, 100, 100, 100, 400, 400, 400, 400,
                                  400, 400, 100, 100, 100, 100, 100, 100};

struct weighed {
    const char *name;
    enum policy_kind kind;
    int64_t min_saving_ppm;
    duration left;
    duration grace;
    duration latest; /* after START */
    duration now;    /* the same */
    duration resume; /* the same; 0: it goes on */
    int64_t patience_ppm;
    int64_t taken; /* GPUs that others have in the hours 2 to 8 */
};

static const struct weighed cases[] = {
    {"out of a dirty block", POLICY_CLEANEST, 20000, 4 * HOUR, 60, DAY, 0, 6 * HOUR, 0,
     0},
    {"not out of a clean one", POLICY_CLEANEST, 20000, 8 * HOUR, 60, DAY, 10 * HOUR, 0,
     0, 0},
    {"not past the latest resume", POLICY_CLEANEST, 20000, 2 * HOUR, 60, 3 * HOUR, 0, 0,
     0, 0},
    {"for part of the clean block, on time", POLICY_CLEANEST, 20000, 6 * HOUR, 60,
     5 * HOUR, 0, 5 * HOUR, 0, 0},
    {"not for less than is asked for", POLICY_CLEANEST, 800000, 4 * HOUR, 60, DAY, 0, 0,
     0, 0},
    {"not with a grace as long as the run", POLICY_CLEANEST, 20000, 4 * HOUR, 4 * HOUR,
     DAY, 0, 0, 0, 0},
    {"not when waiting costs more", POLICY_CLEANEST, 20000, 4 * HOUR, 60, DAY, 0, 0,
     200000, 0},
    {"around those who have the place", POLICY_CLEANEST, 20000, 3 * HOUR, 60, DAY, 0,
     8 * HOUR, 0, 3},
    {"not for a place that comes too late", POLICY_CLEANEST, 20000, 3 * HOUR, 60,
     7 * HOUR, 0, 0, 0, 3},
    {"a threshold that is crossed", POLICY_THRESHOLD, 0, 4 * HOUR, 60, DAY, 0, 6 * HOUR,
     0, 0},
    {"a threshold that is kept", POLICY_THRESHOLD, 0, 8 * HOUR, 60, DAY, 10 * HOUR, 0,
     0, 0},
    {"no green hour on time", POLICY_THRESHOLD, 0, 4 * HOUR, 60, 5 * HOUR, 0, 0, 0, 0},
    {"who wants no waiting", POLICY_IMMEDIATE, 0, 4 * HOUR, 60, DAY, 0, 0, 0, 0},
};

static void check(const struct weighed *weighed)
{
    const struct resources taken = {weighed->taken, 0, 0};
    struct policy policy = planning_policy(weighed->kind);
    struct plan_job resumed = make_resumed(weighed->left, START + weighed->latest);
    struct plan_rest rest = {0, weighed->left, weighed->grace};
    struct reservation resume = RESERVATION_NONE;
    struct plan *plan;
    bool pauses;

    policy.min_saving_ppm = weighed->min_saving_ppm;
    policy.patience_ppm = weighed->patience_ppm;
    if (weighed->kind == POLICY_THRESHOLD)
        policy.max_intensity = G_PER_KWH(200);
    resumed.earliest += weighed->now;
    plan = make_plan(blocks, &policy);
    if (weighed->taken)
        plan_occupy(plan, 0, START + 2 * HOUR, START + 8 * HOUR, &taken);
    plan_advance(plan, START + weighed->now);
    pauses = plan_weigh_pause(plan, &resumed, &rest, START + weighed->now, &resume);
    if (pauses != (weighed->resume > 0)
        || (pauses && resume.start != START + weighed->resume))
        fail_msg("%s: %s, %ld h", weighed->name, pauses ? "pauses" : "goes on",
                 (long)((resume.start - START) / HOUR));
    plan_destroy(plan);
}

static void a_pause_is_weighed_against_going_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check(&cases[i]);
}

/* Whether the whole pool is free in the clean hours. */
static bool is_free(struct plan *plan)
{
    struct plan_job whole = make_resumed(5 * HOUR, START + 6 * HOUR);
    struct reservation found;

    whole.wanted.gpus = 4;
    whole.earliest = START + 6 * HOUR;
    found = plan_place(plan, &whole, START);
    plan_withdraw(plan, &whole, &found);
    return found.start == START + 6 * HOUR;
}

static void only_a_pause_that_pays_reserves_its_resume(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan_job resumed = make_resumed(4 * HOUR, START + DAY);
    struct plan_rest rest = {0, 4 * HOUR, 60};
    struct reservation resume = RESERVATION_NONE;
    struct plan *plan;

    (void)state;
    policy.min_saving_ppm = 900000;
    plan = make_plan(blocks, &policy);
    assert_false(plan_weigh_pause(plan, &resumed, &rest, START, &resume));
    assert_int_equal(-1, resume.pool);
    assert_true(is_free(plan));
    policy.min_saving_ppm = 0;
    plan_set_class(plan, 0, &policy);
    assert_true(plan_weigh_pause(plan, &resumed, &rest, START, &resume));
    assert_false(is_free(plan));
    plan_withdraw(plan, &resumed, &resume);
    assert_true(is_free(plan));
    plan_destroy(plan);
}

static void without_a_forecast_nobody_is_paused(void **state)
{
    struct policy policy = planning_policy(POLICY_CLEANEST);
    struct plan_job resumed = make_resumed(4 * HOUR, START + DAY);
    struct plan_rest rest = {0, 4 * HOUR, 60};
    struct reservation resume;
    struct plan *plan = make_plan(blocks, &policy);

    (void)state;
    plan_set_zone(plan, 0, NULL, NULL);
    assert_false(plan_weigh_pause(plan, &resumed, &rest, START, &resume));
    plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_weighed_against_going_on),
        cmocka_unit_test(only_a_pause_that_pays_reserves_its_resume),
        cmocka_unit_test(without_a_forecast_nobody_is_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan_internal.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24

_Static_assert(START % HOUR == 0, "slots of an hour begin at START");

struct scene {
    int levels[HOURS]; /* what is left out is as the last one given */
    enum policy_kind kind;
    int32_t scaling;
    int64_t most;
    duration time; /* of the job, on its two GPUs */
    int64_t taken; /* GPUs of others... */
    duration from; /* ... in these hours, after START */
    duration until;
    int64_t ramp_ppm;
    int64_t headroom_ppm;
    int64_t started; /* GPUs of others that start now */
    bool now;
    bool blind; /* without a forecast */
    int32_t width;
};

static struct plan *make_plan(const struct scene *scene)
{
    struct plan_settings settings = {HOUR, HOURS, 20000,
                                     scene->ramp_ppm ? scene->ramp_ppm : 1000000,
                                     scene->headroom_ppm};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = planning_policy(scene->kind);
    struct pool pool = planning_pool(8);
    intensity levels[HOURS];
    int level = 0;

    for (int i = 0; i < HOURS; i++) {
        level = scene->levels[i] ? scene->levels[i] : level;
        levels[i] = G_PER_KWH(level);
    }
    policy.max_intensity = G_PER_KWH(1000);
    plan_set_zone(plan, 0, scene->blind ? NULL : levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    return plan;
}

static int32_t find_width(const struct scene *scene)
{
    const struct resources others = {scene->taken, 0, 0};
    const struct resources started = {scene->started, 0, 0};
    const struct plan_wider wider = {scene->most, scene->scaling};
    struct plan *plan = make_plan(scene);
    struct plan_job job = {.id = 1,
                           .pools = 1,
                           .wanted = {2, 2, 1024},
                           .time = scene->time,
                           .earliest = START,
                           .latest = START,
                           .now = scene->now};
    struct reservation reservation = plan_place(plan, &job, START);
    int32_t width;

    assert_int_equal(START, reservation.start);
    if (scene->taken)
        plan_occupy(plan, 0, START + scene->from, START + scene->until, &others);
    if (scene->started)
        plan_count_start(plan, 0, START, &started);
    width = plan_find_width(plan, &job, &reservation, &wider, START);
    plan_destroy(plan);
    return width;
}

static void check(const struct scene *scenes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t width = find_width(&scenes[i]);

        if (width != scenes[i].width)
            fail_msg("scene %zu: %d GPUs, not %d", i, (int)width, (int)scenes[i].width);
    }
}

#define CHECK(scenes) check(scenes, sizeof(scenes) / sizeof((scenes)[0]))

/* With 90 % eight GPUs take 1.15 of 4 hours, and six 1.49. */
static void more_gpus_are_had_as_long_as_each_saves_carbon(void **state)
{
    static const struct scene scenes[] = {
        {{50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .width = 8},
        {{50, 500}, POLICY_THRESHOLD, 90, 8, 4 * HOUR, .width = 8},
        {{50, 500}, POLICY_CLEANEST, 90, 6, 4 * HOUR, .width = 6},
        /* Once all of it is in the clean hours, more GPUs only take more energy. */
        {{50, 50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .width = 5},
        {{200}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .width = 2},
        {{500, 50}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .width = 2},
        /* What does not scale saves nothing by it. */
        {{50, 500}, POLICY_CLEANEST, 1, 8, 4 * HOUR, .width = 2},
        /* Nor does what comes out even. */
        {{200}, POLICY_CLEANEST, 100, 8, 4 * HOUR, .width = 2},
        {{50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .blind = true, .width = 2},
    };

    (void)state;
    CHECK(scenes);
}

static void what_does_not_wait_has_all_that_is_free(void **state)
{
    static const struct scene scenes[] = {
        {{200}, POLICY_IMMEDIATE, 90, 8, 4 * HOUR, .width = 8},
        {{500, 50}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .now = true, .width = 8},
        {{200}, POLICY_IMMEDIATE, 90, 8, 4 * HOUR, .blind = true, .width = 8},
        {{200}, POLICY_IMMEDIATE, 90, 7, 4 * HOUR, .width = 7},
        {{200}, POLICY_IMMEDIATE, 90, 8, 4 * HOUR, 3, 0, HOUR, .width = 5},
        {{200}, POLICY_IMMEDIATE, 90, 8, 4 * HOUR, .headroom_ppm = 250000, .width = 8},
    };

    (void)state;
    CHECK(scenes);
}

static void nobody_elses_place_is_taken(void **state)
{
    static const struct scene scenes[] = {
        {{50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, 4, 0, HOUR, .width = 4},
        {{50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, 6, 0, 4 * HOUR, .width = 2},
        /* With eight it is gone before they come, and with three it is not. */
        {{50, 500},
         POLICY_CLEANEST,
         90,
         8,
         4 * HOUR,
         6,
         2 * HOUR,
         4 * HOUR,
         .width = 8},
        {{200}, POLICY_IMMEDIATE, 90, 8, 4 * HOUR, 6, 2 * HOUR, 4 * HOUR, .width = 8},
        {{200}, POLICY_IMMEDIATE, 90, 3, 4 * HOUR, 6, 2 * HOUR, 4 * HOUR, .width = 2},
        /* A quarter of the pool is for those who cannot wait. */
        {{50, 500},
         POLICY_CLEANEST,
         90,
         8,
         4 * HOUR,
         .headroom_ppm = 250000,
         .width = 6},
        /* It may start alone, or within what may start in one slot. */
        {{50, 500}, POLICY_CLEANEST, 90, 8, 4 * HOUR, .ramp_ppm = 100000, .width = 8},
        {{50, 500},
         POLICY_CLEANEST,
         90,
         8,
         4 * HOUR,
         .ramp_ppm = 500000,
         .started = 1,
         .width = 3},
        {{200},
         POLICY_IMMEDIATE,
         90,
         8,
         4 * HOUR,
         .ramp_ppm = 500000,
         .started = 1,
         .width = 8},
    };

    (void)state;
    CHECK(scenes);
}

/* The reservation has run out: what goes on after it has no place of its own. */
static void a_late_start_has_no_place_past_its_reservation(void **state)
{
    const struct scene scene = {{200}, POLICY_IMMEDIATE, .width = 2};
    const struct resources others = {7, 0, 0};
    const struct plan_wider wider = {8, 90};
    struct plan *plan = make_plan(&scene);
    struct plan_job job = {.id = 1,
                           .pools = 1,
                           .wanted = {2, 2, 1024},
                           .time = 4 * HOUR,
                           .earliest = START,
                           .latest = START};
    struct reservation reservation = plan_place(plan, &job, START);
    instant late = START + 3 * HOUR;

    (void)state;
    plan_advance(plan, late);
    plan_occupy(plan, 0, START + 4 * HOUR, START + 8 * HOUR, &others);
    assert_int_equal(scene.width,
                     plan_find_width(plan, &job, &reservation, &wider, late));
    plan_destroy(plan);
}

static bool is_overdrawn(const struct plan *plan)
{
    const struct profile *profile = plan->pools[0].profile;

    for (int32_t i = 0; i < profile->slots; i++) {
        if (profile->free[i].gpus < 0)
            return true;
    }
    return false;
}

/* Let the first of some jobs begin as wide as it may, and the others have their places.
 */
static bool widens(uint64_t seed)
{
    struct scene scene = {
        {50, 500}, (enum policy_kind)(seed % POLICY_KINDS), .width = 0};
    const struct plan_wider wider = {8, (int32_t)planning_between(&seed, 70, 100)};
    struct plan *plan = make_plan(&scene);
    struct plan_job jobs[8];
    struct reservation first = RESERVATION_NONE;
    struct resources wanted;
    bool is_wider;

    for (int i = 0; i < 8; i++) {
        jobs[i] = planning_job(&seed, i + 1, START);
        if (i == 0) {
            jobs[i].wanted.gpus = planning_between(&seed, 1, 4);
            jobs[i].latest = START;
        }
        jobs[i].pools = 1;
        jobs[i].class = 0;
        first = i == 0 ? plan_place(plan, &jobs[i], START) : first;
        if (i > 0)
            plan_place(plan, &jobs[i], START);
    }
    assert_false(is_overdrawn(plan));
    wanted = jobs[0].wanted;
    wanted.gpus = plan_find_width(plan, &jobs[0], &first, &wider, START);
    assert_in_range(wanted.gpus, jobs[0].wanted.gpus, 8);
    is_wider = wanted.gpus > jobs[0].wanted.gpus;
    plan_withdraw(plan, &jobs[0], &first);
    plan_occupy(plan, 0, START,
                START
                    + job_scale_time(jobs[0].time, (int32_t)jobs[0].wanted.gpus,
                                     (int32_t)wanted.gpus, wider.scaling),
                &wanted);
    assert_false(is_overdrawn(plan));
    plan_destroy(plan);
    return is_wider;
}

static void whatever_is_planned_fits_beside_the_wider_run(void **state)
{
    int wider = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++)
        wider += widens(seed);
    assert_in_range(wider, 50, 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_gpus_are_had_as_long_as_each_saves_carbon),
        cmocka_unit_test(what_does_not_wait_has_all_that_is_free),
        cmocka_unit_test(nobody_elses_place_is_taken),
        cmocka_unit_test(whatever_is_planned_fits_beside_the_wider_run),
        cmocka_unit_test(a_late_start_has_no_place_past_its_reservation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "scheduler/plan.h"
#include "scheduler/plan_internal.h"
#include "tests/support/planning.h"

#define START  ((instant)1800000000)
#define SLOT   (15 * MINUTE)
#define SLOTS  INT64_C(200)
#define ROUNDS 300
#define JOBS   60

/* Planning with every start tried, against what is counted from the jobs alone. */
struct model {
    uint64_t seed;
    struct plan *plan;
    struct policy policy;
    intensity levels[SLOTS];
    struct planning_view view;
    struct plan_job jobs[JOBS];
    struct reservation reservations[JOBS];
    size_t count;
    instant now;
};

static void make_model(struct model *model, uint64_t seed, int64_t ramp_ppm)
{
    struct plan_settings settings = {SLOT, SLOTS, 20000, ramp_ppm, 0};
    struct pool pool = planning_pool(12);

    *model = (struct model){.seed = seed};
    model->now = START + planning_between(&model->seed, 0, SLOT - 1);
    model->plan = plan_create(&settings, model->now);
    model->policy = planning_policy(POLICY_CLEANEST);
    model->policy.patience_ppm = planning_between(&model->seed, 0, 20000);
    planning_make_levels(&model->seed, START, SLOT, model->levels, SLOTS);
    plan_set_zone(model->plan, 0, model->levels, NULL);
    plan_set_class(model->plan, 0, &model->policy);
    plan_set_pool(model->plan, 0, 0, &pool);
    model->view = (struct planning_view){START, SLOT, SLOTS, 0, pool.capacity};
}

static struct plan_job random_job(struct model *model)
{
    struct plan_job job =
        planning_job(&model->seed, (int64_t)model->count + 1, model->now);

    if (planning_between(&model->seed, 0, 9) == 0)
        job.time = planning_between(&model->seed, 1, 4 * DAY);
    if (planning_between(&model->seed, 0, 4) == 0)
        job.earliest = model->now + planning_between(&model->seed, 0, 30 * HOUR);
    if (planning_between(&model->seed, 0, 4) == 0)
        job.latest = model->now + planning_between(&model->seed, -HOUR, 3 * HOUR);
    return job;
}

/* Intensity of a slot; after the horizon the last day repeats. */
static intensity level_of(const struct model *model, size_t slot)
{
    while (slot >= SLOTS)
        slot -= (size_t)(DAY / SLOT);
    return model->levels[slot];
}

static int64_t cost_of(const struct model *model, const struct plan_job *job,
                       size_t slot)
{
    int64_t length = (job->time + SLOT - 1) / SLOT;
    int64_t mean = 0;
    int64_t cost = 0;

    for (size_t i = 0; i < (size_t)(DAY / SLOT); i++)
        mean += model->levels[i];
    mean /= DAY / SLOT;
    for (size_t i = slot; i < slot + (size_t)length; i++)
        cost += level_of(model, i) * SLOT;
    return cost
           + length * SLOT * mean * model->policy.patience_ppm / 1000000 / (HOUR / SLOT)
                 * (int64_t)slot;
}

static instant start_in(const struct model *model, const struct plan_job *job,
                        size_t slot)
{
    instant start = START + (instant)slot * SLOT;

    if (start < model->now)
        start = model->now;
    if (start < job->earliest)
        start = job->earliest;
    return start;
}

/* Every slot tried: the cheapest start with room, or with `late` the first. */
static instant best_start(const struct model *model, const struct plan_job *job,
                          bool late)
{
    struct resources free[SLOTS];
    instant best = INSTANT_MAX;
    int64_t least = INT64_MAX;

    planning_count_free(&model->view, model->jobs, model->reservations, model->count,
                        free);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        instant start = start_in(model, job, slot);
        bool fits = start < START + (instant)(slot + 1) * SLOT;

        for (size_t i = slot;
             i < SLOTS && START + (instant)i * SLOT < start + job->time; i++)
            fits = fits && resources_fit(&job->wanted, &free[i]);
        if (!fits || (!late && start > job->latest))
            continue;
        if (late)
            return start;
        if (cost_of(model, job, slot) < least) {
            least = cost_of(model, job, slot);
            best = start;
        }
    }
    return best;
}

static void a_job_gets_the_start_that_trying_all_of_them_finds(void **state)
{
    static struct model model;

    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        make_model(&model, round, 0);
        while (model.count < JOBS) {
            struct plan_job job = random_job(&model);
            instant best = best_start(&model, &job, false);
            struct reservation found = plan_place(model.plan, &job, model.now);

            if (best == INSTANT_MAX)
                best = best_start(&model, &job, true);
            if (found.start != best)
                fail_msg("round %d, job %d: starts at %ld, best is %ld", (int)round,
                         (int)model.count, (long)(found.start - START),
                         (long)(best - START));
            assert_true(
                (found.start > job.latest)
                == (found.reason == PLAN_LATE || found.reason == PLAN_BEYOND_HORIZON));
            model.jobs[model.count] = job;
            model.reservations[model.count++] = found;
        }
        assert_true(planning_has_room(&model.view, model.jobs, model.reservations,
                                      model.count));
        plan_destroy(model.plan);
    }
}

static void assert_same_profile(const struct profile *expected,
                                const struct profile *found)
{
    assert_memory_equal(expected->free, found->free, sizeof(found->free));
    assert_memory_equal(expected->started, found->started, sizeof(found->started));
    assert_memory_equal(expected->least, found->least, sizeof(found->least));
    assert_memory_equal(expected->most, found->most, sizeof(found->most));
    assert_memory_equal(expected->most_started, found->most_started,
                        sizeof(found->most_started));
    assert_int_equal(expected->change_count, found->change_count);
    if (found->change_count > 0)
        assert_memory_equal(expected->changes, found->changes,
                            found->change_count * sizeof(found->changes[0]));
}

static void what_is_withdrawn_leaves_nothing_behind(void **state)
{
    static struct model model;

    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct plan *empty;

        make_model(&model, round, 100000);
        empty = plan_copy(model.plan);
        for (; model.count < JOBS; model.count++) {
            model.jobs[model.count] = random_job(&model);
            model.reservations[model.count] =
                plan_place(model.plan, &model.jobs[model.count], model.now);
        }
        if (round % 2 == 1) { /* time passes in between, perhaps all of it */
            model.now +=
                planning_between(&model.seed, 0, round % 8 == 7 ? 7 * DAY : DAY);
            plan_advance(model.plan, model.now);
            plan_advance(empty, model.now);
        }
        while (model.count > 0) {
            size_t i =
                (size_t)planning_between(&model.seed, 0, (int64_t)model.count - 1);

            plan_withdraw(model.plan, &model.jobs[i], &model.reservations[i]);
            model.count--;
            model.jobs[i] = model.jobs[model.count];
            model.reservations[i] = model.reservations[model.count];
        }
        assert_same_profile(empty->pools[0].profile, model.plan->pools[0].profile);
        plan_destroy(model.plan);
        plan_destroy(empty);
    }
}

static void what_runs_into_the_horizon_is_there_when_it_comes(void **state)
{
    static struct model model;
    struct resources half = {6, 0, 0};

    (void)state;
    make_model(&model, 1, 0);
    plan_occupy(model.plan, 0, START, START + 2 * SLOTS * SLOT, &half);
    for (int i = 0; i < 10; i++) {
        const struct profile *profile = model.plan->pools[0].profile;
        instant begins = START + i * (SLOTS / 4) * SLOT;

        plan_advance(model.plan, begins);
        for (int slot = 0; slot < SLOTS; slot++) {
            bool is_over = begins + slot * SLOT >= START + 2 * SLOTS * SLOT;

            assert_int_equal(is_over ? 12 : 6, profile->free[slot].gpus);
        }
    }
    assert_int_equal(0, model.plan->pools[0].profile->change_count);
    plan_destroy(model.plan);
}

static void levels_that_come_into_the_horizon_repeat_the_day_before(void **state)
{
    static struct model model;
    const int64_t steps[] = {1, 7, 96, 199, 200, 201, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        make_model(&model, i, 0);
        plan_advance(model.plan, START + steps[i] * SLOT);
        for (size_t slot = 0; slot < SLOTS; slot++)
            assert_int_equal(level_of(&model, slot + (size_t)steps[i]),
                             model.plan->zones[0]->level[slot]);
        plan_destroy(model.plan);
    }
}

static void exact_areas_agree_with_adding_up_seconds(void **state)
{
    static struct model model;

    (void)state;
    make_model(&model, 3, 0);
    for (int round = 0; round < 200; round++) {
        duration begins = planning_between(&model.seed, 0, SLOTS * SLOT - 1);
        duration length = planning_between(&model.seed, 1, 10 * DAY);
        int64_t sum = 0;

        for (duration i = begins; i < begins + length;) {
            duration next = (i / SLOT + 1) * SLOT;

            if (next > begins + length)
                next = begins + length;
            sum += level_of(&model, (size_t)(i / SLOT)) * (next - i);
            i = next;
        }
        assert_int_equal(sum, plan_zone_integral(model.plan->zones[0], begins, length));
    }
    plan_destroy(model.plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_gets_the_start_that_trying_all_of_them_finds),
        cmocka_unit_test(what_is_withdrawn_leaves_nothing_behind),
        cmocka_unit_test(what_runs_into_the_horizon_is_there_when_it_comes),
        cmocka_unit_test(levels_that_come_into_the_horizon_repeat_the_day_before),
        cmocka_unit_test(exact_areas_agree_with_adding_up_seconds),
    };

    return cmocka_run_group_tests_name("plan_search", tests, NULL, NULL);
}

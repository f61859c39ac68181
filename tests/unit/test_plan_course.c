/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "base/clock.h"
#include "scheduler/plan_course.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)

_Static_assert(START % HOUR == 0, "slots of a quarter of an hour begin at START");

/* A day of quarters of an hour, held against an exact dynamic programme. */
#define QUARTER   (15 * MINUTE)
#define QUARTERS  96
#define UNIT      (5 * MINUTE) /* of work */
#define UNITS     (QUARTER / UNIT)
#define UNITS_MAX (QUARTERS * UNITS)
#define NO_WAY    (INT64_MAX / 4)

struct trial {
    intensity levels[QUARTERS];
    bool full[QUARTERS];
    duration restart;
    int grace; /* quarters */
    int64_t patience_ppm;
    int time; /* quarters */
};

/* Power that changes by the hour, and others here and there. */
static struct trial make_trial(uint64_t *seed, bool is_free)
{
    struct trial trial = {.time = (int)planning_between(seed, 4, 40)};
    intensity level = G_PER_KWH(300);
    bool full = false;

    for (int i = 0; i < QUARTERS; i++) {
        if (i % 4 == 0)
            level += G_PER_KWH(planning_between(seed, 0, 160) - 80);
        level = level < G_PER_KWH(10) ? G_PER_KWH(10) : level;
        if (planning_between(seed, 0, 7) == 0)
            full = planning_between(seed, 0, 5) == 0;
        trial.levels[i] = level;
        trial.full[i] = full;
    }
    if (!is_free) {
        trial.restart = planning_between(seed, 0, 6) * UNIT;
        trial.grace = (int)planning_between(seed, 0, 1);
        trial.patience_ppm = planning_between(seed, 0, 10000);
    }
    return trial;
}

/* Costs by the work that is done, of those who run and those who rest. */
struct ways {
    int64_t runs[UNITS_MAX + 1];
    int64_t rests[UNITS_MAX + 1];
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool has_grace(const struct trial *trial, int slot)
{
    return trial->grace == 0 || (slot < QUARTERS && !trial->full[slot]);
}

static void step(const struct plan_frame *frame, const struct trial *trial, int slot,
                 const struct ways *before, struct ways *after)
{
    int64_t cost = trial->levels[slot] * QUARTER;
    int restart = (int)(trial->restart / UNIT);
    int64_t grace = trial->grace * cost;

    for (int i = 0; i <= UNITS_MAX; i++) {
        int worked = i - (int)UNITS;
        int64_t way = NO_WAY;

        if (worked >= 0 && !trial->full[slot])
            way = least(way, before->runs[worked] + cost);
        if (worked == 0 && !trial->full[slot])
            way = least(way, frame->patience * slot + cost);
        if (worked + restart >= 0 && worked + restart <= UNITS_MAX
            && !trial->full[slot])
            way = least(way, before->rests[worked + restart] + cost);
        after->runs[i] = way;
        after->rests[i] = before->rests[i] + frame->patience;
        if (has_grace(trial, slot))
            after->rests[i] =
                least(after->rests[i],
                      before->runs[i] + (trial->grace ? grace : frame->patience));
    }
}

static int64_t find_least(const struct plan_frame *frame, const struct trial *trial)
{
    static struct ways ways[2];
    int64_t best = NO_WAY;

    for (int i = 0; i <= UNITS_MAX; i++)
        ways[0].runs[i] = ways[0].rests[i] = NO_WAY;
    for (int slot = 0; slot < QUARTERS; slot++) {
        step(frame, trial, slot, &ways[slot % 2], &ways[(slot + 1) % 2]);
        for (int i = trial->time * (int)UNITS; i <= UNITS_MAX; i++)
            best = least(best, ways[(slot + 1) % 2].runs[i]);
    }
    return best;
}

static struct plan *make_trial_plan(const struct trial *trial)
{
    struct plan_settings settings = {QUARTER, QUARTERS, 20000, 0, 0};
    struct plan *plan = plan_create(&settings, START);
    struct policy policy = {.kind = POLICY_CLEANEST, .interruptible_after = HOUR};
    struct pool pool = planning_pool(4);
    const struct resources all = {4, 4, 0};

    policy.patience_ppm = trial->patience_ppm;
    plan_set_zone(plan, 0, trial->levels, NULL);
    plan_set_class(plan, 0, &policy);
    plan_set_pool(plan, 0, 0, &pool);
    for (int i = 0; i < QUARTERS; i++)
        if (trial->full[i])
            plan_occupy(plan, 0, START + i * QUARTER, START + (i + 1) * QUARTER, &all);
    return plan;
}

/* By how many millionths the course found is dearer than the best; -1: there is none.
 */
static int64_t find_gap(const struct trial *trial)
{
    duration time = trial->time * QUARTER;
    struct plan_split split = {
        .job = {.id = 1,
                .pools = 1,
                .wanted = {2, 2, 1024},
                .time = time,
                .earliest = START,
                .latest = START + QUARTERS * QUARTER - time},
        .runs_in = -1,
        .pieces = PLAN_PIECES_NONE,
    };
    struct plan *plan = make_trial_plan(trial);
    struct plan_wish wish;
    struct plan_frame frame;
    struct plan_course course;
    int64_t best;
    int64_t cost = -1;

    split.restart = trial->restart;
    split.grace = trial->grace * QUARTER;
    wish = plan_wish_from(plan, &split.job, START);
    frame = plan_course_frame(plan, &split, &wish, 0, PLAN_STAGE_ON_TIME);
    best = find_least(&frame, trial);
    if (plan_course_find(&frame, &course) == 0) {
        assert_true(plan_course_surplus(&frame, &course) >= 0);
        cost = plan_course_cost(&frame, &course);
        assert_true(cost >= best);
    }
    assert_true((cost >= 0) == (best < NO_WAY));
    plan_destroy(plan);
    return cost < 0 ? -1 : (cost - best) * 1000000 / best;
}

static void pieces_are_the_best_there_are_where_restarts_are_free(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 300; i++) {
        const struct trial trial = make_trial(&seed, true);

        assert_true(find_gap(&trial) <= 0);
    }
}

static void pieces_are_nearly_the_best_where_they_are_not(void **state)
{
    uint64_t seed = 2;
    int64_t sum = 0;
    int64_t count = 0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        const struct trial trial = make_trial(&seed, false);
        int64_t gap = find_gap(&trial);

        if (gap < 0)
            continue;
        sum += gap;
        count++;
    }
    assert_true(count > 250);
    assert_true(sum / count < 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_the_best_there_are_where_restarts_are_free),
        cmocka_unit_test(pieces_are_nearly_the_best_where_they_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

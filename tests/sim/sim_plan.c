/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "scheduler/plan.h"
#include "tests/support/planning.h"

/*
 * Weeks of a cluster: jobs come as they like, forecasts err and change, jobs end early,
 * and the planner is asked as an engine would ask it. No job is ever given what is not
 * there, and none that was promised a start on time starts late.
 */

#define WEEKS 100
#define START ((instant)1800000000)
#define SLOT  HOUR
#define SLOTS 96
#define HOURS (7 * 24)
#define JOBS  160
#define GPUS  16

struct week {
    uint64_t seed;
    struct plan *plan;
    struct plan_settings settings;
    struct pool pool;
    struct policy policies[2];
    intensity truth[HOURS + 2 * SLOTS];
    struct plan_job jobs[JOBS]; /* first those that run, then those that wait */
    struct reservation reservations[JOBS];
    size_t running;
    size_t count;
    int64_t next_id;
    instant now;
    size_t started;
    size_t late;
    double planned; /* W x mg/kWh x s, at the starts that were planned */
    double at_once; /* ... had each job started when it came */
};

/* What the forecast says: the truth, off by more the further ahead. */
static void make_forecast(struct week *week)
{
    intensity levels[SLOTS];
    size_t hour = (size_t)((week->now - START) / HOUR);
    int64_t drift = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        intensity level = week->truth[hour + i];

        drift += planning_between(&week->seed, -4000, 4000);
        level += i == 0 ? 0 : drift;
        levels[i] = level < 0 ? 0 : level;
    }
    plan_set_zone(week->plan, 0, levels, NULL);
    for (int i = 0; i < 2; i++)
        plan_set_class(week->plan, i, &week->policies[i]);
}

static void make_week(struct week *week, uint64_t seed)
{
    *week = (struct week){
        .seed = seed,
        .settings = {SLOT, SLOTS, 20000, 250000, 0},
        .pool = planning_pool(GPUS),
        .policies = {planning_policy(POLICY_CLEANEST),
                     planning_policy(POLICY_THRESHOLD)},
        .now = START,
    };
    week->policies[0].min_saving_ppm = 20000;
    week->policies[1].below_percentile = 30;
    planning_make_levels(&week->seed, START, HOUR, week->truth, HOURS + 2 * SLOTS);
    week->plan = plan_create(&week->settings, START);
    plan_set_pool(week->plan, 0, 0, &week->pool);
    make_forecast(week);
}

static double area_of(const struct week *week, const struct plan_job *job,
                      instant start)
{
    double sum = 0;
    instant ends = start + job->time;

    for (instant i = start; i < ends;) {
        size_t hour = (size_t)((i - START) / HOUR);
        instant next = (i / HOUR + 1) * HOUR;

        if (next > ends)
            next = ends;
        sum += (double)(week->truth[hour] * (next - i));
        i = next;
    }
    return sum * (double)job->wanted.gpus;
}

static void swap_jobs(struct week *week, size_t a, size_t b)
{
    struct plan_job job = week->jobs[a];
    struct reservation reservation = week->reservations[a];

    week->jobs[a] = week->jobs[b];
    week->reservations[a] = week->reservations[b];
    week->jobs[b] = job;
    week->reservations[b] = reservation;
}

static void start_due(struct week *week)
{
    for (size_t i = week->running; i < week->count; i++) {
        struct reservation *due = &week->reservations[i];
        const struct plan_job *job = &week->jobs[i];

        if (due->start > week->now)
            continue;
        plan_withdraw(week->plan, job, due);
        plan_occupy(week->plan, due->pool, due->start, due->ends, &job->wanted);
        plan_count_start(week->plan, due->pool, due->start, &job->wanted);
        week->started++;
        week->late += due->start > job->latest;
        week->planned += area_of(week, job, due->start);
        swap_jobs(week, i, week->running++);
    }
}

/* Some jobs end before their time, which gives slots back. */
static void end_due(struct week *week)
{
    for (size_t i = week->running; i-- > 0;) {
        struct reservation *held = &week->reservations[i];

        if (held->ends > week->now) {
            if (planning_between(&week->seed, 0, 15) != 0)
                continue;
            plan_vacate(week->plan, held->pool, week->now, held->ends,
                        &week->jobs[i].wanted);
        }
        swap_jobs(week, i, --week->running);
        swap_jobs(week, week->running, --week->count);
    }
}

static void add_job(struct week *week)
{
    struct plan_job *job = &week->jobs[week->count];
    struct reservation *found = &week->reservations[week->count];

    if (week->count == JOBS)
        return;
    *job = planning_job(&week->seed, ++week->next_id, week->now);
    job->latest = week->now + planning_between(&week->seed, 0, 30 * HOUR);
    job->class = planning_between(&week->seed, 0, 4) == 0;
    job->now = planning_between(&week->seed, 0, 9) == 0;
    week->at_once += area_of(week, job, week->now);
    *found = plan_place(week->plan, job, week->now);
    week->count++;
}

static void plan_anew(struct week *week)
{
    struct reservation before[JOBS];
    size_t waiting = week->count - week->running;
    struct plan_job *jobs = &week->jobs[week->running];
    struct reservation *reservations = &week->reservations[week->running];

    make_forecast(week);
    memcpy(before, reservations, waiting * sizeof(before[0]));
    for (size_t i = 0; i < waiting; i++)
        plan_withdraw(week->plan, &jobs[i], &before[i]);
    planning_run(week->plan, jobs, reservations, waiting, week->now);
    for (size_t i = 0; i < waiting; i++) {
        if (before[i].start <= jobs[i].latest)
            assert_true(reservations[i].start <= jobs[i].latest);
    }
}

static void assert_within_capacity(const struct week *week)
{
    struct planning_view view = {week->now - week->now % SLOT, SLOT, SLOTS, 0,
                                 week->pool.capacity};

    assert_true(planning_has_room(&view, week->jobs, week->reservations, week->count));
}

static void live_an_hour(struct week *week, bool has_arrivals)
{
    instant begins = week->now;
    int64_t arrivals = has_arrivals ? planning_between(&week->seed, 0, 2) : 0;

    plan_advance(week->plan, week->now);
    end_due(week);
    if (week->now / HOUR % 3 == 0)
        plan_anew(week);
    start_due(week);
    for (int64_t i = 0; i < arrivals; i++) {
        week->now =
            begins + (i + 1) * 20 * MINUTE + planning_between(&week->seed, 0, 9);
        add_job(week);
        start_due(week);
    }
    assert_within_capacity(week);
    week->now = begins + HOUR;
}

static void weeks_pass_without_overdraft_or_broken_promise(void **state)
{
    static struct week week;
    double planned = 0;
    double at_once = 0;
    size_t started = 0;
    size_t late = 0;

    (void)state;
    for (uint64_t seed = 0; seed < WEEKS; seed++) {
        make_week(&week, seed);
        for (int hour = 0; hour < HOURS + SLOTS - 12; hour++)
            live_an_hour(&week, hour < HOURS);
        assert_int_equal(week.running, week.count);
        assert_int_equal(week.next_id, week.started);
        planned += week.planned;
        at_once += week.at_once;
        started += week.started;
        late += week.late;
        plan_destroy(week.plan);
    }
    print_message("# %zu jobs, %zu late for want of room, %.1f %% saved\n", started,
                  late, 100 - 100 * planned / at_once);
    assert_true(planned < 0.9 * at_once);
    assert_true(late < started / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weeks_pass_without_overdraft_or_broken_promise),
    };

    return cmocka_run_group_tests_name("plan over weeks", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scheduler/replay.h"
#include "tests/support/planning.h"

/*
 * Two weeks of jobs, replayed: what the engine makes of them keeps to the pool, to the
 * work there is and to what jobs may wait, and comes out the same again.
 */

#define START ((instant)1800000000 / DAY * DAY)
#define JOBS  400
#define GPUS  24
#define SLOT  (5 * MINUTE)
#define SPAN  (20 * DAY)
#define RUNS  4000

struct run {
    size_t job;
    instant begins;
    instant ends;
};

struct course {
    struct trace trace;
    struct trace_job jobs[JOBS];
    struct run runs[RUNS];
    size_t count;
    size_t asked;
    instant last_asked;
    int64_t used[SPAN / SLOT];
};

static void make_trace(struct course *course, uint64_t seed, bool long_jobs)
{
    uint64_t random = seed * 31 + 7;
    instant at = START;

    for (int i = 0; i < JOBS; i++) {
        duration most = long_jobs && i % 8 == 0 ? 300 : 40;

        at += planning_between(&random, 0, 18) * SLOT;
        course->jobs[i] = (struct trace_job){
            .arrives = at,
            .length = planning_between(&random, 1, most) * SLOT,
            .max_wait = planning_between(&random, 0, 288) * SLOT,
            .deadline = TRACE_NOT_SET,
            .gpus = (int32_t)planning_between(&random, 1, 3),
            .power = 300,
            .interruptible = true,
            .line = i + 2,
        };
        course->jobs[i].estimate = course->jobs[i].length;
    }
    course->trace = (struct trace){course->jobs, JOBS, JOBS, true};
    course->count = course->asked = 0;
    course->last_asked = 0;
    memset(course->used, 0, sizeof(course->used));
}

/* A day of which six hours in the night are clean. */
static struct forecast *ask(void *context, instant now)
{
    struct course *course = context;
    struct series_sample samples[96];
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    assert_int_equal(0, now % HOUR);
    assert_true(now > course->last_asked);
    course->last_asked = now;
    course->asked++;
    for (int i = 0; i < 96; i++) {
        instant begins = now + i * HOUR;

        samples[i] = (struct series_sample){
            begins,
            G_PER_KWH(begins % DAY < 6 * HOUR ? 100 : 300 + begins % DAY / HOUR)};
    }
    forecast->intensity =
        series_create(samples, 96, now + 96 * HOUR, INTENSITY_MAX, NULL);
    return forecast;
}

static void on_run(void *context, size_t job, instant begins, instant ends)
{
    struct course *course = context;

    assert_true(course->count < RUNS);
    course->runs[course->count++] = (struct run){job, begins, ends};
    for (instant at = begins; at < ends; at += SLOT)
        course->used[(at - START) / SLOT] += course->jobs[job].gpus;
}

static void replay(struct course *course, bool pauses, duration restart_cost)
{
    struct replay replay = {
        .settings = {.plan = {SLOT, 1152, 10000, 500000, 0},
                     .load_gate_ppm = 1000000,
                     .open_jobs_max = JOBS},
        .policy = planning_policy(POLICY_CLEANEST),
        .pool = planning_pool(GPUS),
        .trace = &course->trace,
        .pauses = pauses,
        .ask = ask,
        .on_run = on_run,
        .context = course,
    };
    struct error err;

    strcpy(replay.policy.name, "replay");
    strcpy(replay.pool.zone, REPLAY_ZONE);
    replay.policy.max_jobs_per_user = POLICY_NOT_SET;
    replay.policy.max_gpus_per_user = POLICY_NOT_SET;
    replay.policy.idle_after = POLICY_NOT_SET;
    replay.policy.interruptible_after = 8 * HOUR;
    replay.policy.restart_cost = restart_cost;
    replay.pool.capacity.cpus = replay.pool.capacity.memory = INT64_C(1) << 40;
    if (replay_run(&replay, &err) < 0)
        fail_msg("%s", err.text);
}

/* Every job does its work once, on GPUs that there are, and ends in time. */
static size_t check(const struct course *course, duration restart_cost)
{
    duration ran[JOBS] = {0};
    instant ended[JOBS] = {0};
    size_t runs[JOBS] = {0};
    size_t late = 0;

    for (size_t i = 0; i < course->count; i++) {
        const struct run *run = &course->runs[i];

        assert_true(run->begins >= course->jobs[run->job].arrives);
        assert_true(run->begins >= ended[run->job]);
        ran[run->job] += run->ends - run->begins;
        ended[run->job] = run->ends;
        runs[run->job]++;
    }
    for (size_t i = 0; i < JOBS; i++) {
        const struct trace_job *job = &course->jobs[i];

        assert_true(runs[i] > 0);
        assert_int_equal(job->length + (duration)(runs[i] - 1) * restart_cost, ran[i]);
        late += ended[i] > job->arrives + job->max_wait + job->length;
    }
    for (size_t i = 0; i < SPAN / SLOT; i++)
        assert_true(course->used[i] <= GPUS);
    return late;
}

static double cost_of(const struct course *course)
{
    double sum = 0;

    for (size_t i = 0; i < course->count; i++)
        for (instant at = course->runs[i].begins; at < course->runs[i].ends; at += SLOT)
            sum += (at % DAY < 6 * HOUR ? 100 : 300 + (int)(at % DAY / HOUR))
                   * course->jobs[course->runs[i].job].gpus;
    return sum;
}

static double cost_at_once(const struct course *course)
{
    double sum = 0;

    for (size_t i = 0; i < JOBS; i++)
        for (instant at = course->jobs[i].arrives;
             at < course->jobs[i].arrives + course->jobs[i].length; at += SLOT)
            sum += (at % DAY < 6 * HOUR ? 100 : 300 + (int)(at % DAY / HOUR))
                   * course->jobs[i].gpus;
    return sum;
}

static void jobs_run_once_in_time_and_in_cleaner_hours(void **state)
{
    struct course *course = xcalloc(1, sizeof(*course));
    size_t late = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        make_trace(course, seed, false);
        replay(course, false, 0);
        assert_int_equal(JOBS, course->count);
        late += check(course, 0);
        assert_true(cost_of(course) < 0.9 * cost_at_once(course));
    }
    /* Those that may not wait at all may find the pool full. */
    assert_true(late < 5 * JOBS / 50);
    free(course);
}

static void long_jobs_pause_and_do_all_of_their_work(void **state)
{
    struct course *course = xcalloc(1, sizeof(*course));
    const duration costs[] = {0, 10 * MINUTE};
    double whole;

    (void)state;
    for (int i = 0; i < 2; i++) {
        make_trace(course, 11, true);
        replay(course, false, costs[i]);
        assert_int_equal(JOBS, course->count);
        whole = cost_of(course);
        make_trace(course, 11, true);
        replay(course, true, costs[i]);
        assert_true(course->count > JOBS);
        check(course, costs[i]);
        assert_true(cost_of(course) < whole);
    }
    free(course);
}

static void the_same_past_takes_the_same_course(void **state)
{
    struct course *one = xcalloc(1, sizeof(*one));
    struct course *other = xcalloc(1, sizeof(*other));

    (void)state;
    make_trace(one, 3, true);
    make_trace(other, 3, true);
    replay(one, true, 5 * MINUTE);
    replay(other, true, 5 * MINUTE);
    assert_int_equal(one->count, other->count);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->runs[i].job, other->runs[i].job);
        assert_int_equal(one->runs[i].begins, other->runs[i].begins);
        assert_int_equal(one->runs[i].ends, other->runs[i].ends);
    }
    free(one);
    free(other);
}

static void a_job_that_nothing_can_hold_is_named_by_its_line(void **state)
{
    struct course *course = xcalloc(1, sizeof(*course));
    struct replay replay = {
        .settings = {.plan = {SLOT, 1152, 10000, 0, 0},
                     .load_gate_ppm = 1000000,
                     .open_jobs_max = JOBS},
        .policy = planning_policy(POLICY_CLEANEST),
        .pool = planning_pool(GPUS),
        .ask = ask,
        .on_run = on_run,
        .context = course,
    };
    struct error err;

    (void)state;
    make_trace(course, 1, false);
    course->jobs[2].gpus = GPUS + 1;
    replay.trace = &course->trace;
    strcpy(replay.policy.name, "replay");
    strcpy(replay.pool.zone, REPLAY_ZONE);
    assert_int_equal(-1, replay_run(&replay, &err));
    assert_non_null(strstr(err.text, "line 4: "));
    free(course);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_once_in_time_and_in_cleaner_hours),
        cmocka_unit_test(long_jobs_pause_and_do_all_of_their_work),
        cmocka_unit_test(the_same_past_takes_the_same_course),
        cmocka_unit_test(a_job_that_nothing_can_hold_is_named_by_its_line),
    };

    return cmocka_run_group_tests_name("replay of a trace", tests, NULL, NULL);
}

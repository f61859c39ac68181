/* SPDX-License-Identifier: MIT */
/*
 * A week of fifty long jobs on a grid whose days have dirty hours, decided by a seed,
 * once with jobs that may be paused and once without. Each ends by its deadline, runs
 * for its time and what its restarts cost and no second longer, and is never given a
 * limit that would kill it; together the jobs that pause emit less.
 *
 * Usage: sim_pause [FIRST_SEED [WEEKS]]
 */

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "tests/support/world.h"

#define JOBS  50
#define WEEKS 3
#define HOURS (21 * 24)
#define COST  (5 * MINUTE) /* of the world's queue "split" */

/* A job and its current attempt, as whoever runs it sees them. */
struct run {
    duration work;
    instant deadline;
    instant begins; /* 0: it does not run */
    instant ends;
    duration done;
    duration ran; /* in all attempts */
    duration lost;
    duration limit;
    int32_t restarts;
    bool is_paused;
};

struct week {
    struct world *world;
    uint64_t random;
    int levels[HOURS];
    struct run runs[JOBS + 1];
    size_t submitted;
    size_t orders_seen;
    size_t pauses_seen;
    int64_t emitted; /* g/kWh x minutes of runs */
    bool is_disturbed;
};

/* xorshift64 (Marsaglia, 2003): all that a simulation may leave to chance. */
static int64_t pick(struct week *week, int64_t lowest, int64_t highest)
{
    week->random ^= week->random << 13;
    week->random ^= week->random >> 7;
    week->random ^= week->random << 17;
    return lowest + (int64_t)(week->random % (uint64_t)(highest - lowest + 1));
}

/* Clean nights and noons, dirty mornings and evenings, no two days alike. */
static void make_levels(struct week *week)
{
    int day = 0;

    for (int i = 0; i < HOURS; i++) {
        int hour = i % 24;
        bool is_dirty = (hour >= 6 && hour < 10) || (hour >= 16 && hour < 22);

        if (hour == 0)
            day = (int)pick(week, 80, 160);
        week->levels[i] = day + (is_dirty ? (int)pick(week, 150, 300) : 0);
    }
}

/* Drawn before anything happens, so that both weeks have the same ones. */
static void make_jobs(struct week *week)
{
    for (int i = 1; i <= JOBS; i++) {
        struct run *run = &week->runs[i];

        run->work = pick(week, 480, 900) * MINUTE;
        run->deadline = run->work + pick(week, 2, 30) * HOUR;
    }
}

static size_t hour_of(const struct week *week)
{
    return (size_t)((week->world->clock.time - WORLD_START) / HOUR);
}

static void submit(struct week *week, bool interruptible)
{
    struct world *world = week->world;
    struct run *run = &week->runs[week->submitted + 1];
    char deadline[INSTANT_TEXT_SIZE];
    char json[512];

    run->deadline += world->clock.time;
    instant_format(run->deadline, deadline);
    snprintf(json, sizeof(json),
             "{\"command\": [\"x\"], \"directory\": \"/\", \"cpus\": 1, "
             "\"time\": %lld, \"time_limit\": %lld, \"queue\": \"split\", "
             "\"deadline\": \"%s\", \"grace\": 120, \"requeue\": true, "
             "\"interruptible\": %s}",
             (long long)run->work, (long long)run->work, deadline,
             interruptible ? "true" : "false");
    assert_int_equal(++week->submitted, world_take(world, json));
}

static void take_orders(struct week *week)
{
    const struct fake_executor *executor = week->world->executor;
    instant now = week->world->clock.time;

    for (; week->orders_seen < executor->order_count; week->orders_seen++) {
        int64_t id = executor->orders[week->orders_seen].job_id;
        struct run *run = &week->runs[id];

        assert_int_equal(0, run->begins);
        assert_int_equal(run->restarts + 1,
                         executor->orders[week->orders_seen].attempt);
        assert_int_equal(run->restarts, executor->orders[week->orders_seen].restarts);
        run->limit = executor->orders[week->orders_seen].time_limit;
        run->begins = now;
        run->is_paused = false;
        run->ends = now + run->work - run->done + (run->done ? COST : 0);
        world_report(week->world, id, EXECUTOR_STARTED, 0);
    }
}

static void take_pauses(struct week *week)
{
    const struct fake_executor *executor = week->world->executor;
    instant now = week->world->clock.time;

    for (; week->pauses_seen < executor->paused_count; week->pauses_seen++) {
        struct run *run = &week->runs[executor->paused[week->pauses_seen % 64]];
        instant ends = now + pick(week, 0, 2) * MINUTE;

        /* It may have ended meanwhile, or be told again after a crash. */
        assert_true(!run->is_paused || week->is_disturbed);
        if (!run->begins || run->is_paused || ends >= run->ends)
            continue;
        run->is_paused = true;
        run->ends = ends;
    }
}

/* A run is lost, and with it what it did: it was not told to pause, or never saved. */
static void lose_run(struct week *week, int64_t id)
{
    struct run *run = &week->runs[id];

    world_report(week->world, id, EXECUTOR_LOST, 0);
    run->ran += week->world->clock.time - run->begins;
    run->lost += week->world->clock.time - run->begins;
    run->restarts++;
    run->begins = 0;
}

static void crash(struct week *week)
{
    world_crash(week->world);
    world_set_levels(week->world, week->levels + hour_of(week), 96);
}

/* Crashes, with and without what was decided just before, full disks, lost runs. */
static void disturb(struct week *week)
{
    int64_t id = pick(week, 1, JOBS);

    switch (pick(week, 0, 240)) {
    case 0:
        crash(week);
        break;
    case 1:
        engine_step(week->world->engine);
        crash(week);
        break;
    case 2:
        week->world->disk_is_full = true;
        world_run(week->world);
        week->world->disk_is_full = false;
        break;
    case 3:
    case 4:
        if (week->runs[id].begins)
            lose_run(week, id);
        break;
    default:
        break;
    }
}

static void end_run(struct week *week, int64_t id)
{
    struct run *run = &week->runs[id];
    duration ran = run->ends - run->begins;
    const struct executor_report report = {
        .job_id = id,
        .attempt = run->restarts + 1,
        .outcome = EXECUTOR_ENDED,
        .at = run->ends,
        .status = run->is_paused ? 10 : 0,
    };

    assert_true(ran <= run->limit);
    for (instant at = run->begins; at < run->ends; at += MINUTE)
        week->emitted += week->levels[(at - WORLD_START) / HOUR];
    run->ran += ran;
    run->done += ran - (run->done ? COST : 0);
    run->restarts++;
    run->begins = 0;
    engine_report(&report, week->world->engine);
    world_run(week->world);
}

static void step(struct week *week)
{
    size_t hour = hour_of(week);

    if (week->world->clock.time % HOUR == 0)
        world_set_levels(week->world, week->levels + hour, 96);
    for (int64_t id = 1; id <= (int64_t)week->submitted; id++)
        if (week->runs[id].begins && week->runs[id].ends <= week->world->clock.time)
            end_run(week, id);
    if (week->is_disturbed)
        disturb(week);
    world_run(week->world);
    take_orders(week);
    take_pauses(week);
    assert_true(engine_pool(week->world->engine, 0)->taken.cpus <= 16);
}

/* What each of the jobs came to; returns how often they were paused. */
static int32_t check_jobs(struct week *week)
{
    int32_t pauses = 0;

    assert_int_equal(0, engine_open_count(week->world->engine));
    for (int64_t id = 1; id <= JOBS; id++) {
        const struct run *run = &week->runs[id];
        struct job job = world_job(week->world, id);

        assert_int_equal(JOB_DONE, job.state);
        assert_int_equal(run->work, run->done);
        if (!week->is_disturbed) {
            assert_true(job.ended <= run->deadline);
            assert_int_equal(run->work + (run->restarts - 1) * COST, run->ran);
            assert_int_equal(run->work, job.ran);
            assert_false(job.late);
        }
        pauses += run->restarts - 1;
    }
    return pauses;
}

/* Simulate a week; returns what it emitted. */
static int64_t simulate(uint64_t seed, bool interruptible, bool is_disturbed,
                        int32_t *pauses)
{
    struct week week = {.random = seed * 7919 + 1, .is_disturbed = is_disturbed};

    week.world = world_create();
    make_levels(&week);
    make_jobs(&week);
    while (hour_of(&week) < HOURS - 96
           && (week.submitted < JOBS || engine_open_count(week.world->engine))) {
        if (week.world->clock.time % (3 * HOUR) == 0 && week.submitted < JOBS)
            submit(&week, interruptible);
        step(&week);
        week.world->clock.time += MINUTE;
    }
    *pauses = check_jobs(&week);
    world_destroy(week.world);
    return week.emitted;
}

static uint64_t first_seed = 1;
static uint64_t seeds = WEEKS;

static void jobs_that_pause_keep_their_promises_and_emit_less(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        int32_t pauses;
        int32_t none;
        int64_t whole = simulate(seed, false, false, &none);
        int64_t split = simulate(seed, true, false, &pauses);

        print_message("# seed %llu: %d pauses, %.1f %% less\n",
                      (unsigned long long)seed, (int)pauses,
                      100.0 * (double)(whole - split) / (double)whole);
        assert_int_equal(0, none);
        assert_true(pauses > 0);
        assert_true(split < whole);
    }
}

static void whatever_happens_each_job_does_its_work(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + 3 * seeds; seed++) {
        int32_t restarts;

        print_message("# seed %llu\n", (unsigned long long)seed);
        simulate(seed, true, true, &restarts);
        assert_true(restarts > 0);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_pause_keep_their_promises_and_emit_less),
        cmocka_unit_test(whatever_happens_each_job_does_its_work),
    };

    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests_name("pause", tests, NULL, NULL);
}

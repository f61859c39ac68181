/* SPDX-License-Identifier: MIT */
/*
 * Weeks of submissions in a few seconds, decided by a seed, with crashes, lost jobs,
 * full disks and forecasts that change, and what must hold in every such week: no GPU
 * is given to two jobs, no attempt is ordered twice, every job ends, and none that had
 * room starts after its latest start.
 *
 * Usage: sim_week [FIRST_SEED [WEEKS]]
 */

#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "tests/support/world.h"

#define JOBS_MAX  120
#define WEEKS     12
#define RUNS_MAX  64
#define POOL_GPUS 4

/* What the fake executor runs, as this simulation sees it. */
struct run {
    int64_t id;
    int32_t attempt;
    uint64_t gpus;
    instant started;
    instant ends;
};

struct week {
    struct world *world;
    uint64_t random;
    struct run runs[RUNS_MAX];
    size_t run_count;
    size_t orders_seen;
    size_t submitted;
    duration lengths[JOBS_MAX + 1];
    instant latest[JOBS_MAX + 1];
    int32_t attempts[JOBS_MAX + 1];
    bool full_throughout; /* no overrun or loss has taken capacity unforeseen */
};

/* xorshift64 (Marsaglia, 2003): all that a simulation may leave to chance. */
static int64_t pick(struct week *week, int64_t lowest, int64_t highest)
{
    week->random ^= week->random << 13;
    week->random ^= week->random >> 7;
    week->random ^= week->random << 17;
    return lowest + (int64_t)(week->random % (uint64_t)(highest - lowest + 1));
}

static void new_forecast(struct week *week)
{
    struct world *world = week->world;
    instant begins = world->clock.time - world->clock.time % HOUR;
    struct series_sample samples[96];
    struct forecast forecast = {
        .zone = "GB", .provider = "sim", .issued = begins, .fetched = begins};

    for (int i = 0; i < 96; i++)
        samples[i] =
            (struct series_sample){begins + i * HOUR, G_PER_KWH(pick(week, 20, 600))};
    forecast.intensity =
        series_create(samples, 96, begins + 96 * HOUR, INTENSITY_MAX, NULL);
    engine_set_forecast(world->engine, "GB", &forecast);
    series_destroy(forecast.intensity);
}

static void submit(struct week *week)
{
    struct world *world = week->world;
    duration time = pick(week, 1, 24) * 10 * MINUTE;
    char deadline[INSTANT_TEXT_SIZE];
    char json[512];
    int64_t id;

    if (week->submitted == JOBS_MAX)
        return;
    instant_format(world->clock.time + time + pick(week, 0, 30) * HOUR, deadline);
    snprintf(
        json, sizeof(json),
        "{\"command\": [\"x\"], \"directory\": \"/\", \"gpus\": %d, \"time\": %lld, "
        "\"time_limit\": %lld, \"queue\": \"%s\", \"deadline\": \"%s\", "
        "\"requeue\": %s}",
        (int)pick(week, 0, 3), (long long)time, (long long)time,
        pick(week, 0, 4) ? "green" : "urgent", deadline,
        pick(week, 0, 1) ? "true" : "false");
    id = world_take(world, json);
    /* Started before it could be seen waiting: then it was not late. */
    if (week->latest[id] == 0)
        week->latest[id] = INSTANT_MAX;
    week->lengths[id] = pick(week, 0, 3) ? time : time * pick(week, 10, 100) / 100;
    week->submitted++;
}

/* Whether the job was planned on time when last seen; then it must start on time. */
static void note_promises(struct week *week)
{
    for (int64_t id = 1; id <= (int64_t)week->submitted; id++) {
        struct engine_job job;

        if (!engine_find(week->world->engine, id, &job) || !job.reservation
            || job.job->state != JOB_WAITING)
            continue;
        if (job.reservation->start <= job.latest)
            week->latest[id] = job.latest;
        else
            week->latest[id] = INSTANT_MAX;
    }
}

static void take_orders(struct week *week)
{
    struct fake_executor *executor = week->world->executor;
    instant now = week->world->clock.time;

    for (; week->orders_seen < executor->order_count; week->orders_seen++) {
        int64_t id = executor->orders[week->orders_seen].job_id;
        int32_t attempt = executor->orders[week->orders_seen].attempt;
        uint64_t gpus = executor->orders[week->orders_seen].gpu_mask;

        assert_true(attempt > week->attempts[id]);
        week->attempts[id] = attempt;
        for (size_t i = 0; i < week->run_count; i++) {
            assert_int_equal(0, week->runs[i].gpus & gpus);
            assert_true(week->runs[i].id != id);
        }
        assert_true(gpus < UINT64_C(1) << POOL_GPUS);
        if (attempt == 1 && week->full_throughout)
            assert_true(now <= week->latest[id]);
        assert_true(week->run_count < RUNS_MAX);
        week->runs[week->run_count++] =
            (struct run){id, attempt, gpus, now, now + week->lengths[id]};
    }
}

static void report(struct week *week, size_t index, enum executor_outcome outcome)
{
    struct run run = week->runs[index];
    const struct executor_report ended = {
        .job_id = run.id,
        .attempt = run.attempt,
        .outcome = outcome,
        .at = week->world->clock.time,
        .started = run.started,
        .status = outcome == EXECUTOR_ENDED ? (int32_t)pick(week, 0, 1) : 0,
    };

    week->runs[index] = week->runs[--week->run_count];
    engine_report(&ended, week->world->engine);
}

static void end_runs(struct week *week)
{
    for (size_t i = week->run_count; i-- > 0;)
        if (week->runs[i].ends <= week->world->clock.time)
            report(week, i, EXECUTOR_ENDED);
}

/* After a crash the executor knows what it runs, and tells of what the engine lost. */
static void crash(struct week *week)
{
    world_crash(week->world);
    week->full_throughout = false;
    new_forecast(week);
}

static void disturb(struct week *week)
{
    switch (pick(week, 0, 60)) {
    case 0:
        crash(week);
        break;
    case 1:
        if (week->run_count) {
            week->full_throughout = false;
            report(week, 0, EXECUTOR_LOST);
        }
        break;
    case 2:
        week->world->disk_is_full = true;
        world_run(week->world);
        week->world->disk_is_full = false;
        week->full_throughout = false;
        break;
    case 3:
    case 4:
        new_forecast(week);
        break;
    default:
        break;
    }
}

static void step(struct week *week)
{
    end_runs(week);
    world_run(week->world);
    take_orders(week);
    note_promises(week);
    disturb(week);
    world_run(week->world);
    take_orders(week);
    note_promises(week);
}

static void simulate(uint64_t seed)
{
    struct week week = {.random = seed * 7919 + 1, .full_throughout = true};
    instant end;

    week.world = world_create();
    end = week.world->clock.time + 7 * DAY;
    new_forecast(&week);
    while (week.world->clock.time < end) {
        if (pick(&week, 0, 12) == 0)
            submit(&week);
        step(&week);
        week.world->clock.time += 5 * MINUTE;
    }
    for (int i = 0; i < 14 * 288 && engine_open_count(week.world->engine); i++) {
        end_runs(&week);
        world_run(week.world);
        take_orders(&week);
        note_promises(&week);
        week.world->clock.time += 5 * MINUTE;
    }
    assert_int_equal(0, engine_open_count(week.world->engine));
    for (int64_t id = 1; id <= (int64_t)week.submitted; id++) {
        assert_false(
            job_is_open(&(struct job){.state = world_job(week.world, id).state}));
        assert_true(week.attempts[id] >= 1);
    }
    world_destroy(week.world);
}

static uint64_t first_seed = 1;
static uint64_t seeds = WEEKS;

static void every_week_keeps_its_promises(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
        print_message("# seed %llu\n", (unsigned long long)seed);
        simulate(seed);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_week_keeps_its_promises),
    };

    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        seeds = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests_name("week", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/forecast.h"
#include "tests/support/cmocka.h"

#define START ((instant)1767225600) /* 2026-01-01T00:00:00Z */

/* A store of its own, with a pool of one GPU in each of two zones. */
struct scene {
    char directory[64];
    struct store *store;
    struct store_reader *reader;
    struct store_batch *batch;
    struct pool pools[2];
    struct accounts_zone zones[2];
    struct accounts_question question;
    int64_t last_id;
};

static void make_pool(struct pool *pool, const char *name, const char *zone)
{
    *pool = (struct pool){
        .capacity = {1, 4, 0}, .gpu_power = 1000, .cpu_power = 10, .pue_ppm = 1500000};
    assert_true(text_copy(pool->name, sizeof(pool->name), name));
    assert_true(text_copy(pool->zone, sizeof(pool->zone), zone));
}

static int set_up(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));
    struct store_identity identity = {.clock_rate = 1};

    snprintf(scene->directory, sizeof(scene->directory), "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->directory));
    scene->store = store_open(scene->directory, &identity, NULL);
    assert_non_null(scene->store);
    scene->reader = store_reader_open(scene->directory, NULL);
    assert_non_null(scene->reader);
    scene->batch = store_batch_create();
    make_pool(&scene->pools[0], "lab", "GB");
    make_pool(&scene->pools[1], "far", "DE");
    scene->zones[0] = (struct accounts_zone){"GB", "neso", 2 * DAY};
    scene->zones[1] = (struct accounts_zone){"DE", "", 2 * DAY};
    scene->question = (struct accounts_question){
        .pools = scene->pools,
        .pool_count = 2,
        .zones = scene->zones,
        .zone_count = 2,
        .from = START,
        .to = START + DAY,
        .now = START + 10 * DAY,
        .by = REPORT_BY_USER,
        .uid = -1,
    };
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = {"penstock.db", "penstock.db-wal",
                                        "penstock.db-shm", "penstock.lock"};
    struct scene *scene = *state;
    char path[128];

    store_batch_destroy(scene->batch);
    store_reader_close(scene->reader);
    store_close(scene->store);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", scene->directory, files[i]);
        unlink(path);
    }
    rmdir(scene->directory);
    free(scene);
    return 0;
}

static void happen(struct scene *scene, struct job *job, enum job_event_kind kind,
                   instant at, const char *pool)
{
    struct job_event event = {
        .job_id = job->id, .kind = kind, .at = at, .actor = JOB_ACTOR_DAEMON};

    if (kind != JOB_EVENT_HELD) {
        event.attempt = 1;
        event.cause = kind == JOB_EVENT_FINISHED ? JOB_CAUSE_EXIT : JOB_CAUSE_NONE;
        event.value = kind == JOB_EVENT_STARTING;
    }
    assert_true(text_copy(event.pool, sizeof(event.pool), pool));
    assert_int_equal(store_batch_add_event(scene->batch, job, &event, NULL), 0);
    assert_int_equal(job_apply(job, &event, NULL), 0);
}

/* Add a job of one GPU; `started` and `ended` may be 0. */
static int64_t add_job(struct scene *scene, const char *user, const char *pool,
                       instant submitted, instant started, instant ended)
{
    static const char arguments[] = "true";
    struct job job = {
        .id = ++scene->last_id,
        .uid = strcmp(user, "ada") == 0 ? 1000 : 1001,
        .state = JOB_WAITING,
        .gpus = 1,
        .gpus_max = 1,
        .cpus = 1,
        .time = HOUR,
        .time_limit = 2 * HOUR,
        .max_wait = DAY,
        .submitted = submitted,
        .eligible = submitted,
        .grace = 30,
    };
    struct job_spec spec = {
        .name = xstrdup("train"),
        .user = xstrdup(user),
        .queue = xstrdup("green"),
        .arguments = xmemdup(arguments, sizeof(arguments)),
        .arguments_size = sizeof(arguments),
        .directory = xstrdup("/tmp"),
    };

    store_batch_add_job(scene->batch, &job, &spec);
    if (started) {
        happen(scene, &job, JOB_EVENT_STARTING, started, pool);
        happen(scene, &job, JOB_EVENT_STARTED, started, pool);
    }
    if (ended)
        happen(scene, &job, JOB_EVENT_FINISHED, ended, pool);
    return job.id;
}

/* Hourly actuals: `high` g/kWh, and `low` from the sixth hour of each day on. */
static void add_actuals(struct scene *scene, const char *zone, enum signal signal,
                        int high, int low)
{
    struct actual items[72];
    struct actuals actuals = {.signal = signal, .items = items, .count = 72};

    for (size_t i = 0; i < 72; i++) {
        items[i].begins = START + (instant)i * HOUR;
        items[i].ends = items[i].begins + HOUR;
        items[i].level = G_PER_KWH(i % 24 < 6 ? high : low);
    }
    assert_true(text_copy(actuals.zone, sizeof(actuals.zone), zone));
    assert_true(text_copy(actuals.provider, sizeof(actuals.provider), "neso"));
    store_batch_add_actuals(scene->batch, &actuals);
}

static void add_forecast(struct scene *scene, instant issued, int level)
{
    struct series_sample sample = {issued, G_PER_KWH(level)};
    struct forecast forecast = {
        .zone = "GB", .provider = "neso", .issued = issued, .fetched = issued};

    forecast.intensity =
        series_create(&sample, 1, issued + 2 * DAY, INTENSITY_MAX, NULL);
    store_batch_add_forecast(scene->batch, &forecast);
    series_destroy(forecast.intensity);
}

static void make(struct scene *scene, struct accounts *accounts)
{
    struct error err = {ERROR_NONE, "", ""};

    assert_int_equal(store_write(scene->store, scene->batch, &err), 0);
    assert_int_equal(accounts_make(&scene->question, scene->reader, accounts, &err), 0);
}

static void waiting_for_clean_power_is_told_as_a_saving(void **state)
{
    struct scene *scene = *state;
    const struct report_part *part;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 1);
    part = &accounts.report.parts[0];
    /* 1 kW x PUE 1.5 x 1 h: 1.5 kWh at 100 g, and at 400 g without waiting. */
    assert_int_equal(part->total.jobs, 1);
    assert_int_equal(part->total.joules, 1500 * 3600);
    assert_int_equal(part->total.milligrams, 150000);
    assert_int_equal(part->total.shadow_milligrams, 600000);
    assert_int_equal(part->total.label, EMISSIONS_MEASURED);
    assert_false(part->total.provisional);
    assert_true(part->total.estimated);
    assert_int_equal(part->total.waited_mean, 6 * HOUR);
    assert_int_equal(part->total.missed, 0);
    assert_int_equal(part->count, 1);
    assert_string_equal(part->lines[0].key, "ada");
    accounts_release(&accounts);
}

static void shadows_queue_behind_one_another(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    /* Without Penstock: the first from 5 to 7, the second behind it, from 7 to 8. */
    add_job(scene, "ada", "lab", START + 5 * HOUR, START + 8 * HOUR, START + 10 * HOUR);
    add_job(scene, "bob", "lab", START + 5 * HOUR, START + 10 * HOUR,
            START + 11 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].count, 2);
    assert_int_equal(accounts.report.parts[0].lines[0].milligrams, 300000);
    assert_int_equal(accounts.report.parts[0].lines[0].shadow_milligrams, 750000);
    assert_int_equal(accounts.report.parts[0].lines[1].milligrams, 150000);
    assert_int_equal(accounts.report.parts[0].lines[1].shadow_milligrams, 150000);
    accounts_release(&accounts);
}

static void only_jobs_that_ended_in_the_period_count(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.from = START + 8 * HOUR;
    scene->question.to = START + 10 * HOUR;
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    add_job(scene, "ada", "lab", START, START + 7 * HOUR, START + 8 * HOUR);
    add_job(scene, "ada", "lab", START, START + 8 * HOUR, START + 9 * HOUR);
    add_job(scene, "ada", "lab", START, START + 9 * HOUR, START + 10 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.jobs, 2);
    accounts_release(&accounts);
}

/* One job before, and one behind, a job that runs or waits. */
static void check_behind(struct scene *scene, bool is_running)
{
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.now = START + 9 * HOUR;
    scene->pools[0].capacity.gpus = 2;
    add_job(scene, "ada", "lab", START, START, START + HOUR);
    add_job(scene, "bob", "lab", START + HOUR, is_running ? START + 2 * HOUR : 0, 0);
    add_job(scene, "bob", "lab", START + 2 * HOUR, START + 6 * HOUR, START + 7 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].count, 2);
    assert_false(accounts.report.parts[0].lines[0].provisional);
    assert_true(accounts.report.parts[0].lines[1].provisional);
    accounts_release(&accounts);
}

static void behind_a_job_that_still_runs_shadows_are_provisional(void **state)
{
    check_behind(*state, true);
}

static void behind_a_job_that_still_waits_too(void **state)
{
    check_behind(*state, false);
}

static void fresh_actuals_are_provisional(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.now = START + 2 * DAY;
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.label, EMISSIONS_PROVISIONAL);
    accounts_release(&accounts);
}

static void without_actuals_the_forecast_is_booked(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_forecast(scene, START, 200);
    scene->question.now = START + 9 * HOUR;
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.milligrams, 300000);
    assert_int_equal(accounts.report.parts[0].total.label, EMISSIONS_FORECAST);
    accounts_release(&accounts);
}

static void figures_of_different_signals_stand_apart(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    add_actuals(scene, "DE", SIGNAL_MARGINAL_LIFECYCLE, 800, 800);
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    add_job(scene, "ada", "far", START, START + 6 * HOUR, START + 7 * HOUR);
    make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 2);
    assert_int_equal(accounts.report.parts[0].total.jobs, 1);
    assert_int_equal(accounts.report.parts[1].total.jobs, 1);
    assert_int_equal(accounts.report.parts[1].total.milligrams, 1200000);
    accounts_release(&accounts);
}

static void a_user_may_be_told_of_own_jobs_only(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    add_job(scene, "bob", "lab", START, START + 7 * HOUR, START + 8 * HOUR);
    scene->question.uid = 1001;
    make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].count, 1);
    assert_string_equal(accounts.report.parts[0].lines[0].key, "bob");
    accounts_release(&accounts);
}

static void forecasts_are_held_against_what_came(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    add_forecast(scene, START - HOUR, 200);
    make(scene, &accounts);
    assert_int_equal(accounts.skill_count, 1);
    assert_string_equal(accounts.skills[0].provider, "neso");
    assert_int_equal(accounts.skills[0].error.count, 24);
    /* 6 hours of 200 too little, 18 of 100 too much. */
    assert_int_equal(accounts.skills[0].error.mean_absolute, 125000);
    assert_int_equal(accounts.skills[0].error.mean_signed, 25000);
    accounts_release(&accounts);
}

static void periods_that_make_no_sense_are_refused(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;
    struct error err = {ERROR_NONE, "", ""};

    scene->question.from = scene->question.to;
    assert_int_equal(accounts_make(&scene->question, scene->reader, &accounts, &err),
                     -1);
    assert_int_equal(err.code, ERROR_INVALID);
    assert_string_equal(err.field, "from");
    scene->question.from = scene->question.to - ACCOUNTS_SPAN_MAX - 1;
    assert_int_equal(accounts_make(&scene->question, scene->reader, &accounts, &err),
                     -1);
}

static void a_job_is_booked_with_all_its_attempts(void **state)
{
    struct scene *scene = *state;
    struct job job = {.id = 1, .gpus = 1, .attempt = 1, .state = JOB_RUNNING};
    struct accounts_energy energy;

    add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    add_job(scene, "ada", "lab", START, START + HOUR, 0);
    scene->question.now = START + 7 * HOUR;
    happen(scene, &job, JOB_EVENT_REQUEUED, START + 2 * HOUR, "");
    job = (struct job){.id = 1, .gpus = 1, .cpus = 1, .state = JOB_WAITING};
    happen(scene, &job, JOB_EVENT_STARTING, START + 5 * HOUR, "lab");
    happen(scene, &job, JOB_EVENT_STARTED, START + 5 * HOUR, "lab");
    assert_int_equal(store_write(scene->store, scene->batch, NULL), 0);
    assert_int_equal(
        accounts_book(&job, &scene->question, scene->reader, &energy, NULL), 0);
    assert_int_equal(energy.joules, 3 * 1500 * 3600);
    assert_int_equal(energy.emissions.milligrams, 600000 + 750000);
    assert_int_equal(energy.emissions.label, EMISSIONS_PROVISIONAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waiting_for_clean_power_is_told_as_a_saving),
        TEST(shadows_queue_behind_one_another),
        TEST(only_jobs_that_ended_in_the_period_count),
        TEST(behind_a_job_that_still_runs_shadows_are_provisional),
        TEST(behind_a_job_that_still_waits_too),
        TEST(fresh_actuals_are_provisional),
        TEST(without_actuals_the_forecast_is_booked),
        TEST(figures_of_different_signals_stand_apart),
        TEST(a_user_may_be_told_of_own_jobs_only),
        TEST(forecasts_are_held_against_what_came),
        TEST(periods_that_make_no_sense_are_refused),
        TEST(a_job_is_booked_with_all_its_attempts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

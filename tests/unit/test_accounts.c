/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "tests/support/accounts_scene.h"

static void waiting_for_clean_power_is_told_as_a_saving(void **state)
{
    struct scene *scene = *state;
    const struct report_part *part;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 1);
    part = &accounts.report.parts[0];
    /* 1 kW x PUE 1.5 x 1 h: 1.5 kWh at 100 g, and at 400 g without waiting. */
    assert_int_equal(part->total.jobs, 1);
    assert_int_equal(part->total.joules, 1500 * 3600);
    assert_int_equal(part->total.milligrams, 150000);
    assert_int_equal(part->total.shadow_milligrams, 600000);
    assert_int_equal(part->total.label, EMISSIONS_MEASURED);
    assert_false(part->total.provisional);
    assert_int_equal(part->total.energy, REPORT_ESTIMATED);
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

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    /* Without Penstock: the first from 5 to 7, the second behind it, from 7 to 8. */
    scene_add_job(scene, "ada", "lab", START + 5 * HOUR, START + 8 * HOUR,
                  START + 10 * HOUR);
    scene_add_job(scene, "bob", "lab", START + 5 * HOUR, START + 10 * HOUR,
                  START + 11 * HOUR);
    scene_make(scene, &accounts);
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

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.from = START + 8 * HOUR;
    scene->question.to = START + 10 * HOUR;
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_add_job(scene, "ada", "lab", START, START + 7 * HOUR, START + 8 * HOUR);
    scene_add_job(scene, "ada", "lab", START, START + 8 * HOUR, START + 9 * HOUR);
    scene_add_job(scene, "ada", "lab", START, START + 9 * HOUR, START + 10 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.jobs, 2);
    accounts_release(&accounts);
}

/* One job before, and one behind, a job that runs or waits. */
static void check_behind(struct scene *scene, bool is_running)
{
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.now = START + 9 * HOUR;
    scene->pools[0].capacity.gpus = 2;
    scene_add_job(scene, "ada", "lab", START, START, START + HOUR);
    scene_add_job(scene, "bob", "lab", START + HOUR, is_running ? START + 2 * HOUR : 0,
                  0);
    scene_add_job(scene, "bob", "lab", START + 2 * HOUR, START + 6 * HOUR,
                  START + 7 * HOUR);
    scene_make(scene, &accounts);
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

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene->question.now = START + 2 * DAY;
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.label, EMISSIONS_PROVISIONAL);
    accounts_release(&accounts);
}

static void without_actuals_the_forecast_is_booked(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_forecast(scene, START, 200);
    scene->question.now = START + 9 * HOUR;
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.milligrams, 300000);
    assert_int_equal(accounts.report.parts[0].total.label, EMISSIONS_FORECAST);
    accounts_release(&accounts);
}

static void figures_of_different_signals_stand_apart(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene_add_actuals(scene, "DE", SIGNAL_MARGINAL_LIFECYCLE, 800, 800);
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_add_job(scene, "ada", "far", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_make(scene, &accounts);
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

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    scene_add_job(scene, "bob", "lab", START, START + 7 * HOUR, START + 8 * HOUR);
    scene->question.uid = 1001;
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].count, 1);
    assert_string_equal(accounts.report.parts[0].lines[0].key, "bob");
    accounts_release(&accounts);
}

static void forecasts_are_held_against_what_came(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_DIRECT, 400, 100);
    scene_add_forecast(scene, START - HOUR, 200);
    scene_make(scene, &accounts);
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

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START + HOUR, 0);
    scene->question.now = START + 7 * HOUR;
    scene_happen(scene, &job, JOB_EVENT_REQUEUED, START + 2 * HOUR, "");
    job =
        (struct job){.id = 1, .gpus = 1, .cpus = 1, .attempt = 1, .state = JOB_WAITING};
    scene_happen(scene, &job, JOB_EVENT_STARTING, START + 5 * HOUR, "lab");
    scene_happen(scene, &job, JOB_EVENT_STARTED, START + 5 * HOUR, "lab");
    assert_int_equal(store_write(scene->store, scene->batch, NULL), 0);
    assert_int_equal(
        accounts_book(&job, &scene->question, scene->reader, &energy, NULL), 0);
    assert_int_equal(energy.joules, 3 * 1500 * 3600);
    assert_int_equal(energy.emissions.milligrams, 600000 + 750000);
    assert_int_equal(energy.emissions.label, EMISSIONS_PROVISIONAL);
}

/* What a synthetic provider leaves in the store: a forecast, and nothing measured. */
static void add_synthetic(struct scene *scene)
{
    struct series_sample sample = {START, G_PER_KWH(200)};
    struct forecast forecast = {.zone = "GB",
                                .provider = "made-up",
                                .signal = SIGNAL_AVERAGE_LIFECYCLE,
                                .synthetic = true,
                                .issued = START,
                                .fetched = START};

    forecast.intensity =
        series_create(&sample, 1, START + 2 * DAY, INTENSITY_MAX, NULL);
    store_batch_add_forecast(scene->batch, &forecast);
    series_destroy(forecast.intensity);
}

static void a_job_that_took_nothing_is_of_its_zones_grid(void **state)
{
    struct scene *scene = *state;
    const struct report_part *part;
    struct accounts accounts;

    add_synthetic(scene);
    scene_add_job(scene, "ada", "lab", START, START + HOUR, START + HOUR);
    scene_add_job(scene, "ada", "lab", START, START + 2 * HOUR, START + 3 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 1);
    part = &accounts.report.parts[0];
    assert_int_equal(part->signal, SIGNAL_AVERAGE_LIFECYCLE);
    assert_true(part->synthetic);
    assert_int_equal(part->total.jobs, 2);
    assert_int_equal(part->total.milligrams, 300000);
    assert_int_equal(part->total.label, EMISSIONS_FORECAST);
    accounts_release(&accounts);
}

static void a_job_that_took_nothing_is_told_nothing_of_an_unknown_grid(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_job(scene, "ada", "lab", START, START + HOUR, START + HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.joules, 0);
    assert_int_equal(accounts.report.parts[0].total.label, EMISSIONS_UNKNOWN);
    accounts_release(&accounts);
}

static void a_job_that_never_started_is_of_no_grid_at_all(void **state)
{
    struct scene *scene = *state;
    struct job job = {.id = 1, .gpus = 1, .state = JOB_WAITING};
    struct accounts accounts;

    add_synthetic(scene);
    scene_add_job(scene, "ada", "lab", START, 0, 0);
    scene_happen(scene, &job, JOB_EVENT_STARTING, START + HOUR, "lab");
    scene_happen(scene, &job, JOB_EVENT_BROKE, START + HOUR, "lab");
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 0);
    accounts_release(&accounts);
}

/* Book the one job of the scene, which took nothing. */
static struct accounts_energy book_nothing(struct scene *scene)
{
    const struct job job = {.id = 1,
                            .gpus = 1,
                            .cpus = 1,
                            .attempt = 1,
                            .state = JOB_DONE,
                            .started = START + HOUR,
                            .ended = START + HOUR};
    struct accounts_energy energy;

    scene_add_job(scene, "ada", "lab", START, job.started, job.ended);
    assert_int_equal(store_write(scene->store, scene->batch, NULL), 0);
    assert_int_equal(
        accounts_book(&job, &scene->question, scene->reader, &energy, NULL), 0);
    assert_int_equal(energy.joules, 0);
    return energy;
}

static void what_took_nothing_is_shown_as_of_its_zones_grid(void **state)
{
    struct scene *scene = *state;
    struct accounts_energy energy;

    add_synthetic(scene);
    energy = book_nothing(scene);
    assert_true(energy.is_known);
    assert_int_equal(energy.signal, SIGNAL_AVERAGE_LIFECYCLE);
    assert_true(energy.synthetic);
    assert_int_equal(energy.emissions.milligrams, 0);
    assert_int_equal(energy.emissions.label, EMISSIONS_FORECAST);
}

static void what_took_nothing_of_an_unknown_grid_is_unknown(void **state)
{
    struct accounts_energy energy = book_nothing(*state);

    assert_false(energy.is_known);
    assert_int_equal(energy.emissions.label, EMISSIONS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(waiting_for_clean_power_is_told_as_a_saving),
        SCENE_TEST(shadows_queue_behind_one_another),
        SCENE_TEST(only_jobs_that_ended_in_the_period_count),
        SCENE_TEST(behind_a_job_that_still_runs_shadows_are_provisional),
        SCENE_TEST(behind_a_job_that_still_waits_too),
        SCENE_TEST(fresh_actuals_are_provisional),
        SCENE_TEST(without_actuals_the_forecast_is_booked),
        SCENE_TEST(figures_of_different_signals_stand_apart),
        SCENE_TEST(a_user_may_be_told_of_own_jobs_only),
        SCENE_TEST(forecasts_are_held_against_what_came),
        SCENE_TEST(periods_that_make_no_sense_are_refused),
        SCENE_TEST(a_job_is_booked_with_all_its_attempts),
        SCENE_TEST(a_job_that_took_nothing_is_of_its_zones_grid),
        SCENE_TEST(a_job_that_took_nothing_is_told_nothing_of_an_unknown_grid),
        SCENE_TEST(a_job_that_never_started_is_of_no_grid_at_all),
        SCENE_TEST(what_took_nothing_is_shown_as_of_its_zones_grid),
        SCENE_TEST(what_took_nothing_of_an_unknown_grid_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

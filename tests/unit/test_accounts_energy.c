/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "tests/support/accounts_scene.h"

static void measure(struct scene *scene, int64_t id, int32_t attempt, instant begins,
                    duration length, int64_t gpu_joules)
{
    struct job_energy energy = {.job_id = id,
                                .attempt = attempt,
                                .pool = "lab",
                                .begins = begins,
                                .ends = begins + length,
                                .gpu_joules = gpu_joules,
                                .cpu_joules = JOB_ENERGY_UNKNOWN,
                                .idle_joules = gpu_joules / 4};

    store_batch_add_energy(scene->batch, &energy);
}

static void what_was_measured_counts_instead_of_what_was_expected(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;
    const struct report_line *total;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START + 6 * HOUR, START + 7 * HOUR);
    measure(scene, 1, 1, START + 6 * HOUR, HOUR, 400 * HOUR);
    scene_make(scene, &accounts);
    total = &accounts.report.parts[0].total;
    /* 0.4 kW x PUE 1.5 x 1 h, of which a quarter is idle. */
    assert_int_equal(total->energy, REPORT_MEASURED);
    assert_int_equal(total->joules, 600 * HOUR);
    assert_int_equal(total->idle_joules, 150 * HOUR);
    assert_int_equal(total->milligrams, 60000);
    assert_int_equal(total->shadow_milligrams, 240000);
    accounts_release(&accounts);
}

static void a_sum_of_both_is_partly_measured(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;
    const struct report_part *part;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START, START + HOUR);
    scene_add_job(scene, "bob", "lab", START, START + HOUR, START + 2 * HOUR);
    measure(scene, 2, 1, START + HOUR, HOUR, 400 * HOUR);
    scene_make(scene, &accounts);
    part = &accounts.report.parts[0];
    assert_int_equal(part->total.energy, REPORT_PARTLY_MEASURED);
    assert_int_equal(part->total.joules, (1500 + 600) * HOUR);
    assert_int_equal(part->lines[0].energy, REPORT_ESTIMATED);
    assert_int_equal(part->lines[1].energy, REPORT_MEASURED);
    accounts_release(&accounts);
}

static void assert_idle(struct scene *scene, int64_t idle_power, int64_t joules)
{
    struct accounts accounts;

    scene->pools[0].idle_power = idle_power;
    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START, START + HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.idle_joules, joules);
    accounts_release(&accounts);
}

/* Of 1 kW, times PUE 1.5. */
static void of_an_estimate_the_pool_tells_what_is_idle(void **state)
{
    assert_idle(*state, 200, 300 * HOUR);
}

static void no_more_is_idle_than_was_estimated(void **state)
{
    assert_idle(*state, 2000, 1500 * HOUR);
}

static void a_little_energy_has_its_mass_too(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START, START + HOUR);
    measure(scene, 1, 1, START, HOUR, 900); /* a quarter of a watt */
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.joules, 1350);
    assert_int_equal(accounts.report.parts[0].total.milligrams, 150);
    accounts_release(&accounts);
}

/* Run an hour, pause, and run two hours more; half an hour was done twice. */
static void add_paused_job(struct scene *scene)
{
    struct job job = {.id = 1,
                      .gpus = 1,
                      .gpus_min = 1,
                      .cpus = 1,
                      .attempt = 1,
                      .state = JOB_RUNNING,
                      .started = START,
                      .time_limit = 4 * HOUR,
                      .interruptible = true};

    scene_add_job(scene, "ada", "lab", START, START, 0);
    job.uid = 1000;
    scene_happen(scene, &job, JOB_EVENT_PAUSING, START + HOUR, "");
    scene->progress = HOUR / 2;
    scene_happen(scene, &job, JOB_EVENT_PAUSED, START + HOUR, "");
    scene_happen(scene, &job, JOB_EVENT_STARTING, START + 6 * HOUR, "lab");
    scene_happen(scene, &job, JOB_EVENT_STARTED, START + 6 * HOUR, "lab");
    scene->progress = 2 * HOUR;
    scene_happen(scene, &job, JOB_EVENT_FINISHED, START + 8 * HOUR, "");
}

static void a_paused_job_counts_with_both_its_parts(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;
    const struct report_line *total;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    add_paused_job(scene);
    measure(scene, 1, 1, START, HOUR, 400 * HOUR);
    measure(scene, 1, 2, START + 6 * HOUR, 2 * HOUR, 800 * HOUR);
    scene_make(scene, &accounts);
    total = &accounts.report.parts[0].total;
    assert_int_equal(total->jobs, 1);
    assert_int_equal(total->energy, REPORT_MEASURED);
    assert_int_equal(total->joules, 1800 * HOUR);
    assert_int_equal(total->milligrams, 600 * 400 + 1200 * 100);
    assert_int_equal(total->waited_mean, 5 * HOUR);
    accounts_release(&accounts);
}

static void an_attempt_without_a_measure_makes_it_partly_measured(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    add_paused_job(scene);
    measure(scene, 1, 2, START + 6 * HOUR, 2 * HOUR, 800 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.parts[0].total.energy, REPORT_PARTLY_MEASURED);
    assert_int_equal(accounts.report.parts[0].total.joules, (1500 + 1200) * HOUR);
    accounts_release(&accounts);
}

static void the_shadow_of_a_paused_job_does_nothing_twice(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;
    const struct report_line *total;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 400);
    add_paused_job(scene);
    scene_make(scene, &accounts);
    total = &accounts.report.parts[0].total;
    /* Three hours ran; of the first only what is kept of it counts in the shadow. */
    assert_int_equal(total->milligrams, 3 * 600000);
    assert_int_equal(total->shadow_milligrams, 600000 * 5 / 2);
    accounts_release(&accounts);
}

/* Lost after an hour on four GPUs, and done after two on two. */
static void each_attempt_counts_with_the_gpus_that_it_had(void **state)
{
    struct scene *scene = *state;
    struct job job = {.id = 1,
                      .uid = 1000,
                      .gpus = 4,
                      .gpus_min = 1,
                      .gpus_max = 4,
                      .cpus = 1,
                      .attempt = 1,
                      .state = JOB_RUNNING,
                      .started = START,
                      .time_limit = 4 * HOUR};
    struct job_event event = {.job_id = 1,
                              .kind = JOB_EVENT_STARTING,
                              .at = START,
                              .actor = JOB_ACTOR_DAEMON,
                              .attempt = 1,
                              .status = 4,
                              .value = 15,
                              .pool = "lab"};
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, 0, 0);
    job.state = JOB_WAITING;
    job.attempt = 0;
    assert_int_equal(store_batch_add_event(scene->batch, &job, &event, NULL), 0);
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    scene_happen(scene, &job, JOB_EVENT_STARTED, START, "lab");
    scene_happen(scene, &job, JOB_EVENT_REQUEUED, START + HOUR, "");
    event.at = START + 6 * HOUR;
    event.attempt = 2;
    event.status = 2;
    event.value = 3;
    assert_int_equal(store_batch_add_event(scene->batch, &job, &event, NULL), 0);
    assert_int_equal(job_apply(&job, &event, NULL), 0);
    scene_happen(scene, &job, JOB_EVENT_STARTED, START + 6 * HOUR, "lab");
    scene_happen(scene, &job, JOB_EVENT_FINISHED, START + 8 * HOUR, "");
    scene_make(scene, &accounts);
    /* A GPU of 1 kW, times PUE 1.5. */
    assert_int_equal(accounts.report.parts[0].total.joules, 8 * HOUR * 1500);
    accounts_release(&accounts);
}

static void gpus_without_a_job_are_told_by_pool(void **state)
{
    struct scene *scene = *state;
    struct accounts accounts;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    store_batch_add_idle_energy(scene->batch, "lab", START + 5 * HOUR, 60 * HOUR);
    store_batch_add_idle_energy(scene->batch, "lab", START + 6 * HOUR, 60 * HOUR);
    store_batch_add_idle_energy(scene->batch, "lab", START + 2 * DAY, 60 * HOUR);
    store_batch_add_idle_energy(scene->batch, "gone", START + 5 * HOUR, 60 * HOUR);
    scene_make(scene, &accounts);
    assert_int_equal(accounts.report.part_count, 0);
    assert_int_equal(accounts.idle_count, 1);
    assert_string_equal(accounts.idles[0].pool, "lab");
    assert_string_equal(accounts.idles[0].zone, "GB");
    assert_int_equal(accounts.idles[0].joules, INT64_C(2) * 90 * HOUR);
    assert_true(accounts.idles[0].is_known);
    assert_int_equal(accounts.idles[0].emissions.milligrams, 36000 + 9000);
    assert_int_equal(accounts.idles[0].emissions.label, EMISSIONS_MEASURED);
    accounts_release(&accounts);
}

static void a_job_shows_what_its_gpus_drew(void **state)
{
    struct scene *scene = *state;
    struct job job = {.id = 1, .gpus = 1, .attempt = 1, .ended = START + HOUR};
    struct accounts_energy energy;

    scene_add_actuals(scene, "GB", SIGNAL_AVERAGE_LIFECYCLE, 400, 100);
    scene_add_job(scene, "ada", "lab", START, START, START + HOUR);
    measure(scene, 1, 1, START, HOUR, 400 * HOUR);
    assert_int_equal(store_write(scene->store, scene->batch, NULL), 0);
    assert_int_equal(
        accounts_book(&job, &scene->question, scene->reader, &energy, NULL), 0);
    assert_int_equal(energy.source, REPORT_MEASURED);
    assert_int_equal(energy.joules, 600 * HOUR);
    assert_int_equal(energy.idle_joules, 150 * HOUR);
    assert_int_equal(energy.watts_per_gpu, 400);
    assert_int_equal(energy.emissions.milligrams, 240000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_was_measured_counts_instead_of_what_was_expected),
        SCENE_TEST(a_sum_of_both_is_partly_measured),
        SCENE_TEST(of_an_estimate_the_pool_tells_what_is_idle),
        SCENE_TEST(no_more_is_idle_than_was_estimated),
        SCENE_TEST(a_little_energy_has_its_mass_too),
        SCENE_TEST(a_paused_job_counts_with_both_its_parts),
        SCENE_TEST(an_attempt_without_a_measure_makes_it_partly_measured),
        SCENE_TEST(the_shadow_of_a_paused_job_does_nothing_twice),
        SCENE_TEST(each_attempt_counts_with_the_gpus_that_it_had),
        SCENE_TEST(gpus_without_a_job_are_told_by_pool),
        SCENE_TEST(a_job_shows_what_its_gpus_drew),
    };

    return cmocka_run_group_tests_name("accounts of energy", tests, NULL, NULL);
}

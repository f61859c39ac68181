/* SPDX-License-Identifier: MIT */
#include "nodes/local/energy_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/cmocka.h"
#include "tests/support/stores.h"

#define BOUND_MS 30000

/* A machine whose packages are a tree of the test's. */
struct scene {
    char directory[200];
    uv_loop_t loop;
    uv_timer_t bound;
    int runs;
    pid_t runner;
    struct energy_watch *watch;
    struct executor_report report; /* the last one */
    size_t reports;
};

static void put(const struct scene *scene, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof(path), "%s/intel-rapl:0/%s", scene->directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void on_measured(const struct executor_report *report, void *context)
{
    struct scene *scene = context;

    scene->report = *report;
    scene->reports++;
}

/* Most jobs here have no process: what ends tells its CPU time itself. */
static pid_t runner_of(int64_t job_id, int32_t attempt, void *runners)
{
    (void)job_id;
    (void)attempt;
    return *(const pid_t *)runners;
}

static void open_watch(struct scene *scene, bool has_powercap)
{
    struct energy_watch_settings settings = {
        .loop = &scene->loop,
        .state_dir = scene->directory,
        .runs = scene->runs,
        .powercap = has_powercap ? scene->directory : NULL,
        .clock = &system_clock,
        .runner_of = runner_of,
        .runners = &scene->runner,
        .on_measured = on_measured,
        .context = scene,
    };

    scene->watch = energy_watch_create(&settings);
}

static void close_watch(struct scene *scene)
{
    energy_watch_destroy(scene->watch);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
    struct scene *scene = xcalloc(1, sizeof(*scene));
    char path[300];

    stores_make_directory(scene->directory);
    snprintf(path, sizeof(path), "%s/intel-rapl:0", scene->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    put(scene, "name", "package-0\n");
    put(scene, "max_energy_range_uj", "262143328850\n");
    put(scene, "energy_uj", "1000000\n");
    snprintf(path, sizeof(path), "%s/runs", scene->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    scene->runs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uv_loop_init(&scene->loop);
    uv_timer_init(&scene->loop, &scene->bound);
    uv_unref((uv_handle_t *)&scene->bound);
    open_watch(scene, true);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    close_watch(scene);
    uv_close((uv_handle_t *)&scene->bound, NULL);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    close(scene->runs);
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing happened for %d ms", BOUND_MS);
}

/* End an attempt that took so much CPU time, and wait for what comes of it. */
static struct energy_reading end(struct scene *scene, int64_t job_id, int64_t cpu_ms)
{
    struct executor_report report = {.job_id = job_id,
                                     .attempt = 1,
                                     .outcome = EXECUTOR_ENDED,
                                     .at = system_clock.now(&system_clock),
                                     .status = 7,
                                     .cpu_ms = cpu_ms};
    size_t before = scene->reports;

    if (!energy_watch_end(scene->watch, &report))
        return report.energy;
    uv_timer_start(&scene->bound, on_bound, BOUND_MS, 0);
    while (scene->reports == before)
        uv_run(&scene->loop, UV_RUN_ONCE);
    uv_timer_stop(&scene->bound);
    assert_int_equal(scene->report.job_id, job_id);
    assert_int_equal(scene->report.status, 7);
    return scene->report.energy;
}

/* Until the kernel, which counts in ticks, has seen that something works. */
static void work(void)
{
    clock_t ends = clock() + CLOCKS_PER_SEC / 20;
    volatile unsigned int number = 0;

    while (clock() < ends)
        number++;
}

/* The packages have been seen, and are being looked at now and then. */
static void warm_up(struct scene *scene)
{
    energy_watch_begin(scene->watch, 1, 1, 0);
    end(scene, 1, 0);
}

static void a_job_has_its_share_of_the_packages(void **state)
{
    struct scene *scene = *state;
    struct energy_reading reading;

    scene->runner = getpid();
    warm_up(scene);
    energy_watch_begin(scene->watch, 2, 1, 0);
    work();
    put(scene, "energy_uj", "51000000\n");
    reading = end(scene, 2, 1000000); /* all that was worked, and more */
    assert_true(reading.cpu_measured);
    assert_false(reading.gpu_measured);
    assert_int_equal(reading.cpu, 50);
}

static void a_job_whose_cpu_time_is_not_known_is_not_measured(void **state)
{
    struct scene *scene = *state;

    warm_up(scene);
    energy_watch_begin(scene->watch, 2, 1, 0);
    work();
    put(scene, "energy_uj", "51000000\n");
    assert_false(end(scene, 2, 0).cpu_measured);
}

static void packages_that_cannot_be_read_hold_nothing_up(void **state)
{
    struct scene *scene = *state;

    warm_up(scene);
    /* Before it begins: a look that is under way then has read what was there. */
    put(scene, "energy_uj", "much\n");
    energy_watch_begin(scene->watch, 2, 1, 0);
    assert_false(end(scene, 2, 1000).cpu_measured);
}

static void without_anything_to_look_at_an_end_is_told_at_once(void **state)
{
    struct scene *scene = *state;
    struct executor_report report = {.job_id = 3, .attempt = 1};

    close_watch(scene);
    open_watch(scene, false);
    energy_watch_begin(scene->watch, 3, 1, 1);
    assert_false(energy_watch_end(scene->watch, &report));
    assert_false(report.energy.gpu_measured || report.energy.cpu_measured);
}

static bool is_kept(const struct scene *scene, const char *name)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/meters/%s", scene->directory, name);
    return access(path, F_OK) == 0;
}

static void what_was_measured_outlives_the_daemon_until_its_end_is_stored(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(mkdirat(scene->runs, "2.1", 0700), 0);
    energy_watch_begin(scene->watch, 2, 1, 0);
    energy_watch_begin(scene->watch, 3, 1, 0);
    assert_true(is_kept(scene, "2.1"));
    assert_true(is_kept(scene, "3.1"));
    close_watch(scene);
    open_watch(scene, true);
    assert_true(is_kept(scene, "2.1"));
    assert_false(is_kept(scene, "3.1")); /* its run is no more */
    energy_watch_resume(scene->watch, 2, 1);
    energy_watch_resume(scene->watch, 3, 1);
    end(scene, 2, 0);
    assert_true(is_kept(scene, "2.1"));
    energy_watch_forget(scene->watch, 2, 1);
    assert_false(is_kept(scene, "2.1"));
}

static void what_ended_while_nobody_looked_is_known_by_its_record_alone(void **state)
{
    struct scene *scene = *state;
    struct executor_report report = {
        .job_id = 2, .attempt = 1, .outcome = EXECUTOR_ENDED, .cpu_ms = 1000};

    assert_int_equal(mkdirat(scene->runs, "2.1", 0700), 0);
    energy_watch_begin(scene->watch, 2, 1, 0);
    close_watch(scene);
    open_watch(scene, true);
    energy_watch_resume(scene->watch, 2, 1);
    report.at = system_clock.now(&system_clock) - MINUTE;
    assert_false(energy_watch_end(scene->watch, &report));
    assert_false(report.energy.cpu_measured);
    assert_int_equal(scene->reports, 0);
}

static void a_report_that_is_held_back_is_dropped_at_the_end_of_the_daemon(void **state)
{
    struct scene *scene = *state;
    struct executor_report report = {.job_id = 2,
                                     .attempt = 1,
                                     .outcome = EXECUTOR_ENDED,
                                     .at = system_clock.now(&system_clock)};

    energy_watch_begin(scene->watch, 2, 1, 0);
    assert_true(energy_watch_end(scene->watch, &report));
    close_watch(scene);
    assert_int_equal(scene->reports, 0);
    open_watch(scene, true);
}

#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCH_TEST(a_job_has_its_share_of_the_packages),
        WATCH_TEST(a_job_whose_cpu_time_is_not_known_is_not_measured),
        WATCH_TEST(packages_that_cannot_be_read_hold_nothing_up),
        WATCH_TEST(without_anything_to_look_at_an_end_is_told_at_once),
        WATCH_TEST(what_was_measured_outlives_the_daemon_until_its_end_is_stored),
        WATCH_TEST(what_ended_while_nobody_looked_is_known_by_its_record_alone),
        WATCH_TEST(a_report_that_is_held_back_is_dropped_at_the_end_of_the_daemon),
    };

    return cmocka_run_group_tests_name("energy watch", tests, NULL, NULL);
}

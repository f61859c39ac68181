/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nodes/local/leftovers.h"
#include "nodes/local/order.h"
#include "nodes/local/run_directory.h"
#include "nodes/local/run_process.h"
#include "nodes/local/spawn.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

/* A directory as the daemon leaves it just before it spawns the runner. */
static void make_run(struct local_runs *runs, int64_t job_id, const char *command)
{
    struct executor_order order = local_runs_order(runs, job_id, command);
    struct text spec = TEXT_EMPTY;
    char path[128];
    int run;

    snprintf(path, sizeof(path), "%s/runs/%d.1", runs->directory, (int)job_id);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(order_format(&order, TOKEN, 1, NULL, &spec, NULL), 0);
    run = local_runs_open_run(runs, job_id);
    assert_int_equal(run_directory_store(run, RUN_SPEC_FILE, 0600, &spec, NULL), 0);
    close(run);
    text_release(&spec);
}

static void take_lock(const struct local_runs *runs, int64_t job_id,
                      const struct run_process *holder)
{
    const struct run_lock lock = {.holder = *holder};
    int run = local_runs_open_run(runs, job_id);

    assert_int_equal(run_directory_lock(run, &lock, NULL), 0);
    close(run);
}

/* Who we were, had we begun a moment later: nobody. */
static struct run_process make_dead_process(void)
{
    struct run_process dead;

    assert_int_equal(run_process_self(&dead, NULL), 0);
    dead.start_ticks++;
    return dead;
}

static void store_exit(const struct local_runs *runs, int64_t job_id,
                       const struct run_exit *exit)
{
    struct text bytes = TEXT_EMPTY;
    int run = local_runs_open_run(runs, job_id);

    run_exit_format(exit, &bytes);
    assert_int_equal(run_directory_store(run, RUN_EXIT_FILE, 0600, &bytes, NULL), 0);
    text_release(&bytes);
    close(run);
}

static void a_job_outlives_the_daemon_and_is_watched_by_the_next(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "echo up; read x < go; exit 3");
    struct executor_report started;
    struct executor_report end;
    char line[16];

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    started = local_runs_wait(runs, EXECUTOR_STARTED);
    assert_int_equal(started.job_id, 1);
    assert_int_equal(started.attempt, 1);
    local_runs_let_go(runs);
    end = local_runs_wait(runs, EXECUTOR_ENDED);
    assert_int_equal(end.status, 3);
    assert_int_equal(end.started, started.at);
}

static void a_job_that_ended_while_no_daemon_was_there_has_ended(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "echo up; read x < go; exit 4");
    char line[16];
    int status;

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    local_runs_close(runs);
    local_runs_let_go(runs);
    waitpid((pid_t)local_runs_load_lock(runs, 1).holder.pid, &status, 0);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 4);
    assert_int_equal(runs->report_count, 0);
}

static void an_adopted_job_can_be_stopped(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "exec sleep 1000");

    order.grace = HOUR;
    local_runs_start(runs, &order);
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    runs->executor->stop(runs->executor, 1, 1);
    assert_int_equal(local_runs_wait_end(runs).signal, SIGTERM);
}

static void a_killed_runner_takes_its_job_with_it(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(
        runs, 1, "setsid sh -c 'sleep 1000; echo no' & echo up; sleep 1000; echo no");
    struct executor_report lost;
    char line[16];

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    assert_int_equal(local_runs_wait(runs, EXECUTOR_STARTED).job_id, 1);
    kill((pid_t)local_runs_load_lock(runs, 1).holder.pid, SIGKILL);
    lost = local_runs_wait(runs, EXECUTOR_LOST);
    assert_true(lost.started > 0);
    local_runs_wait_gone(runs);
}

static void a_job_whose_runner_died_with_the_daemon_is_lost_and_killed(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(
        runs, 1, "setsid sh -c 'sleep 1000; echo no' & echo up; sleep 1000; echo no");
    char line[16];
    pid_t runner;

    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_close(runs);
    runner = (pid_t)local_runs_load_lock(runs, 1).holder.pid;
    kill(runner, SIGKILL);
    waitpid(runner, NULL, 0);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_LOST);
    local_runs_wait_gone(runs);
}

static void an_attempt_without_a_directory_never_ran(void **state)
{
    struct local_runs *runs = *state;

    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
}

static void a_runner_that_comes_after_the_tombstone_runs_nothing(void **state)
{
    struct local_runs *runs = *state;
    char notice[RUN_NOTICE_SIZE];
    char path[128];
    pid_t runner;
    int status;
    int pipe;

    make_run(runs, 1, "echo ran >&2; echo ran > ran");
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
    snprintf(path, sizeof(path), "%s/runs/1.1", runs->directory);
    assert_int_equal(
        spawn_runner(runs->runner, path, &CGROUP_NONE, &runner, &pipe, NULL), 0);
    assert_int_equal(waitpid(runner, &status, 0), runner);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(read(pipe, notice, sizeof(notice)) > 0);
    assert_int_equal(notice[0], RUN_NOTICE_FAILED);
    close(pipe);
    snprintf(path, sizeof(path), "%s/ran", runs->directory);
    assert_int_equal(access(path, F_OK), -1);
    /* And the next daemon finds the same. */
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
}

static void a_dead_runner_without_an_exit_status_is_lost(void **state)
{
    struct local_runs *runs = *state;
    const struct run_process dead = make_dead_process();

    make_run(runs, 1, "true");
    take_lock(runs, 1, &dead);
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_LOST);
}

static void a_runner_of_another_boot_is_lost_though_its_number_lives(void **state)
{
    struct local_runs *runs = *state;
    struct run_process self;

    assert_int_equal(run_process_self(&self, NULL), 0);
    self.boot_id[0] = self.boot_id[0] == '0' ? '1' : '0';
    make_run(runs, 1, "true");
    take_lock(runs, 1, &self);
    local_runs_adopt(runs, 1);
    assert_string_equal(local_runs_wait(runs, EXECUTOR_LOST).text,
                        "the machine was restarted");
}

static void an_exit_status_counts_whatever_became_of_the_runner(void **state)
{
    struct local_runs *runs = *state;
    struct run_process dead = make_dead_process();
    const struct run_exit exit = {
        .status = 9, .started = {1700000000, 0}, .ended = {1700000100, 100000}};

    for (int64_t id = 1; id <= 2; id++) {
        struct executor_report end;

        make_run(runs, id, "true");
        if (id == 2)
            dead.boot_id[0] = dead.boot_id[0] == '0' ? '1' : '0';
        take_lock(runs, id, &dead);
        store_exit(runs, id, &exit);
        local_runs_adopt(runs, id);
        end = local_runs_wait(runs, EXECUTOR_ENDED);
        assert_int_equal(end.status, 9);
        assert_int_equal(end.started, 1700000000);
        assert_int_equal(end.at, 1700000100);
    }
}

static void files_that_a_job_damaged_make_it_lost(void **state)
{
    struct local_runs *runs = *state;
    const struct run_process dead = make_dead_process();
    struct text bytes = TEXT_EMPTY;
    int run;

    text_add(&bytes, "pid=1");
    make_run(runs, 1, "true");
    run = local_runs_open_run(runs, 1);
    run_directory_store(run, RUN_LOCK_FILE, 0600, &bytes, NULL);
    close(run);
    make_run(runs, 2, "true");
    take_lock(runs, 2, &dead);
    run = local_runs_open_run(runs, 2);
    assert_int_equal(mkfifoat(run, RUN_EXIT_FILE, 0600), 0);
    close(run);
    make_run(runs, 3, "true");
    run = local_runs_open_run(runs, 3);
    assert_int_equal(symlinkat("spec", run, RUN_LOCK_FILE), 0);
    close(run);
    for (int64_t id = 1; id <= 3; id++) {
        local_runs_adopt(runs, id);
        local_runs_wait(runs, EXECUTOR_LOST);
    }
    text_release(&bytes);
}

static void a_lock_is_taken_once(void **state)
{
    struct local_runs *runs = *state;
    const struct run_lock lock = {.holder = {.pid = 1}};
    struct error err = {0};
    int run;

    make_run(runs, 1, "true");
    run = local_runs_open_run(runs, 1);
    assert_int_equal(run_directory_lock(run, &lock, NULL), 0);
    assert_int_equal(run_directory_lock(run, &lock, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    close(run);
}

/*
 * A runner that read its spec before the run was forgotten can take the lock once the
 * tombstone is deleted; that the run is no longer in its place must tell it by then.
 */
static void a_run_is_out_of_place_before_its_tombstone_goes(void **state)
{
    struct local_runs *runs = *state;
    const struct run_lock lock = {.holder = {.pid = 1}};
    char path[128];
    int run;

    make_run(runs, 1, "true");
    local_runs_adopt(runs, 1);
    local_runs_wait(runs, EXECUTOR_NOT_RUN);
    run = local_runs_open_run(runs, 1);
    snprintf(path, sizeof(path), "%s/runs/1.1", runs->directory);
    assert_true(run_directory_is_at(run, path));
    /* What keeps it from being removed as a whole. */
    assert_int_equal(mkdirat(run, "kept", 0700), 0);
    runs->executor->forget(runs->executor, 1, 1);
    assert_int_equal(run_directory_lock(run, &lock, NULL), 0);
    assert_false(run_directory_is_at(run, path));
    unlinkat(run, "kept", AT_REMOVEDIR);
    close(run);
    /* The next daemon sweeps up what is left. */
    local_runs_close(runs);
    local_runs_open(runs);
    snprintf(path, sizeof(path), "%s/runs/1.1" RUN_DIRECTORY_GONE, runs->directory);
    assert_int_equal(access(path, F_OK), -1);
}

static void processes_of_others_are_never_taken_for_leftovers(void **state)
{
    struct run_process self;

    (void)state;
    assert_int_equal(run_process_self(&self, NULL), 0);
    /* Were they found, this test would end here. */
    assert_int_equal(leftovers_kill(&(struct leftovers){
                         .uid = getuid(), .runner = self, .token = ""}),
                     0);
    assert_true(leftovers_is_owned(getpid(), getuid()));
    assert_false(leftovers_is_owned(getpid(), getuid() + 1));
}

static void a_forgotten_run_leaves_nothing(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "");
    char path[128];

    order.script = "#!/bin/sh\n";
    order.script_size = strlen(order.script);
    local_runs_start(runs, &order);
    local_runs_wait_end(runs);
    runs->executor->forget(runs->executor, 1, 1);
    snprintf(path, sizeof(path), "%s/runs/1.1", runs->directory);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(errno, ENOENT);
}

#define LOCAL_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(a_job_outlives_the_daemon_and_is_watched_by_the_next),
        LOCAL_TEST(a_job_that_ended_while_no_daemon_was_there_has_ended),
        LOCAL_TEST(an_adopted_job_can_be_stopped),
        LOCAL_TEST(a_killed_runner_takes_its_job_with_it),
        LOCAL_TEST(a_job_whose_runner_died_with_the_daemon_is_lost_and_killed),
        LOCAL_TEST(an_attempt_without_a_directory_never_ran),
        LOCAL_TEST(a_runner_that_comes_after_the_tombstone_runs_nothing),
        LOCAL_TEST(a_dead_runner_without_an_exit_status_is_lost),
        LOCAL_TEST(a_runner_of_another_boot_is_lost_though_its_number_lives),
        LOCAL_TEST(an_exit_status_counts_whatever_became_of_the_runner),
        LOCAL_TEST(files_that_a_job_damaged_make_it_lost),
        LOCAL_TEST(a_lock_is_taken_once),
        LOCAL_TEST(a_run_is_out_of_place_before_its_tombstone_goes),
        LOCAL_TEST(processes_of_others_are_never_taken_for_leftovers),
        LOCAL_TEST(a_forgotten_run_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

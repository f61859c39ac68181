/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

/*
 * Jobs of another user by the real launcher and runner, as root: this process plays the
 * daemon, with the rights of user `daemon` only.
 */
#define OWNER    65534 /* nobody */
#define BOUND_MS 20000

static pid_t launcher;

static void start_launcher(const struct local_runs *runs, const char *socket)
{
    char program[4200];
    struct stat stat;

    snprintf(program, sizeof(program), "%.*s-launcher",
             (int)(strlen(runs->runner) - strlen("-runner")), runs->runner);
    launcher = fork();
    if (launcher == 0) {
        execl(program, program, "--socket", socket, "--state-dir", runs->directory,
              "--runner", runs->runner, "--user", "daemon", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; lstat(socket, &stat) < 0 || (stat.st_mode & 0777) != 0660; i++) {
        assert_true(i < BOUND_MS);
        poll(NULL, 0, 1);
    }
}

static void stop_launcher(void)
{
    kill(launcher, SIGKILL);
    waitpid(launcher, NULL, 0);
}

static int set_up(void **state)
{
    static char socket[128];
    const struct passwd *user = getpwnam("daemon");
    struct local_runs *runs;
    char path[128];

    if (geteuid() != 0 || !user || !getpwuid(OWNER))
        return 0;
    local_runs_setup(state);
    runs = *state;
    local_runs_close(runs);
    snprintf(socket, sizeof(socket), "%s/socket", runs->directory);
    runs->launcher = socket;
    snprintf(path, sizeof(path), "%s/runs", runs->directory);
    assert_int_equal(chown(runs->directory, user->pw_uid, user->pw_gid), 0);
    assert_int_equal(chown(path, user->pw_uid, user->pw_gid), 0);
    assert_int_equal(chmod(runs->directory, 0711), 0);
    snprintf(path, sizeof(path), "%s/talk", runs->directory);
    assert_int_equal(chmod(path, 0666), 0);
    start_launcher(runs, socket);
    assert_int_equal(setegid(user->pw_gid), 0);
    assert_int_equal(seteuid(user->pw_uid), 0);
    local_runs_open(runs);
    return 0;
}

static int tear_down(void **state)
{
    if (!*state)
        return 0;
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(setegid(0), 0);
    stop_launcher();
    return local_runs_teardown(state);
}

static struct local_runs *runs_or_skip(void **state)
{
    if (!*state)
        skip();
    return *state;
}

static struct executor_order order_of(struct local_runs *runs, const char *command)
{
    struct executor_order order = local_runs_order(runs, 1, command);

    order.uid = OWNER;
    order.grace = HOUR;
    return order;
}

static void a_job_of_another_user_runs_and_ends(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order = order_of(runs, "id -u; exit 3");
    char line[16];

    local_runs_start(runs, &order);
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "65534");
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 3);
}

static void a_stop_right_after_the_start_is_carried_out(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order = order_of(runs, "exec sleep 1000");

    local_runs_start(runs, &order);
    runs->executor->stop(runs->executor, 1, 1);
    /* Before its command has begun, or after. */
    assert_int_equal(local_runs_wait_end(runs).signal, SIGTERM);
}

static void a_job_of_another_user_pauses_by_its_signal(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order =
        order_of(runs, "trap 'exit 7' USR2; echo up; while :; do sleep 0.02; done");
    char line[16];

    order.signal = SIGUSR2;
    local_runs_start(runs, &order);
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_read_line(runs, line, sizeof(line));
    runs->executor->pause(runs->executor, 1, 1, NULL);
    assert_int_equal(local_runs_wait(runs, EXECUTOR_ENDED).status, 7);
}

static void a_job_of_another_user_is_adopted_and_stopped(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order = order_of(runs, "exec sleep 1000");

    local_runs_start(runs, &order);
    local_runs_wait(runs, EXECUTOR_STARTED);
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    runs->executor->stop(runs->executor, 1, 1);
    assert_int_equal(local_runs_wait_end(runs).signal, SIGTERM);
}

static void a_daemon_that_dies_while_it_asks_never_starts_it_twice(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order = order_of(runs, "echo ran");

    /* Nothing was sent yet, or was and is on its way. */
    local_runs_start(runs, &order);
    local_runs_close(runs);
    local_runs_open(runs);
    local_runs_adopt(runs, 1);
    assert_string_equal(local_runs_wait(runs, EXECUTOR_NOT_RUN).text,
                        "its runner had not begun");
}

static void a_user_that_the_launcher_does_not_serve_is_told(void **state)
{
    struct local_runs *runs = runs_or_skip(state);
    struct executor_order order = order_of(runs, "true");

    order.uid = 0;
    local_runs_start(runs, &order);
    assert_string_equal(local_runs_wait(runs, EXECUTOR_NOT_RUN).text,
                        "the launcher did not start it: it runs no jobs of that user");
}

#define LAUNCHED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAUNCHED_TEST(a_job_of_another_user_runs_and_ends),
        LAUNCHED_TEST(a_stop_right_after_the_start_is_carried_out),
        LAUNCHED_TEST(a_job_of_another_user_pauses_by_its_signal),
        LAUNCHED_TEST(a_job_of_another_user_is_adopted_and_stopped),
        LAUNCHED_TEST(a_daemon_that_dies_while_it_asks_never_starts_it_twice),
        LAUNCHED_TEST(a_user_that_the_launcher_does_not_serve_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nodes/local/launch.h"
#include "tests/support/cmocka.h"

#define TRIES 2000

static void numbers_of_options_are_digits_above_zero(void **state)
{
    static const char *const bad[] = {
        "",   "0",   "00",  "abc", "-1",  "+1",  " 1",
        "1 ", "10x", "0x1", "1.5", "101", "1e1", "99999999999999999999999999",
    };
    uint64_t number = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(launch_number_parse(bad[i], 100, &number), -1);
    assert_int_equal(launch_number_parse("18446744073709551616", UINT64_MAX, &number),
                     -1);
    assert_int_equal(number, 7);
    assert_int_equal(launch_number_parse("100", 100, &number), 0);
    assert_int_equal(number, 100);
    assert_int_equal(launch_number_parse("0001", 100, &number), 0);
    assert_int_equal(number, 1);
}

/* How a launcher ends that gets one more option; -1: it serves. */
static int start_with(const char *directory, const char *option)
{
    const char *build = getenv("BUILD");
    char program[4096];
    char socket[128];
    int status = 0;
    pid_t launcher;
    pid_t ended = 0;

    snprintf(program, sizeof(program), "%s/penstock-launcher", build ? build : "build");
    snprintf(socket, sizeof(socket), "%s/socket", directory);
    launcher = fork();
    if (launcher == 0) {
        execl(program, program, "--socket", socket, "--state-dir", "/", "--runner",
              "/bin/sh", "--user", "daemon", option, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < TRIES && ended == 0 && access(socket, F_OK) < 0; i++) {
        ended = waitpid(launcher, &status, WNOHANG);
        poll(NULL, 0, 1);
    }
    if (ended == launcher)
        return WEXITSTATUS(status);
    kill(launcher, SIGKILL);
    waitpid(launcher, NULL, 0);
    unlink(socket);
    return -1;
}

static void a_launcher_with_a_bad_number_does_not_start(void **state)
{
    char directory[] = "/tmp/penstock-test-XXXXXX";

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_non_null(mkdtemp(directory));
    assert_int_equal(start_with(directory, "--uid-min=1000"), -1);
    assert_int_equal(start_with(directory, "--uid-min=abc"), 2);
    assert_int_equal(start_with(directory, "--uid-min=0"), 2);
    assert_int_equal(start_with(directory, "--uid-min=4294967295"), 2);
    assert_int_equal(start_with(directory, "--max-processes=0"), 2);
    assert_int_equal(start_with(directory, "--max-processes=none"), 2);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_options_are_digits_above_zero),
        cmocka_unit_test(a_launcher_with_a_bad_number_does_not_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

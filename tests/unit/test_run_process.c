/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static void a_pidfd_tells_whose_it_is_until_that_is_gone(void **state)
{
    pid_t child = fork();
    pid_t pid = -1;
    int process;

    (void)state;
    if (child == 0) {
        pause();
        _exit(0);
    }
    process = pidfd_open(child, 0);
    assert_true(process >= 0);
    assert_int_equal(run_process_of_pidfd(process, &pid, NULL), 0);
    assert_int_equal(pid, child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(run_process_of_pidfd(process, &pid, NULL), 0);
    assert_int_equal(pid, 0);
    close(process);
}

static void a_descriptor_of_no_process_is_told_from_one(void **state)
{
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t pid = -1;
    struct error err;

    (void)state;
    assert_int_equal(run_process_of_pidfd(file, &pid, &err), -1);
    assert_int_equal(err.code, ERROR_IO);
    close(file);
    assert_int_equal(run_process_of_pidfd(file, &pid, &err), -1);
    assert_int_equal(pid, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pidfd_tells_whose_it_is_until_that_is_gone),
        cmocka_unit_test(a_descriptor_of_no_process_is_told_from_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

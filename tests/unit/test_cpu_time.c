/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nodes/local/cpu_time.h"
#include "nodes/local/run_process.h"

static void a_machine_has_worked_when_it_did_not_idle_or_wait(void **state)
{
    int64_t busy_ms = 0;

    (void)state;
    assert_int_equal(cpu_time_parse("cpu  100 20 3 4000 500 6 7 80 90 100\ncpu0 1\n",
                                    100, &busy_ms, NULL),
                     0);
    assert_int_equal(busy_ms, 1360);
}

static void a_malformed_stat_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "cpu",
        "cpu ",
        "cpu0 1 2 3 4 5 6 7\n",
        "cpu  1 2 3 4 5 6\n",
        "cpu  1 2 3 4 5 6 x\n",
        "cpu  -1 2 3 4 5 6 7\n",
        "cpu  99999999999999999999999999999999999999999999999 2 3 4 5 6 7\n",
        "cpu  9999999999999999 2 3 4 5 6 7\n",
    };
    int64_t busy_ms = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(cpu_time_parse(texts[i], 100, &busy_ms, NULL), -1);
    assert_int_equal(cpu_time_parse("cpu  1 2 3 4 5 6 7\n", 0, &busy_ms, NULL), -1);
    assert_int_equal(busy_ms, 42);
}

static void this_machine_works(void **state)
{
    int64_t busy_ms = 0;

    (void)state;
    assert_int_equal(cpu_time_busy(&busy_ms, NULL), 0);
    assert_true(busy_ms > 0);
}

static void the_time_of_a_process_is_read_with_that_of_what_it_reaped(void **state)
{
    struct run_process_stat stat;
    int64_t tick_ms = 1000 / sysconf(_SC_CLK_TCK);

    (void)state;
    assert_int_equal(run_process_stat_parse("7 (a) S 1 7 7 0 -1 0 0 0 0 0 10 20 300 "
                                            "4000 20 0 1 0 555 0",
                                            &stat, NULL),
                     0);
    assert_int_equal(stat.cpu_ms, 4330 * tick_ms);
    assert_int_equal(stat.start_ticks, 555);
    assert_int_equal(run_process_stat_parse("7 (a) S 1 7 7 0 -1 0 0 0 0 0 -5 20 "
                                            "9223372036854775807 -1 20 0 1 0 555 0",
                                            &stat, NULL),
                     0);
    assert_int_equal(stat.cpu_ms, 20 * tick_ms);
}

/* Work until the process has taken so much CPU time: not so long by a clock. */
static void work(clock_t ticks)
{
    volatile unsigned int number = 0;

    while (clock() < ticks)
        number++;
}

/* A parent with a child that has worked and waits: returns the parent's pid. */
static pid_t start_tree(int ready)
{
    pid_t parent = fork();

    if (parent != 0)
        return parent;
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(CLOCKS_PER_SEC / 20);
        if (write(ready, "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
    pause();
    _exit(0);
}

static void a_tree_has_the_time_of_all_that_are_in_it(void **state)
{
    struct cpu_time_tree trees[3] = {{0, 0}, {getpid(), 0}, {INT32_MAX, 0}};
    int ready[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    trees[0].root = start_tree(ready[1]);
    assert_true(trees[0].root > 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    cpu_time_of_trees(trees, 3, NULL);
    assert_true(trees[0].cpu_ms >= 30);
    assert_true(trees[1].cpu_ms >= 0);
    assert_int_equal(trees[2].cpu_ms, -1);
    kill(trees[0].root, SIGKILL);
    waitpid(trees[0].root, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_has_worked_when_it_did_not_idle_or_wait),
        cmocka_unit_test(a_malformed_stat_is_refused),
        cmocka_unit_test(this_machine_works),
        cmocka_unit_test(the_time_of_a_process_is_read_with_that_of_what_it_reaped),
        cmocka_unit_test(a_tree_has_the_time_of_all_that_are_in_it),
    };

    return cmocka_run_group_tests_name("CPU time", tests, NULL, NULL);
}

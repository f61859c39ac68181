/* SPDX-License-Identifier: MIT */
#include "nodes/local/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/run_directory.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

/*
 * A tree of plain files in place of the kernel's, with all controllers: what is written
 * stays to be read, and what a test writes is what the kernel would say.
 */
static const char *const files[] = {
    "cgroup.procs",    "cgroup.kill",      "memory.max",
    "memory.swap.max", "memory.oom.group", "cpu.max",
    "memory.events",   "pids.max",         "cpu.stat",
};

static void write_file(int directory, const char *name, const char *text)
{
    int file = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static const char *read_file(int directory, const char *name)
{
    static char text[256];
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, text, sizeof(text) - 1);

    assert_true(length >= 0);
    text[length] = '\0';
    close(file);
    return text;
}

/* A cgroup as the kernel would make it on mkdir. */
static int make_job(int root, const char *name)
{
    int job;

    assert_int_equal(mkdirat(root, name, 0755), 0);
    job = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        write_file(job, files[i], "");
    return job;
}

static int make_root(struct local_runs *runs)
{
    static char path[128];
    int root;

    snprintf(path, sizeof(path), "%s/groups", runs->directory);
    assert_int_equal(mkdir(path, 0755), 0);
    root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_file(root, "cgroup.subtree_control", "");
    runs->cgroup = path;
    local_runs_close(runs);
    local_runs_open(runs);
    return root;
}

static struct run_exit load_exit(const struct local_runs *runs)
{
    int run = local_runs_open_run(runs, 1);
    struct text bytes = TEXT_EMPTY;
    struct run_exit exit;

    assert_int_equal(
        run_directory_load(run, RUN_EXIT_FILE, RUN_RECORD_SIZE, &bytes, NULL), 0);
    assert_int_equal(run_exit_parse(bytes.bytes, bytes.length, &exit, NULL), 0);
    text_release(&bytes);
    close(run);
    return exit;
}

static void a_job_enters_a_cgroup_with_what_it_asked_for(void **state)
{
    struct local_runs *runs = *state;
    int root = make_root(runs);
    int job = make_job(root, "job-1.1");
    struct executor_order order = local_runs_order(runs, 1, "ulimit -d; ulimit -t");
    char line[64];

    order.memory = 64;
    order.cpus = 3;
    order.time_limit = HOUR;
    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "unlimited");
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "unlimited");
    local_runs_wait_end(runs);
    assert_string_equal(read_file(job, "memory.max"), "67108864");
    assert_string_equal(read_file(job, "memory.swap.max"), "0");
    assert_string_equal(read_file(job, "memory.oom.group"), "1");
    assert_string_equal(read_file(job, "cpu.max"), "300000 100000");
    assert_string_equal(read_file(job, "pids.max"), "16384");
    assert_string_equal(read_file(job, "cgroup.procs"), "0");
    close(job);
    close(root);
}

static void what_the_kernel_killed_for_its_memory_is_said_to_be(void **state)
{
    struct local_runs *runs = *state;
    int root = make_root(runs);
    int job = make_job(root, "job-1.1");
    struct executor_order order = local_runs_order(runs, 1, "kill -9 $$");
    struct executor_report end;

    write_file(job, "memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 2\n");
    write_file(job, "cpu.stat", "usage_usec 1234567\nuser_usec 1\n");
    local_runs_start(runs, &order);
    end = local_runs_wait_end(runs);
    assert_int_equal(end.signal, 9);
    assert_true(end.out_of_memory);
    assert_int_equal(load_exit(runs).cpu_ms, 1234);
    close(job);
    close(root);
}

static void what_ended_otherwise_is_not(void **state)
{
    struct local_runs *runs = *state;
    int root = make_root(runs);
    int job = make_job(root, "job-1.1");
    struct executor_order order = local_runs_order(runs, 1, "kill -9 $$");

    write_file(job, "memory.events", "oom 3\noom_kill 0\noom_kill_group 4\n");
    local_runs_start(runs, &order);
    assert_false(local_runs_wait_end(runs).out_of_memory);
    close(job);
    close(root);
}

static void without_controllers_each_process_is_limited(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(
        runs, 1,
        "ulimit -Hd; ulimit -Ht; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
    char line[64];

    order.memory = 64;
    order.cpus = 3;
    order.time_limit = 100;
    order.grace = 20;
    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "65536");
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "363");
    assert_false(local_runs_wait_end(runs).out_of_memory);
    assert_in_range(load_exit(runs).cpu_ms, 1, 60000);
}

static void cgroups_of_runs_that_are_forgotten_go(void **state)
{
    struct local_runs *runs = *state;
    int root = make_root(runs);
    struct executor_order order = local_runs_order(runs, 1, "true");
    int job = make_job(root, "job-1.1");
    int kept = make_job(root, "job-2.1");
    char path[128];

    local_runs_start(runs, &order);
    local_runs_wait_end(runs);
    snprintf(path, sizeof(path), "%s/runs/2.1", runs->directory);
    assert_int_equal(mkdir(path, 0700), 0);
    /* Files here have to go for the directory to; the kernel's do with it. */
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strcmp(files[i], "cgroup.kill") != 0)
            unlinkat(job, files[i], 0);
    runs->executor->forget(runs->executor, 1, 1);
    assert_string_equal(read_file(job, "cgroup.kill"), "1");
    assert_string_equal(read_file(kept, "cgroup.kill"), "");
    unlinkat(job, "cgroup.kill", 0);
    local_runs_close(runs);
    local_runs_open(runs);
    assert_int_equal(faccessat(root, "job-1.1", F_OK, 0), -1);
    assert_int_equal(faccessat(root, "job-2.1", F_OK, 0), 0);
    close(job);
    close(kept);
    close(root);
}

static void controllers_are_asked_for_where_there_is_a_root(void **state)
{
    struct local_runs *runs = *state;
    int root = make_root(runs);

    /* One by one, since one that there is not would keep the others away; here each
     * over the one before. */
    assert_string_equal(read_file(root, "cgroup.subtree_control"), "+pidsry");
    assert_int_equal(cgroup_open_root("none", "daemon"), -1);
    assert_int_equal(cgroup_open_root("/no/such/place", "daemon"), -1);
    close(root);
}

static void what_jobs_are_held_to_is_told_by_the_controllers(void **state)
{
    static const struct {
        const char *controllers;
        const char *text;
    } rows[] = {
        {"cpu memory pids\n", "by cgroups (cpu memory pids)"},
        {"cpu pids\n", "process by process: our cgroup has no controllers for memory"},
        {"memory\n", "process by process: our cgroup has no controllers for CPUs"},
        {"", "process by process: our cgroup has no controllers for memory and CPUs"},
    };
    const struct local_runs *runs = *state;
    int root = open(runs->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char text[256];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file(root, "cgroup.subtree_control", rows[i].controllers);
        cgroup_describe(root, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
    close(root);
    cgroup_describe(-1, text, sizeof(text));
    assert_string_equal(text, "process by process: no cgroup is delegated to us");
}

#define GROUP_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(a_job_enters_a_cgroup_with_what_it_asked_for),
        GROUP_TEST(what_the_kernel_killed_for_its_memory_is_said_to_be),
        GROUP_TEST(what_ended_otherwise_is_not),
        GROUP_TEST(without_controllers_each_process_is_limited),
        GROUP_TEST(cgroups_of_runs_that_are_forgotten_go),
        GROUP_TEST(what_jobs_are_held_to_is_told_by_the_controllers),
        GROUP_TEST(controllers_are_asked_for_where_there_is_a_root),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

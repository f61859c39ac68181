/* SPDX-License-Identifier: MIT */
#include "tests/support/local_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "nodes/local/attempt.h"
#include "nodes/local/run_directory.h"
#include "tests/support/cmocka.h"

#define BOUND_MS 30000

static void on_report(const struct executor_report *report, void *context)
{
    struct local_runs *runs = context;

    assert_false(runs->in_call);
    assert_true(runs->report_count < LOCAL_RUNS_REPORTS_MAX);
    runs->reports[runs->report_count++] = *report;
    uv_stop(&runs->loop);
}

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing happened for %d ms", BOUND_MS);
}

static void find_runner(char *path, size_t size)
{
    const char *build = getenv("BUILD");
    char here[PATH_MAX];
    ssize_t length;

    if (build) {
        snprintf(path, size, "%s/penstock-runner", build);
        return;
    }
    length = readlink("/proc/self/exe", here, sizeof(here) - 1);
    assert_true(length > 0);
    here[length] = '\0';
    *strrchr(here, '/') = '\0';
    length = snprintf(path, size, "%s/../penstock-runner", here);
    assert_true(length > 0 && (size_t)length < size);
}

static void open_talk(struct local_runs *runs)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/talk", runs->directory);
    runs->talk = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(runs->talk >= 0);
}

int local_runs_setup(void **state)
{
    struct local_runs *runs = xcalloc(1, sizeof(*runs));
    char path[128];

    strcpy(runs->directory, "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(runs->directory));
    snprintf(path, sizeof(path), "%s/talk", runs->directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof(path), "%s/go", runs->directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    find_runner(runs->runner, sizeof(runs->runner));
    runs->clock = &system_clock;
    uv_loop_init(&runs->loop);
    uv_timer_init(&runs->loop, &runs->bound);
    open_talk(runs);
    local_runs_open(runs);
    *state = runs;
    return 0;
}

static int remove_entry(const char *path, const struct stat *stat, int type,
                        struct FTW *where)
{
    (void)stat;
    (void)type;
    (void)where;
    return remove(path);
}

void local_runs_remove(const char *directory)
{
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int local_runs_teardown(void **state)
{
    struct local_runs *runs = *state;

    local_runs_close(runs);
    uv_close((uv_handle_t *)&runs->bound, NULL);
    uv_run(&runs->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&runs->loop), 0);
    close(runs->talk);
    local_runs_remove(runs->directory);
    free(runs);
    return 0;
}

void local_runs_set_rate(struct local_runs *runs, int64_t rate)
{
    local_runs_close(runs);
    runs->fast = fast_clock_from(rate, 1000000000, monotonic_ms());
    runs->clock = &runs->fast.clock;
    local_runs_open(runs);
}

void local_runs_close(struct local_runs *runs)
{
    local_executor_destroy(runs->local);
    runs->local = NULL;
    uv_run(&runs->loop, UV_RUN_DEFAULT);
}

void local_runs_open(struct local_runs *runs)
{
    const struct local_settings settings = {
        .state_dir = runs->directory,
        .runner = runs->runner,
        .clock = runs->clock,
        .uid = geteuid(),
        .launcher = runs->launcher,
        .cgroup = runs->cgroup,
    };
    struct error err;

    runs->report_count = 0;
    runs->local = local_executor_create(&runs->loop, &settings, on_report, runs, &err);
    if (!runs->local)
        fail_msg("no executor: %s", err.text);
    runs->executor = local_executor_port(runs->local);
}

struct executor_order local_runs_order(struct local_runs *runs, int64_t job_id,
                                       const char *command)
{
    static char arguments[4096];
    size_t length = strlen(command);

    assert_true(length + 7 <= sizeof(arguments));
    memcpy(arguments, "sh\0-c", 6);
    memcpy(arguments + 6, command, length + 1);
    return (struct executor_order){
        .job_id = job_id,
        .attempt = 1,
        .uid = getuid(),
        .user = "",
        .name = "job",
        .arguments = arguments,
        .arguments_size = length + 7,
        .environment = "PATH=/usr/bin:/bin",
        .environment_size = sizeof("PATH=/usr/bin:/bin"),
        .directory = runs->directory,
        .output = "talk",
        .pool = "lab",
        .cpus = 1,
    };
}

void local_runs_start(struct local_runs *runs, const struct executor_order *order)
{
    struct error err;

    runs->in_call = true;
    if (runs->executor->start(runs->executor, order, &err) < 0)
        fail_msg("not started: %s", err.text);
    runs->in_call = false;
}

void local_runs_adopt(struct local_runs *runs, int64_t job_id)
{
    runs->in_call = true;
    runs->executor->adopt(runs->executor, job_id, 1);
    runs->in_call = false;
}

struct executor_report local_runs_wait(struct local_runs *runs,
                                       enum executor_outcome outcome)
{
    struct executor_report report;

    uv_timer_start(&runs->bound, on_bound, BOUND_MS, 0);
    while (runs->report_count == 0)
        uv_run(&runs->loop, UV_RUN_DEFAULT);
    uv_timer_stop(&runs->bound);
    report = runs->reports[0];
    runs->report_count--;
    memmove(runs->reports, runs->reports + 1,
            runs->report_count * sizeof(runs->reports[0]));
    if (report.outcome != outcome)
        fail_msg("outcome %d instead of %d: %s", (int)report.outcome, (int)outcome,
                 report.text);
    return report;
}

struct executor_report local_runs_wait_end(struct local_runs *runs)
{
    local_runs_wait(runs, EXECUTOR_STARTED);
    return local_runs_wait(runs, EXECUTOR_ENDED);
}

/* Until something was written or, when all writers are gone, nothing more can be. */
static ssize_t read_talk(struct local_runs *runs, char *bytes, size_t size)
{
    struct pollfd file = {.fd = runs->talk, .events = POLLIN};

    if (poll(&file, 1, BOUND_MS) <= 0)
        fail_msg("the job has nothing to say");
    return read(runs->talk, bytes, size);
}

void local_runs_read_line(struct local_runs *runs, char *line, size_t size)
{
    size_t length = 0;

    while (length + 1 < size) {
        ssize_t got = read_talk(runs, line + length, 1);

        if (got < 0 && errno == EAGAIN)
            continue;
        if (got <= 0)
            fail_msg("the job ended without a line");
        if (line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
}

void local_runs_wait_gone(struct local_runs *runs)
{
    char bytes[256];
    ssize_t got;

    do
        got = read_talk(runs, bytes, sizeof(bytes));
    while (got > 0 || (got < 0 && errno == EAGAIN));
    assert_int_equal(got, 0);
    /* An end was seen: a new pipe end for the next job. */
    close(runs->talk);
    open_talk(runs);
}

void local_runs_let_go(struct local_runs *runs)
{
    char path[128];
    int go;

    snprintf(path, sizeof(path), "%s/go", runs->directory);
    go = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(go >= 0);
    assert_int_equal(write(go, "\n", 1), 1);
    close(go);
}

int local_runs_open_run(const struct local_runs *runs, int64_t job_id)
{
    char name[ATTEMPT_NAME_SIZE];
    char path[128];
    int run;

    attempt_format_name(job_id, 1, name);
    snprintf(path, sizeof(path), "%s/runs/%s", runs->directory, name);
    run = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(run >= 0);
    return run;
}

struct run_lock local_runs_load_lock(const struct local_runs *runs, int64_t job_id)
{
    int run = local_runs_open_run(runs, job_id);
    struct text bytes = TEXT_EMPTY;
    struct run_lock lock;

    assert_int_equal(
        run_directory_load(run, RUN_LOCK_FILE, RUN_RECORD_SIZE, &bytes, NULL), 0);
    assert_int_equal(run_lock_parse(bytes.bytes, bytes.length, &lock, NULL), 0);
    text_release(&bytes);
    close(run);
    return lock;
}

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_LOCAL_RUNS_H
#define TESTS_SUPPORT_LOCAL_RUNS_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

#include "nodes/local/executor.h"
#include "nodes/local/run_files.h"

/*
 * A local executor with the real runner in a directory of its own, whose reports are
 * kept. Jobs and tests meet at pipes: what a job still holds open shows that it lives.
 * All waiting is for events, and fails the test after a bound.
 */
#define LOCAL_RUNS_REPORTS_MAX 16

struct local_runs {
    uv_loop_t loop;
    uv_timer_t bound;
    struct local_executor *local;
    struct executor *executor;
    struct fast_clock fast;
    const struct clock *clock;
    const char *cgroup;   /* where cgroups are made; NULL: nowhere */
    const char *launcher; /* its socket; NULL: there is none */
    char directory[64];
    char runner[4096];
    struct executor_report reports[LOCAL_RUNS_REPORTS_MAX];
    size_t report_count;
    int talk; /* what the job writes to its output comes out here */
    bool in_call;
};

/* For cmocka: *state becomes a struct local_runs. */
int local_runs_setup(void **state);
int local_runs_teardown(void **state);

/* A clock of that rate from now on. */
void local_runs_set_rate(struct local_runs *runs, int64_t rate);

/* As a restart of the daemon does, without and with what comes after. */
void local_runs_close(struct local_runs *runs);
void local_runs_open(struct local_runs *runs);

/* An order for `sh -c command`, with its output into `talk`. Borrows the command. */
struct executor_order local_runs_order(struct local_runs *runs, int64_t job_id,
                                       const char *command);
void local_runs_start(struct local_runs *runs, const struct executor_order *order);
void local_runs_adopt(struct local_runs *runs, int64_t job_id);

/* The next report, which must be of this outcome. */
struct executor_report local_runs_wait(struct local_runs *runs,
                                       enum executor_outcome outcome);

/* Started, then ended. */
struct executor_report local_runs_wait_end(struct local_runs *runs);

/* The next line that the job writes. */
void local_runs_read_line(struct local_runs *runs, char *line, size_t size);

/* Wait until no process of the job holds its output any more. */
void local_runs_wait_gone(struct local_runs *runs);

/* Let a job go on that reads the pipe "go" in its directory. */
void local_runs_let_go(struct local_runs *runs);

/* Remove a directory and all that is in it. */
void local_runs_remove(const char *directory);

/* The open directory of attempt 1 of a job; the caller closes it. */
int local_runs_open_run(const struct local_runs *runs, int64_t job_id);

/* Who holds the lock of attempt 1 of a job. */
struct run_lock local_runs_load_lock(const struct local_runs *runs, int64_t job_id);

#endif

/* SPDX-License-Identifier: MIT */
#include "nodes/local/attempt.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"

/* For a runner that was found alive, and whose command has not begun yet. */
#define START_AGAIN_MS 100

void attempt_format_name(int64_t job_id, int32_t number, char name[ATTEMPT_NAME_SIZE])
{
    snprintf(name, ATTEMPT_NAME_SIZE, "%lld.%d", (long long)job_id, (int)number);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct attempt *attempt = handle->data;
    const struct attempt_host *host = attempt->host;

    if (--attempt->open_handles > 0)
        return;
    if (attempt->runner >= 0)
        close(attempt->runner);
    if (attempt->notice >= 0)
        close(attempt->notice);
    if (attempt->asked_notice >= 0)
        close(attempt->asked_notice);
    if (attempt->asked_cgroup >= 0)
        close(attempt->asked_cgroup);
    free(attempt);
    host->on_closed(host->context);
}

struct attempt *attempt_create(const struct attempt_host *host, int64_t job_id,
                               int32_t number)
{
    struct attempt *attempt = xcalloc(1, sizeof(*attempt));

    attempt->host = host;
    attempt->job_id = job_id;
    attempt->number = number;
    attempt->uid = host->uid;
    attempt->runner = -1;
    attempt->notice = -1;
    attempt->asked_notice = -1;
    attempt->asked_cgroup = -1;
    attempt->timer.data = attempt;
    attempt->runner_poll.data = attempt;
    attempt->notice_poll.data = attempt;
    uv_timer_init(host->loop, &attempt->timer);
    attempt->open_handles = 1;
    return attempt;
}

void attempt_close(struct attempt *attempt)
{
    assert(!attempt->closing);
    attempt->closing = true;
    attempt->state = ATTEMPT_OVER;
    if (attempt->child > 0)
        waitpid(attempt->child, NULL, WNOHANG);
    if (attempt->call)
        launch_call_cancel(attempt->call);
    if (attempt->runner >= 0)
        uv_close((uv_handle_t *)&attempt->runner_poll, on_handle_closed);
    if (attempt->notice >= 0)
        uv_close((uv_handle_t *)&attempt->notice_poll, on_handle_closed);
    uv_close((uv_handle_t *)&attempt->timer, on_handle_closed);
}

/* The runner writes few notices, each in one piece; a failure is the last. */
static void take_notice(struct attempt *attempt)
{
    char notice[RUN_NOTICE_SIZE];
    ssize_t length;
    const char *at;

    if (attempt->notice < 0)
        return;
    length = read(attempt->notice, notice, sizeof(notice) - 1);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (length <= 0) {
        uv_poll_stop(&attempt->notice_poll);
        return;
    }
    notice[length] = '\0';
    for (at = notice; *at == RUN_NOTICE_STARTED || *at == RUN_NOTICE_ENDED; at++) {
        if (*at == RUN_NOTICE_STARTED)
            attempt_report_start(attempt, true);
        else
            attempt->ended_well = true;
    }
    if (*at == RUN_NOTICE_FAILED)
        snprintf(attempt->failure, sizeof(attempt->failure), "%.*s",
                 (int)sizeof(attempt->failure) - 1, at + 1);
}

static void on_notice(uv_poll_t *poll, int status, int events)
{
    struct attempt *attempt = poll->data;

    (void)status;
    (void)events;
    take_notice(attempt);
}

static void reap(struct attempt *attempt)
{
    int status;

    if (attempt->child <= 0 || waitpid(attempt->child, &status, WNOHANG) <= 0)
        return;
    attempt->child = 0;
    attempt->ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void on_runner_ended(uv_poll_t *poll, int status, int events)
{
    struct attempt *attempt = poll->data;

    (void)status;
    (void)events;
    uv_poll_stop(poll);
    reap(attempt);
    take_notice(attempt);
    attempt_look(attempt);
}

bool attempt_watch(struct attempt *attempt, int runner)
{
    if (uv_poll_init(attempt->host->loop, &attempt->runner_poll, runner) < 0) {
        close(runner);
        return false;
    }
    attempt->runner = runner;
    attempt->watched = run_process_of(runner);
    attempt->open_handles++;
    attempt->state = ATTEMPT_WATCHING;
    uv_poll_start(&attempt->runner_poll, UV_READABLE, on_runner_ended);
    if (attempt->pause_asked)
        attempt_signal(attempt, LAUNCH_PAUSE);
    if (attempt->stop_asked)
        attempt_signal(attempt, LAUNCH_STOP);
    return true;
}

void attempt_watch_notices(struct attempt *attempt, int notice)
{
    if (uv_poll_init(attempt->host->loop, &attempt->notice_poll, notice) < 0) {
        close(notice);
        return;
    }
    attempt->notice = notice;
    attempt->open_handles++;
    uv_poll_start(&attempt->notice_poll, UV_READABLE, on_notice);
}

void attempt_watch_child(struct attempt *attempt, pid_t runner, int notice)
{
    int process = pidfd_open(runner, 0);

    attempt->child = runner;
    attempt_watch_notices(attempt, notice);
    /* Without a descriptor left for it: its lock, or a tombstone, will do. */
    if (process < 0 || !attempt_watch(attempt, process))
        attempt_look(attempt);
}

static void on_start_due(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;

    attempt_report_start(attempt, false);
    if (attempt->is_started || attempt->state != ATTEMPT_WATCHING)
        uv_timer_stop(timer);
}

/* The lock is the job owner's to forge: hold the process first, then see who it is. */
static enum attempt_holder check_holder(const struct attempt *attempt)
{
    pid_t pid = (pid_t)attempt->process.pid;
    struct run_process_stat stat;
    struct error err = {0};

    if (run_process_stat(pid, &stat, &err) < 0)
        return err.code == ERROR_MISSING ? HOLDER_GONE : HOLDER_UNKNOWN;
    if (stat.state == 'Z' || stat.start_ticks != attempt->process.start_ticks
        || !leftovers_is_owned(pid, attempt->uid))
        return HOLDER_GONE;
    return HOLDER_WATCHED;
}

enum attempt_holder attempt_watch_holder(struct attempt *attempt)
{
    enum attempt_holder holder;
    int process;

    /* We have watched it to its end. */
    if (attempt->runner >= 0)
        return HOLDER_GONE;
    process = pidfd_open((pid_t)attempt->process.pid, 0);
    if (process < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? HOLDER_UNKNOWN
                                                                     : HOLDER_GONE;
    holder = check_holder(attempt);
    if (holder != HOLDER_WATCHED) {
        close(process);
        return holder;
    }
    if (!attempt_watch(attempt, process))
        return HOLDER_UNKNOWN;
    attempt_report_start(attempt, false);
    if (!attempt->is_started)
        uv_timer_start(&attempt->timer, on_start_due, START_AGAIN_MS, START_AGAIN_MS);
    return HOLDER_WATCHED;
}

int attempt_open_run(const struct attempt *attempt)
{
    char name[ATTEMPT_NAME_SIZE];
    int run;

    attempt_format_name(attempt->job_id, attempt->number, name);
    run = launch_open_run(attempt->host->runs, name);
    /* A job may have shut us out of what is ours. */
    if (run < 0 && errno == EACCES && attempt->uid == attempt->host->uid
        && fchmodat(attempt->host->runs, name, 0700, 0) == 0)
        run = launch_open_run(attempt->host->runs, name);
    return run;
}

void attempt_stop(struct attempt *attempt)
{
    attempt->stop_asked = true;
    if (attempt->state == ATTEMPT_WATCHING)
        attempt_signal(attempt, LAUNCH_STOP);
}

void attempt_pause(struct attempt *attempt)
{
    attempt->pause_asked = true;
    if (attempt->state == ATTEMPT_WATCHING)
        attempt_signal(attempt, LAUNCH_PAUSE);
}

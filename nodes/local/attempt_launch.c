/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "nodes/local/attempt.h"

/* An attempt of another user: what of it the launcher has to do. */

/* How long to wait for a launcher that is being restarted, before the job waits again.
 */
#define LAUNCH_TRIES_MAX 30

void attempt_send(struct attempt *attempt, enum launch_verb verb, int tries_max,
                  launch_on_done *on_done)
{
    const struct launch_task task = {
        .verb = verb,
        .job_id = attempt->job_id,
        .attempt = attempt->number,
        .uid = attempt->uid,
        .notice = attempt->asked_notice,
        .cgroup = attempt->asked_cgroup,
        .tries_max = tries_max,
    };

    if (attempt->call)
        launch_call_cancel(attempt->call);
    attempt->call = launch_call_start(attempt->host->launcher, &task, on_done, attempt);
}

void attempt_find_owner(struct attempt *attempt)
{
    char name[ATTEMPT_NAME_SIZE];
    struct statx stat;

    attempt_format_name(attempt->job_id, attempt->number, name);
    /* Whatever is mounted there is not asked. */
    if (statx(attempt->host->runs, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
              STATX_UID, &stat)
        == 0)
        attempt->uid = stat.stx_uid;
}

static void close_asked(struct attempt *attempt)
{
    close(attempt->asked_notice);
    if (attempt->asked_cgroup >= 0)
        close(attempt->asked_cgroup);
    attempt->asked_notice = -1;
    attempt->asked_cgroup = -1;
}

static void on_launched(const char *failure, int process, void *context)
{
    struct attempt *attempt = context;

    attempt->call = NULL;
    close_asked(attempt);
    attempt->launcher_is_away = failure && attempt->host->launcher->trouble[0];
    if (failure)
        snprintf(attempt->failure, sizeof(attempt->failure), "%.*s",
                 (int)sizeof(attempt->failure) - 1, failure);
    /* Whatever went wrong: its lock tells, or a tombstone does. */
    if (process < 0 || !attempt_watch(attempt, process))
        attempt_look(attempt);
}

int attempt_launch(struct attempt *attempt, uid_t uid, int cgroup, struct error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
        if (cgroup >= 0)
            close(cgroup);
        return -1;
    }
    attempt->uid = uid;
    attempt->state = ATTEMPT_ASKED;
    attempt->asked_notice = ends[1];
    attempt->asked_cgroup = cgroup;
    attempt_watch_notices(attempt, ends[0]);
    attempt_send(attempt, LAUNCH_RUN, LAUNCH_TRIES_MAX, on_launched);
    return 0;
}

static void on_signalled(const char *failure, int process, void *context)
{
    struct attempt *attempt = context;

    (void)process;
    attempt->call = NULL;
    if (failure)
        log_warning("job %lld: its runner could not be told to end: %s",
                    (long long)attempt->job_id, failure);
}

void attempt_signal(struct attempt *attempt, enum launch_verb verb)
{
    int signal = verb == LAUNCH_STOP ? SIGTERM : RUN_PAUSE_SIGNAL;

    if (attempt->uid == attempt->host->uid)
        pidfd_send_signal(attempt->runner, signal, NULL, 0);
    else if (attempt->host->launcher)
        /* Again and again: it is by the runner's end that this ends, too. */
        attempt_send(attempt, verb, INT_MAX, on_signalled);
}

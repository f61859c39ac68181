/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct watch {
    struct runner_command *command;
    const struct run_spec *spec;
    struct clock clock; /* of which only the rate counts here */
    int signals;
    int64_t limit_ms; /* on the monotonic clock; INT64_MAX: none */
    int64_t kill_ms;
    bool stopping;
    bool pause_asked;
    bool ended;
    struct run_exit *exit;
};

static void fill_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, RUN_PAUSE_SIGNAL);
}

void runner_watch_block_signals(void)
{
    sigset_t set;

    fill_signals(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
}

struct run_moment runner_watch_now(void)
{
    return (struct run_moment){
        .utc = system_clock.now(&system_clock),
        .monotonic_ms = monotonic_ms(),
    };
}

static int64_t find_limit(const struct watch *watch, const struct run_moment *from)
{
    if (watch->spec->time_limit == 0)
        return INT64_MAX;
    return from->monotonic_ms + clock_real_ms(&watch->clock, watch->spec->time_limit);
}

static void begin_to_stop(struct watch *watch, int signal)
{
    if (watch->stopping)
        return;
    watch->stopping = true;
    runner_command_signal(watch->command, signal);
    watch->kill_ms =
        watch->spec->grace > 0
            ? monotonic_ms() + clock_real_ms(&watch->clock, watch->spec->grace)
            : 0;
}

static void keep_limits(struct watch *watch)
{
    if (monotonic_ms() >= watch->limit_ms) {
        watch->limit_ms = INT64_MAX;
        watch->exit->timed_out = !watch->stopping;
        begin_to_stop(watch, SIGTERM);
    }
    if (watch->stopping && monotonic_ms() >= watch->kill_ms) {
        watch->kill_ms = INT64_MAX;
        runner_command_signal(watch->command, SIGKILL);
    }
}

/* Also of children that were the command's, and are ours since it left them. */
static void reap(struct watch *watch)
{
    pid_t ended;
    int status;

    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended != watch->command->pid)
            continue;
        watch->ended = true;
        watch->exit->ended = runner_watch_now();
        if (WIFEXITED(status))
            watch->exit->status = WEXITSTATUS(status);
        else
            watch->exit->signal = WTERMSIG(status);
    }
}

/* Also of one that is pausing: a cancelled job ends by SIGTERM, once. */
static void take_stop(struct watch *watch)
{
    if (watch->exit->paused && !watch->exit->stopped)
        watch->stopping = false;
    watch->exit->stopped = true;
    begin_to_stop(watch, SIGTERM);
}

/* Once the command has begun: what has not may not know the signal yet. */
static void take_pause(struct watch *watch)
{
    if (!watch->pause_asked || watch->stopping || watch->ended
        || !watch->exit->started.utc)
        return;
    watch->exit->paused = true;
    begin_to_stop(watch, watch->spec->pause_signal);
}

static void take_signals(struct watch *watch)
{
    struct signalfd_siginfo info;

    while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        if (info.ssi_signo == RUN_PAUSE_SIGNAL)
            watch->pause_asked = true;
        else
            take_stop(watch);
    }
    reap(watch);
}

static int wait_for_more(const struct watch *watch, struct pollfd files[2])
{
    int64_t next = watch->limit_ms;
    int64_t left;
    struct timespec pause;

    if (watch->stopping && watch->kill_ms < next)
        next = watch->kill_ms;
    left = next - monotonic_ms();
    if (left < 0)
        left = 0;
    pause = (struct timespec){.tv_sec = left / 1000,
                              .tv_nsec = (long)(left % 1000) * 1000000};
    files[0] = (struct pollfd){.fd = watch->signals, .events = POLLIN};
    files[1] = (struct pollfd){.fd = watch->command->failure, .events = POLLIN};
    if (ppoll(files, 2, next == INT64_MAX ? NULL : &pause, NULL) >= 0 || errno == EINTR)
        return 0;
    return -1;
}

/* Has the command begun, or what kept it from it? */
static void take_beginning(struct watch *watch, runner_watch_on_begin *on_begin,
                           void *context)
{
    struct error err;

    if (runner_command_began(watch->command, watch->spec, &err) == 0) {
        watch->exit->started = runner_watch_now();
        watch->limit_ms = find_limit(watch, &watch->exit->started);
        on_begin(&watch->exit->started, context);
        return;
    }
    watch->exit->refused = true;
    snprintf(watch->exit->text, sizeof(watch->exit->text), "%.*s",
             (int)sizeof(watch->exit->text) - 1, err.text);
}

int runner_watch_command(struct runner_command *command, const struct run_spec *spec,
                         runner_watch_on_begin *on_begin, void *context,
                         struct run_exit *exit, struct error *err)
{
    struct watch watch = {
        .command = command,
        .spec = spec,
        .clock = {.rate = spec->rate},
        .exit = exit,
    };
    struct run_moment now;
    sigset_t set;
    int result = 0;

    *exit = (struct run_exit){0};
    fill_signals(&set);
    watch.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (watch.signals < 0)
        return error_set(err, ERROR_IO, "signalfd: %s", strerror(errno));
    /* A directory or a file that hangs is not waited for longer than the command. */
    now = runner_watch_now();
    watch.limit_ms = find_limit(&watch, &now);
    while (!watch.ended && result == 0) {
        struct pollfd files[2];

        result = wait_for_more(&watch, files);
        take_signals(&watch);
        if (command->failure >= 0 && (files[1].revents || watch.ended))
            take_beginning(&watch, on_begin, context);
        take_pause(&watch);
        keep_limits(&watch);
    }
    if (result < 0)
        error_set(err, ERROR_IO, "ppoll: %s", strerror(errno));
    close(watch.signals);
    return result;
}

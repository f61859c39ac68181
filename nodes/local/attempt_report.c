/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nodes/local/attempt.h"
#include "nodes/local/run_directory.h"

/*
 * A moment that a runner wrote down, in the daemon's time. A fast clock is anchored to
 * the monotonic one, so its time follows from that; what a file claims to lie ahead of
 * now, after a reboot or by forgery, is now.
 */
static instant to_instant(const struct attempt *attempt,
                          const struct run_moment *moment)
{
    const struct clock *clock = attempt->host->clock;
    const struct fast_clock *fast = (const struct fast_clock *)clock;
    instant now = clock->now(clock);
    instant at = moment->utc;

    if (clock->rate != 1)
        at =
            fast->start + (moment->monotonic_ms - fast->anchor_ms) * clock->rate / 1000;
    if (at < 0)
        at = 0;
    return at < now ? at : now;
}

static int load_started(const struct attempt *attempt, instant *started)
{
    struct text bytes = TEXT_EMPTY;
    struct run_moment moment;
    int run = attempt_open_run(attempt);
    int result = -1;

    if (run < 0)
        return -1;
    if (run_directory_load(run, RUN_STARTED_FILE, RUN_RECORD_SIZE, &bytes, NULL) == 0)
        result = run_started_parse(bytes.bytes, bytes.length, &moment, NULL);
    if (result == 0)
        *started = to_instant(attempt, &moment);
    text_release(&bytes);
    close(run);
    return result;
}

static int load_exit(const struct attempt *attempt, struct run_exit *exit)
{
    struct text bytes = TEXT_EMPTY;
    int run = attempt_open_run(attempt);
    int result = -1;

    if (run < 0)
        return -1;
    if (run_directory_load(run, RUN_EXIT_FILE, RUN_RECORD_SIZE, &bytes, NULL) == 0)
        result = run_exit_parse(bytes.bytes, bytes.length, exit, NULL);
    text_release(&bytes);
    close(run);
    return result;
}

static struct executor_report begin_report(const struct attempt *attempt,
                                           enum executor_outcome outcome)
{
    return (struct executor_report){
        .job_id = attempt->job_id,
        .attempt = attempt->number,
        .outcome = outcome,
        .at = attempt->host->clock->now(attempt->host->clock),
    };
}

static void send_end(struct attempt *attempt, const struct executor_report *report)
{
    attempt->state = ATTEMPT_OVER;
    attempt->host->on_report(report, attempt->host->context);
}

void attempt_report_start(struct attempt *attempt, bool is_certain)
{
    struct executor_report report = begin_report(attempt, EXECUTOR_STARTED);

    if (attempt->is_started || (load_started(attempt, &report.at) < 0 && !is_certain))
        return;
    attempt->is_started = true;
    report.started = report.at;
    attempt->host->on_report(&report, attempt->host->context);
}

void attempt_report_not_run(struct attempt *attempt)
{
    struct executor_report report = begin_report(attempt, EXECUTOR_NOT_RUN);

    report.unavailable = attempt->launcher_is_away;
    snprintf(report.text, sizeof(report.text), "%s",
             attempt->failure[0] ? attempt->failure : "its runner had not begun");
    send_end(attempt, &report);
}

static void report_lost(struct attempt *attempt)
{
    struct executor_report report = begin_report(attempt, EXECUTOR_LOST);

    if (load_started(attempt, &report.started) < 0)
        report.started = 0;
    text_copy(report.text, sizeof(report.text),
              attempt->has_runner && !attempt->is_of_this_boot
                  ? "the machine was restarted"
                  : "its runner is gone, and left no exit status");
    send_end(attempt, &report);
}

void attempt_report_end(struct attempt *attempt)
{
    struct executor_report report;
    struct run_exit exit;

    if (load_exit(attempt, &exit) < 0) {
        report_lost(attempt);
        return;
    }
    report = begin_report(attempt, exit.refused ? EXECUTOR_REFUSED : EXECUTOR_ENDED);
    report.at = to_instant(attempt, &exit.ended);
    report.status = exit.status;
    report.signal = exit.signal;
    report.ran = (exit.ended.monotonic_ms - exit.started.monotonic_ms)
                 * attempt->host->clock->rate / 1000;
    report.timed_out = exit.timed_out;
    report.out_of_memory = exit.out_of_memory;
    report.cpu_ms = exit.cpu_ms;
    if (!exit.refused)
        report.started = to_instant(attempt, &exit.started);
    text_copy(report.text, sizeof(report.text), exit.text);
    send_end(attempt, &report);
}

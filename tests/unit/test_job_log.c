/* SPDX-License-Identifier: MIT */
#include "daemon/job_log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static const struct job lost = {.id = 13,
                                .state = JOB_FAILED,
                                .cause = JOB_CAUSE_LOST,
                                .started = 100,
                                .ended = 220};
static const struct job not_started = {
    .id = 13, .state = JOB_FAILED, .cause = JOB_CAUSE_NOT_STARTED, .ended = 220};
static const struct job broken = {.id = 13,
                                  .state = JOB_FAILED,
                                  .cause = JOB_CAUSE_EXIT,
                                  .started = 100,
                                  .ended = 220,
                                  .exit_status = 3};
static const struct job cancelled = {
    .id = 13, .state = JOB_CANCELLED, .cause = JOB_CAUSE_USER, .ended = 220};
static const struct job dropped = {.id = 13, .state = JOB_CANCELLED, .ended = 220};
static const struct job waiting = {.id = 13, .state = JOB_WAITING};

/* What happened, what was reported of it, and the log's line after its moment. */
static const struct {
    enum job_event_kind kind;
    const struct job *job;
    const char *report, *line;
} cases[] = {
    {JOB_EVENT_BROKE, &lost, "GPU 0 was lost",
     " info: job 13: failed (lost) after 2m: GPU 0 was lost\n"},
    {JOB_EVENT_BROKE, &not_started, "cannot write to '/x': Permission denied",
     " info: job 13: failed (not-started) before it ran: cannot write to '/x': "
     "Permission denied\n"},
    {JOB_EVENT_BROKE, &broken, "",
     " info: job 13: failed (exit, exit status 3) after 2m\n"},
    {JOB_EVENT_CANCELLED, &cancelled, NULL,
     " info: job 13: cancelled (user) before it ran\n"},
    {JOB_EVENT_CANCELLED, &dropped, NULL, " info: job 13: cancelled before it ran\n"},
    {JOB_EVENT_START_FAILED, &waiting, "cannot enter '/x'",
     " warning: job 13: start-failed: cannot enter '/x'\n"},
    {JOB_EVENT_REQUEUED, &waiting, "GPU 0 was lost",
     " warning: job 13: requeued: GPU 0 was lost\n"},
};

/* Log the event, with standard error in a pipe, and read the line. */
static void log_to(const struct engine_event *event, char *line, size_t size)
{
    int standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int ends[2];
    ssize_t length;

    assert_int_equal(0, pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    job_log_event(event, NULL);
    assert_true(dup2(standard_error, STDERR_FILENO) >= 0);
    length = read(ends[0], line, size - 1);
    line[length > 0 ? length : 0] = '\0';
    close(standard_error);
    close(ends[0]);
    close(ends[1]);
}

static void the_log_says_how_and_why_a_run_came_to_nothing(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct executor_report report = {.job_id = 13};
        const struct engine_event event = {
            .kind = cases[i].kind,
            .job = cases[i].job,
            .count = 1,
            .pool = "lab",
            .zone = "GB",
            .report = cases[i].report ? &report : NULL,
        };
        char line[512];

        if (cases[i].report)
            strncpy(report.text, cases[i].report, sizeof(report.text) - 1);
        log_to(&event, line, sizeof(line));
        assert_non_null(strchr(line, ' '));
        assert_string_equal(cases[i].line, strchr(line, ' '));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_says_how_and_why_a_run_came_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

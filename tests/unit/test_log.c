/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* Standard error goes to a pipe, and what is written there can be read back. */
struct capture {
    int pipe[2];
    int standard_error;
    char lines[8192];
};

static int start_capture(void **state)
{
    struct capture *capture = calloc(1, sizeof(*capture));

    assert_non_null(capture);
    assert_int_equal(0, pipe2(capture->pipe, O_CLOEXEC | O_NONBLOCK));
    capture->standard_error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    assert_true(capture->standard_error >= 0);
    assert_true(dup2(capture->pipe[1], STDERR_FILENO) >= 0);
    unsetenv("JOURNAL_STREAM");
    log_set_level(LOG_LEVEL_INFO);
    *state = capture;
    return 0;
}

static int stop_capture(void **state)
{
    struct capture *capture = *state;

    dup2(capture->standard_error, STDERR_FILENO);
    close(capture->standard_error);
    close(capture->pipe[0]);
    close(capture->pipe[1]);
    free(capture);
    return 0;
}

static const char *written(struct capture *capture)
{
    ssize_t length = read(capture->pipe[0], capture->lines, sizeof(capture->lines) - 1);

    capture->lines[length > 0 ? length : 0] = '\0';
    return capture->lines;
}

static void pretend_that_journald_reads(void)
{
    struct stat status;
    char stream[64];

    assert_int_equal(0, fstat(STDERR_FILENO, &status));
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
             (unsigned long long)status.st_ino);
    assert_int_equal(0, setenv("JOURNAL_STREAM", stream, 1));
}

static void a_line_has_its_time_and_level(void **state)
{
    const char *line;

    log_warning("job %d: %s", 12, "lost");
    line = written(*state);
    assert_int_equal(strlen("2026-11-21T20:15:00Z warning: job 12: lost\n"),
                     strlen(line));
    assert_string_equal("Z warning: job 12: lost\n", line + 19);
}

static void journald_gets_a_level_and_no_time(void **state)
{
    pretend_that_journald_reads();
    log_error("a");
    log_warning("b");
    log_notice("c");
    log_info("d");
    assert_string_equal("<3>a\n<4>b\n<5>c\n<6>d\n", written(*state));
}

static void a_stream_that_is_not_ours_is_not_journald(void **state)
{
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_error("a");
    assert_non_null(strstr(written(*state), "Z error: a\n"));
}

static void what_is_less_urgent_than_the_level_is_dropped(void **state)
{
    enum log_level level;

    log_debug("hidden");
    assert_string_equal("", written(*state));
    assert_int_equal(0, log_level_parse("debug", &level));
    log_set_level(level);
    log_debug("shown");
    assert_non_null(strstr(written(*state), "debug: shown"));
    assert_int_equal(0, log_level_parse("error", &level));
    log_set_level(level);
    log_warning("hidden");
    assert_string_equal("", written(*state));
    assert_int_equal(-1, log_level_parse("loud", &level));
}

static void a_name_cannot_forge_a_line(void **state)
{
    pretend_that_journald_reads();
    log_info("job %s", "x\n<3>root: \x1b[31m\x7f\xc2\x9b"
                       "2J \xc3\xa9");
    assert_string_equal("<6>job x?<3>root: ?[31m???2J \xc3\xa9\n", written(*state));
}

static void a_long_line_is_cut_and_says_so(void **state)
{
    const char *line;

    pretend_that_journald_reads();
    log_info("%05000d", 7);
    line = written(*state);
    assert_true(strlen(line) < 2100);
    assert_string_equal("0...\n", line + strlen(line) - 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_its_time_and_level, start_capture,
                                        stop_capture),
        cmocka_unit_test_setup_teardown(journald_gets_a_level_and_no_time,
                                        start_capture, stop_capture),
        cmocka_unit_test_setup_teardown(a_stream_that_is_not_ours_is_not_journald,
                                        start_capture, stop_capture),
        cmocka_unit_test_setup_teardown(what_is_less_urgent_than_the_level_is_dropped,
                                        start_capture, stop_capture),
        cmocka_unit_test_setup_teardown(a_name_cannot_forge_a_line, start_capture,
                                        stop_capture),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_says_so, start_capture,
                                        stop_capture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "nodes/local/executor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

static void run_to_end(struct local_runs *runs, const struct executor_order *order,
                       struct executor_report *end)
{
    local_runs_start(runs, order);
    *end = local_runs_wait_end(runs);
}

static void the_way_a_command_ends_is_reported(void **state)
{
    struct local_runs *runs = *state;
    static const struct {
        const char *command;
        int status;
        int signal;
    } rows[] = {
        {"exit 0", 0, 0},           {"exit 7", 7, 0},
        {"kill -9 $$", 0, SIGKILL}, {"kill -TERM $$", 0, SIGTERM},
        {"cat && exit 3", 3, 0}, /* standard input is empty */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct executor_order order =
            local_runs_order(runs, (int64_t)i + 1, rows[i].command);
        instant before = system_clock.now(&system_clock);
        struct executor_report end;

        run_to_end(runs, &order, &end);
        assert_int_equal(end.job_id, i + 1);
        assert_int_equal(end.attempt, 1);
        assert_int_equal(end.status, rows[i].status);
        assert_int_equal(end.signal, rows[i].signal);
        assert_false(end.timed_out);
        assert_in_range(end.started, before, before + 30);
        assert_in_range(end.at, end.started, end.started + 30);
    }
}

static void a_script_is_run_with_its_arguments(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "");
    static const char script[] = "#!/bin/sh\necho \"$# $2\"\n";
    char line[64];

    order.arguments = "one\0two words";
    order.arguments_size = sizeof("one\0two words");
    order.script = script;
    order.script_size = sizeof(script) - 1;
    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "2 two words");
    assert_int_equal(local_runs_wait_end(runs).status, 0);
}

static void what_cannot_be_had_is_refused_in_a_sentence(void **state)
{
    struct local_runs *runs = *state;
    static const struct {
        const char *command;
        const char *directory;
        const char *output;
        const char *error;
        const char *text;
    } rows[] = {
        {"no-such-command", "/", "/dev/null", NULL,
         "cannot run 'no-such-command': No such file or directory"},
        {"/tmp", "/", "/dev/null", NULL, "cannot run '/tmp': Permission denied"},
        {"true", "/no/such", "/dev/null", NULL,
         "cannot enter '/no/such': No such file or directory"},
        {"true", "/", "/tmp", NULL, "cannot write to '/tmp': Is a directory"},
        {"true", "/", "/dev/null", "/no/such/file",
         "cannot write to '/no/such/file': No such file or directory"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct executor_order order = local_runs_order(runs, (int64_t)i + 1, "");
        struct executor_report end;

        order.arguments = rows[i].command;
        order.arguments_size = strlen(rows[i].command) + 1;
        order.directory = rows[i].directory;
        order.output = rows[i].output;
        order.error = rows[i].error;
        local_runs_start(runs, &order);
        end = local_runs_wait(runs, EXECUTOR_REFUSED);
        assert_string_equal(end.text, rows[i].text);
        assert_int_equal(end.started, 0);
    }
}

static void a_script_whose_interpreter_is_missing_is_refused(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "");

    order.script = "#!/no/such/interpreter\n";
    order.script_size = strlen(order.script);
    local_runs_start(runs, &order);
    assert_string_equal(local_runs_wait(runs, EXECUTOR_REFUSED).text,
                        "cannot run the script: its interpreter is missing");
}

static void output_is_added_to_and_errors_go_their_own_way(void **state)
{
    struct local_runs *runs = *state;
    char text[64] = "";
    char path[128];
    struct executor_report end;
    FILE *file;

    for (int64_t id = 1; id <= 2; id++) {
        struct executor_order order =
            local_runs_order(runs, id, "echo out; echo err >&2");

        order.output = "out.txt";
        order.error = id == 1 ? "err.txt" : NULL;
        run_to_end(runs, &order, &end);
    }
    snprintf(path, sizeof(path), "%s/out.txt", runs->directory);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 12);
    fclose(file);
    assert_string_equal(text, "out\nout\nerr\n");
}

static void a_job_is_ended_at_its_time_limit(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order;
    struct executor_report end;

    local_runs_set_rate(runs, 3600);
    order = local_runs_order(runs, 1, "exec sleep 1000");
    order.time_limit = 360; /* a tenth of a second */
    order.grace = 36000;
    run_to_end(runs, &order, &end);
    assert_true(end.timed_out);
    assert_int_equal(end.signal, SIGTERM);
    /* In the time of the clock that the limit is in. */
    assert_in_range(end.started, 1000000000, 1000000000 + 100 * HOUR);
    assert_in_range(end.at - end.started, 359, 30 * HOUR);
}

static void a_job_that_will_not_stop_is_killed_after_its_grace(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order;
    struct executor_report end;
    char line[16];

    local_runs_set_rate(runs, 3600);
    order = local_runs_order(runs, 1, "trap '' TERM; echo ready; exec sleep 1000");
    order.grace = 360;
    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    runs->executor->stop(runs->executor, 1, 1);
    end = local_runs_wait_end(runs);
    assert_int_equal(end.signal, SIGKILL);
    assert_false(end.timed_out);
}

static void a_job_is_stopped_by_a_signal_it_can_answer(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1, "trap 'exit 5' TERM; echo ready; read x < go");
    char line[16];

    order.grace = HOUR;
    local_runs_start(runs, &order);
    local_runs_read_line(runs, line, sizeof(line));
    runs->executor->stop(runs->executor, 1, 1);
    assert_int_equal(local_runs_wait_end(runs).status, 5);
    runs->executor->stop(runs->executor, 1, 1);
}

static void a_stop_right_after_the_start_is_not_lost(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "exec sleep 1000");

    order.grace = HOUR;
    local_runs_start(runs, &order);
    runs->executor->stop(runs->executor, 1, 1);
    assert_int_equal(local_runs_wait_end(runs).signal, SIGTERM);
}

static void what_a_job_leaves_behind_ends_with_it(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(
        runs, 1, "setsid sh -c 'trap : TERM HUP; sleep 1000; sleep 1000' & echo up");
    struct executor_report end;

    run_to_end(runs, &order, &end);
    assert_int_equal(end.status, 0);
    local_runs_wait_gone(runs);
}

static void descriptors_and_signals_do_not_leak_into_a_job(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order =
        local_runs_order(runs, 1,
                         "echo $(ls /proc/self/fd); grep -E '^Sig(Blk|Ign)' "
                         "/proc/self/status | tr -d '\\t' | tr '\\n' ' ';"
                         " echo; ps -o sid= -o pgid= -o pid= $$ | tr -s ' '");
    struct executor_report end;
    int files[64];
    long numbers[3];
    char line[128];
    char *at;

    for (int i = 0; i < 64; i++)
        files[i] = open("/dev/null", O_RDONLY); /* left open across exec */
    signal(SIGUSR1, SIG_IGN);
    run_to_end(runs, &order, &end);
    signal(SIGUSR1, SIG_DFL);
    for (int i = 0; i < 64; i++)
        close(files[i]);
    local_runs_read_line(runs, line, sizeof(line));
    assert_string_equal(line, "0 1 2 3"); /* 3 is the listing itself */
    local_runs_read_line(runs, line, sizeof(line));
    line[23] = '\0';
    assert_string_equal(line, "SigBlk:0000000000000000");
    /* The C library keeps 32 and 33 for itself, and hands on how it found them. */
    assert_int_equal(strtoull(line + 24 + 7, NULL, 16) & ~UINT64_C(0x180000000), 0);
    local_runs_read_line(runs, line, sizeof(line));
    at = line;
    for (int i = 0; i < 3; i++)
        numbers[i] = strtol(at, &at, 10);
    assert_int_not_equal(numbers[0], getsid(0));
    assert_int_equal(numbers[1], numbers[2]);
}

static void a_job_finds_what_it_was_given_in_its_environment(void **state)
{
    struct local_runs *runs = *state;
    static const char environment[] = "PATH=/usr/bin:/bin\0HOME=/home/ada\0"
                                      "PENSTOCK_JOB_ID=99\0PENSTOCK_ARRAY_ID=98\0"
                                      "CUDA_VISIBLE_DEVICES=7\0malformed";
    static const struct {
        uint64_t gpu_mask;
        int32_t gpus;
        int64_t array_id;
        const char *line;
    } rows[] = {
        {0, 0, 0, "1 1 2 0 [] [] 4 lab   /home/ada"},
        {0x25, 3, 40, "2 1 2 3 [0,2,5] [PCI_BUS_ID] 4 lab 40 8 /home/ada"},
        {0, 70, 0, "3 1 2 70 [7] [] 4 lab   /home/ada"},
    };
    static const char command[] =
        "echo \"$PENSTOCK_JOB_ID $PENSTOCK_ATTEMPT $PENSTOCK_RESTART $PENSTOCK_GPUS"
        " [${CUDA_VISIBLE_DEVICES-unset}] [$CUDA_DEVICE_ORDER] $PENSTOCK_CPUS"
        " $PENSTOCK_POOL $PENSTOCK_ARRAY_ID $PENSTOCK_ARRAY_INDEX $HOME\"";

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct executor_order order = local_runs_order(runs, (int64_t)i + 1, command);
        char line[128];

        order.environment = environment;
        order.environment_size = sizeof(environment);
        order.gpu_mask = rows[i].gpu_mask;
        order.gpus = rows[i].gpus;
        order.array_id = rows[i].array_id;
        order.array_index = 8;
        order.cpus = 4;
        order.restarts = 2;
        local_runs_start(runs, &order);
        local_runs_read_line(runs, line, sizeof(line));
        assert_string_equal(line, rows[i].line);
        local_runs_wait_end(runs);
        local_runs_wait_gone(runs);
    }
}

static void an_order_that_is_none_begins_nothing(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order;
    char path[128];
    struct stat stat;

    for (int i = 0; i < 6; i++) {
        struct error err = {0};

        order = local_runs_order(runs, 1, "true");
        order.uid = i == 0 ? getuid() + 1 : order.uid;
        order.arguments_size = i == 1 ? 0 : order.arguments_size;
        order.directory = i == 2 ? "relative" : order.directory;
        order.output = i == 3 ? "" : order.output;
        order.script = i == 4 ? "echo" : NULL;
        order.script_size = i == 4 ? 4 : 0;
        order.arguments_size = i == 5 ? 5 : order.arguments_size;
        assert_int_equal(runs->executor->start(runs->executor, &order, &err), -1);
        assert_int_equal(err.code, i == 0 ? ERROR_FORBIDDEN : ERROR_INVALID);
    }
    snprintf(path, sizeof(path), "%s/runs/1.1", runs->directory);
    assert_int_equal(lstat(path, &stat), -1);
}

static void a_run_that_was_made_before_is_a_conflict(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "true");
    struct executor_report end;
    struct error err = {0};

    run_to_end(runs, &order, &end);
    assert_int_equal(runs->executor->start(runs->executor, &order, &err), -1);
    assert_int_equal(err.code, ERROR_CONFLICT);
    runs->executor->forget(runs->executor, 1, 1);
    run_to_end(runs, &order, &end);
}

static void a_runner_without_room_for_the_exit_status_begins_nothing(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "echo ran");
    struct rlimit before;
    struct rlimit small;

    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = RUN_RECORD_SIZE - 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    local_runs_start(runs, &order);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(
        strstr(local_runs_wait(runs, EXECUTOR_NOT_RUN).text, "File too large"));
}

static void a_runner_that_is_missing_is_told_at_once(void **state)
{
    struct local_runs *runs = *state;
    const struct local_settings settings = {
        .state_dir = runs->directory,
        .runner = "/no/such/runner",
        .clock = &system_clock,
        .uid = getuid(),
    };
    struct error err = {0};

    assert_null(local_executor_create(&runs->loop, &settings, NULL, NULL, &err));
    assert_int_equal(err.code, ERROR_INVALID);
}

#define LOCAL_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(the_way_a_command_ends_is_reported),
        LOCAL_TEST(a_script_is_run_with_its_arguments),
        LOCAL_TEST(what_cannot_be_had_is_refused_in_a_sentence),
        LOCAL_TEST(a_script_whose_interpreter_is_missing_is_refused),
        LOCAL_TEST(output_is_added_to_and_errors_go_their_own_way),
        LOCAL_TEST(a_job_is_ended_at_its_time_limit),
        LOCAL_TEST(a_job_that_will_not_stop_is_killed_after_its_grace),
        LOCAL_TEST(a_job_is_stopped_by_a_signal_it_can_answer),
        LOCAL_TEST(a_stop_right_after_the_start_is_not_lost),
        LOCAL_TEST(what_a_job_leaves_behind_ends_with_it),
        LOCAL_TEST(descriptors_and_signals_do_not_leak_into_a_job),
        LOCAL_TEST(a_job_finds_what_it_was_given_in_its_environment),
        LOCAL_TEST(an_order_that_is_none_begins_nothing),
        LOCAL_TEST(a_run_that_was_made_before_is_a_conflict),
        LOCAL_TEST(a_runner_without_room_for_the_exit_status_begins_nothing),
        LOCAL_TEST(a_runner_that_is_missing_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

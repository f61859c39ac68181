/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_files.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define BOOT  "11111111-2222-3333-4444-555555555555"

/* A string literal with NULs in it; its own NUL ends the last record. */
#define BYTES(literal) literal, sizeof(literal)

#define SPEC_NUMBERS "time_limit=60\0grace=5\0pause_signal=10\0rate=1\0script=0\0"
#define SPEC_HEAD    "token=" TOKEN "\0" SPEC_NUMBERS
#define SPEC         SPEC_HEAD "directory=/tmp\0output=o\0argument=true\0"

struct row {
    const char *bytes;
    size_t size;
};

static char *copy_bytes(const struct row *row)
{
    char *bytes = malloc(row->size + 1);

    assert_non_null(bytes);
    memcpy(bytes, row->bytes, row->size);
    bytes[row->size] = '\0';
    return bytes;
}

static void a_spec_survives_the_way_to_the_runner(void **state)
{
    char first[] = "sh";
    char second[] = "";
    char third[] = "line\nend\x80";
    char variable[] = "A==b";
    char *arguments[] = {first, second, third, NULL};
    char *environment[] = {variable, NULL};
    const struct run_spec spec = {
        .token = TOKEN,
        .time_limit = 3600,
        .grace = 30,
        .pause_signal = 12,
        .rate = 60,
        .cpus = 8,
        .memory = 65536,
        .script = true,
        .directory = "/home/ada",
        .output = "out=put",
        .arguments = arguments,
        .argument_count = 3,
        .environment = environment,
        .environment_count = 1,
    };
    struct text bytes = TEXT_EMPTY;
    struct run_spec parsed;

    (void)state;
    run_spec_format(&spec, &bytes);
    assert_int_equal(run_spec_parse(bytes.bytes, bytes.length, &parsed, NULL), 0);
    assert_string_equal(parsed.token, TOKEN);
    assert_int_equal(parsed.time_limit, 3600);
    assert_int_equal(parsed.grace, 30);
    assert_int_equal(parsed.pause_signal, 12);
    assert_int_equal(parsed.rate, 60);
    assert_int_equal(parsed.cpus, 8);
    assert_int_equal(parsed.memory, 65536);
    assert_true(parsed.script);
    assert_string_equal(parsed.directory, "/home/ada");
    assert_string_equal(parsed.output, "out=put");
    assert_null(parsed.error);
    assert_int_equal(parsed.argument_count, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(parsed.arguments[i], arguments[i]);
    assert_null(parsed.arguments[3]);
    assert_string_equal(parsed.environment[0], variable);
    assert_null(parsed.environment[1]);
    run_spec_release(&parsed);
    text_release(&bytes);
}

static void a_spec_with_any_fault_is_refused(void **state)
{
    static const struct row rows[] = {
        {BYTES("")},
        {"", 0},
        {BYTES("end")},
        {BYTES(SPEC)},
        {SPEC "end", sizeof(SPEC "end") - 1},
        {BYTES(SPEC "end\0x")},
        {BYTES(SPEC "shell=1\0end")},
        {BYTES(SPEC "rate=1\0end")},
        {BYTES(SPEC "error=\0end")},
        {BYTES(SPEC "environment=A\0end")},
        {BYTES(SPEC "environment==A\0end")},
        {BYTES(SPEC "environment\0end")},
        {BYTES(SPEC "\0end")},
        {BYTES(SPEC_HEAD "directory=/tmp\0output=o\0end")},
        {BYTES(SPEC_HEAD "directory=tmp\0output=o\0argument=true\0end")},
        {BYTES(SPEC_HEAD "output=o\0argument=true\0end")},
        {BYTES(SPEC_NUMBERS "directory=/\0output=o\0argument=true\0end")},
        {BYTES("token=0\0" SPEC_NUMBERS "directory=/\0output=o\0argument=a\0end")},
        {BYTES("token=0123456789ABCDEF0123456789abcdef\0" SPEC_NUMBERS
               "directory=/\0output=o\0argument=a\0end")},
        {BYTES("token=" TOKEN
               "\0time_limit=-1\0grace=5\0pause_signal=9\0rate=1\0script=0\0"
               "directory=/\0output=o\0argument=a\0end")},
        {BYTES("token=" TOKEN "\0time_limit=1\0grace=5\0rate=0\0script=0\0"
               "directory=/\0output=o\0argument=a\0end")},
        {BYTES("token=" TOKEN
               "\0time_limit=1\0grace=5\0pause_signal=9\0rate=1\0script=2\0"
               "directory=/\0output=o\0argument=a\0end")},
        {BYTES("token=" TOKEN
               "\0time_limit=99999999999999999999\0grace=5\0pause_signal=9\0rate=1\0"
               "script=0\0directory=/\0output=o\0argument=a\0end")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *bytes = copy_bytes(&rows[i]);
        struct run_spec spec;
        struct error err = {0};

        if (run_spec_parse(bytes, rows[i].size, &spec, &err) == 0)
            fail_msg("row %zu was taken", i);
        assert_int_equal(err.code, ERROR_INVALID);
        free(bytes);
    }
}

static void a_spec_without_a_fault_is_taken(void **state)
{
    const struct row row = {BYTES(SPEC "environment=A=b\0end")};
    char *bytes = copy_bytes(&row);
    struct run_spec spec;

    (void)state;
    assert_int_equal(run_spec_parse(bytes, row.size, &spec, NULL), 0);
    assert_false(spec.script);
    run_spec_release(&spec);
    free(bytes);
}

static void a_lock_names_its_holder(void **state)
{
    const struct run_lock lock = {.holder = {12, 345, BOOT}};
    struct text bytes = TEXT_EMPTY;
    struct run_lock parsed;

    (void)state;
    run_lock_format(&lock, &bytes);
    assert_int_equal(run_lock_parse(bytes.bytes, bytes.length, &parsed, NULL), 0);
    assert_int_equal(parsed.holder.pid, 12);
    assert_int_equal(parsed.holder.start_ticks, 345);
    assert_string_equal(parsed.holder.boot_id, BOOT);
    text_release(&bytes);
}

static void a_bad_lock_is_refused(void **state)
{
    static const struct row rows[] = {
        {BYTES("pid=-1\0start=1\0boot=" BOOT "\0end")},
        {BYTES("pid=4294967296\0start=1\0boot=" BOOT "\0end")},
        {BYTES("pid=1\0boot=" BOOT "\0end")},
        {BYTES("pid=1\0start=1\0boot=" BOOT "x\0end")},
        {BYTES("pid=1\0start=1\0boot=" BOOT)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *bytes = copy_bytes(&rows[i]);
        struct run_lock lock;

        if (run_lock_parse(bytes, rows[i].size, &lock, NULL) == 0)
            fail_msg("row %zu was taken", i);
        free(bytes);
    }
}

static void an_exit_in_a_file_allocated_before_is_read(void **state)
{
    const struct run_exit exit = {
        .timed_out = true,
        .stopped = true,
        .paused = true,
        .out_of_memory = true,
        .cpu_ms = 7654,
        .signal = 15,
        .started = {1700000000, 5000},
        .ended = {1700000060, 65000},
        .text = "because",
    };
    const struct run_moment started = {1700000000, 5000};
    char file[RUN_RECORD_SIZE + 1] = {0};
    struct text bytes = TEXT_EMPTY;
    struct run_exit parsed;
    struct run_moment moment;

    (void)state;
    run_exit_format(&exit, &bytes);
    memcpy(file, bytes.bytes, bytes.length);
    assert_int_equal(run_exit_parse(file, RUN_RECORD_SIZE, &parsed, NULL), 0);
    assert_false(parsed.refused);
    assert_true(parsed.timed_out);
    assert_true(parsed.stopped);
    assert_true(parsed.paused);
    assert_true(parsed.out_of_memory);
    assert_int_equal(parsed.cpu_ms, 7654);
    assert_int_equal(parsed.signal, 15);
    assert_int_equal(parsed.status, 0);
    assert_int_equal(parsed.started.utc, 1700000000);
    assert_int_equal(parsed.ended.monotonic_ms, 65000);
    assert_string_equal(parsed.text, "because");
    text_clear(&bytes);
    run_started_format(&started, &bytes);
    assert_int_equal(run_started_parse(bytes.bytes, bytes.length, &moment, NULL), 0);
    assert_int_equal(moment.utc, 1700000000);
    assert_int_equal(moment.monotonic_ms, 5000);
    text_release(&bytes);
}

static void what_an_earlier_runner_left_is_read(void **state)
{
#define EXIT(more)                                                                     \
    "refused=0\0timed_out=0\0stopped=1\0" more "status=3\0signal=0\0started=5\0"       \
    "started_ms=5\0ended=9\0ended_ms=9\0text=\0end"
    static const struct row earlier = {BYTES(EXIT(""))};
    static const struct row spec = {
        BYTES("token=" TOKEN
              "\0time_limit=1\0grace=5\0rate=1\0script=0\0directory=/\0output=o\0"
              "argument=a\0end")};
    static const struct row bad[] = {
        {BYTES(EXIT("paused=2\0"))},
        {BYTES(EXIT("out_of_memory=-1\0"))},
        {BYTES(EXIT("cpu_ms=x\0"))},
        {BYTES(EXIT("cpu_ms=1\0cpu_ms=1\0"))},
    };
    struct run_spec old;
    struct run_exit exit;
    char *bytes = copy_bytes(&earlier);

    (void)state;
    assert_int_equal(run_exit_parse(bytes, earlier.size, &exit, NULL), 0);
    assert_int_equal(exit.status, 3);
    assert_false(exit.paused);
    assert_false(exit.out_of_memory);
    assert_int_equal(exit.cpu_ms, 0);
    free(bytes);
    bytes = copy_bytes(&spec);
    assert_int_equal(run_spec_parse(bytes, spec.size, &old, NULL), 0);
    assert_int_equal(old.memory, 0);
    assert_int_equal(old.pause_signal, 15);
    run_spec_release(&old);
    free(bytes);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bytes = copy_bytes(&bad[i]);
        assert_int_equal(run_exit_parse(bytes, bad[i].size, &exit, NULL), -1);
        free(bytes);
    }
}

static void the_longest_exit_fits_what_was_allocated(void **state)
{
    struct run_exit exit = {
        .refused = true,
        .timed_out = true,
        .stopped = true,
        .paused = true,
        .out_of_memory = true,
        .cpu_ms = RUN_CPU_MS_MAX,
        .status = 255,
        .signal = 127,
        .started = {INSTANT_MAX, RUN_MONOTONIC_MAX},
        .ended = {INSTANT_MAX, RUN_MONOTONIC_MAX},
    };
    struct text bytes = TEXT_EMPTY;

    (void)state;
    memset(exit.text, 'x', sizeof(exit.text) - 1);
    run_exit_format(&exit, &bytes);
    assert_in_range(bytes.length, 1, RUN_RECORD_SIZE);
    assert_int_equal(run_exit_parse(bytes.bytes, bytes.length, &exit, NULL), 0);
    text_release(&bytes);
}

static void an_exit_never_written_is_none(void **state)
{
    char file[RUN_RECORD_SIZE + 1] = {0};
    struct run_exit exit;
    struct run_moment started;

    (void)state;
    assert_int_equal(run_exit_parse(file, RUN_RECORD_SIZE, &exit, NULL), -1);
    assert_int_equal(run_started_parse(file, RUN_RECORD_SIZE, &started, NULL), -1);
}

static void a_process_is_read_whatever_it_calls_itself(void **state)
{
#define AFTER " S 7 12 12 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2\n"
    static const struct {
        const char *text;
        bool is_read;
    } rows[] = {
        {"12 (sh)" AFTER, true},
        {"12 (a) S 1 (b\n) R)" AFTER, true},
        {"12 ())" AFTER, true},
        {"", false},
        {"12 (sh", false},
        {"12 (sh)", false},
        {"12 (sh) ", false},
        {"12 (sh) S 7 12", false},
        {"12 (sh) S x 12 12 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run_process_stat stat;

        assert_int_equal(run_process_stat_parse(rows[i].text, &stat, NULL),
                         rows[i].is_read ? 0 : -1);
        if (!rows[i].is_read)
            continue;
        assert_int_equal(stat.pid, 12);
        assert_int_equal(stat.state, 'S');
        assert_int_equal(stat.parent, 7);
        assert_int_equal(stat.session, 12);
        assert_int_equal(stat.start_ticks, 987654);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spec_survives_the_way_to_the_runner),
        cmocka_unit_test(a_spec_with_any_fault_is_refused),
        cmocka_unit_test(a_spec_without_a_fault_is_taken),
        cmocka_unit_test(a_lock_names_its_holder),
        cmocka_unit_test(a_bad_lock_is_refused),
        cmocka_unit_test(an_exit_in_a_file_allocated_before_is_read),
        cmocka_unit_test(what_an_earlier_runner_left_is_read),
        cmocka_unit_test(the_longest_exit_fits_what_was_allocated),
        cmocka_unit_test(an_exit_never_written_is_none),
        cmocka_unit_test(a_process_is_read_whatever_it_calls_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

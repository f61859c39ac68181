/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "nodes/meter.h"

#define BOOT "11111111-2222-3333-4444-555555555555"
#define T    INT64_C(1000000)
#define CPUS 8

static int setup(void **state)
{
    *state = meter_create(BOOT);
    return 0;
}

static int teardown(void **state)
{
    meter_destroy(*state);
    return 0;
}

/* The machine has taken so many joules and worked so many seconds of CPU time; jobs 1
 * and 2 have worked so many of these. */
static void look(struct meter *meter, int64_t at_ms, int64_t joules, int64_t busy,
                 int64_t first, int64_t second)
{
    const struct meter_cpu cpu = {joules * 1000000, busy * 1000, CPUS};
    const struct meter_share shares[] = {{1, 1, first * 1000}, {2, 1, second * 1000}};

    meter_sample_cpu(meter, &cpu, shares, 2, at_ms);
}

static struct energy_reading end(struct meter *meter, int64_t job_id, int64_t now_ms)
{
    struct energy_reading reading;

    assert_true(meter_end(meter, job_id, 1, now_ms, &reading));
    return reading;
}

static void two_jobs_share_the_packages_by_their_cpu_time(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 1000, 500, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    meter_begin(meter, 2, 1, 0, T);
    look(meter, T + 10000, 2000, 540, 10, 20); /* 10 s are of others */
    look(meter, T + 20000, 4000, 620, 50, 60);
    assert_true(end(meter, 1, T + 20000).cpu_measured);
    look(meter, T + 20000, 4000, 620, 0, 60);
    assert_int_equal(end(meter, 2, T + 20000).cpu, 500 + 1000);
}

static void the_first_of_them_has_its_own_share(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 1000, 500, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 10000, 2000, 540, 10, 0);
    look(meter, T + 20000, 4000, 620, 50, 0);
    assert_int_equal(end(meter, 1, T + 20000).cpu, 250 + 1000);
}

static void what_the_packages_take_when_idle_is_nobodys(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 0, 0, 0, 0);
    look(meter, T + 10000, 200, 1, 0, 0); /* 20 W, and next to nothing runs */
    meter_begin(meter, 1, 1, 0, T + 10000);
    look(meter, T + 20000, 1200, 41, 40, 0);
    assert_int_equal(end(meter, 1, T + 20000).cpu, 800);
}

static void a_job_of_one_cpu_among_many_is_no_idleness(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 10000, 400, 1, 1, 0);
    assert_int_equal(end(meter, 1, T + 10000).cpu, 400);
}

static void no_job_has_more_than_all_of_it(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 10000, 1000, 40, 44, 0);
    assert_int_equal(end(meter, 1, T + 10000).cpu, 1000);
}

static void a_share_that_was_missed_is_caught_up_with(void **state)
{
    const struct meter_cpu cpu = {1000 * INT64_C(1000000), 40000, CPUS};
    struct meter *meter = *state;
    struct energy_reading reading;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    meter_sample_cpu(meter, &cpu, NULL, 0, T + 10000);
    look(meter, T + 20000, 3000, 120, 60, 0);
    reading = end(meter, 1, T + 20000);
    assert_true(reading.cpu_measured);
    assert_int_equal(reading.cpu, 1500);
}

static void cpu_time_that_goes_back_is_waited_for(void **state)
{
    struct meter *meter = *state;
    struct energy_reading reading;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 10000, 1000, 40, 20, 0);
    look(meter, T + 20000, 2000, 80, 5, 0);
    look(meter, T + 30000, 3000, 120, 60, 0);
    reading = end(meter, 1, T + 30000);
    assert_true(reading.cpu_measured);
    assert_int_equal(reading.cpu, 500 + 1000);
}

static void long_gaps_and_counters_that_leap_are_not_measured(void **state)
{
    static const struct {
        int64_t span;
        int64_t joules;
        int64_t busy;
    } cases[] = {
        {METER_CPU_GAP_MS + 1, 100, 40},
        {10000, -1, 40},
        {10000, 1000000, 40},
        {10000, 100, -1},
    };
    struct meter *meter = *state;
    int64_t at = T;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        look(meter, at, 1000, 500, 0, 0);
        meter_begin(meter, 1, 1, 0, at);
        look(meter, at + cases[i].span, 1000 + cases[i].joules, 500 + cases[i].busy, 10,
             0);
        at += cases[i].span;
        assert_false(end(meter, 1, at).cpu_measured);
    }
}

static void a_machine_that_cannot_be_seen_measures_nothing(void **state)
{
    const struct meter_share share = {1, 1, 10000};
    struct meter *meter = *state;

    meter_sample_cpu(meter, NULL, NULL, 0, T);
    meter_begin(meter, 1, 1, 0, T);
    meter_sample_cpu(meter, NULL, &share, 1, T + 10000);
    assert_false(end(meter, 1, T + 10000).cpu_measured);
}

static void the_first_sample_after_the_begin_leaves_a_hole(void **state)
{
    struct meter *meter = *state;

    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 500, 1000, 500, 0, 0);
    look(meter, T + 10500, 2000, 540, 40, 0);
    assert_false(end(meter, 1, T + 10500).cpu_measured);
    meter_begin(meter, 1, 1, 0, T + 10500);
    look(meter, T + 11000, 2000, 541, 0, 0);
    look(meter, T + 20500, 3000, 580, 30, 0);
    assert_true(end(meter, 1, T + 20500).cpu_measured);
}

static void the_time_before_it_began_covers_nothing(void **state)
{
    struct meter *meter = *state;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T + 5000);
    look(meter, T + 10000, 1000, 40, 20, 0);
    assert_false(end(meter, 1, T + 15000).cpu_measured);
}

static void after_a_restart_cpu_time_is_counted_from_where_it_is_found(void **state)
{
    struct meter *meter = *state;
    struct meter_record record;
    struct meter *next = meter_create(BOOT);
    struct energy_reading reading;

    look(meter, T, 0, 0, 0, 0);
    meter_begin(meter, 1, 1, 0, T);
    look(meter, T + 100000, 10000, 400, 200, 0);
    assert_true(meter_save(meter, 1, 1, &record));
    meter_resume(next, &record);
    look(next, T + 100500, 7, 402, 202, 0);
    look(next, T + 200000, 10007, 802, 602, 0);
    reading = end(next, 1, T + 200000);
    assert_true(reading.cpu_measured);
    /* 5 kJ and 10 kJ in 199.5 s of 200 */
    assert_in_range(reading.cpu, 15037, 15039);
    meter_destroy(next);
}

static const char good[] = "boot " BOOT "\njob 7\nattempt 1\ngpus 2\nbegun_ms 5\n"
                           "gpu_mj 6\nidle_mj 7\ngpu_ms 8\ncpu_uj 9\ncpu_ms 10\n"
                           "at_ms 11\nenergy_mj 12\npower_mw -1\nuuid GPU-1\nend\n";

static int parse(const char *bytes, struct meter_record *record)
{
    return meter_record_parse(bytes, strlen(bytes), record, NULL);
}

static void a_record_is_read_as_it_was_written(void **state)
{
    struct meter_record record;
    struct text bytes = TEXT_EMPTY;

    (void)state;
    assert_int_equal(parse(good, &record), 0);
    assert_int_equal(record.gpus[1].energy_mj, 12);
    meter_record_format(&record, &bytes);
    assert_string_equal(bytes.bytes, good);
    text_release(&bytes);
}

static void a_record_with_every_gpu_is_within_its_limit(void **state)
{
    struct meter_record record = {.job_id = INT64_MAX,
                                  .attempt = INT32_MAX,
                                  .gpu_mask = UINT64_MAX,
                                  .begun_ms = METER_MS_MAX,
                                  .gpu_mj = METER_MJ_MAX,
                                  .idle_mj = METER_MJ_MAX,
                                  .boot_id = BOOT};
    struct meter_record read;
    struct text bytes = TEXT_EMPTY;

    (void)state;
    for (int i = 0; i < METER_GPUS_MAX; i++) {
        record.gpus[i] =
            (struct meter_reading){METER_MS_MAX, METER_MJ_MAX, METER_MJ_MAX, ""};
        memset(record.gpus[i].uuid, 'x', GPU_UUID_MAX);
    }
    meter_record_format(&record, &bytes);
    assert_int_equal(meter_record_parse(bytes.bytes, bytes.length, &read, NULL), 0);
    assert_memory_equal(&read, &record, sizeof(read));
    text_release(&bytes);
}

static void a_damaged_record_is_refused_and_changes_nothing(void **state)
{
    struct meter_record record = {.job_id = 42};
    char bytes[sizeof(good)];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(good); i++) {
        memcpy(bytes, good, sizeof(good));
        bytes[i] = '\0'; /* torn off here */
        assert_int_equal(parse(bytes, &record), -1);
        bytes[i] = '!';
        assert_int_equal(parse(bytes, &record), -1);
    }
    assert_int_equal(meter_record_parse("", 0, &record, NULL), -1);
    assert_int_equal(parse("boot ../../etc\n", &record), -1);
    assert_int_equal(record.job_id, 42);
}

#define METER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        METER_TEST(two_jobs_share_the_packages_by_their_cpu_time),
        METER_TEST(the_first_of_them_has_its_own_share),
        METER_TEST(what_the_packages_take_when_idle_is_nobodys),
        METER_TEST(a_job_of_one_cpu_among_many_is_no_idleness),
        METER_TEST(no_job_has_more_than_all_of_it),
        METER_TEST(a_share_that_was_missed_is_caught_up_with),
        METER_TEST(cpu_time_that_goes_back_is_waited_for),
        METER_TEST(long_gaps_and_counters_that_leap_are_not_measured),
        METER_TEST(a_machine_that_cannot_be_seen_measures_nothing),
        METER_TEST(the_first_sample_after_the_begin_leaves_a_hole),
        METER_TEST(the_time_before_it_began_covers_nothing),
        METER_TEST(after_a_restart_cpu_time_is_counted_from_where_it_is_found),
        METER_TEST(a_record_is_read_as_it_was_written),
        METER_TEST(a_record_with_every_gpu_is_within_its_limit),
        METER_TEST(a_damaged_record_is_refused_and_changes_nothing),
    };

    return cmocka_run_group_tests_name("meter of CPUs", tests, NULL, NULL);
}

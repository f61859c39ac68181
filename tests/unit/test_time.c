/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/time.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* -1: refused. */
static const struct {
    const char *text;
    instant when;
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-21T20:15:00Z", 1795292100},
    {"2026-11-21T20:15Z", 1795292100},
    {"2026-11-21T21:15:00+01:00", 1795292100},
    {"2026-11-21T21:15:00+0100", 1795292100},
    {"2026-11-21T14:45:00-05:30", 1795292100},
    {"2026-11-21 20:15:00", 1795292100},
    {"2026-11-21 20:15", 1795292100},
    {"2026-11-21 21:15:00+01:00", 1795292100},
    {"2020-01-01 00:00:00+00:00", 1577836800},
    {"2021-07-01 00:00:00", 1625097600},
    {"2026-11-21T20:15:00.0000000+00:00", 1795292100},
    {"2026-11-21T20:15:00.999Z", 1795292100},
    {"2026-11-21T20:15:00.123456789Z", 1795292100},
    {"2016-12-31T23:59:60Z", 1483228799},
    {"2000-02-29T12:00:00Z", 951825600},
    {"2024-02-29T12:00:00Z", 1709208000},
    {"9999-12-31T23:59:59Z", INSTANT_MAX},
    {"1969-12-31T23:30:00-01:00", 1800},
    {"1969-12-31T23:59:59Z", -1},
    {"9999-12-31T23:59:59-01:00", -1},
    {"0000-01-01T00:00:00Z", -1},
    {"2026-02-30T00:00:00Z", -1},
    {"1900-02-29T00:00:00Z", -1},
    {"2100-02-29T00:00:00Z", -1},
    {"2026-13-01T00:00:00Z", -1},
    {"2026-00-01T00:00:00Z", -1},
    {"2026-01-00T00:00:00Z", -1},
    {"2026-04-31T00:00:00Z", -1},
    {"2026-01-01T24:00:00Z", -1},
    {"2026-01-01T00:60:00Z", -1},
    {"2026-01-01T00:00:61Z", -1},
    {"2026-01-01T00:00:00+24:00", -1},
    {"2026-01-01T00:00:00+01:60", -1},
    {"2026-01-01T00:00:00+01", -1},
    {"2026-01-01T00:00:00+1:00", -1},
    {"2026-11-21T20:15:00", -1},
    {"2026-11-21", -1},
    {"2026-11-21T", -1},
    {"2026-11-21T20:15:00Z ", -1},
    {" 2026-11-21T20:15:00Z", -1},
    {"2026-11-21T20:15:00ZZ", -1},
    {"2026-11-21T20:15:00.Z", -1},
    {"2026-11-21T20:15:00.1234567890Z", -1},
    {"2026-11-21T20:15:0Z", -1},
    {"2026-11-21  20:15:00", -1},
    {"26-11-21T20:15:00Z", -1},
    {"2026-1-21T20:15:00Z", -1},
    {"+2026-11-21T20:15:00Z", -1},
    {"2026-11-21T20:15:00z", -1},
    {"now", -1},
    {"", -1},
};

static void times_are_read_in_all_their_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(times); i++) {
        struct error err = {0};
        instant when = -7;
        int result = instant_parse(times[i].text, &when, &err);

        if (times[i].when >= 0 && (result < 0 || when != times[i].when))
            fail_msg("'%s' was read as %lld: %s", times[i].text, (long long)when,
                     err.text);
        if (times[i].when < 0 && (result == 0 || when != -7))
            fail_msg("'%s' was taken for %lld", times[i].text, (long long)when);
    }
}

static void a_refused_time_is_named_with_an_example(void **state)
{
    struct error err = {0};
    instant when;

    (void)state;
    assert_int_equal(-1, instant_parse("tomorrow", &when, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_non_null(strstr(err.text, "'tomorrow' is not a time such as 2026-"));
    assert_int_equal(-1, instant_parse("2026-02-30T00:00:00Z", &when, NULL));
}

static void every_day_of_four_centuries_survives_the_way_there_and_back(void **state)
{
    char text[INSTANT_TEXT_SIZE];
    instant days = 0;
    instant when;

    (void)state;
    for (; days < 146097 + 366; days++) {
        instant noon = days * DAY + 43199;

        assert_int_equal(0, instant_parse(instant_format(noon, text), &when, NULL));
        assert_int_equal(noon, when);
    }
}

static void times_are_written_in_utc(void **state)
{
    char text[INSTANT_TEXT_SIZE];

    (void)state;
    assert_string_equal("1970-01-01T00:00:00Z", instant_format(0, text));
    assert_string_equal("2026-11-21T20:15:07Z", instant_format(1795292107, text));
    assert_string_equal("2024-02-29T12:00:00Z", instant_format(1709208000, text));
    assert_string_equal("9999-12-31T23:59:59Z", instant_format(INSTANT_MAX, text));
    assert_string_equal("2026-11-21T20:15Z", instant_format_minute(1795292107, text));
}

static void times_out_of_range_are_written_as_the_limit(void **state)
{
    char text[INSTANT_TEXT_SIZE];

    (void)state;
    assert_string_equal("1970-01-01T00:00:00Z", instant_format(INT64_MIN, text));
    assert_string_equal("9999-12-31T23:59:59Z", instant_format(INT64_MAX, text));
}

static void hours_may_run_over_into_the_next_day(void **state)
{
    (void)state;
    assert_int_equal(instant_from_utc(2026, 3, 1, 0, 0, 0),
                     instant_from_utc(2026, 2, 28, 24, 0, 0));
}

/* -1: refused. */
static const struct {
    const char *text;
    duration length;
} durations[] = {
    {"90s", 90},
    {"15m", 15 * MINUTE},
    {"24h", DAY},
    {"7d", 7 * DAY},
    {"1w", 7 * DAY},
    {"1h30m", 90 * MINUTE},
    {"1w1d1h1m1s", 8 * DAY + HOUR + MINUTE + 1},
    {"0s", 0},
    {"400d", DURATION_MAX},
    {"34560000s", DURATION_MAX},
    {"02:30:00", 150 * MINUTE},
    {"02:30", 150 * MINUTE},
    {"1-12:00:00", 36 * HOUR},
    {"1-12:00", 36 * HOUR},
    {"100:00:00", 100 * HOUR},
    {"401d", -1},
    {"400d1s", -1},
    {"400-00:00:01", -1},
    {"99999999999999999999d", -1},
    {"99999999999999999999s", -1},
    {"58w", -1},
    {"90", -1},
    {"0", -1},
    {"", -1},
    {"h", -1},
    {"-1h", -1},
    {"1h ", -1},
    {" 1h", -1},
    {"1h30", -1},
    {"30m1h", -1},
    {"1h1h", -1},
    {"1.5h", -1},
    {"1H", -1},
    {"02:60", -1},
    {"02:30:60", -1},
    {"02:3", -1},
    {"02:030", -1},
    {"1-24:00", -1},
    {"1-", -1},
    {"1-2", -1},
    {":30", -1},
    {"-1:30", -1},
    {"02:30:", -1},
    {"02:30:00:00", -1},
};

static void durations_are_read_with_units_and_as_slurm_writes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(durations); i++) {
        struct error err = {0};
        duration length = -7;
        int result = duration_parse(durations[i].text, &length, &err);

        if (durations[i].length >= 0 && (result < 0 || length != durations[i].length))
            fail_msg("'%s' was read as %lld: %s", durations[i].text, (long long)length,
                     err.text);
        if (durations[i].length < 0 && (result == 0 || length != -7))
            fail_msg("'%s' was taken for %lld", durations[i].text, (long long)length);
    }
}

static void a_bare_number_is_refused_with_the_units(void **state)
{
    struct error err = {0};
    duration length;

    (void)state;
    assert_int_equal(-1, duration_parse("90", &length, &err));
    assert_non_null(strstr(err.text, "give units (s, m, h, d, w)"));
    assert_int_equal(-1, duration_parse("500d", &length, &err));
    assert_non_null(strstr(err.text, "at most 400d"));
}

static void durations_are_written_with_the_two_units_that_matter(void **state)
{
    static const struct {
        duration length;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {45, "45s"},
        {15 * MINUTE, "15m"},
        {150 * MINUTE, "2h30m"},
        {28 * HOUR, "1d4h"},
        {DAY + HOUR + MINUTE + 1, "1d1h"},
        {DAY + MINUTE, "1d1m"},
        {400 * DAY, "400d"},
        {-90, "-1m30s"},
        {INT64_MIN, "-106751991167300d15h"},
    };
    char text[DURATION_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_string_equal(rows[i].text, duration_format(rows[i].length, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_all_their_forms),
        cmocka_unit_test(a_refused_time_is_named_with_an_example),
        cmocka_unit_test(every_day_of_four_centuries_survives_the_way_there_and_back),
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(times_out_of_range_are_written_as_the_limit),
        cmocka_unit_test(hours_may_run_over_into_the_next_day),
        cmocka_unit_test(durations_are_read_with_units_and_as_slurm_writes_them),
        cmocka_unit_test(a_bare_number_is_refused_with_the_units),
        cmocka_unit_test(durations_are_written_with_the_two_units_that_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

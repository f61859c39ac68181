/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED   INT64_C(-77)

/* The check that all tables share: a row that must fail leaves the number alone. */
static void check(const char *text, bool is_valid, int64_t expected, int result,
                  int64_t number)
{
    if (is_valid && (result != 0 || number != expected))
        fail_msg("'%s' was read as %lld, not %lld", text, (long long)number,
                 (long long)expected);
    if (!is_valid && (result == 0 || number != UNTOUCHED))
        fail_msg("'%s' was taken for %lld", text, (long long)number);
}

static void whole_numbers_hold_to_their_limits(void **state)
{
    static const struct {
        const char *text;
        bool is_valid;
        int64_t number;
    } rows[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"-100", true, -100},
        {"100", true, 100},
        {"007", true, 7},
        {"101", false, 0},
        {"-101", false, 0},
        {"18446744073709551616", false, 0},
        {"18446744073709551621", false, 0},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", false, 0},
        {"1.0", false, 0},
        {"1 ", false, 0},
        {" 1", false, 0},
        {"+1", false, 0},
        {"--1", false, 0},
        {"-", false, 0},
        {"0x10", false, 0},
        {"1e1", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t number = UNTOUCHED;
        int result = number_parse(rows[i].text, -100, 100, &number, NULL);

        check(rows[i].text, rows[i].is_valid, rows[i].number, result, number);
    }
}

static void the_largest_numbers_are_read(void **state)
{
    int64_t number;

    (void)state;
    assert_int_equal(0,
                     number_parse("9223372036854775807", 0, INT64_MAX, &number, NULL));
    assert_true(number == INT64_MAX);
    assert_int_equal(0,
                     number_parse("-9223372036854775807", INT64_MIN, 0, &number, NULL));
    assert_true(number == -INT64_MAX);
}

static void fractions_are_scaled_and_rounded(void **state)
{
    static const struct {
        const char *text;
        int digits;
        bool is_valid;
        int64_t number;
    } rows[] = {
        {"211.5", 3, true, 211500},
        {"211", 3, true, 211000},
        {"0.0004", 3, true, 0},
        {"0.0005", 3, true, 1},
        {"-0.0005", 3, true, -1},
        {"0.00049999999999999999", 3, true, 0},
        {"1.23456789012345678901234567890", 9, true, 1234567890},
        {"1.9", 0, false, 0},
        {"999.9996", 3, true, 1000000},
        {"2000000.001", 3, false, 0},
        {"99999999999999999999.5", 3, false, 0},
        {"1.", 3, false, 0},
        {".5", 3, false, 0},
        {"1,5", 3, false, 0},
        {"1.5e3", 3, false, 0},
        {"1.5 ", 3, false, 0},
        {"nan", 3, false, 0},
        {"inf", 3, false, 0},
        {"-", 3, false, 0},
        {"", 3, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t number = UNTOUCHED;
        int result = number_parse_scaled(rows[i].text, rows[i].digits, -2000000000,
                                         2000000000, &number, NULL);

        check(rows[i].text, rows[i].is_valid, rows[i].number, result, number);
    }
}

static void a_refused_number_is_told_its_limits(void **state)
{
    struct error err = {0};
    int64_t number;

    (void)state;
    assert_int_equal(-1, number_parse("12", -5, 10, &number, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_string_equal("'12' is out of range: from -5 to 10", err.text);
    assert_int_equal(-1, number_parse("x", -5, 10, &number, &err));
    assert_string_equal("'x' is not a whole number from -5 to 10", err.text);
    assert_int_equal(-1, number_parse_scaled("9", 6, -1500000, 2050000, &number, &err));
    assert_string_equal("'9' is out of range: from -1.5 to 2.05", err.text);
}

static void doubles_are_scaled_and_rounded(void **state)
{
    static const struct {
        double value;
        bool is_valid;
        int64_t number;
    } rows[] = {
        {211.5, true, 211500}, {1.005, true, 1005},
        {0.0005, true, 1},     {-0.0005, true, -1},
        {0.0004999, true, 0},  {-0.0, true, 0},
        {1e300, false, 0},     {-1e300, false, 0},
        {1e16, false, 0},      {1000.0004, true, 1000000},
        {1000.001, false, 0},  {-1.001, false, 0},
        {NAN, false, 0},       {INFINITY, false, 0},
        {-INFINITY, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t number = UNTOUCHED;
        int result = number_scale(rows[i].value, 3, -1000, 1000000, &number, NULL);

        check("a double", rows[i].is_valid, rows[i].number, result, number);
    }
}

static void sizes_are_counted_in_powers_of_1024(void **state)
{
    static const struct {
        const char *text;
        bool is_valid;
        int64_t bytes;
    } rows[] = {
        {"0", true, 0},
        {"512", true, 512},
        {"512B", true, 512},
        {"1K", true, 1024},
        {"1k", true, 1024},
        {"16G", true, INT64_C(16) << 30},
        {"16g", true, INT64_C(16) << 30},
        {"16GB", true, INT64_C(16) << 30},
        {"16GiB", true, INT64_C(16) << 30},
        {"16 GiB", true, INT64_C(16) << 30},
        {"512M", true, INT64_C(512) << 20},
        {"1024T", true, SIZE_BYTES_MAX},
        {"1025T", false, 0},
        {"9223372036854775807T", false, 0},
        {"99999999999999999999", false, 0},
        {"-1", false, 0},
        {"1.5G", false, 0},
        {"G", false, 0},
        {"1iB", false, 0},
        {"1Ki", false, 0},
        {"1P", false, 0},
        {"1KBB", false, 0},
        {"1K ", false, 0},
        {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t bytes = UNTOUCHED;
        int result = size_parse(rows[i].text, &bytes, NULL);

        check(rows[i].text, rows[i].is_valid, rows[i].bytes, result, bytes);
    }
}

static void numbers_are_written_as_they_are_read(void **state)
{
    char text[NUMBER_TEXT_SIZE];

    (void)state;
    assert_string_equal("1.5", number_format_scaled(1500, 3, text));
    assert_string_equal("-0.05", number_format_scaled(-50, 3, text));
    assert_string_equal("7", number_format_scaled(7, 0, text));
    assert_string_equal("-9223372036.854775808",
                        number_format_scaled(INT64_MIN, 9, text));
    assert_string_equal("0", size_format(0, text));
    assert_string_equal("1000", size_format(1000, text));
    assert_string_equal("16G", size_format(INT64_C(16) << 30, text));
    assert_string_equal("1024T", size_format(SIZE_BYTES_MAX, text));
    assert_string_equal("1025K", size_format(INT64_C(1025) * 1024, text));
}

static void percentages_need_their_sign(void **state)
{
    static const struct {
        const char *text;
        bool is_valid;
        int64_t ppm;
    } rows[] = {
        {"2%", true, 20000},     {"2 %", true, 20000},    {"0.2%", true, 2000},
        {"0%", true, 0},         {"100%", true, 1000000}, {"100.00004%", true, 1000000},
        {"100.0001%", false, 0}, {"101%", false, 0},      {"-1%", false, 0},
        {"2", false, 0},         {"%", false, 0},         {"2%%", false, 0},
        {"2% ", false, 0},       {"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t ppm = UNTOUCHED;
        int result = percent_parse(rows[i].text, &ppm, NULL);

        check(rows[i].text, rows[i].is_valid, rows[i].ppm, result, ppm);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_hold_to_their_limits),
        cmocka_unit_test(the_largest_numbers_are_read),
        cmocka_unit_test(fractions_are_scaled_and_rounded),
        cmocka_unit_test(a_refused_number_is_told_its_limits),
        cmocka_unit_test(doubles_are_scaled_and_rounded),
        cmocka_unit_test(sizes_are_counted_in_powers_of_1024),
        cmocka_unit_test(numbers_are_written_as_they_are_read),
        cmocka_unit_test(percentages_need_their_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/slurm/cursor.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static struct cursor over(const char *text)
{
    return (struct cursor){text, text + strlen(text)};
}

static void a_word_is_taken_whole_or_not_at_all(void **state)
{
    const char text[] = "begin";
    struct cursor cursor = over(text);

    (void)state;
    assert_false(cursor_take_word(&cursor, "begins"));
    assert_false(cursor_take_word(&cursor, "end"));
    assert_ptr_equal(cursor.at, text);
    assert_true(cursor_take_word(&cursor, "beg"));
    assert_true(cursor_take_word(&cursor, "in"));
    assert_ptr_equal(cursor.at, cursor.end);
    assert_true(cursor_take_word(&cursor, ""));
    assert_false(cursor_take_word(&cursor, "x"));
}

static void numbers_are_taken_as_they_are_written(void **state)
{
    static const struct {
        const char *text;
        int64_t most;
        int64_t number; /* -1: it is none */
        size_t length;
    } rows[] = {
        {"0", 0, 0, 1},
        {"0 1", 9, 0, 1},
        {"70", 70, 70, 2},
        {"71", 70, -1, 0},
        {"700000000000000000000000", 70, -1, 0},
        {"007", 70, -1, 0},
        {"00", 70, -1, 0},
        {"", 70, -1, 0},
        {"-1", 70, -1, 0},
        {"+1", 70, -1, 0},
        {" 1", 70, -1, 0},
        {"1x", 70, 1, 1},
        {"4503599627370496", INT64_C(1) << 52, INT64_C(1) << 52, 16},
        {"4503599627370497", INT64_C(1) << 52, -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct cursor cursor = over(rows[i].text);
        int64_t number = -1;
        bool is_taken = cursor_take_number(&cursor, rows[i].most, &number);

        if (is_taken != (rows[i].number >= 0) || number != rows[i].number
            || cursor.at != rows[i].text + rows[i].length)
            fail_msg("wrong: '%s'", rows[i].text);
    }
}

static void nothing_is_read_beyond_the_end(void **state)
{
    const char text[] = "123";
    struct cursor cursor = {text, text + 2};
    int64_t number;

    (void)state;
    assert_false(cursor_take_word(&cursor, "123"));
    assert_true(cursor_take_number(&cursor, 999, &number));
    assert_int_equal(number, 12);
    assert_false(cursor_take_number(&cursor, 999, &number));
}

static void a_setting_is_a_line_or_nothing(void **state)
{
    static const char *const others[] = {"valid 180",     "valid \n",
                                         "valid 180 \n",  "valid 0180\n",
                                         "invalid 180\n", "valid 181\n"};
    struct cursor cursor = over("valid 180\nmargin 5\n");
    int64_t number = -1;

    (void)state;
    assert_true(cursor_take_setting(&cursor, "valid ", 180, &number));
    assert_int_equal(number, 180);
    assert_true(cursor_take_setting(&cursor, "margin ", 180, &number));
    assert_int_equal(number, 5);
    for (size_t i = 0; i < ROWS(others); i++) {
        cursor = over(others[i]);
        assert_false(cursor_take_setting(&cursor, "valid ", 180, &number));
        assert_ptr_equal(cursor.at, others[i]);
        assert_int_equal(number, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_taken_whole_or_not_at_all),
        cmocka_unit_test(numbers_are_taken_as_they_are_written),
        cmocka_unit_test(nothing_is_read_beyond_the_end),
        cmocka_unit_test(a_setting_is_a_line_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

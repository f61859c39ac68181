/* SPDX-License-Identifier: MIT */
#include "daemon/json.h"

#include "tests/support/cmocka.h"

static void commas_come_by_themselves(void **state)
{
    struct text json = TEXT_EMPTY;

    (void)state;
    json_begin_object(&json, NULL);
    json_add_number(&json, "a", 1);
    json_begin_array(&json, "b");
    json_begin_object(&json, NULL);
    json_end_object(&json);
    json_add_text(&json, NULL, "[");
    json_add_text(&json, NULL, "{");
    json_add_null(&json, NULL);
    json_end_array(&json);
    json_begin_object(&json, "c");
    json_add_bool(&json, "d", true);
    json_add_bool(&json, "e", false);
    json_end_object(&json);
    json_end_object(&json);
    assert_string_equal(
        json.bytes,
        "{\"a\":1,\"b\":[{},\"[\",\"{\",null],\"c\":{\"d\":true,\"e\":false}}");
    text_release(&json);
}

static void numbers_are_written_exactly(void **state)
{
    static const struct {
        int64_t number;
        int digits;
        const char *wanted;
    } cases[] = {
        {0, 0, "0"},
        {0, 3, "0.0"},
        {312000, 3, "312.0"},
        {312500, 3, "312.5"},
        {5, 3, "0.005"},
        {-5, 3, "-0.005"},
        {-3100, 3, "-3.1"},
        {1234567, 6, "1.234567"},
        {10, 1, "1.0"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 9, "-9223372036.854775808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text json = TEXT_EMPTY;

        json_add_scaled(&json, NULL, cases[i].number, cases[i].digits);
        assert_string_equal(json.bytes, cases[i].wanted);
        text_clear(&json);
        json_add_number(&json, NULL, cases[i].number);
        if (cases[i].digits == 0)
            assert_string_equal(json.bytes, cases[i].wanted);
        text_release(&json);
    }
}

static void what_users_wrote_never_breaks_a_document(void **state)
{
    struct text json = TEXT_EMPTY;

    (void)state;
    json_begin_array(&json, NULL);
    json_add_text(&json, NULL, "a\"b\\c\n");
    json_add_text(&json, NULL, "\xff");
    json_add_text(&json, NULL, "\xc3\xa9");
    json_add_text(&json, NULL, NULL);
    json_add_name(&json, NULL, "");
    json_add_name(&json, NULL, "x");
    json_end_array(&json);
    assert_string_equal(json.bytes, "[\"a\\\"b\\\\c\\u000a\",\"\\ufffd\","
                                    "\"\xc3\xa9\",null,null,\"x\"]");
    text_release(&json);
}

static void a_time_that_is_none_is_null(void **state)
{
    struct text json = TEXT_EMPTY;

    (void)state;
    json_begin_array(&json, NULL);
    json_add_instant(&json, NULL, 0);
    json_add_instant(&json, NULL, INSTANT_MAX);
    json_add_instant(&json, NULL, 1795292100);
    json_end_array(&json);
    assert_string_equal(json.bytes, "[null,null,\"2026-11-21T20:15:00Z\"]");
    text_release(&json);
}

static void a_failure_names_its_field_or_null(void **state)
{
    struct text json = TEXT_EMPTY;
    struct error err = {ERROR_NONE, "", ""};

    (void)state;
    error_set_field(&err, ERROR_INVALID, "gpus", "too many");
    json_add_error(&json, &err);
    assert_string_equal(json.bytes, "{\"error\":{\"code\":\"invalid\",\"message\":"
                                    "\"too many\",\"field\":\"gpus\"}}");
    text_clear(&json);
    error_set(&err, ERROR_MISSING, "no job 7");
    json_add_error(&json, &err);
    assert_string_equal(json.bytes, "{\"error\":{\"code\":\"missing\",\"message\":"
                                    "\"no job 7\",\"field\":null}}");
    text_release(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_come_by_themselves),
        cmocka_unit_test(numbers_are_written_exactly),
        cmocka_unit_test(what_users_wrote_never_breaks_a_document),
        cmocka_unit_test(a_time_that_is_none_is_null),
        cmocka_unit_test(a_failure_names_its_field_or_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static void a_text_grows_and_stays_a_string(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    assert_string_equal("", text.bytes);
    for (int i = 0; i < 1000; i++)
        text_add_format(&text, "%03d", i);
    assert_int_equal(3000, text.length);
    assert_int_equal(3000, strlen(text.bytes));
    assert_memory_equal("997998999", text.bytes + 2991, 10);
    text_clear(&text);
    assert_string_equal("", text.bytes);
    text_add_format(&text, "%0500d", 7);
    assert_int_equal(500, text.length);
    text_release(&text);
    assert_string_equal("", text.bytes);
}

static void a_text_may_hold_nuls(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add_bytes(&text, "a\0b", 3);
    text_add_bytes(&text, NULL, 0);
    assert_int_equal(3, text.length);
    assert_memory_equal("a\0b", text.bytes, 4);
    text_release(&text);
}

static void taken_bytes_belong_to_the_caller(void **state)
{
    struct text text = TEXT_EMPTY;
    char *bytes;

    (void)state;
    bytes = text_take(&text);
    assert_string_equal("", bytes);
    free(bytes);
    text_add(&text, "mine");
    bytes = text_take(&text);
    assert_string_equal("mine", bytes);
    assert_int_equal(0, text.length);
    free(bytes);
}

/*
 * Each string is copied into a block of its own size, so that AddressSanitizer sees a
 * step over the NUL.
 */
static void json_strings_are_utf_8_whatever_the_bytes(void **state)
{
    static const struct {
        const char *string;
        const char *json;
    } rows[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\n\t\x1f\x7f", "\"\\u000a\\u0009\\u001f\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
        {"\xf0\x9f\x8c\xb1", "\"\xf0\x9f\x8c\xb1\""},
        {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
        /* Cut off by the end of the string. */
        {"\xc3", "\"\\ufffd\""},
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},
        {"\xf0\x9f\x8c", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf0", "\"\\ufffd\""},
        /* Cut off by another character. */
        {"\xe2\x82x", "\"\\ufffd\\ufffdx\""},
        {"\x80\xbf", "\"\\ufffd\\ufffd\""},
        {"\xff\xfe", "\"\\ufffd\\ufffd\""},
        /* Overlong, a surrogate, and above U+10FFFF. */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
        {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct text text = TEXT_EMPTY;
        char *string = strdup(rows[i].string);

        assert_non_null(string);
        text_add_json(&text, string);
        assert_string_equal(rows[i].json, text.bytes);
        free(string);
        text_release(&text);
    }
}

static void no_string_is_null_in_json(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add_json(&text, NULL);
    assert_string_equal("null", text.bytes);
    text_release(&text);
}

static void a_copy_that_does_not_fit_leaves_the_array_alone(void **state)
{
    char array[4] = "old";

    (void)state;
    assert_false(text_copy(array, sizeof(array), "four"));
    assert_string_equal("old", array);
    assert_true(text_copy(array, sizeof(array), "new"));
    assert_string_equal("new", array);
    assert_true(text_copy(array, sizeof(array), ""));
    assert_string_equal("", array);
}

static void names_are_short_and_plain(void **state)
{
    static const struct {
        const char *string;
        bool is_name;
    } rows[] = {
        {"a", true},         {"GB", true},   {"train_2-b.3", true},
        {"_x", true},        {"9", true},    {"12345", true},
        {"", false},         {"-rf", false}, {".hidden", false},
        {"..", false},       {"a b", false}, {"a/b", false},
        {"\xc3\xa9", false}, {"a\n", false}, {"123456789012", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_int_equal(rows[i].is_name, text_is_name(rows[i].string, 11));
}

static void a_hash_is_that_of_its_authors(void **state)
{
    (void)state;
    assert_true(text_hash("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(text_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(text_hash("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void a_name_is_listed_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(text_is_listed("gpu", "gpu"));
    assert_true(text_is_listed("cpu,gpu", "gpu"));
    assert_true(text_is_listed(",gpu,cpu,", "gpu"));
    assert_false(text_is_listed("gpux,xgpu", "gpu"));
    assert_false(text_is_listed("gp", "gpu"));
    assert_false(text_is_listed(",,", "gpu"));
    assert_false(text_is_listed("", "gpu"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_is_that_of_its_authors),
        cmocka_unit_test(a_text_grows_and_stays_a_string),
        cmocka_unit_test(a_text_may_hold_nuls),
        cmocka_unit_test(taken_bytes_belong_to_the_caller),
        cmocka_unit_test(json_strings_are_utf_8_whatever_the_bytes),
        cmocka_unit_test(no_string_is_null_in_json),
        cmocka_unit_test(a_copy_that_does_not_fit_leaves_the_array_alone),
        cmocka_unit_test(names_are_short_and_plain),
        cmocka_unit_test(a_name_is_listed_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

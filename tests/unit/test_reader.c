/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "config/reader.h"

/* What a text should be read as; a fault is given by how it begins. */
struct expected {
    enum reader_kind kind;
    int line;
    const char *key;
    const char *value;
    const char *fault;
};

static void check_items(const char *text, size_t size, const struct expected *expected,
                        size_t count)
{
    /* In a block of its own size, so that a step over the end is seen. */
    char *bytes = malloc(size ? size : 1);
    struct reader reader;
    struct reader_item item;

    assert_non_null(bytes);
    memcpy(bytes, text, size);
    reader_init(&reader, bytes, size);
    for (size_t i = 0; i < count; i++) {
        assert_true(reader_next(&reader, &item));
        assert_int_equal(expected[i].line, item.line);
        assert_int_equal(expected[i].kind, item.kind);
        if (expected[i].fault) {
            assert_memory_equal(expected[i].fault, item.fault,
                                strlen(expected[i].fault));
            continue;
        }
        assert_string_equal("", item.fault);
        assert_string_equal(expected[i].key, item.key);
        assert_string_equal(expected[i].value, item.value);
    }
    assert_false(reader_next(&reader, &item));
    assert_false(reader_next(&reader, &item));
    free(bytes);
}

#define CHECK(text, ...)                                                               \
    do {                                                                               \
        static const struct expected expected[] = {__VA_ARGS__};                       \
        check_items(text, sizeof(text) - 1, expected,                                  \
                    sizeof(expected) / sizeof(expected[0]));                           \
    } while (0)

static void sections_and_settings_come_in_order_with_their_lines(void **state)
{
    (void)state;
    CHECK("[daemon]\n\nkey = value\n  [ zone\t GB ]  \n\tx=1 2 \ny =",
          {READER_SECTION, 1, "daemon", "", NULL},
          {READER_SETTING, 3, "key", "value", NULL},
          {READER_SECTION, 4, "zone", "GB", NULL},
          {READER_SETTING, 5, "x", "1 2", NULL}, {READER_SETTING, 6, "y", "", NULL});
}

static void comments_begin_at_the_start_or_after_white_space(void **state)
{
    (void)state;
    CHECK("# all of it\n  # too\na = 1 # one\nb = x#y\nc =\t# none\nd = #\n[e] # f\n",
          {READER_SETTING, 3, "a", "1", NULL}, {READER_SETTING, 4, "b", "x#y", NULL},
          {READER_SETTING, 5, "c", "", NULL}, {READER_SETTING, 6, "d", "", NULL},
          {READER_SECTION, 7, "e", "", NULL});
}

static void a_value_may_hold_what_it_wants(void **state)
{
    (void)state;
    CHECK("url = https://x/?a=b;c\nname = \xc3\xa9 \"q\" \\\n",
          {READER_SETTING, 1, "url", "https://x/?a=b;c", NULL},
          {READER_SETTING, 2, "name", "\xc3\xa9 \"q\" \\", NULL});
}

static void lines_may_end_as_on_windows(void **state)
{
    (void)state;
    CHECK("[a]\r\n\r\nb = 1\r\nc = 2\r", {READER_SECTION, 1, "a", "", NULL},
          {READER_SETTING, 3, "b", "1", NULL}, {READER_SETTING, 4, "c", "2", NULL});
}

static void a_line_without_a_sign_is_a_fault(void **state)
{
    (void)state;
    CHECK("word\n= 1\na = 1\n", {READER_SETTING, 1, "", "", "expected 'key = value'"},
          {READER_SETTING, 2, "", "", "expected 'key = value'"},
          {READER_SETTING, 3, "a", "1", NULL});
}

static void a_broken_header_is_a_fault_of_a_section(void **state)
{
    (void)state;
    CHECK("[zone GB\n[zone GB] x\n[\n[]\n", {READER_SECTION, 1, "", "", "a section is"},
          {READER_SECTION, 2, "", "", "a section is"},
          {READER_SECTION, 3, "", "", "a section is"},
          {READER_SECTION, 4, "", "", NULL});
}

static void bytes_that_are_not_text_are_faults(void **state)
{
    (void)state;
    CHECK("a = 1\0 2\nb = \x1b[0m\n[x\x7f]\n# \x01\nc\rd = 1\n",
          {READER_SETTING, 1, "", "", "the control character 0x00 in column 6"},
          {READER_SETTING, 2, "", "", "the control character 0x1b"},
          {READER_SECTION, 3, "", "", "the control character 0x7f"},
          {READER_SETTING, 4, "", "", "the control character 0x01"},
          {READER_SETTING, 5, "", "", "the control character 0x0d"});
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    check_items("", 0, NULL, 0);
    check_items("\n\n#\n   \n\t", 8, NULL, 0);
}

/* A line "key = value" of lengths at or over a limit. */
static void check_lengths(size_t key_length, size_t value_length, const char *fault)
{
    char text[8192];
    struct reader reader;
    struct reader_item item;

    memset(text, 'k', key_length);
    text[key_length] = '=';
    memset(text + key_length + 1, 'v', value_length);
    reader_init(&reader, text, key_length + 1 + value_length);
    assert_true(reader_next(&reader, &item));
    if (fault) {
        assert_non_null(strstr(item.fault, fault));
        return;
    }
    assert_string_equal("", item.fault);
    assert_int_equal(key_length, strlen(item.key));
    assert_int_equal(value_length, strlen(item.value));
}

static void what_is_too_long_is_a_fault_that_names_the_limit(void **state)
{
    (void)state;
    check_lengths(READER_KEY_MAX, CONFIG_TEXT_MAX - 1, NULL);
    check_lengths(READER_KEY_MAX + 1, 1, "longer than 64 bytes");
    check_lengths(1, CONFIG_TEXT_MAX, "longer than 1023 bytes");
    check_lengths(1, READER_LINE_MAX, "the line is longer than 4096 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_settings_come_in_order_with_their_lines),
        cmocka_unit_test(comments_begin_at_the_start_or_after_white_space),
        cmocka_unit_test(a_value_may_hold_what_it_wants),
        cmocka_unit_test(lines_may_end_as_on_windows),
        cmocka_unit_test(a_line_without_a_sign_is_a_fault),
        cmocka_unit_test(a_broken_header_is_a_fault_of_a_section),
        cmocka_unit_test(bytes_that_are_not_text_are_faults),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(what_is_too_long_is_a_fault_that_names_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

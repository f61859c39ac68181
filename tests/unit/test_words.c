/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/words.h"

/* The words with "|" after each. */
static void check(const char *text, const char *expected)
{
    struct text found = TEXT_EMPTY;
    struct words words;
    struct error err;

    if (words_parse(&words, text, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    for (size_t i = 0; i < words.count; i++)
        text_add_format(&found, "%s|", words.items[i]);
    assert_null(words.items[words.count]);
    assert_string_equal(expected, found.bytes);
    text_release(&found);
}

static void check_fault(const char *text, enum error_code code, const char *expected)
{
    struct words words;
    struct error err;

    assert_int_equal(-1, words_parse(&words, text, &err));
    assert_int_equal(code, err.code);
    assert_string_equal(expected, err.text);
    assert_int_equal(0, words.count);
}

static void words_are_separated_by_blanks(void **state)
{
    (void)state;
    check("/bin/true", "/bin/true|");
    check("  /usr/sbin/rtcwake\t-m  mem ", "/usr/sbin/rtcwake|-m|mem|");
}

static void blanks_in_quotes_are_part_of_a_word(void **state)
{
    (void)state;
    check("/bin/sh -c \"echo a  b\"", "/bin/sh|-c|echo a  b|");
    check("\"/opt/my tools/wake\" --to=\"a b\"c", "/opt/my tools/wake|--to=a bc|");
    check("/bin/x \"\" y", "/bin/x||y|");
}

static void nothing_that_a_shell_knows_has_a_meaning(void **state)
{
    (void)state;
    check("/bin/x $HOME `id` 'a b' \\\"a\\ b\"; rm *",
          "/bin/x|$HOME|`id`|'a|b'|\\a\\ b;|rm|*|");
}

static void what_is_no_command_is_refused(void **state)
{
    (void)state;
    check_fault("/bin/x \"a b", ERROR_INVALID, "a double quote is not closed");
    check_fault("", ERROR_INVALID, "there is no command");
    check_fault(" \t ", ERROR_INVALID, "there is no command");
    check_fault("wake lab", ERROR_INVALID,
                "'wake' is not an absolute path: no shell looks for it");
    check_fault("\"\" /bin/x", ERROR_INVALID,
                "'' is not an absolute path: no shell looks for it");
}

static void a_command_has_its_limits(void **state)
{
    char text[WORDS_SIZE + 1] = "/x";
    struct words words;

    (void)state;
    for (size_t i = 0; i < WORDS_MAX - 1; i++)
        memcpy(text + 2 + 2 * i, " a", sizeof(" a"));
    assert_int_equal(0, words_parse(&words, text, NULL));
    assert_int_equal(WORDS_MAX, words.count);
    memcpy(text + (size_t)2 * WORDS_MAX, " a", sizeof(" a"));
    check_fault(text, ERROR_TOO_LARGE, "a command has at most 64 words");

    memset(text, 'x', WORDS_SIZE);
    text[0] = '/';
    text[WORDS_SIZE] = '\0';
    check_fault(text, ERROR_TOO_LARGE, "a command has at most 1024 bytes");
    text[WORDS_SIZE - 1] = '\0';
    assert_int_equal(0, words_parse(&words, text, NULL));
    assert_int_equal(WORDS_SIZE - 1, strlen(words.items[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_separated_by_blanks),
        cmocka_unit_test(blanks_in_quotes_are_part_of_a_word),
        cmocka_unit_test(nothing_that_a_shell_knows_has_a_meaning),
        cmocka_unit_test(what_is_no_command_is_refused),
        cmocka_unit_test(a_command_has_its_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

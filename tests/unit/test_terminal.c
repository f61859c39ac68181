/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/terminal.h"

static const struct terminal narrow = {.width = 40, .unicode = true};
static const struct terminal plain = {.width = 80};

static void a_paragraph_breaks_between_words_only(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    terminal_add_paragraph(&narrow, &text, 0,
                           "It saves a good deal of carbon, about 1.2 kg (55 %). "
                           "\"penstock update 17 --now\" starts it.");
    assert_string_equal("It saves a good deal of carbon, about\n"
                        "1.2 kg (55 %).\n"
                        "\"penstock update 17 --now\" starts it.\n",
                        text.bytes);
    text_release(&text);
}

static void later_lines_of_a_paragraph_are_indented(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add(&text, "label     ");
    terminal_add_paragraph(&narrow, &text, 10, "one two three four five six seven");
    assert_string_equal("label     one two three four five six\n"
                        "          seven\n",
                        text.bytes);
    text_release(&text);
}

static void a_quote_that_never_closes_breaks_as_words_do(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    terminal_add_paragraph(&narrow, &text, 0,
                           "\"one two three four five six seven eight nine ten");
    assert_string_equal("\"one two three four five six seven eight\nnine ten\n",
                        text.bytes);
    text_release(&text);
}

static void characters_beyond_ascii_need_a_terminal_for_them(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    terminal_add(&narrow, &text, STYLE_PLAIN, "Zürich");
    assert_string_equal("Zürich", text.bytes);
    assert_int_equal(6, terminal_columns(&narrow, "Zürich"));
    text_clear(&text);
    terminal_add(&plain, &text, STYLE_PLAIN, "Zürich");
    assert_string_equal("Z?rich", text.bytes);
    text_release(&text);
}

static void styles_show_only_in_colour(void **state)
{
    const struct terminal coloured = {.width = 80, .colour = true};
    struct text text = TEXT_EMPTY;

    (void)state;
    terminal_add(&plain, &text, STYLE_BAD, "x");
    assert_string_equal("x", text.bytes);
    terminal_add(&coloured, &text, STYLE_PLAIN, "y");
    assert_string_equal("xy", text.bytes);
    terminal_add(&coloured, &text, STYLE_BAD, "z");
    assert_string_equal("xy\033[31mz\033[0m", text.bytes);
    text_release(&text);
}

static void only_newlines_pass_between_lines(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    terminal_add_lines(&plain, &text, "a\033\nb\r\n");
    assert_string_equal("a?\nb?\n", text.bytes);
    text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paragraph_breaks_between_words_only),
        cmocka_unit_test(later_lines_of_a_paragraph_are_indented),
        cmocka_unit_test(a_quote_that_never_closes_breaks_as_words_do),
        cmocka_unit_test(characters_beyond_ascii_need_a_terminal_for_them),
        cmocka_unit_test(styles_show_only_in_colour),
        cmocka_unit_test(only_newlines_pass_between_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

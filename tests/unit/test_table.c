/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/table.h"

static const struct table_column columns[] = {
    {"ID", 0, true, 0},
    {"NAME", 6, false, 0},
    {"STATE", 0, false, 0},
    {"POOL", 0, false, 1},
};

static const struct terminal pipe_end = {.unicode = true};

static struct table *make_table(void)
{
    static const char *const cells[] = {
        "7",       "train",
        "waiting", "", /* */
        "123",     "a-rather-long-name-1",
        "running", "lab", /* */
    };
    struct table *table = table_create(columns, 4);

    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        table_add(table, STYLE_PLAIN, cells[i]);
    return table;
}

static void expect(const struct terminal *terminal, const char *expected)
{
    struct table *table = make_table();
    struct text text = TEXT_EMPTY;

    table_format(table, terminal, &text);
    assert_string_equal(expected, text.bytes);
    text_release(&text);
    table_destroy(table);
}

static void nothing_is_cut_in_a_pipe(void **state)
{
    (void)state;
    expect(&pipe_end, " ID  NAME                  STATE    POOL\n"
                      "  7  train                 waiting\n"
                      "123  a-rather-long-name-1  running  lab\n");
}

static void a_column_that_shrinks_is_cut_first(void **state)
{
    const struct terminal terminal = {.width = 32, .unicode = true};

    (void)state;
    expect(&terminal, " ID  NAME          STATE    POOL\n"
                      "  7  train         waiting\n"
                      "123  a-rather-lo…  running  lab\n");
}

static void a_column_that_may_go_goes_when_shrinking_is_not_enough(void **state)
{
    const struct terminal terminal = {.width = 22, .unicode = true};

    (void)state;
    expect(&terminal, " ID  NAME      STATE\n"
                      "  7  train     waiting\n"
                      "123  a-rathe…  running\n");
}

static void columns_go_by_their_rank_and_of_equals_the_last(void **state)
{
    static const struct table_column ranked[] = {
        {"AA", 0, false, 0}, {"BB", 0, false, 3}, {"CC", 0, false, 1},
        {"DD", 0, false, 2}, {"EE", 0, false, 1},
    };
    static const struct {
        size_t width;
        const char *titles;
    } cases[] = {
        {18, "AA  BB  CC  DD  EE\n"},
        {17, "AA  BB  CC  DD\n"},
        {13, "AA  BB  DD\n"},
        {9, "AA  BB\n"},
        {5, "AA\n"},
        {1, "AA\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct terminal terminal = {.width = cases[i].width};
        struct table *table = table_create(ranked, 5);
        struct text text = TEXT_EMPTY;

        table_format(table, &terminal, &text);
        assert_string_equal(cases[i].titles, text.bytes);
        text_release(&text);
        table_destroy(table);
    }
}

static void ascii_has_a_mark_of_its_own(void **state)
{
    const struct terminal terminal = {.width = 22};

    (void)state;
    expect(&terminal, " ID  NAME      STATE\n"
                      "  7  train     waiting\n"
                      "123  a-rathe~  running\n");
}

static void no_width_is_too_small_to_print(void **state)
{
    (void)state;
    for (size_t width = 1; width < 60; width++) {
        const struct terminal terminal = {.width = width, .unicode = true};
        struct table *table = make_table();
        struct text text = TEXT_EMPTY;

        table_format(table, &terminal, &text);
        assert_true(text.length > 0);
        text_release(&text);
        table_destroy(table);
    }
}

static void colours_round_a_cell_do_not_move_the_next(void **state)
{
    const struct terminal terminal = {.width = 80, .colour = true, .unicode = true};
    struct table *table = table_create(columns, 4);
    struct text text = TEXT_EMPTY;

    (void)state;
    table_add_format(table, STYLE_PLAIN, "%d", 1);
    table_add(table, STYLE_BAD, "x");
    table_add(table, STYLE_PLAIN, "y");
    table_add(table, STYLE_PLAIN, "z");
    table_format(table, &terminal, &text);
    assert_non_null(strstr(text.bytes, " 1  \033[31mx\033[0m     y      z\n"));
    text_release(&text);
    table_destroy(table);
}

/* U+202E, after which text runs from right to left. */
static const unsigned char turned[] = {'a', 0xe2, 0x80, 0xae, 'b', '\0'};

static void control_characters_never_reach_the_screen(void **state)
{
    static const char *const hostile[] = {
        "a\033[2Jb",
        "a\rb",
        "a\nb",
        "a\xc2\x9b"
        "31mb",
        "a\x7f"
        "b",
        "a\xff\xfe"
        "b",
        (const char *)turned,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct table *table = table_create(columns, 4);
        struct text text = TEXT_EMPTY;

        for (int j = 0; j < 4; j++)
            table_add(table, STYLE_PLAIN, hostile[i]);
        table_format(table, &pipe_end, &text);
        assert_null(strpbrk(text.bytes, "\033\r\x7f"));
        assert_null(strstr(text.bytes, "\xc2\x9b"));
        assert_null(strstr(text.bytes, "\xff"));
        assert_null(strstr(text.bytes, (const char *)turned));
        /* Two lines, the titles and the row, whatever the cells hold. */
        assert_ptr_equal(strchr(strchr(text.bytes, '\n') + 1, '\n') + 1,
                         text.bytes + text.length);
        text_release(&text);
        table_destroy(table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_cut_in_a_pipe),
        cmocka_unit_test(a_column_that_shrinks_is_cut_first),
        cmocka_unit_test(a_column_that_may_go_goes_when_shrinking_is_not_enough),
        cmocka_unit_test(columns_go_by_their_rank_and_of_equals_the_last),
        cmocka_unit_test(ascii_has_a_mark_of_its_own),
        cmocka_unit_test(no_width_is_too_small_to_print),
        cmocka_unit_test(colours_round_a_cell_do_not_move_the_next),
        cmocka_unit_test(control_characters_never_reach_the_screen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

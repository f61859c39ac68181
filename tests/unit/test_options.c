/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/options.h"

#define WORDS_MAX 16

struct values {
    bool wait;
    const char *name;
    const char *json;
    struct option_strings env;
};

struct run {
    struct values values;
    char words[WORDS_MAX][32];
    char *argv[WORDS_MAX];
    int argc;
    int operands;
    struct error err;
};

#define TABLE(values)                                                                    \
    {                                                                                    \
        {                                                                                \
            "name", 'n', OPTION_STRING, &(values)->name, "NAME", "what to call it",      \
            NULL},                                                                       \
            {"wait", 'w', OPTION_FLAG, &(values)->wait, NULL, "wait for the end", NULL}, \
            {"env", 0, OPTION_STRINGS, &(values)->env, "K=V", "set a variable", NULL},   \
            {"json", 'j', OPTION_OPTIONAL, &(values)->json, "FORM", "as JSON", NULL},    \
            {"name-of-a-very-long-option-indeed",                                        \
             0,                                                                          \
             OPTION_FLAG,                                                                \
             &(values)->wait,                                                            \
             NULL,                                                                       \
             "takes a line",                                                             \
             NULL},                                                                      \
            OPTIONS_END                                                                  \
    }

/* Parse a line whose words are parted by single spaces. */
static int parse(struct run *run, bool in_order, const char *line)
{
    const struct option_def options[] = TABLE(&run->values);

    *run = (struct run){.operands = -7};
    for (const char *at = line; *at && run->argc < WORDS_MAX;) {
        size_t length = strcspn(at, " ");

        assert_true(length < sizeof(run->words[0]));
        memcpy(run->words[run->argc], at, length);
        run->argv[run->argc] = run->words[run->argc];
        run->argc++;
        at += length + (at[length] == ' ');
    }
    return options_parse(options, run->argc, run->argv, in_order, &run->operands,
                         &run->err);
}

static void long_and_short_options_reach_their_destinations(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, "--name a -w --env A=1 --env=B=2"));
    assert_string_equal("a", run.values.name);
    assert_true(run.values.wait);
    assert_int_equal(2, run.values.env.count);
    assert_string_equal("A=1", run.values.env.items[0]);
    assert_string_equal("B=2", run.values.env.items[1]);
    assert_int_equal(run.argc, run.operands);
    option_strings_release(&run.values.env);
    assert_null(run.values.env.items);

    assert_int_equal(0, parse(&run, false, "-wn b"));
    assert_true(run.values.wait);
    assert_string_equal("b", run.values.name);
}

static void the_last_of_a_repeated_option_wins(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, "--name a --name b"));
    assert_string_equal("b", run.values.name);
}

static void a_value_may_be_left_out_where_the_table_says_so(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, "--json x"));
    assert_string_equal("", run.values.json);
    assert_string_equal("x", run.argv[run.operands]);
    assert_int_equal(0, parse(&run, false, "--json=lines"));
    assert_string_equal("lines", run.values.json);
    assert_int_equal(0, parse(&run, false, "x"));
    assert_null(run.values.json);
}

static void operands_are_moved_behind_the_options(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, "7 --wait 8 -- --name"));
    assert_true(run.values.wait);
    assert_null(run.values.name);
    assert_int_equal(2, run.operands);
    assert_string_equal("7", run.argv[2]);
    assert_string_equal("8", run.argv[3]);
    assert_string_equal("--name", run.argv[4]);
}

static void in_order_the_first_operand_ends_the_options(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, true, "--name a python --wait"));
    assert_false(run.values.wait);
    assert_int_equal(2, run.operands);
    assert_string_equal("python", run.argv[2]);
    assert_string_equal("--wait", run.argv[3]);
}

static void no_words_are_no_error(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, ""));
    assert_int_equal(0, run.operands);
}

static void long_names_may_be_shortened_while_they_are_unique(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(0, parse(&run, false, "--wa"));
    assert_true(run.values.wait);
}

static void a_bad_option_is_named(void **state)
{
    static const struct {
        const char *line;
        const char *text;
        const char *field;
    } rows[] = {
        {"--nope", "unknown option --nope", "nope"},
        {"x --nope=1 y", "unknown option --nope", "nope=1"},
        {"-wx", "unknown option -x", "x"},
        {"--na", "ambiguous option --na: --name, --name-of-a-very-long-option-indeed",
         "na"},
        {"--name", "option --name needs a value: NAME", "name"},
        {"-n", "option --name needs a value: NAME", "name"},
        {"--wait=1", "option --wait takes no value", "wait"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run run;

        assert_int_equal(-1, parse(&run, false, rows[i].line));
        assert_int_equal(ERROR_INVALID, run.err.code);
        assert_string_equal(rows[i].text, run.err.text);
        assert_string_equal(rows[i].field, run.err.field);
        assert_int_equal(-7, run.operands);
    }
}

static void a_failed_parse_leaves_no_trace_in_the_next(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(-1, parse(&run, false, "-xw"));
    assert_int_equal(0, parse(&run, false, "--name a"));
    assert_false(run.values.wait);
    assert_string_equal("a", run.values.name);
}

static void the_help_is_aligned(void **state)
{
    struct values values = {0};
    const struct option_def options[] = TABLE(&values);
    struct text help = TEXT_EMPTY;

    (void)state;
    options_format_help(options, &help);
    assert_string_equal("  -n, --name NAME    what to call it\n"
                        "  -w, --wait         wait for the end\n"
                        "      --env K=V      set a variable\n"
                        "  -j, --json[=FORM]  as JSON\n"
                        "      --name-of-a-very-long-option-indeed\n"
                        "                     takes a line\n",
                        help.bytes);
    text_release(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_and_short_options_reach_their_destinations),
        cmocka_unit_test(the_last_of_a_repeated_option_wins),
        cmocka_unit_test(a_value_may_be_left_out_where_the_table_says_so),
        cmocka_unit_test(operands_are_moved_behind_the_options),
        cmocka_unit_test(in_order_the_first_operand_ends_the_options),
        cmocka_unit_test(no_words_are_no_error),
        cmocka_unit_test(long_names_may_be_shortened_while_they_are_unique),
        cmocka_unit_test(a_bad_option_is_named),
        cmocka_unit_test(a_failed_parse_leaves_no_trace_in_the_next),
        cmocka_unit_test(the_help_is_aligned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

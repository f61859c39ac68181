/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/directives.h"

/* All words of all lines as "LINE:word|word;LINE:...", to compare in one go. */
static void join(const struct directives *directives, struct text *text)
{
    for (size_t i = 0; i < directives->count; i++) {
        const struct directive *line = &directives->items[i];

        text_add_format(text, "%s%d:", i ? ";" : "", line->line);
        for (int j = 0; j < line->argc; j++)
            text_add_format(text, "%s%s", j ? "|" : "", line->argv[j]);
        assert_null(line->argv[line->argc]);
    }
}

static const struct {
    const char *script, *words;
} scripts[] = {
    {"", ""},
    {"#!/bin/sh\necho hi\n", ""},
    {"#!/bin/sh\n#PENSTOCK --gpus 2 --time 3h\n", "2:--gpus|2|--time|3h"},
    {"#!/bin/sh\n\n# about\n  # more\n#PENSTOCK --gpus=2\n", "5:--gpus=2"},
    {"#PENSTOCK\t--gpus\t2  \n#PENSTOCK --hold", "1:--gpus|2;2:--hold"},
    {"#PENSTOCK --name 'night run'\n", "1:--name|night run"},
    {"#PENSTOCK --name \"it's \\\"so\\\"\"\n", "1:--name|it's \"so\""},
    {"#PENSTOCK --name a\\ b 'c\\d'\n", "1:--name|a b|c\\d"},
    {"#PENSTOCK --name a''b \"\"\n", "1:--name|ab|"},
    {"#PENSTOCK --hold # and why\n", "1:--hold"},
    {"#PENSTOCK --name a#b\n", "1:--name|a#b"},
    {"#PENSTOCK --hold\r\n", "1:--hold"},
    {"#PENSTOCK\n", "1:"},
    {"echo hi\n#PENSTOCK --hold\n", ""},
    {"#PENSTOCK --hold\nx=1\n#PENSTOCK --now\n", "1:--hold"},
    {"#PENSTOCKS --hold\n", ""},
    {" #PENSTOCK --hold\n", ""},
    {"# PENSTOCK --hold\n", ""},
    {"#penstock --hold\n", ""},
};

static void words_are_found_in_the_head_of_a_script(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct directives found;
        struct text text = TEXT_EMPTY;
        struct error err = {.text = ""};

        if (directives_parse(scripts[i].script, strlen(scripts[i].script), "x", &found,
                             &err)
            < 0)
            fail_msg("%s: %s", scripts[i].script, err.text);
        join(&found, &text);
        assert_string_equal(scripts[i].words, text.bytes);
        text_release(&text);
        directives_release(&found);
    }
}

static void faults_name_their_file_and_line(void **state)
{
    static const char *const broken[] = {
        "#!/bin/sh\n#PENSTOCK --hold\n#PENSTOCK --name 'open\n",
        "#!/bin/sh\n#PENSTOCK --hold\n#PENSTOCK --name \"open\\\"\n",
        "#!/bin/sh\n#PENSTOCK --hold\n#PENSTOCK --name x\\",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct directives found;
        struct error err;

        assert_int_equal(-1, directives_parse(broken[i], strlen(broken[i]), "train.sh",
                                              &found, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_ptr_equal(err.text, strstr(err.text, "train.sh:3: "));
    }
}

static void a_nul_byte_is_refused(void **state)
{
    static const char script[] = "#PENSTOCK --name a\0b\n";
    struct directives found;
    struct error err;

    (void)state;
    assert_int_equal(-1,
                     directives_parse(script, sizeof(script) - 1, "x", &found, &err));
    assert_non_null(strstr(err.text, "x:1: the line holds a NUL"));
}

static void parse_repeated(const char *before, const char *item, int count,
                           struct error *err)
{
    struct directives found;
    struct text script = TEXT_EMPTY;

    text_add(&script, before);
    for (int i = 0; i < count; i++)
        text_add(&script, item);
    err->code = ERROR_NONE;
    if (directives_parse(script.bytes, script.length, "x", &found, err) == 0)
        directives_release(&found);
    text_release(&script);
}

static void what_is_too_much_is_refused(void **state)
{
    struct error err;

    (void)state;
    parse_repeated("#PENSTOCK", " a", DIRECTIVE_WORDS_MAX, &err);
    assert_int_equal(ERROR_NONE, err.code);
    parse_repeated("#PENSTOCK", " a", DIRECTIVE_WORDS_MAX + 1, &err);
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    parse_repeated("", "#PENSTOCK --hold\n", DIRECTIVES_MAX, &err);
    assert_int_equal(ERROR_NONE, err.code);
    parse_repeated("", "#PENSTOCK --hold\n", DIRECTIVES_MAX + 1, &err);
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    parse_repeated("#PENSTOCK ", "a", DIRECTIVE_LINE_MAX, &err);
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    /* A long comment is nobody's fault. */
    parse_repeated("# ", "a", 2 * DIRECTIVE_LINE_MAX, &err);
    assert_int_equal(ERROR_NONE, err.code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found_in_the_head_of_a_script),
        cmocka_unit_test(faults_name_their_file_and_line),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(what_is_too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

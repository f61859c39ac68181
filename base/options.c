/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* getopt_long returns this plus the row for a long option, else the short name. */
#define LONG_BASE 256

/* The widest left column of the help; what is wider stands on a line of its own. */
#define HELP_COLUMN_MAX 30

static size_t options_count(const struct option_def *options)
{
    size_t count = 0;

    while (options[count].name)
        count++;
    return count;
}

static int argument_rule(enum option_type type)
{
    switch (type) {
    case OPTION_FLAG:
        return no_argument;
    case OPTION_OPTIONAL:
        return optional_argument;
    case OPTION_STRING:
    case OPTION_STRINGS:
        break;
    }
    return required_argument;
}

static struct option *make_long_options(const struct option_def *options)
{
    size_t count = options_count(options);
    struct option *rows = xcalloc(count + 1, sizeof(*rows));

    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct option){
            .name = options[i].name,
            .has_arg = argument_rule(options[i].type),
            .val = LONG_BASE + (int)i,
        };
    }
    return rows;
}

static void make_short_options(const struct option_def *options, bool in_order,
                               struct text *letters)
{
    /* The colon asks that a missing argument be told from an unknown option. */
    text_add(letters, in_order ? "+:" : ":");
    for (; options->name; options++) {
        if (!options->short_name)
            continue;
        text_add_bytes(letters, &options->short_name, 1);
        if (options->type == OPTION_OPTIONAL)
            text_add(letters, "::");
        else if (options->type != OPTION_FLAG)
            text_add(letters, ":");
    }
}

/* The row for what getopt_long returned or left in optopt; NULL if none. */
static const struct option_def *find_option(const struct option_def *options, int code)
{
    if (code >= LONG_BASE)
        return &options[code - LONG_BASE];
    for (; options->name; options++)
        if (options->short_name && options->short_name == (char)code)
            return options;
    return NULL;
}

static void store_value(const struct option_def *option, const char *value)
{
    struct option_strings *strings = option->destination;

    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)option->destination = true;
        break;
    case OPTION_STRING:
    case OPTION_OPTIONAL:
        *(const char **)option->destination = value ? value : "";
        break;
    case OPTION_STRINGS:
        strings->items = xgrow(strings->items, strings->count, &strings->room,
                               sizeof(*strings->items));
        strings->items[strings->count++] = value;
        break;
    }
}

/* List the options that a shortened one may mean: "--name, --now". Returns how many. */
static int list_matches(const struct option_def *options, const char *given,
                        struct text *list)
{
    size_t length = strcspn(given, "=");
    int matches = 0;

    for (; options->name; options++) {
        if (strncmp(options->name, given, length) != 0)
            continue;
        text_add_format(list, "%s--%s", matches ? ", " : "", options->name);
        matches++;
    }
    return matches;
}

/* Say that getopt_long found no option, or more than one, for `word`. */
static int refuse_name(const struct option_def *options, const char *word,
                       struct error *err)
{
    int length = (int)strcspn(word, "=");
    struct text list = TEXT_EMPTY;
    int matches = list_matches(options, word + 2, &list);

    length = length > 80 ? 80 : length;
    if (matches > 1)
        error_set_field(err, ERROR_INVALID, word + 2, "ambiguous option %.*s: %.140s",
                        length, word, list.bytes);
    else
        error_set_field(err, ERROR_INVALID, word + 2, "unknown option %.*s", length,
                        word);
    text_release(&list);
    return -1;
}

/* Say what getopt_long did not like about `word`, its last one. */
static int refuse(const struct option_def *options, bool lacks_value, const char *word,
                  struct error *err)
{
    const struct option_def *option = optopt ? find_option(options, optopt) : NULL;

    if (option && lacks_value) {
        return error_set_field(err, ERROR_INVALID, option->name,
                               "option --%s needs a value: %s", option->name,
                               option->argument ? option->argument : "VALUE");
    }
    if (option) {
        return error_set_field(err, ERROR_INVALID, option->name,
                               "option --%s takes no value", option->name);
    }
    if (optopt) {
        const char letter[] = {(char)optopt, '\0'};

        return error_set_field(err, ERROR_INVALID, letter, "unknown option -%c",
                               optopt);
    }
    return refuse_name(options, word, err);
}

int options_parse(const struct option_def *options, int argc, char **argv,
                  bool in_order, int *operands, struct error *err)
{
    static char program[] = "";
    struct option *long_options = make_long_options(options);
    struct text letters = TEXT_EMPTY;
    char **words = xcalloc((size_t)argc + 2, sizeof(*words));
    int result = -1;
    int code;

    words[0] = program;
    memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
    make_short_options(options, in_order, &letters);
    /* Zero rather than one: glibc then forgets all that it remembers between calls. */
    optind = 0;
    opterr = 0;
    for (;;) {
        code = getopt_long(argc + 1, words, letters.bytes, long_options, NULL);
        if (code == -1)
            break;
        if (code == '?' || code == ':') {
            refuse(options, code == ':', words[optind - 1], err);
            goto done;
        }
        store_value(find_option(options, code), optarg);
    }
    memcpy(argv, words + 1, (size_t)argc * sizeof(*words));
    *operands = optind - 1;
    result = 0;
done:
    free(words);
    free(long_options);
    text_release(&letters);
    return result;
}

void option_strings_release(struct option_strings *strings)
{
    free(strings->items);
    *strings = (struct option_strings){0};
}

static void format_left(const struct option_def *option, struct text *left)
{
    const char *value = option->argument ? option->argument : "VALUE";

    if (option->short_name)
        text_add_format(left, "  -%c, --%s", option->short_name, option->name);
    else
        text_add_format(left, "      --%s", option->name);
    if (option->type == OPTION_OPTIONAL)
        text_add_format(left, "[=%s]", value);
    else if (option->type != OPTION_FLAG)
        text_add_format(left, " %s", value);
}

static size_t help_column(const struct option_def *options)
{
    struct text left = TEXT_EMPTY;
    size_t column = 0;

    for (; options->name; options++) {
        text_clear(&left);
        format_left(options, &left);
        if (left.length > column && left.length <= HELP_COLUMN_MAX)
            column = left.length;
    }
    text_release(&left);
    return column;
}

void options_format_help(const struct option_def *options, struct text *help)
{
    int column = (int)help_column(options);
    struct text left = TEXT_EMPTY;

    for (; options->name; options++) {
        text_clear(&left);
        format_left(options, &left);
        if (left.length > (size_t)column) {
            text_add_format(help, "%s\n", left.bytes);
            text_clear(&left);
        }
        text_add_format(help, "%-*s  %s\n", column, left.bytes, options->help);
    }
    text_release(&left);
}

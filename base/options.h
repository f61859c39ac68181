/* SPDX-License-Identifier: MIT */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Command line options as a table, read by getopt_long. The same rows serve parsing,
 * --help, shell completion and manual pages.
 */

enum option_type {
    OPTION_FLAG,     /* destination: bool, set to true */
    OPTION_STRING,   /* destination: const char *, borrowed from argv; the last wins */
    OPTION_STRINGS,  /* destination: struct option_strings, in the order given */
    OPTION_OPTIONAL, /* as OPTION_STRING, but the value may be left out: then "" */
};

struct option_strings {
    const char **items;
    size_t count;
    size_t room;
};

struct option_def {
    const char *name; /* without the dashes */
    char short_name;  /* 0: none */
    enum option_type type;
    void *destination;
    const char *argument; /* how the help names the value: "DURATION"; NULL for flags */
    const char *help;     /* one phrase */
    const char
        *values; /* for completion: "a b c", or NULL; "@file" "@zone" "@job"... */
};

/* The end of a table of options. */
#define OPTIONS_END                                                                    \
    {                                                                                  \
        NULL, 0, OPTION_FLAG, NULL, NULL, NULL, NULL                                   \
    }

/*
 * Parse options from argv[0..argc) (without the program's name) into the destinations.
 * Options may stand among operands until "--"; with `in_order` the first operand ends
 * them, for commands that take another's command line. `*operands` is the index of the
 * first operand; argv is permuted to have them last. Long names may be shortened while
 * they stay unique. ERROR_INVALID names the bad option; destinations of those before it
 * have been set then.
 */
int options_parse(const struct option_def *options, int argc, char **argv,
                  bool in_order, int *operands, struct error *err);

void option_strings_release(struct option_strings *strings);

/* Add the table as aligned help lines. */
void options_format_help(const struct option_def *options, struct text *help);

#endif

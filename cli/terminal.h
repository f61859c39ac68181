/* SPDX-License-Identifier: MIT */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * What the reader's screen can show, and text made safe for it: control characters,
 * broken UTF-8 and characters that turn the direction of writing never reach it raw,
 * whoever named a job so.
 */
struct terminal {
    size_t width; /* columns; 0: as wide as it takes, for pipes and files */
    bool is_terminal;
    bool colour;
    bool unicode; /* may show more than ASCII */
};

enum style {
    STYLE_PLAIN,
    STYLE_STRONG,
    STYLE_FAINT,
    STYLE_GOOD,
    STYLE_WARNING,
    STYLE_BAD,
    STYLES
};

/* What the open file shows, by isatty(), its size, NO_COLOR, TERM and the locale. */
struct terminal terminal_from(int file);

/* Add a string, made safe, in a style if there are colours. */
void terminal_add(const struct terminal *terminal, struct text *text, enum style style,
                  const char *string);

/* The same for several lines: newlines stay. */
void terminal_add_lines(const struct terminal *terminal, struct text *text,
                        const char *lines);

/* How many columns the string takes, made safe. */
size_t terminal_columns(const struct terminal *terminal, const char *string);

/* Add what fits of a string into so many columns, with a mark where it was cut. */
void terminal_add_cut(const struct terminal *terminal, struct text *text,
                      size_t columns, const char *string);

/* Begin and end a style by hand, round several additions. */
void terminal_begin(const struct terminal *terminal, struct text *text,
                    enum style style);
void terminal_end(const struct terminal *terminal, struct text *text, enum style style);

/*
 * Add a paragraph and a newline, broken between words to the width (80 when there is
 * none). Lines after the first are indented; the first begins in that column already.
 */
void terminal_add_paragraph(const struct terminal *terminal, struct text *text,
                            size_t indentation, const char *paragraph);

/* The same in a style; one line, however long, when there is no width. */
void terminal_add_wrapped(const struct terminal *terminal, struct text *text,
                          size_t indentation, enum style style, const char *string);

/* Print "penstock: ..." on standard error, made safe. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

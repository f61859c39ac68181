/* SPDX-License-Identifier: MIT */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "cli/terminal.h"

/*
 * Rows and columns that fit the terminal. Columns are as wide as what they hold; where
 * that is too wide, those that may shrink do, the widest first, and their cells are
 * cut; where it still is, the columns that may be dropped are, by their rank. Without a
 * width nothing is cut. Pure.
 */
struct table_column {
    const char *title;
    size_t least; /* columns it may shrink to; 0: it does not shrink */
    bool right;   /* numbers */
    int drops; /* rank in being left out: 1 goes first, 0 never; of equals the last */
};

struct table;

/* The columns, with their titles, are borrowed. */
struct table *table_create(const struct table_column *columns, size_t count);
void table_destroy(struct table *table);

/* Add the next cell, row by row. */
void table_add(struct table *table, enum style style, const char *cell);
void table_add_format(struct table *table, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Add the table, with its titles, to a text. The last row must be complete. */
void table_format(const struct table *table, const struct terminal *terminal,
                  struct text *text);

#endif

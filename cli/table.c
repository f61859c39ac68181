/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define GAP          2 /* blanks between columns */
#define COLUMNS_MOST 24

struct cell {
    char *string;
    enum style style;
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct cell *cells;
    size_t count;
    size_t room;
};

/* How wide each column is shown; 0: it is dropped. */
struct layout {
    size_t widths[COLUMNS_MOST];
};

struct table *table_create(const struct table_column *columns, size_t count)
{
    struct table *table = xcalloc(1, sizeof(*table));

    assert(count > 0 && count <= COLUMNS_MOST);
    table->columns = columns;
    table->column_count = count;
    return table;
}

void table_destroy(struct table *table)
{
    for (size_t i = 0; table && i < table->count; i++)
        free(table->cells[i].string);
    if (table)
        free(table->cells);
    free(table);
}

void table_add(struct table *table, enum style style, const char *cell)
{
    table->cells = xgrow(table->cells, table->count, &table->room, sizeof(struct cell));
    table->cells[table->count++] = (struct cell){xstrdup(cell), style};
}

void table_add_format(struct table *table, enum style style, const char *format, ...)
{
    char cell[256];
    va_list args;

    va_start(args, format);
    vsnprintf(cell, sizeof(cell), format, args);
    va_end(args);
    table_add(table, style, cell);
}

static size_t natural_width(const struct table *table, const struct terminal *terminal,
                            size_t column)
{
    size_t width = terminal_columns(terminal, table->columns[column].title);

    for (size_t i = column; i < table->count; i += table->column_count) {
        size_t wide = terminal_columns(terminal, table->cells[i].string);

        if (wide > width)
            width = wide;
    }
    return width ? width : 1;
}

static size_t total_width(const struct table *table, const struct layout *layout)
{
    size_t total = 0;

    for (size_t i = 0; i < table->column_count; i++)
        if (layout->widths[i])
            total += layout->widths[i] + (total ? GAP : 0);
    return total;
}

/* Take what is too much from the widest columns that shrink; false if none can. */
static bool shrink(const struct table *table, struct layout *layout, size_t width)
{
    while (total_width(table, layout) > width) {
        size_t widest = table->column_count;

        for (size_t i = 0; i < table->column_count; i++) {
            size_t least = table->columns[i].least;

            if (least > 0 && layout->widths[i] > least
                && (widest == table->column_count
                    || layout->widths[i] > layout->widths[widest]))
                widest = i;
        }
        if (widest == table->column_count)
            return false;
        layout->widths[widest]--;
    }
    return true;
}

/* The column to give up next: of the least rank, the rightmost. NULL if all must stay.
 */
static size_t *find_dropped(const struct table *table, struct layout *layout)
{
    size_t *found = NULL;
    int rank = 0;

    for (size_t i = 0; i < table->column_count; i++) {
        int drops = table->columns[i].drops;

        if (drops == 0 || !layout->widths[i] || (found && drops > rank))
            continue;
        rank = drops;
        found = &layout->widths[i];
    }
    return found;
}

static struct layout lay_out(const struct table *table, const struct terminal *terminal)
{
    struct layout natural = {{0}}, layout;
    size_t *dropped;

    for (size_t i = 0; i < table->column_count; i++)
        natural.widths[i] = natural_width(table, terminal, i);
    layout = natural;
    if (terminal->width == 0)
        return layout;
    while (!shrink(table, &layout, terminal->width)) {
        dropped = find_dropped(table, &natural);
        if (!dropped)
            break;
        *dropped = 0;
        layout = natural;
    }
    return layout;
}

static void add_blanks(struct text *text, size_t count)
{
    text_add_format(text, "%*s", (int)count, "");
}

static void format_row(const struct table *table, const struct terminal *terminal,
                       const struct layout *layout, const struct cell *row,
                       struct text *text)
{
    size_t owed = 0; /* blanks, written only when something follows */

    for (size_t i = 0; i < table->column_count; i++) {
        size_t width = layout->widths[i];
        size_t wide = terminal_columns(terminal, row[i].string);
        size_t pad = wide < width ? width - wide : 0;

        if (!width)
            continue;
        if (table->columns[i].right)
            owed += pad;
        if (wide > 0) {
            add_blanks(text, owed);
            owed = 0;
            terminal_begin(terminal, text, row[i].style);
            terminal_add_cut(terminal, text, width, row[i].string);
            terminal_end(terminal, text, row[i].style);
        }
        owed += (table->columns[i].right ? 0 : pad) + GAP;
    }
    text_add(text, "\n");
}

void table_format(const struct table *table, const struct terminal *terminal,
                  struct text *text)
{
    struct layout layout = lay_out(table, terminal);
    struct cell titles[COLUMNS_MOST];

    assert(table->count % table->column_count == 0);
    for (size_t i = 0; i < table->column_count; i++) {
        char *title = xstrdup(table->columns[i].title);

        titles[i] = (struct cell){title, STYLE_FAINT};
    }
    format_row(table, terminal, &layout, titles, text);
    for (size_t i = 0; i < table->column_count; i++)
        free(titles[i].string);
    for (size_t i = 0; i < table->count; i += table->column_count)
        format_row(table, terminal, &layout, &table->cells[i], text);
}

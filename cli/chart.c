/* SPDX-License-Identifier: MIT */
#include "cli/chart.h"

#include <math.h>
#include <stdio.h>

#define EIGHTHS 8

static const char *const blocks[EIGHTHS + 1] = {
    " ",
    "\342\226\201", /* one eighth, from below */
    "\342\226\202",
    "\342\226\203",
    "\342\226\204",
    "\342\226\205",
    "\342\226\206",
    "\342\226\207",
    "\342\226\210",
};
static const char *const ascii_blocks[EIGHTHS + 1] = {" ", ".", ".", ".", ":",
                                                      ":", ":", "#", "#"};
/* In one row there is no height to compare with, so that ASCII needs more signs. */
static const char *const ascii_spark[EIGHTHS + 1] = {" ", "_", ".", "-", "=",
                                                     "+", "*", "#", "@"};

static duration overlap(const struct chart_point *point, instant begins, instant ends)
{
    instant from = point->begins > begins ? point->begins : begins;
    instant to = point->ends < ends ? point->ends : ends;

    return to > from ? to - from : 0;
}

void chart_fill(const struct timeline *timeline, const struct chart_point *points,
                size_t count, double *levels)
{
    for (size_t i = 0; i < timeline->columns; i++) {
        instant begins = timeline->begins + (instant)i * timeline->step;
        double sum = 0, weight = 0;

        for (size_t j = 0; j < count; j++) {
            double share = (double)overlap(&points[j], begins, begins + timeline->step);

            if (share > 0 && isfinite(points[j].level)) {
                sum += share * points[j].level;
                weight += share;
            }
        }
        levels[i] = weight > 0 ? sum / weight : NAN;
    }
}

double chart_top(const double *levels, size_t count)
{
    static const double round[] = {1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10};
    double most = 0, power = 1;

    for (size_t i = 0; i < count; i++)
        if (isfinite(levels[i]) && levels[i] > most)
            most = levels[i];
    if (!(most > 0) || most > 1e12)
        return most > 0 ? most : 1;
    while (power * 10 < most)
        power *= 10;
    while (power > most)
        power /= 10;
    for (size_t i = 0; i < sizeof(round) / sizeof(round[0]); i++)
        if (round[i] * power >= most)
            return round[i] * power;
    return power * 10;
}

static bool is_marked(const struct timeline *timeline, const struct chart_mark *mark,
                      size_t column)
{
    instant begins = timeline->begins + (instant)column * timeline->step;

    return mark && mark->ends > mark->begins && begins < mark->ends
           && begins + timeline->step > mark->begins;
}

/* How many eighths of a row a level fills, of `rows` rows up to `top`. */
static size_t count_eighths(double level, double top, size_t rows)
{
    double most = (double)(rows * EIGHTHS);
    double filled;

    if (!isfinite(level) || level < 0 || !(top > 0))
        return 0;
    filled = round(level / top * most);
    if (filled < 1)
        return 1; /* known to be little is not the same as not known */
    return filled > most ? rows * EIGHTHS : (size_t)filled;
}

/* Add one row of columns: `floor` eighths of the levels lie below it. */
static void format_row(const struct timeline *timeline, const struct terminal *terminal,
                       const size_t *eighths, size_t floor,
                       const struct chart_mark *mark, struct text *text)
{
    const char *const *glyphs = terminal->unicode ? blocks : ascii_blocks;

    for (size_t i = 0; i < timeline->columns; i++) {
        size_t filled = eighths[i] > floor ? eighths[i] - floor : 0;
        enum style style = is_marked(timeline, mark, i) ? STYLE_GOOD : STYLE_PLAIN;

        terminal_add(terminal, text, filled ? style : STYLE_PLAIN,
                     glyphs[filled > EIGHTHS ? EIGHTHS : filled]);
    }
    text_add(text, "\n");
}

void chart_format(const struct timeline *timeline, const struct terminal *terminal,
                  const double *levels, size_t rows, const struct chart_mark *mark,
                  struct text *text)
{
    double top = chart_top(levels, timeline->columns);
    size_t eighths[TIMELINE_COLUMNS_MAX];

    for (size_t i = 0; i < timeline->columns; i++)
        eighths[i] = count_eighths(levels[i], top, rows);
    for (size_t row = rows; row-- > 0;) {
        bool is_labelled = (row + 1) * 2 == rows || row + 1 == rows;

        terminal_begin(terminal, text, STYLE_FAINT);
        if (is_labelled)
            text_add_format(text, "%5.4g ", top * (double)(row + 1) / (double)rows);
        else
            text_add(text, "      ");
        text_add(text, terminal->unicode ? "\342\224\202" : "|");
        terminal_end(terminal, text, STYLE_FAINT);
        format_row(timeline, terminal, eighths, row * EIGHTHS, mark, text);
    }
}

void chart_format_spark(const struct timeline *timeline,
                        const struct terminal *terminal, const double *levels,
                        double top, const struct chart_mark *mark, struct text *text)
{
    const char *const *glyphs = terminal->unicode ? blocks : ascii_spark;

    for (size_t i = 0; i < timeline->columns; i++) {
        enum style style = is_marked(timeline, mark, i) ? STYLE_GOOD : STYLE_PLAIN;

        terminal_add(terminal, text, style, glyphs[count_eighths(levels[i], top, 1)]);
    }
}

void chart_add_signs(const struct terminal *terminal, struct text *text)
{
    const char *const *glyphs = terminal->unicode ? blocks : ascii_spark;

    for (size_t i = 1; i <= EIGHTHS; i++)
        text_add_format(text, "%s%s", i > 1 ? " " : "", glyphs[i]);
}

void chart_format_marks(const struct timeline *timeline,
                        const struct terminal *terminal, instant now,
                        const struct chart_mark *mark, size_t margin, struct text *text)
{
    size_t column = timeline_column(timeline, now);

    text_add_format(text, "%*s", (int)margin, "");
    for (size_t i = 0; i < timeline->columns; i++) {
        if (i == column)
            terminal_add(terminal, text, STYLE_STRONG,
                         terminal->unicode ? "\342\226\262" : "^");
        else if (is_marked(timeline, mark, i))
            terminal_add(terminal, text, STYLE_GOOD,
                         terminal->unicode ? "\342\224\201" : "=");
        else
            text_add(text, " ");
    }
    while (text->length > 0 && text->bytes[text->length - 1] == ' ')
        text->bytes[--text->length] = '\0';
    text_add(text, "\n");
}

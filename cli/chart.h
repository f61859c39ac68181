/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHART_H
#define CLI_CHART_H

#include <stddef.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "cli/timeline.h"

/*
 * A quantity over time, as columns of block characters, or of ASCII where the locale
 * has nothing better. Scales begin at 0, so that heights compare. Pure.
 */
struct chart_point {
    instant begins;
    instant ends;
    double level; /* NaN: not known */
};

/* A stretch of time to stand out; nothing when it ends where it begins. */
struct chart_mark {
    instant begins;
    instant ends;
};

/*
 * The mean level in each column of the timeline, NaN where nothing is known. `levels`
 * has room for timeline->columns.
 */
void chart_fill(const struct timeline *timeline, const struct chart_point *points,
                size_t count, double *levels);

/* A round number at or above the highest level, for the top of the scale. */
double chart_top(const double *levels, size_t count);

/*
 * Add the levels as a chart of so many rows, with the scale in a left margin of
 * CHART_MARGIN columns. What is marked is coloured.
 */
#define CHART_MARGIN   7
#define CHART_ROWS_MAX 40
void chart_format(const struct timeline *timeline, const struct terminal *terminal,
                  const double *levels, size_t rows, const struct chart_mark *mark,
                  struct text *text);

/* Add the levels in one row, from 0 to `top`, without a newline. */
void chart_format_spark(const struct timeline *timeline,
                        const struct terminal *terminal, const double *levels,
                        double top, const struct chart_mark *mark, struct text *text);

/* Add the signs of such a row, from little to much. */
void chart_add_signs(const struct terminal *terminal, struct text *text);

/*
 * Add a line that points at now and underlines what is marked, below a chart with its
 * hours.
 */
void chart_format_marks(const struct timeline *timeline,
                        const struct terminal *terminal, instant now,
                        const struct chart_mark *mark, size_t margin,
                        struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_TIMELINE_H
#define CLI_TIMELINE_H

#include <stddef.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/terminal.h"

/*
 * Time from left to right on the screen: columns of equal length that begin at round
 * local times. Charts and bars of one timeline stand exactly above one another. Pure,
 * given TZ.
 */
struct timeline {
    instant begins;
    duration step; /* of one column */
    size_t columns;
};

#define TIMELINE_COLUMNS_MAX 480

/* The finest round step with which [begins, ends) fits into `most` columns. */
struct timeline timeline_fit(instant begins, instant ends, size_t most);

instant timeline_ends(const struct timeline *timeline);

/* The column that holds a moment; moments outside go to the first or the last. */
size_t timeline_column(const struct timeline *timeline, instant when);

/*
 * Add two lines below a chart: an axis with ticks, and the local hours below the
 * ticks, with the weekday in place of midnight. Each begins with `margin` blanks.
 */
void timeline_format(const struct timeline *timeline, const struct terminal *terminal,
                     size_t margin, struct text *text);

struct timeline_rest {
    instant begins;
    instant ends;
};

#define TIMELINE_RESTS_MAX 32

/*
 * Add a bar over [begins, ends) as one column each, blank elsewhere and where a column
 * is all rest, without a newline: full for what runs, lighter for what is planned.
 * `latest` (0: none) is marked.
 */
struct timeline_bar {
    instant begins;
    instant ends;
    instant latest;
    bool runs;
    struct timeline_rest rests[TIMELINE_RESTS_MAX];
    size_t rest_count;
};

void timeline_format_bar(const struct timeline *timeline,
                         const struct terminal *terminal,
                         const struct timeline_bar *bar, struct text *text);

#endif

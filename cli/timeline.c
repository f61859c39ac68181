/* SPDX-License-Identifier: MIT */
#include "cli/timeline.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/when.h"

#define LABEL_ROOM 5 /* columns from one label to the next, at least */

static const duration steps[] = {
    5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR,
    2 * HOUR,   3 * HOUR,    4 * HOUR,    6 * HOUR,    12 * HOUR,   DAY,
};
static const int hour_steps[] = {1, 2, 3, 4, 6, 12, 24};
static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The last moment up to `when` at which local clocks show a multiple of the step. */
static instant round_down(instant when, duration step)
{
    instant offset = (instant)when_local(when).tm_gmtoff;
    instant past = (when + offset) % step;

    return when - (past < 0 ? past + step : past);
}

struct timeline timeline_fit(instant begins, instant ends, size_t most)
{
    struct timeline timeline = {0, 0, 1};

    if (most > TIMELINE_COLUMNS_MAX)
        most = TIMELINE_COLUMNS_MAX;
    assert(most > 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        duration length;

        timeline.step = steps[i];
        timeline.begins = round_down(begins, steps[i]);
        length = ends > timeline.begins ? ends - timeline.begins : 1;
        if ((length - 1) / steps[i] < (instant)most) {
            timeline.columns = (size_t)((length - 1) / steps[i]) + 1;
            return timeline;
        }
    }
    timeline.columns = most;
    return timeline;
}

instant timeline_ends(const struct timeline *timeline)
{
    return timeline->begins + (instant)timeline->columns * timeline->step;
}

size_t timeline_column(const struct timeline *timeline, instant when)
{
    size_t column;

    if (when <= timeline->begins)
        return 0;
    column = (size_t)((when - timeline->begins) / timeline->step);
    return column < timeline->columns ? column : timeline->columns - 1;
}

/* How many hours lie between labels. */
static int label_hours(const struct timeline *timeline)
{
    for (size_t i = 0; i < COUNT(hour_steps); i++)
        if (hour_steps[i] * HOUR >= LABEL_ROOM * timeline->step)
            return hour_steps[i];
    return 24;
}

/* Whether the column is the first in a labelled local hour. */
static bool is_labelled(const struct timeline *timeline, size_t column, int hours)
{
    instant begins = timeline->begins + (instant)column * timeline->step;
    struct tm local = when_local(begins);
    duration into_hour = local.tm_min * MINUTE + local.tm_sec;

    if (timeline->step > HOUR)
        return (local.tm_hour * HOUR + into_hour) % (hours * HOUR) < timeline->step;
    return local.tm_hour % hours == 0 && into_hour < timeline->step;
}

static void format_label(const struct timeline *timeline, size_t column, char label[8])
{
    struct tm local = when_local(timeline->begins + (instant)column * timeline->step);

    if (local.tm_hour * HOUR < timeline->step || local.tm_hour == 0)
        snprintf(label, 8, "%s", weekdays[local.tm_wday]);
    else
        snprintf(label, 8, "%02d", local.tm_hour % 100);
}

void timeline_format(const struct timeline *timeline, const struct terminal *terminal,
                     size_t margin, struct text *text)
{
    const char *line = terminal->unicode ? "\342\224\200" : "-";
    const char *tick = terminal->unicode ? "\342\224\264" : "+";
    int hours = label_hours(timeline);
    size_t used = 0;

    text_add_format(text, "%*s", (int)margin, "");
    terminal_begin(terminal, text, STYLE_FAINT);
    for (size_t i = 0; i < timeline->columns; i++)
        text_add(text, is_labelled(timeline, i, hours) ? tick : line);
    terminal_end(terminal, text, STYLE_FAINT);
    text_add_format(text, "\n%*s", (int)margin, "");
    terminal_begin(terminal, text, STYLE_FAINT);
    for (size_t i = 0; i < timeline->columns; i++) {
        char label[8];

        if (!is_labelled(timeline, i, hours) || (used > 0 && i < used + 1))
            continue;
        format_label(timeline, i, label);
        if (i + strlen(label) > timeline->columns)
            break;
        text_add_format(text, "%*s%s", (int)(i - used), "", label);
        used = i + strlen(label);
    }
    terminal_end(terminal, text, STYLE_FAINT);
    text_add(text, "\n");
}

/* What one column of a bar shows: NULL for nothing. */
static const char *bar_glyph(const struct terminal *terminal,
                             const struct timeline_bar *bar)
{
    if (terminal->unicode)
        return bar->runs ? "\342\226\210" : "\342\226\223";
    return bar->runs ? "#" : "=";
}

static bool is_rest(const struct timeline *timeline, const struct timeline_bar *bar,
                    size_t column)
{
    instant begins = timeline->begins + (duration)column * timeline->step;

    for (size_t i = 0; i < bar->rest_count; i++)
        if (begins >= bar->rests[i].begins
            && begins + timeline->step <= bar->rests[i].ends)
            return true;
    return false;
}

void timeline_format_bar(const struct timeline *timeline,
                         const struct terminal *terminal,
                         const struct timeline_bar *bar, struct text *text)
{
    enum style style = bar->runs ? STYLE_PLAIN : STYLE_GOOD;
    bool is_shown = bar->ends > timeline->begins
                    && bar->begins < timeline_ends(timeline) && bar->ends > bar->begins;
    size_t first = timeline_column(timeline, bar->begins);
    size_t last = timeline_column(timeline, bar->ends - 1);
    size_t latest =
        bar->latest >= timeline->begins && bar->latest < timeline_ends(timeline)
            ? timeline_column(timeline, bar->latest)
            : timeline->columns;

    for (size_t i = 0; i < timeline->columns; i++) {
        if (is_shown && i >= first && i <= last && !is_rest(timeline, bar, i))
            terminal_add(terminal, text, style, bar_glyph(terminal, bar));
        else if (i == latest)
            terminal_add(terminal, text, STYLE_FAINT,
                         terminal->unicode ? "\342\224\202" : "|");
        else
            text_add(text, " ");
    }
}

/* SPDX-License-Identifier: MIT */
#include "cli/grid_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/when.h"
#include "cli/answer.h"
#include "cli/figures.h"

#define ROWS 8

struct chart_point *grid_text_points(const json_t *forecast, const char *member,
                                     size_t *count)
{
    const json_t *list = json_object_get(forecast, "points");
    size_t size = json_array_size(list);
    struct chart_point *points;

    size = size > GRID_POINTS_MAX ? GRID_POINTS_MAX : size;
    points = xcalloc(size, sizeof(*points));
    *count = 0;
    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(list, i);
        struct chart_point *point = &points[*count];

        if (!answer_instant(item, "begins", &point->begins)
            || !answer_instant(item, "ends", &point->ends)
            || point->ends <= point->begins)
            continue;
        point->level = answer_has(item, member) ? answer_number(item, member) : NAN;
        (*count)++;
    }
    return points;
}

struct chart_mark grid_text_cleanest(const json_t *forecast)
{
    const json_t *cleanest = json_object_get(forecast, "cleanest");
    struct chart_mark mark = {0, 0};

    if (!answer_instant(cleanest, "begins", &mark.begins)
        || !answer_instant(cleanest, "ends", &mark.ends))
        return (struct chart_mark){0, 0};
    return mark;
}

/* Where a forecast is from, and how it is known. */
static void add_source(const json_t *forecast, struct text *source)
{
    const char *rung = answer_text(forecast, "rung");
    char age[FIGURE_TEXT_SIZE];

    text_add_format(source, "%s%s", answer_text(forecast, "provider"),
                    answer_is_true(forecast, "blended") ? " with the zone's own past"
                                                        : "");
    if (strcmp(rung, "last") == 0)
        text_add(source, " (its LAST FORECAST: no newer one comes)");
    else if (strcmp(rung, "history") == 0)
        text_add(source, " (the zone's OWN PAST: no provider's covers now)");
    else if (strcmp(rung, "yearly") == 0)
        text_add(source, " (the MEAN OF A YEAR: jobs do not wait)");
    text_add_format(source, ", %s", answer_text(forecast, "signal"));
    if (answer_has(forecast, "unit"))
        text_add_format(source, ", %s", answer_text(forecast, "unit"));
    text_add_format(source, ", %s old",
                    figure_format_age(answer_integer(forecast, "age"), age));
}

/* Add the zone, and where its forecast is from. */
static void add_heading(const json_t *forecast, const struct terminal *terminal,
                        struct text *text)
{
    const char *zone = answer_text(forecast, "zone");
    struct text source = TEXT_EMPTY;

    terminal_add(terminal, text, STYLE_STRONG, zone);
    text_add(text, "  ");
    add_source(forecast, &source);
    terminal_add_wrapped(terminal, text, terminal_columns(terminal, zone) + 2,
                         STYLE_FAINT, source.bytes);
    if (answer_is_true(forecast, "synthetic"))
        terminal_add_wrapped(terminal, text, 0, STYLE_BAD,
                             "SYNTHETIC: made up, not of the real grid");
    text_add(text, "\n");
    text_release(&source);
}

/* How sure the levels are: the mean width of the interval to either side. */
static void add_band(const json_t *forecast, struct text *text)
{
    const json_t *points = json_object_get(forecast, "points");
    double below = 0, above = 0;
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);

        if (!answer_has(point, "low_g") || !answer_has(point, "high_g"))
            continue;
        below += answer_number(point, "g") - answer_number(point, "low_g");
        above += answer_number(point, "high_g") - answer_number(point, "g");
        count++;
    }
    if (count > 0)
        text_add_format(
            text,
            "%*sfour in five hours come within %.0f g below and %.0f g above "
            "(mean)\n",
            CHART_MARGIN, "", below / (double)count, above / (double)count);
}

static void add_legend(const json_t *forecast, const struct terminal *terminal,
                       const struct chart_mark *mark, instant now, struct text *text)
{
    char begins[WHEN_TEXT_SIZE], ends[WHEN_TEXT_SIZE];
    struct text current = TEXT_EMPTY, cleanest = TEXT_EMPTY;
    size_t used;

    text_add_format(&current, " now %.0f g", answer_number(forecast, "now_g"));
    text_add_format(text, "%*s", CHART_MARGIN, "");
    terminal_add(terminal, text, STYLE_STRONG,
                 terminal->unicode ? "\342\226\262" : "^");
    text_add(text, current.bytes);
    if (mark->ends > mark->begins) {
        text_add_format(&cleanest, "cleanest hour %s to %s, %.0f g",
                        when_format(mark->begins, now, begins),
                        when_format(mark->ends, mark->begins, ends),
                        answer_number(json_object_get(forecast, "cleanest"), "g"));
        used = CHART_MARGIN + 1 + current.length + 5 + cleanest.length;
        if (terminal->width > 0 && used > terminal->width)
            text_add_format(text, "\n%*s", CHART_MARGIN, "");
        else
            text_add(text, "   ");
        terminal_add(terminal, text, STYLE_GOOD,
                     terminal->unicode ? "\342\224\201" : "=");
        text_add_format(text, " %s", cleanest.bytes);
    }
    text_add(text, "\n");
    text_release(&cleanest);
    text_release(&current);
}

static void add_renewable(const json_t *forecast, const struct timeline *timeline,
                          const struct terminal *terminal, struct text *text)
{
    double levels[TIMELINE_COLUMNS_MAX];
    bool has_any = false;
    size_t count;
    struct chart_point *points = grid_text_points(forecast, "renewable", &count);

    chart_fill(timeline, points, count, levels);
    free(points);
    for (size_t i = 0; i < timeline->columns; i++)
        has_any = has_any || isfinite(levels[i]);
    if (!has_any)
        return;
    text_add(text, "\nrenew. ");
    chart_format_spark(timeline, terminal, levels, 100, NULL, text);
    text_add(text, "\n");
    if (isfinite(levels[0]))
        text_add_format(text, "%*snow %.0f %% renewable, %s is 100 %%\n", CHART_MARGIN,
                        "", levels[0], terminal->unicode ? "a full block" : "@");
}

void grid_text_add_chart(const json_t *forecast, const struct terminal *terminal,
                         struct text *text)
{
    size_t width = terminal->width ? terminal->width : 80;
    struct chart_mark mark = grid_text_cleanest(forecast);
    double levels[TIMELINE_COLUMNS_MAX];
    struct timeline timeline;
    struct chart_point *points;
    instant now = 0;
    size_t count;

    points = grid_text_points(forecast, "g", &count);
    add_heading(forecast, terminal, text);
    if (count > 0) {
        if (!answer_instant(forecast, "now", &now))
            now = points[0].begins;
        timeline = timeline_fit(points[0].begins, points[count - 1].ends,
                                width - CHART_MARGIN - 1);
        chart_fill(&timeline, points, count, levels);
        chart_format(&timeline, terminal, levels, ROWS, &mark, text);
        timeline_format(&timeline, terminal, CHART_MARGIN, text);
        chart_format_marks(&timeline, terminal, now, &mark, CHART_MARGIN, text);
        add_legend(forecast, terminal, &mark, now, text);
        add_band(forecast, text);
        add_renewable(forecast, &timeline, terminal, text);
    } else {
        text_add(text, "no points\n");
    }
    free(points);
}

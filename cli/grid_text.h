/* SPDX-License-Identifier: MIT */
#ifndef CLI_GRID_TEXT_H
#define CLI_GRID_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/chart.h"
#include "cli/terminal.h"

/* Forecasts of the daemon's answers as charts. Pure, given TZ. */

#define GRID_POINTS_MAX 4096

/*
 * The points of a forecast, with "g" or "renewable" as `member` for their level, as a
 * new array of `*count` points.
 */
struct chart_point *grid_text_points(const json_t *forecast, const char *member,
                                     size_t *count);

/* The cleanest hour to come; nothing marked if there is none. */
struct chart_mark grid_text_cleanest(const json_t *forecast);

/* Add the chart of a zone's forecast: intensity, renewable share, now, cleanest. */
void grid_text_add_chart(const json_t *forecast, const struct terminal *terminal,
                         struct text *text);

#endif

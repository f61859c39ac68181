/* SPDX-License-Identifier: MIT */
#include "grid/providers/points.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"

void points_release(struct points *points)
{
    free(points->items);
    *points = POINTS_EMPTY;
}

static bool divides_hour(duration length)
{
    return length > 0 && length <= HOUR && HOUR % length == 0;
}

int points_add(struct points *points, struct point point, struct error *err)
{
    size_t i = points->count;

    if (i >= SERIES_SAMPLES_MAX)
        return error_set(err, ERROR_INVALID, "more than %d points", SERIES_SAMPLES_MAX);
    if (point.begins < 0 || point.begins > INSTANT_MAX - DAY)
        return error_set(err, ERROR_INVALID, "point %zu: not between 1970 and 9999", i);
    if (i > 0 && point.begins <= points->items[i - 1].begins)
        return error_set(err, ERROR_INVALID, "point %zu: %s", i,
                         point.begins == points->items[i - 1].begins
                             ? "the same time twice"
                             : "out of order");
    if (i > 0 && point.begins < points->items[i - 1].ends)
        return error_set(err, ERROR_INVALID, "point %zu: overlaps the one before it",
                         i);
    /* The range first, so that the difference cannot overflow. */
    if (point.ends != POINT_OPEN
        && (point.ends <= point.begins || point.ends > point.begins + HOUR
            || !divides_hour(point.ends - point.begins)))
        return error_set(err, ERROR_INVALID,
                         "point %zu: its length does not divide an hour", i);
    points->items =
        xgrow(points->items, points->count, &points->room, sizeof(*points->items));
    points->items[points->count++] = point;
    return 0;
}

/* The shortest distance between two points; 0 if there are no two. */
static duration shortest_step(const struct points *points)
{
    duration shortest = 0;

    for (size_t i = 0; i + 1 < points->count; i++) {
        duration step = points->items[i + 1].begins - points->items[i].begins;

        if (shortest == 0 || step < shortest)
            shortest = step;
    }
    return shortest;
}

int points_close(struct points *points, struct error *err)
{
    duration step = shortest_step(points);

    if (points->count == 0)
        return 0;
    if (!divides_hour(step))
        return error_set(err, ERROR_INVALID,
                         step == 0 ? "a single point has no length"
                                   : "the step between points does not divide an hour");

    for (size_t i = 0; i < points->count; i++) {
        struct point *point = &points->items[i];

        if (i + 1 < points->count) {
            duration until_next = point[1].begins - point->begins;

            if (divides_hour(until_next))
                step = until_next;
            else if (until_next % step != 0)
                return error_set(err, ERROR_INVALID,
                                 "point %zu: its length does not divide an hour", i);
        }
        point->ends = point->begins + step;
    }
    return 0;
}

int points_level(const struct points *points, double g_per_kwh, int64_t *level,
                 struct error *err)
{
    if (number_scale(g_per_kwh, 3, 0, INTENSITY_MAX, level, NULL) < 0)
        return error_set(err, ERROR_INVALID, "point %zu: not from 0 to %d g/kWh",
                         points->count, (int)(INTENSITY_MAX / 1000));
    return 0;
}

int points_renewable(const struct points *points, double percent, int64_t *renewable,
                     struct error *err)
{
    if (number_scale(percent, 1, 0, SHARE_MAX, renewable, NULL) < 0)
        return error_set(err, ERROR_INVALID,
                         "point %zu: a renewable share not from 0 to %d %%",
                         points->count, (int)(SHARE_MAX / 10));
    return 0;
}

/* Points with a level, without a gap too long to be held over: [first, end). */
struct run {
    size_t first;
    size_t end;
    instant ends;
};

/* The run that holds `now`, else the one that follows it. False if all is past. */
static bool find_run(const struct points *points, instant now, struct run *run)
{
    *run = (struct run){0, 0, 0};
    for (size_t i = 0; i < points->count; i++) {
        const struct point *point = &points->items[i];
        bool begins_run = run->ends == 0;

        if (point->level == POINT_NONE)
            continue;
        if (!begins_run && point->begins - run->ends > POINTS_GAP_MAX) {
            if (run->ends > now)
                break;
            begins_run = true;
        }
        /* What is past by the time the next one begins is of no use. */
        if (begins_run || point->begins <= now)
            run->first = i;
        run->end = i + 1;
        run->ends = point->ends;
    }
    return run->ends > now;
}

static struct series *make_series(const struct points *points, const struct run *run,
                                  bool renewable, struct error *err)
{
    struct series_sample *samples = xcalloc(run->end - run->first, sizeof(*samples));
    struct series *series = NULL;
    instant limit = points->items[run->first].begins + SERIES_SPAN_MAX;
    instant ends = run->ends < limit ? run->ends : limit;
    size_t count = 0;

    for (size_t i = run->first; i < run->end; i++) {
        const struct point *point = &points->items[i];
        int64_t level = renewable ? point->renewable : point->level;

        if (point->level != POINT_NONE && level != POINT_NONE && point->begins < limit)
            samples[count++] = (struct series_sample){point->begins, level};
    }
    series =
        series_create(samples, count, ends, renewable ? SHARE_MAX : INTENSITY_MAX, err);
    free(samples);
    return series;
}

static int make_forecast(const struct points *points,
                         const struct points_origin *origin, instant now,
                         struct forecast **made, struct error *err)
{
    struct forecast *forecast;
    struct run run;

    if (!find_run(points, now, &run)
        || points->items[run.first].begins > now + POINTS_GAP_MAX)
        return error_set(err, ERROR_MISSING, "no forecast for %s from now on",
                         origin->zone);

    forecast = xcalloc(1, sizeof(*forecast));
    if (!text_copy(forecast->zone, sizeof(forecast->zone), origin->zone)
        || !text_copy(forecast->provider, sizeof(forecast->provider),
                      origin->provider)) {
        error_set(err, ERROR_INVALID, "the name of the zone or provider is too long");
        goto fail;
    }
    forecast->signal = origin->signal;
    forecast->synthetic = origin->synthetic;
    forecast->issued = now;
    forecast->fetched = now;
    forecast->intensity = make_series(points, &run, false, err);
    if (!forecast->intensity)
        goto fail;
    if (points->items[run.first].renewable != POINT_NONE) {
        forecast->renewable = make_series(points, &run, true, err);
        if (!forecast->renewable)
            goto fail;
    }
    *made = forecast;
    return 0;
fail:
    forecast_destroy(forecast);
    return -1;
}

static int make_actuals(const struct points *points, const struct points_origin *origin,
                        instant now, struct actuals *made, struct error *err)
{
    struct actuals actuals = {.signal = origin->signal, .synthetic = origin->synthetic};

    if (!text_copy(actuals.zone, sizeof(actuals.zone), origin->zone)
        || !text_copy(actuals.provider, sizeof(actuals.provider), origin->provider))
        return error_set(err, ERROR_INVALID,
                         "the name of the zone or provider is too long");

    actuals.items = xcalloc(points->count + 1, sizeof(*actuals.items));
    for (size_t i = 0; i < points->count; i++) {
        const struct point *point = &points->items[i];

        if (point->level != POINT_NONE && point->ends <= now
            && point->ends > now - POINTS_ACTUALS_SPAN)
            actuals.items[actuals.count++] =
                (struct actual){point->begins, point->ends, point->level};
    }
    if (actuals.count == 0) {
        actuals_release(&actuals);
        return error_set(err, ERROR_MISSING, "no actuals for %s of late", origin->zone);
    }
    *made = actuals;
    return 0;
}

/* The series of what is renewable: as for a forecast, with the shares for levels. */
static int make_renewable(const struct points *points,
                          const struct points_origin *origin, instant now,
                          struct series **made, struct error *err)
{
    struct points shares = POINTS_EMPTY;
    struct run run;

    shares.items = xcalloc(points->count + 1, sizeof(*shares.items));
    for (; shares.count < points->count; shares.count++) {
        shares.items[shares.count] = points->items[shares.count];
        shares.items[shares.count].level = points->items[shares.count].renewable;
    }
    *made = NULL;
    if (!find_run(&shares, now, &run)
        || shares.items[run.first].begins > now + POINTS_GAP_MAX)
        error_set(err, ERROR_MISSING, "no renewable share for %s from now on",
                  origin->zone);
    else
        *made = make_series(&shares, &run, true, err);
    points_release(&shares);
    return *made ? 0 : -1;
}

int points_make_reading(const struct points *points, const struct points_origin *origin,
                        enum reading_kind wanted, instant now, struct reading *reading,
                        struct error *err)
{
    assert(!reading->forecast && reading->actuals.count == 0 && !reading->renewable);

    if (wanted == READING_RENEWABLE)
        return make_renewable(points, origin, now, &reading->renewable, err);
    if (wanted == READING_FORECAST)
        return make_forecast(points, origin, now, &reading->forecast, err);
    return make_actuals(points, origin, now, &reading->actuals, err);
}

/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/blend_internal.h"

/* Samples of the forecast to be. */
struct steps {
    struct series_sample *items;
    size_t count;
    instant ends;
};

static intensity round_level(double level)
{
    if (!(level > 0))
        return 0;
    return level < (double)INTENSITY_MAX ? (intensity)llround(level) : INTENSITY_MAX;
}

static void add(struct steps *steps, instant begins, double level)
{
    steps->items[steps->count++] = (struct series_sample){begins, round_level(level)};
}

/* What the provider said at a moment, put through what was learnt of its hour. */
static double combine(const struct making *making, size_t hour, double raw)
{
    const double *weights = making->weights[hour];
    double level = weights[EXPERT_RAW] * raw
                   + weights[EXPERT_UNBIASED] * raw * making->bias
                   + weights[EXPERT_NOWCAST] * fmax(raw + making->nowcast[hour], 0);

    if (making->has_history)
        level += weights[EXPERT_HISTORY] * making->experts[EXPERT_HISTORY][hour];
    if (making->has_week)
        level += weights[EXPERT_WEEK] * making->experts[EXPERT_WEEK][hour];
    return level;
}

/* An hour in the provider's steps. */
static void add_hour(struct steps *steps, const struct making *making, size_t hour,
                     const struct series *series, size_t *next)
{
    instant begins = (making->first + (int64_t)hour) * HOUR;
    instant ends = begins + HOUR;
    instant at = begins > series_begins(series) ? begins : series_begins(series);

    while (at < ends) {
        while (*next < series_count(series) && series_at(series, *next).begins <= at)
            ++*next;
        add(steps, at,
            combine(making, hour, (double)series_at(series, *next - 1).level));
        at = *next < series_count(series) ? series_at(series, *next).begins : ends;
    }
}

static struct series *make_levels(const struct making *making,
                                  const struct forecast *provider)
{
    size_t room =
        (provider ? series_count(provider->intensity) : 0) + 2 * (size_t)BLEND_HOURS;
    struct steps steps = {xcalloc(room, sizeof(*steps.items)), 0, 0};
    struct series *series = NULL;
    size_t next = 0;

    for (size_t i = 0; i < BLEND_HOURS && !isnan(making->level[i]); i++) {
        if (!provider || isnan(making->experts[EXPERT_RAW][i]))
            add(&steps, (making->first + (int64_t)i) * HOUR, making->level[i]);
        else
            add_hour(&steps, making, i, provider->intensity, &next);
        steps.ends = (making->first + (int64_t)i + 1) * HOUR;
    }
    series = series_create(steps.items, steps.count, steps.ends, INTENSITY_MAX, NULL);
    free(steps.items);
    return series;
}

static struct series *make_bound(const struct making *making, const double *levels)
{
    struct series_sample items[BLEND_HOURS];
    size_t count = 0;

    for (; count < BLEND_HOURS && !isnan(making->level[count]); count++)
        items[count] = (struct series_sample){(making->first + (int64_t)count) * HOUR,
                                              round_level(levels[count])};
    return series_create(items, count, (making->first + (int64_t)count) * HOUR,
                         INTENSITY_MAX, NULL);
}

struct forecast *blend_make_forecast(const struct blend *blend,
                                     const struct forecast *provider,
                                     const struct making *making, instant now)
{
    struct forecast *forecast;

    /* Too short for an hour to be made of it, and nothing to go on with. */
    if (isnan(making->level[0]))
        return provider ? forecast_copy(provider) : NULL;
    forecast = xcalloc(1, sizeof(*forecast));
    memcpy(forecast->zone, blend->zone, sizeof(forecast->zone));
    (void)text_copy(forecast->provider, sizeof(forecast->provider),
                    provider ? BLEND_NAME : BLEND_HISTORY_NAME);
    forecast->signal = blend->signal;
    forecast->synthetic = blend->synthetic || (provider && provider->synthetic);
    forecast->issued = provider ? provider->issued : now;
    forecast->fetched = now;
    forecast->intensity = make_levels(making, provider);
    if (provider && provider->renewable)
        forecast->renewable = series_copy(provider->renewable);
    forecast->low = make_bound(making, making->low);
    forecast->high = make_bound(making, making->high);
    return forecast;
}

/* SPDX-License-Identifier: MIT */
#include "ledger/emissions.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* 3 600 000 joules make a kilowatt-hour. */
#define JOULES_PER_KWH 3600000

_Static_assert(EMISSIONS_SPAN_MAX <= INT64_MAX / INTENSITY_MAX,
               "level times seconds fits");
_Static_assert(EMISSIONS_SPAN_MAX *INTENSITY_MAX / JOULES_PER_KWH + 2
                   <= INT64_MAX / EMISSIONS_WATTS_MAX,
               "times watts, divided before it is multiplied, fits");

static const char *const label_names[EMISSIONS_LABELS] = {
    [EMISSIONS_MEASURED] = "measured",
    [EMISSIONS_PROVISIONAL] = "provisional",
    [EMISSIONS_FORECAST] = "forecast",
    [EMISSIONS_UNKNOWN] = "unknown",
};

const char *emissions_label_name(enum emissions_label label)
{
    assert(label < EMISSIONS_LABELS);
    return label_names[label];
}

enum emissions_label emissions_label_worse(enum emissions_label a,
                                           enum emissions_label b)
{
    return a > b ? a : b;
}

double emissions_grams(int64_t milligrams)
{
    return (double)milligrams / 1000;
}

/* Level times seconds so far, and how sure it is. */
struct booking {
    const struct actuals *actuals;
    const struct series *forecast;
    instant settled;
    int64_t area;
    enum emissions_label label;
};

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

/* The first actual that ends after `when`; the count of them if there is none. */
static size_t first_after(const struct actuals *actuals, instant when)
{
    size_t low = 0, high = actuals ? actuals->count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (actuals->items[middle].ends > when)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add(struct booking *booking, intensity level, duration length,
                enum emissions_label label)
{
    assert(level >= 0 && level <= INTENSITY_MAX);
    booking->area += level * length;
    booking->label = emissions_label_worse(booking->label, label);
}

/* The level nearest to a stretch that nothing covers; actual `next` is the first after
 * it. */
static bool nearest_level(const struct booking *booking, instant begins, size_t next,
                          intensity *level)
{
    const struct actuals *actuals = booking->actuals;
    const struct series *forecast = booking->forecast;
    const struct actual *before = next > 0 ? &actuals->items[next - 1] : NULL;
    const struct actual *after =
        actuals && next < actuals->count ? &actuals->items[next] : NULL;

    if (forecast && series_ends(forecast) <= begins) {
        if (!before || before->ends < series_ends(forecast))
            *level = series_at(forecast, series_count(forecast) - 1).level;
        else
            *level = before->level;
    } else if (before) {
        *level = before->level;
    } else if (forecast && (!after || series_begins(forecast) < after->begins)) {
        *level = series_at(forecast, 0).level;
    } else if (after) {
        *level = after->level;
    } else {
        return false;
    }
    return true;
}

/* Book [begins, ends), which has no actuals, up to where coverage by the forecast
 * begins or ends. Returns how far it came. */
static instant book_gap(struct booking *booking, instant begins, instant ends,
                        size_t next)
{
    const struct series *forecast = booking->forecast;
    intensity level = 0;
    int64_t area = 0;
    int uncovered;

    if (forecast && series_begins(forecast) <= begins
        && begins < series_ends(forecast)) {
        ends = earlier(ends, series_ends(forecast));
        uncovered = series_integral(forecast, begins, ends, &area, NULL);
        assert(!uncovered);
        booking->area += area;
        booking->label = emissions_label_worse(booking->label, EMISSIONS_FORECAST);
        return ends;
    }
    if (forecast && series_begins(forecast) > begins)
        ends = earlier(ends, series_begins(forecast));
    if (!nearest_level(booking, begins, next, &level))
        level = 0;
    add(booking, level, ends - begins, EMISSIONS_UNKNOWN);
    return ends;
}

/* watts x area / JOULES_PER_KWH to the nearest, without the overflow of the product. */
static int64_t milligrams_of(int64_t watts, int64_t area)
{
    int64_t whole = area / JOULES_PER_KWH, rest = area % JOULES_PER_KWH;

    return watts * whole + (watts * rest + JOULES_PER_KWH / 2) / JOULES_PER_KWH;
}

struct emissions emissions_book(const struct actuals *actuals,
                                const struct forecast *forecast, int64_t watts,
                                instant begins, instant ends, instant settled)
{
    struct booking booking = {actuals, forecast ? forecast->intensity : NULL, settled,
                              0, EMISSIONS_MEASURED};
    size_t next = first_after(actuals, begins);
    instant at = begins;

    assert(watts >= 0 && watts <= EMISSIONS_WATTS_MAX);
    assert(ends <= begins || ends - begins <= EMISSIONS_SPAN_MAX);
    assert(!actuals || !actuals->count || !forecast
           || actuals->signal == forecast->signal);
    while (at < ends) {
        const struct actual *actual =
            actuals && next < actuals->count ? &actuals->items[next] : NULL;
        instant until;

        if (!actual || actual->begins > at) {
            until = actual ? earlier(actual->begins, ends) : ends;
            at = book_gap(&booking, at, until, next);
            continue;
        }
        until = earlier(actual->ends, ends);
        add(&booking, actual->level, until - at,
            actual->ends <= settled ? EMISSIONS_MEASURED : EMISSIONS_PROVISIONAL);
        at = until;
        next++;
    }
    return (struct emissions){milligrams_of(watts, booking.area), booking.label};
}

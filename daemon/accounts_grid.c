/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_grid.h"

#include <stdlib.h>

#include "base/alloc.h"

/* How many forecasts are tried for one that reaches a gap; fewer than are kept. */
#define NEXT_MAX 64

void accounts_grid_load(struct accounts_grid *grid, const struct accounts_zone *zone,
                        struct store_reader *reader, instant begins, instant ends,
                        instant now)
{
    *grid = (struct accounts_grid){
        .zone = zone,
        .reader = reader,
        .settled = now - zone->settle,
        .issues = xcalloc(ACCOUNTS_ISSUES_KEPT, sizeof(struct accounts_issue)),
    };
    if (archive_load_actuals(
            reader, zone->name, zone->actuals[0] ? zone->actuals : NULL,
            begins - ACCOUNTS_NEAR, ends + ACCOUNTS_NEAR, &grid->actuals, NULL)
        < 0)
        grid->actuals = (struct actuals){.count = 0};
}

void accounts_grid_release(struct accounts_grid *grid)
{
    actuals_release(&grid->actuals);
    for (size_t i = 0; i < ACCOUNTS_ISSUES_KEPT; i++)
        forecast_destroy(grid->issues[i].forecast);
    free(grid->issues);
    grid->issues = NULL;
}

/* Whether it is what find_issue() would find. */
static bool is_issue(const struct accounts_issue *issue,
                     const struct accounts_booking *booking, instant when)
{
    return issue->from <= when && when < issue->until
           && issue->has_signal == booking->has_signal
           && (!issue->has_signal || issue->signal == booking->signal);
}

/* The newest forecast at a time, of the booking's signal if it has one. It is the
 * grid's, until ACCOUNTS_ISSUES_KEPT others have been asked for. */
static const struct accounts_issue *find_issue(struct accounts_grid *grid,
                                               const struct accounts_booking *booking,
                                               instant when)
{
    struct archive_issue found = {NULL, INSTANT_MAX};
    struct accounts_issue *issue;

    for (size_t i = 0; i < ACCOUNTS_ISSUES_KEPT; i++)
        if (is_issue(&grid->issues[i], booking, when))
            return &grid->issues[i];
    issue = &grid->issues[grid->next_issue++ % ACCOUNTS_ISSUES_KEPT];
    forecast_destroy(issue->forecast);
    if (archive_find_issue(grid->reader, grid->zone->name,
                           booking->has_signal ? &booking->signal : NULL, when, &found,
                           NULL)
        < 0)
        found = (struct archive_issue){NULL, INSTANT_MAX};
    *issue = (struct accounts_issue){
        .from = found.forecast ? found.forecast->fetched : 0,
        .until = found.until,
        .has_signal = booking->has_signal,
        .signal = booking->signal,
        .forecast = found.forecast,
    };
    return issue;
}

/* The first forecast that was fetched after `issue`, and by `latest`, and that ends
 * after `at`; NULL if there is none. */
static const struct forecast *find_next(struct accounts_grid *grid,
                                        const struct accounts_booking *booking,
                                        const struct accounts_issue *issue, instant at,
                                        instant latest)
{
    for (int i = 0; i < NEXT_MAX && issue->until <= latest; i++) {
        if (issue->until == INSTANT_MAX)
            return NULL;
        issue = find_issue(grid, booking, issue->until);
        if (issue->forecast && series_ends(issue->forecast->intensity) > at)
            return issue->forecast;
    }
    return NULL;
}

static instant earlier(instant a, instant b)
{
    return a < b ? a : b;
}

static duration distance(const struct forecast *forecast, instant at)
{
    if (series_begins(forecast->intensity) > at)
        return series_begins(forecast->intensity) - at;
    if (series_ends(forecast->intensity) <= at)
        return at - series_ends(forecast->intensity) + 1;
    return 0;
}

/* The nearer of two, either of which may be NULL; of equal ones the first. */
static const struct forecast *nearer(const struct forecast *a, const struct forecast *b,
                                     instant at)
{
    if (!a || !b)
        return a ? a : b;
    return distance(a, at) <= distance(b, at) ? a : b;
}

static void add(struct accounts_booking *booking, const struct emissions *emissions)
{
    booking->emissions.milligrams += emissions->milligrams;
    booking->emissions.label =
        emissions_label_worse(booking->emissions.label, emissions->label);
}

static void add_signal(struct accounts_booking *booking, enum signal signal,
                       bool synthetic)
{
    booking->signal = signal;
    booking->has_signal = true;
    booking->synthetic = booking->synthetic || synthetic;
}

/* Book what actuals do not wholly cover, up to where another forecast must be found;
 * returns how far it came. `actuals` are of the booking's signal. */
static instant book_part(struct accounts_grid *grid, const struct actuals *actuals,
                         int64_t watts, instant at, instant ends,
                         struct accounts_booking *booking)
{
    const struct accounts_issue *issue = find_issue(grid, booking, at);
    const struct forecast *before = issue->forecast;
    const struct forecast *forecast = before;
    struct emissions emissions;
    bool is_covered;

    if (!before || !forecast_covers(before, at))
        forecast = find_next(grid, booking, issue, at, ends);
    is_covered = forecast && forecast_covers(forecast, at);
    if (is_covered)
        ends = earlier(ends, series_ends(forecast->intensity));
    else if (forecast)
        ends = earlier(ends, series_begins(forecast->intensity));
    if (!is_covered) {
        /* A level of later times is better than none. */
        if (!before && !forecast && !actuals->count)
            forecast = find_next(grid, booking, issue, at, INSTANT_MAX);
        forecast = nearer(before, forecast, at);
    }
    emissions = emissions_book(actuals, forecast, watts, at, ends, grid->settled);
    if (!is_covered && emissions.label == EMISSIONS_FORECAST)
        emissions.label = EMISSIONS_UNKNOWN;
    if (forecast && emissions.label >= EMISSIONS_FORECAST)
        add_signal(booking, forecast->signal, forecast->synthetic);
    add(booking, &emissions);
    return ends;
}

/* The first actual that ends after `when`; the count of them if there is none. */
static size_t first_after(const struct actuals *actuals, instant when)
{
    size_t low = 0, high = actuals->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (actuals->items[middle].ends > when)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The actuals near a run, which are lent by the grid; none if of another signal. */
static struct actuals find_near(const struct accounts_grid *grid,
                                const struct accounts_booking *booking, instant begins,
                                instant ends)
{
    struct actuals near = grid->actuals;
    size_t first = first_after(&near, begins - ACCOUNTS_NEAR);
    size_t last = first_after(&near, ends + ACCOUNTS_NEAR);

    if (first == last || (booking->has_signal && booking->signal != near.signal))
        return (struct actuals){.signal = booking->signal};
    near.items += first;
    near.count = last - first;
    return near;
}

void accounts_grid_book(struct accounts_grid *grid, int64_t watts, instant begins,
                        instant ends, struct accounts_booking *booking)
{
    struct actuals near;
    struct emissions measured;

    if (begins >= ends)
        return;
    near = find_near(grid, booking, begins, ends);
    if (near.count)
        add_signal(booking, near.signal, near.synthetic);
    measured = emissions_book(&near, NULL, watts, begins, ends, grid->settled);
    if (measured.label < EMISSIONS_FORECAST) {
        add(booking, &measured);
        return;
    }
    for (instant at = begins; at < ends;)
        at = book_part(grid, &near, watts, at, ends, booking);
}

void accounts_grid_book_nothing(struct accounts_grid *grid, instant begins,
                                instant ends, struct accounts_booking *booking)
{
    accounts_grid_book(grid, 0, begins, ends > begins ? ends : begins + 1, booking);
}

/* Milliwatts, where watts would be too coarse for a small job. */
void accounts_grid_book_joules(struct accounts_grid *grid, int64_t joules,
                               instant begins, instant ends,
                               struct accounts_booking *booking)
{
    duration length = ends > begins ? ends - begins : 1;
    bool is_small = joules / length < EMISSIONS_WATTS_MAX / 1000;
    struct accounts_booking booked = {
        .signal = booking->signal,
        .has_signal = booking->has_signal,
        .synthetic = booking->synthetic,
    };

    if (joules <= 0)
        return;
    accounts_grid_book(grid, is_small ? joules * 1000 / length : joules / length,
                       begins, begins + length, &booked);
    if (is_small)
        booked.emissions.milligrams = (booked.emissions.milligrams + 500) / 1000;
    booking->signal = booked.signal;
    booking->has_signal = booked.has_signal;
    booking->synthetic = booked.synthetic;
    add(booking, &booked.emissions);
}

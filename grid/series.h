/* SPDX-License-Identifier: MIT */
#ifndef GRID_SERIES_H
#define GRID_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * Carbon intensity: milligrams of CO2-equivalent per kilowatt-hour. A whole number, so
 * that equally clean hours compare equal and a plan is the same wherever it is made.
 */
typedef int64_t intensity;

#define G_PER_KWH(grams) (1000 * (intensity)(grams))
#define INTENSITY_MAX    G_PER_KWH(3000)

/* A share of renewable power: parts per thousand of load. Over 1000 when it is
 * exported. */
typedef int64_t share;
#define SHARE_MAX ((share)10000)

/*
 * A quantity over time as a step function: each sample is the mean of its interval and
 * holds until the next one begins, the last until the series ends. A series never
 * changes once made, and it never guesses: a question about time it does not cover
 * fails with ERROR_MISSING. Steps may have different lengths. Values are never
 * interpolated: providers publish means of intervals.
 */
struct series;

struct series_sample {
    instant begins;
    int64_t level;
};

/* A stretch of time, and the mean level over it. */
struct series_window {
    instant begins;
    instant ends;
    int64_t mean;
};

#define SERIES_SPAN_MAX    (400 * DAY)
#define SERIES_SAMPLES_MAX 120000 /* 400 days of 5 minutes */
#define SERIES_LEVEL_MAX   (INT64_C(1) << 36)

/*
 * Make a series from samples in strictly ascending order of time; they are copied.
 * Levels lie between 0 and `level_max`, which is at most SERIES_LEVEL_MAX. NULL with
 * ERROR_INVALID, naming the sample, if there are none, or one is out of order or out of
 * range.
 */
struct series *series_create(const struct series_sample *samples, size_t count,
                             instant ends, int64_t level_max, struct error *err);
struct series *series_copy(const struct series *series);
void series_destroy(struct series *series);

instant series_begins(const struct series *series);
instant series_ends(const struct series *series);
size_t series_count(const struct series *series);

/* The i-th sample. */
struct series_sample series_at(const struct series *series, size_t i);

/* The level at a moment. */
int series_level(const struct series *series, instant when, int64_t *level,
                 struct error *err);

/* Level times seconds over [begins, ends). */
int series_integral(const struct series *series, instant begins, instant ends,
                    int64_t *area, struct error *err);

/* The mean level over [begins, begins + length), rounded down; length > 0. */
int series_mean(const struct series *series, instant begins, duration length,
                int64_t *mean, struct error *err);

/*
 * The window of the given length with the lowest mean that begins no sooner than
 * `earliest` and ends no later than `deadline`. Of equal ones, the first. ERROR_INVALID
 * if there is no room, ERROR_MISSING if the series does not cover [earliest, deadline).
 */
int series_lowest(const struct series *series, duration length, instant earliest,
                  instant deadline, struct series_window *lowest, struct error *err);

/*
 * Sample the series into `count` slots of `slot` seconds (at most a day) from `begins`:
 * the mean of each slot, and of the first the mean of as much as is covered. Later
 * slots that the series does not wholly cover are filled by repeating the last whole
 * day before its end (the last level, if it spans less than a day), as planning needs a
 * level for every slot of its horizon. Returns how many slots were covered; 0 if the
 * series ends at or before `begins` or begins after the first slot: then nothing is
 * written.
 */
size_t series_fill_slots(const struct series *series, instant begins, duration slot,
                         int64_t *levels, size_t count);

#endif

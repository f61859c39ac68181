/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_BAND_H
#define SCHEDULER_PLAN_BAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid/forecast.h"

/*
 * How far off what a plan promises may be, by what forecasts say of their own errors:
 * their `low` and `high`, between which FORECAST_BAND per cent of actuals lie.
 *
 * A saving is the difference of two sums: what the run at once would emit, less what
 * the planned run does, in one piece or all of its pieces. A moment at which both would
 * run on the same forecast is in both sums, and an error in it moves both alike: of it
 * only what one draws more than the other counts, and so nothing where they draw the
 * same. What is left of each sum has a half-band on either side, the forecast's own
 * (level - low, high - level) added up over its hours: errors of neighbouring hours go
 * together, so they do not even out. The two sums are taken as independent and their
 * half-bands combined in quadrature:
 *
 *   low  = saving - sqrt((at once: level - low)^2 + (planned: high - level)^2)
 *   high = saving + sqrt((at once: high - level)^2 + (planned: level - low)^2)
 *
 * Errors of one grid are rather alike than opposed, also between hours that lie apart,
 * and such errors cancel in a difference: so this is the wider choice, and the band
 * holds about FORECAST_BAND per cent of savings or more. A forecast that lies outside
 * its own band counts as at the end of it.
 */

/* Where a run draws power, what, and when: half-open. */
struct plan_band_run {
    const struct forecast *forecast; /* NULL: there is none. One zone, one forecast */
    int64_t watts;                   /* before PUE */
    int64_t pue_ppm;
    instant begins;
    instant ends; /* after `begins` */
};

struct plan_band {
    bool has_levels; /* else the forecast has no band, or does not cover the run */
    intensity low;   /* mean over the planned run, all its pieces */
    intensity high;
    bool has_saving;     /* else that is so of the planned run, or of that at once */
    int64_t saving_low;  /* grams; below 0: it may cost more than it saves */
    int64_t saving_high; /* at least `saving_low` */
};

#define PLAN_BAND_PIECES_MAX 32

/*
 * The band of a run that is planned in `count` pieces, 1 to PLAN_BAND_PIECES_MAX, and
 * is expected to save so many grams against a run at once. `at_once` NULL: there is no
 * such run, so nothing is known of the saving.
 */
struct plan_band plan_band_find(const struct plan_band_run *at_once,
                                const struct plan_band_run *pieces, size_t count,
                                int64_t saving);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_FORECAST_ERROR_H
#define LEDGER_FORECAST_ERROR_H

#include <stddef.h>

#include "grid/forecast.h"

/*
 * How far forecasts were off, over intervals that have both. Begin with zeros and add:
 * the means are those of all that was added.
 */
struct forecast_error {
    size_t count;          /* intervals compared; 0: nothing is known */
    int64_t mean_absolute; /* mg/kWh */
    int64_t mean_signed;   /* forecast - actual: above 0, the grid was cleaner */
    int64_t mape_ppm;      /* mean absolute percentage error, intervals of level 0 left
                              out */

    size_t share_count; /* intervals with a level */
    int64_t absolute_sum;
    int64_t signed_sum;
    int64_t share_sum; /* ppm */
};

/* What one interval adds to the percentage at most: some levels are all but 0. */
#define FORECAST_ERROR_PPM_MAX 1000000000

/*
 * Compare a forecast with actuals over [begins, ends): each interval of the actuals
 * that lies wholly within, and that the forecast wholly covers, with the forecast's
 * mean over it. Each counts as one, however long. Both must be of one signal.
 */
void forecast_error_add(struct forecast_error *sum, const struct forecast *forecast,
                        const struct actuals *actuals, instant begins, instant ends);

#endif

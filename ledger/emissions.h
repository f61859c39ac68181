/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_EMISSIONS_H
#define LEDGER_EMISSIONS_H

#include "grid/forecast.h"

/*
 * What a run cost in carbon: energy x intensity over its time. Energies are joules,
 * masses milligrams of CO2eq; both whole numbers, so that sums do not depend on order.
 */

enum emissions_label {
    EMISSIONS_MEASURED,    /* by actuals, all of them settled */
    EMISSIONS_PROVISIONAL, /* by actuals that may still be revised */
    EMISSIONS_FORECAST,    /* at least in part by a forecast: actuals are not in yet */
    EMISSIONS_UNKNOWN,     /* nothing is known of the grid for a part of the time */
    EMISSIONS_LABELS
};

const char *emissions_label_name(enum emissions_label label);

/* The worse of two: what a sum of both must be called. */
enum emissions_label emissions_label_worse(enum emissions_label a,
                                           enum emissions_label b);

struct emissions {
    int64_t milligrams;
    enum emissions_label label;
};

/* What emissions_book can be asked for; over both at once, 64 bits are enough. */
#define EMISSIONS_WATTS_MAX 1000000000
#define EMISSIONS_SPAN_MAX  (36500 * DAY)

/*
 * A steady draw of `watts` over [begins, ends) (PUE already in it). Uses actuals where
 * they cover, else the forecast; either may be NULL. Actuals that end after `settled`
 * make it provisional. Where neither covers, the nearest level known before (or,
 * failing that, after) is taken and the label is EMISSIONS_UNKNOWN; with nothing at all
 * 0 mg. Both must be of one signal. Rounded once, to the nearest milligram. No time at
 * all is 0 mg, measured: of what drew nothing, ask for 0 watts over a second.
 */
struct emissions emissions_book(const struct actuals *actuals,
                                const struct forecast *forecast, int64_t watts,
                                instant begins, instant ends, instant settled);

/* Grams of CO2eq in a number of milligrams, for reports. */
double emissions_grams(int64_t milligrams);

#endif

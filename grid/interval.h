/* SPDX-License-Identifier: MIT */
#ifndef GRID_INTERVAL_H
#define GRID_INTERVAL_H

#include <stdbool.h>

/*
 * How far off forecasts of one lead have been, and so the interval around the next one
 * that will hold a wanted share of the actuals. Errors are relative: (actual -
 * forecast) / forecast.
 *
 * Split conformal prediction (Vovk, Gammerman and Shafer, 2005) on past errors that
 * weigh the less the older they are (Barber, Candes, Ramdas and Tibshirani, "Conformal
 * prediction beyond exchangeability", 2023), with a miscoverage that follows what was
 * missed (Gibbs and Candes, "Adaptive conformal inference under distribution shift",
 * 2021, whose step of 0.005 it uses), as the errors of a grid do not stay the same.
 */

#define INTERVAL_BINS                                                                  \
    801 /* of 1/400 from -1 to +1; what lies beyond is at the ends                     \
         */
#define INTERVAL_STEP  0.005 /* by which one miss moves the miscoverage, nearly */
#define INTERVAL_LEAST 24.0  /* weight of errors below which they say too little */

struct interval {
    double miscoverage; /* that is aimed at now, both sides together */
    double total;       /* weight of all errors */
    double weights[INTERVAL_BINS];
};

/* `wanted`: the share of actuals outside, such as 0.2. */
void interval_init(struct interval *interval, double wanted);

/* Errors so far count for `part` of what they did. */
void interval_fade(struct interval *interval, double part);

/*
 * Learn from an error, which counts for `weight` (1: as one of a forecast a day), and
 * whether it lay within the interval that had been given. `wanted` as at the start.
 */
void interval_add(struct interval *interval, double error, double weight,
                  bool was_inside, double wanted);

/* The interval, relative to the forecast. False if too little is known. */
bool interval_find(const struct interval *interval, double *low, double *high);

#endif

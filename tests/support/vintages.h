/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_VINTAGES_H
#define TESTS_SUPPORT_VINTAGES_H

#include "grid/blend.h"

/*
 * How good the blend is on recorded forecasts: a provider's of 96 hours, one issued
 * each midnight, and the hourly actuals up to then. The blend learns as it goes and
 * never sees what is to come.
 *
 * data/carbon/ZONE_hourly.csv and ZONE_forecasts.csv there, below a directory, are in
 * CarbonCast's form: of the first the third column, of the second the fourth, at the
 * times in the second. A forecast that is issued no later than the one before it is
 * left out.
 */
struct vintages_result {
    double mape[BLEND_SOURCES][BLEND_DAYS]; /* per cent, by day of lead */
    double rank[BLEND_SOURCES][BLEND_DAYS]; /* correlation within the day, mean */
    double inside[BLEND_DAYS];              /* actuals within the interval, per cent */
    double width[BLEND_DAYS]; /* of the interval, per cent of the actual */
    size_t issues;
};

/* The process ends if a file cannot be read. */
struct vintages_result vintages_measure(const char *directory, const char *zone);

/* The grids there are. */
#define VINTAGES_ZONES 6
extern const char *const vintages_zones[VINTAGES_ZONES];

/* The mean of zones, each counting alike. */
struct vintages_result vintages_pool(const struct vintages_result *zones, size_t count);

#endif

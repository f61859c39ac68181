/* SPDX-License-Identifier: MIT */
#ifndef GRID_HISTORY_H
#define GRID_HISTORY_H

#include "grid/hourly.h"

/*
 * A forecast from nothing but the past of a zone: the mean of the last 28 days at the
 * same hour of the day (in UTC), and on top of it parts of three anomalies, which are
 * departures from that mean: of the last known hour, of the last 24 known hours on the
 * whole, and of the same hour of the day when it was last known. How large a part each
 * has falls with the lead. The parts were fitted by least squares on the first half of
 * 2021 of thirteen grids together, and are the same for all zones.
 */

#define HISTORY_DAYS       28
#define HISTORY_WEEK       7  /* days */
#define HISTORY_DAYS_LEAST 2  /* on which each hour of the day must be known */
#define HISTORY_AGE_MAX    96 /* hours since the last known one */

/*
 * Forecast `count` hours from `first`, at most 96 after the last known hour before it
 * with anomalies and beyond that by the mean alone, in mg/kWh, by what is known of the
 * hours before `first`. False, with `levels` untouched, if that is too little.
 */
bool history_forecast(const struct hourly *hourly, int64_t first, double *levels,
                      size_t count);

/*
 * The same from the last 7 days alone, which follows a grid whose days change: their
 * mean at the same hour, and the anomaly of the last known hour, fading with a time
 * constant of 12 hours.
 */
bool history_forecast_week(const struct hourly *hourly, int64_t first, double *levels,
                           size_t count);

#endif

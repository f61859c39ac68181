/* SPDX-License-Identifier: MIT */
#ifndef GRID_HOURLY_H
#define GRID_HOURLY_H

#include "grid/forecast.h"

/*
 * How carbon-intense the last weeks of one zone were, hour by hour: what forecasts are
 * made from and scored by. Hours are counted from the epoch, as instants / HOUR.
 */

#define HOURLY_SPAN 840 /* hours that are remembered: five weeks */

struct hourly {
    int64_t last;               /* the latest hour that is known; -1: none is */
    double levels[HOURLY_SPAN]; /* mg/kWh, by hour % HOURLY_SPAN; NAN: not known */
};

void hourly_init(struct hourly *hourly);

/*
 * Take actuals in: an hour that they cover wholly has the mean of them; what was known
 * of it before is replaced. Hours older than HOURLY_SPAN before the latest are left
 * out, and so are those that are covered in part.
 */
void hourly_add(struct hourly *hourly, const struct actuals *actuals);

/* The mean level of an hour in mg/kWh; NAN if it is not known. */
double hourly_at(const struct hourly *hourly, int64_t hour);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef GRID_BLEND_H
#define GRID_BLEND_H

#include "grid/forecast.h"
#include "grid/skill.h"

/*
 * The best forecast of one zone that can be made of a provider's and of the zone's own
 * past, on one signal. It learns as it goes, from nothing but what was known at each
 * moment: it is told what was measured and what the provider said, in the order of
 * time, and issues a forecast of its own each time.
 *
 * Five forecasts are combined, hour by hour:
 *  - the provider's as it is;
 *  - the same times the ratio of actual to forecast over the last 48 hours, at leads up
 *    to 12 hours, held within 0.7 and 1.4 (its bias);
 *  - the same plus its error in the last measured hour, fading with a time constant of
 *    12 hours (a nowcast);
 *  - that of grid/history.h from four weeks;
 *  - that of grid/history.h from one week.
 * Their weights are those which would have made the mean square of the relative error
 * least, none below 0 and 1 in sum, for each bucket of leads by what was measured so
 * far (Bates and Granger, "The combination of forecasts", 1969), where the past counts
 * half as much every 28 days; a day of errors without correlation, as large as those of
 * the best of the five, is put before it.
 * Where some of the five are missing, the others share the weight; so beyond the
 * provider's horizon history stands alone.
 *
 * Around each hour lies the interval of grid/interval.h for the lead; before enough is
 * known, one of 5, 10, 15 and 20 % (a standard deviation, by the day of lead) as such
 * forecasts are known to err.
 *
 * Computed in double, and rounded once, to mg/kWh. A forecast takes O(horizon), a
 * measured hour O(forecasts that are remembered): one in three hours, of 96 hours.
 */
struct blend;

#define BLEND_HOURS     96
#define BLEND_DAYS      (BLEND_HOURS / 24)
#define BLEND_BUCKETS   8
#define BLEND_SPACING   3  /* hours between forecasts that are remembered and scored */
#define BLEND_HALF_LIFE 28 /* days */

/* Whose skill is looked at. */
enum blend_source {
    BLEND_PROVIDER, /* as it came */
    BLEND_HISTORY,
    BLEND_ISSUED, /* what blend_issue() made */
    BLEND_SOURCES
};

/* "provider", "history", "blend". */
const char *blend_source_name(enum blend_source source);

struct blend *blend_create(const char *zone, enum signal signal);
void blend_destroy(struct blend *blend);

/*
 * Learn what was measured: the remembered forecasts are scored by the hours that are
 * new. Actuals are of the blend's zone and signal; those that come twice teach nothing
 * anew, but what they say counts for the next forecast.
 */
void blend_observe(struct blend *blend, const struct actuals *actuals);

/*
 * Make a forecast as of `now`, at least as late as the last, from a provider's that
 * covers it (of the blend's signal; borrowed), and is then called `blend`, or from
 * history alone (NULL), and is then called `history`. With a provider it bears the time
 * of issue of the provider's and its renewable share, and has its steps up to its end;
 * then come hours, to 96 from now. The caller's to destroy. NULL if there is nothing to
 * make it of.
 */
struct forecast *blend_issue(struct blend *blend, const struct forecast *provider,
                             instant now);

/* What the forecasts that it makes name as their provider; no provider is called so. */
#define BLEND_NAME         "blend"
#define BLEND_HISTORY_NAME "history"

/* What is known of a source's skill on a day of lead (0 to BLEND_DAYS - 1). */
struct skill blend_skill(const struct blend *blend, enum blend_source source, int day);

/* The weight that both histories have at a lead in hours (1 to 96), from 0 to 1. */
double blend_history_weight(const struct blend *blend, int lead);

#endif

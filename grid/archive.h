/* SPDX-License-Identifier: MIT */
#ifndef GRID_ARCHIVE_H
#define GRID_ARCHIVE_H

#include "grid/forecast.h"

/*
 * What the grid needs of a disk: every forecast as issued, and every actual as last
 * revised. There is one implementation, in queue/sqlite/, on the daemon's database;
 * writing goes through a batch of queue/store.h, reading through these.
 */

struct store_reader;

/* The last fetched forecast of each (zone, provider) that covers `now` or ends after
 * it. */
int archive_load_forecasts(struct store_reader *reader, instant now,
                           void (*on_forecast)(struct forecast *forecast_taken,
                                               void *context),
                           void *context, struct error *err);

/* Whose forecasts. Strings are borrowed. */
struct archive_source {
    const char *zone;
    const char *provider;
    enum signal signal;
};

/*
 * The forecasts of a source in the order in which they were fetched, from `since` on:
 * of each stretch of `spacing` seconds the first.
 */
int archive_replay(struct store_reader *reader, const struct archive_source *source,
                   instant since, duration spacing,
                   void (*on_forecast)(struct forecast *forecast_taken, void *context),
                   void *context, struct error *err);

/*
 * The forecast of a zone that was the newest at `when` (by fetch time), of any provider
 * and signal; NULL with ERROR_MISSING if there was none.
 */
struct forecast *archive_find_forecast(struct store_reader *reader, const char *zone,
                                       instant when, struct error *err);

/* The newest forecast of a zone at a time, and how long it stayed that. */
struct archive_issue {
    struct forecast *forecast; /* NULL: none had been fetched yet */
    instant until;             /* when the next was fetched; INSTANT_MAX: none was */
};

/*
 * The same, of the given signal only unless that is NULL. That there was none is no
 * error. The caller destroys the forecast.
 */
int archive_find_issue(struct store_reader *reader, const char *zone,
                       const enum signal *signal, instant when,
                       struct archive_issue *issue, struct error *err);

/*
 * Actuals of a zone that touch [begins, ends), in order. `provider` NULL: any. They are
 * of one provider and one signal, the one that covers most of the period.
 * ERROR_MISSING when there are none. The caller releases.
 */
int archive_load_actuals(struct store_reader *reader, const char *zone,
                         const char *provider, instant begins, instant ends,
                         struct actuals *actuals, struct error *err);

/* The same of one source, whatever others cover. */
int archive_load_actuals_of(struct store_reader *reader,
                            const struct archive_source *source, instant begins,
                            instant ends, struct actuals *actuals, struct error *err);

#endif

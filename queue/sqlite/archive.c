/* SPDX-License-Identifier: MIT */
#include "grid/archive.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "queue/sqlite/reader.h"
#include "queue/sqlite/steps.h"

static struct series *read_series(sqlite3_stmt *statement, int column,
                                  int64_t level_max, struct error *err)
{
    const void *bytes = sqlite3_column_blob(statement, column);

    return steps_decode(bytes, (size_t)sqlite3_column_bytes(statement, column),
                        level_max, err);
}

/* The same where there may be none: then `series` stays as it is. */
static int read_optional(sqlite3_stmt *statement, int column, int64_t level_max,
                         struct series **series, struct error *err)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return 0;
    *series = read_series(statement, column, level_max, err);
    return *series ? 0 : -1;
}

/* A row of one of the statements that read forecasts. */
static struct forecast *read_forecast(sqlite3_stmt *statement, struct error *err)
{
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    text_copy(forecast->zone, sizeof(forecast->zone),
              database_column_text(statement, 0));
    text_copy(forecast->provider, sizeof(forecast->provider),
              database_column_text(statement, 1));
    if (signal_parse(database_column_text(statement, 2), &forecast->signal, err) < 0)
        goto fail;
    forecast->synthetic = sqlite3_column_int(statement, 3) != 0;
    forecast->issued = sqlite3_column_int64(statement, 4);
    forecast->fetched = sqlite3_column_int64(statement, 5);
    forecast->intensity = read_series(statement, 6, INTENSITY_MAX, err);
    if (!forecast->intensity)
        goto fail;
    if (read_optional(statement, 7, SHARE_MAX, &forecast->renewable, err) < 0
        || read_optional(statement, 8, INTENSITY_MAX, &forecast->low, err) < 0
        || read_optional(statement, 9, INTENSITY_MAX, &forecast->high, err) < 0)
        goto fail;
    return forecast;

fail:
    forecast_destroy(forecast);
    return NULL;
}

/* The next row of such a statement; NULL when there are no more. */
static int read_next(sqlite3_stmt *statement, struct forecast **forecast,
                     struct error *err)
{
    bool has_row = false;

    *forecast = NULL;
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (!has_row)
        return 0;
    *forecast = read_forecast(statement, err);
    if (*forecast)
        return 0;
    sqlite3_reset(statement);
    return -1;
}

int archive_load_forecasts(struct store_reader *reader, instant now,
                           void (*on_forecast)(struct forecast *forecast_taken,
                                               void *context),
                           void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_FORECASTS];
    char zone[ZONE_NAME_MAX + 1] = "";
    char provider[PROVIDER_NAME_MAX + 1] = "";
    struct forecast *forecast;

    sqlite3_bind_int64(statement, 1, now);
    for (;;) {
        if (read_next(statement, &forecast, err) < 0)
            return -1;
        if (!forecast)
            return 0;
        /* The newest of a provider comes first; older ones are of another signal. */
        if (strcmp(zone, forecast->zone) == 0
            && strcmp(provider, forecast->provider) == 0) {
            forecast_destroy(forecast);
            continue;
        }
        memcpy(zone, forecast->zone, sizeof(zone));
        memcpy(provider, forecast->provider, sizeof(provider));
        on_forecast(forecast, context);
    }
}

int archive_replay(struct store_reader *reader, const struct archive_source *source,
                   instant since, duration spacing,
                   void (*on_forecast)(struct forecast *forecast_taken, void *context),
                   void *context, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_ISSUES];
    struct forecast *forecast;

    database_bind_text(statement, 1, source->zone);
    database_bind_text(statement, 2, source->provider);
    database_bind_text(statement, 3, signal_name(source->signal));
    sqlite3_bind_int64(statement, 4, since);
    sqlite3_bind_int64(statement, 5, spacing);
    for (;;) {
        if (read_next(statement, &forecast, err) < 0)
            return -1;
        if (!forecast)
            return 0;
        on_forecast(forecast, context);
    }
}

static void bind_when(sqlite3_stmt *statement, const char *zone,
                      const enum signal *signal, instant when)
{
    database_bind_text(statement, 1, zone);
    sqlite3_bind_int64(statement, 2, when);
    database_bind_text(statement, 3, signal ? signal_name(*signal) : NULL);
}

/* The newest at a time; NULL if there was none. */
static int find_newest(struct store_reader *reader, const char *zone,
                       const enum signal *signal, instant when,
                       struct forecast **forecast, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_FORECAST];

    bind_when(statement, zone, signal, when);
    if (read_next(statement, forecast, err) < 0)
        return -1;
    sqlite3_reset(statement);
    return 0;
}

struct forecast *archive_find_forecast(struct store_reader *reader, const char *zone,
                                       instant when, struct error *err)
{
    struct forecast *forecast;

    if (find_newest(reader, zone, NULL, when, &forecast, err) == 0 && !forecast)
        error_set(err, ERROR_MISSING, "no forecast for %s was stored by then", zone);
    return forecast;
}

int archive_find_issue(struct store_reader *reader, const char *zone,
                       const enum signal *signal, instant when,
                       struct archive_issue *issue, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_NEXT_FETCH];
    struct archive_issue found = {NULL, INSTANT_MAX};
    bool has_row = false;

    bind_when(statement, zone, signal, when);
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (has_row && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        found.until = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (find_newest(reader, zone, signal, when, &found.forecast, err) < 0)
        return -1;
    *issue = found;
    return 0;
}

/* What actuals are looked for. */
struct wanted_actuals {
    const char *zone;
    const char *provider; /* NULL: anybody's */
    const char *signal;   /* NULL: any */
    instant begins;
    instant ends;
};

/* The source that covers most of a period; its id is 0 if there is none. */
static int find_source(struct store_reader *reader, const struct wanted_actuals *wanted,
                       struct actuals *actuals, int64_t *id, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_COVERAGE];
    bool has_row = false;
    int result = 0;

    database_bind_text(statement, 1, wanted->zone);
    database_bind_text(statement, 2, wanted->provider);
    sqlite3_bind_int64(statement, 3, wanted->begins);
    sqlite3_bind_int64(statement, 4, wanted->ends);
    database_bind_text(statement, 5, wanted->signal);
    *id = 0;
    if (database_step(statement, &has_row, err) < 0)
        return -1;
    if (!has_row)
        return 0;
    *id = sqlite3_column_int64(statement, 0);
    text_copy(actuals->provider, sizeof(actuals->provider),
              database_column_text(statement, 1));
    actuals->synthetic = sqlite3_column_int(statement, 3) != 0;
    result = signal_parse(database_column_text(statement, 2), &actuals->signal, err);
    sqlite3_reset(statement);
    return result;
}

static int load_items(struct store_reader *reader, int64_t source_id, instant begins,
                      instant ends, struct actuals *actuals, struct error *err)
{
    sqlite3_stmt *statement = reader->statements[READ_ACTUALS];
    size_t room = 0;
    bool has_row = true;

    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, begins);
    sqlite3_bind_int64(statement, 3, ends);
    for (;;) {
        if (database_step(statement, &has_row, err) < 0)
            return -1;
        if (!has_row)
            return 0;
        actuals->items =
            xgrow(actuals->items, actuals->count, &room, sizeof(*actuals->items));
        actuals->items[actuals->count++] = (struct actual){
            .begins = sqlite3_column_int64(statement, 0),
            .ends = sqlite3_column_int64(statement, 1),
            .level = sqlite3_column_int64(statement, 2),
        };
    }
}

static int load_actuals(struct store_reader *reader,
                        const struct wanted_actuals *wanted, struct actuals *actuals,
                        struct error *err)
{
    struct actuals found = {0};
    int64_t source_id = 0;

    if (!text_copy(found.zone, sizeof(found.zone), wanted->zone)
        || (wanted->provider && strlen(wanted->provider) > PROVIDER_NAME_MAX))
        return error_set(err, ERROR_MISSING, "no such zone or provider");
    if (find_source(reader, wanted, &found, &source_id, err) < 0)
        return -1;
    if (source_id == 0)
        return error_set(err, ERROR_MISSING, "there are no actuals of %s",
                         wanted->zone);
    if (load_items(reader, source_id, wanted->begins, wanted->ends, &found, err) < 0) {
        actuals_release(&found);
        return -1;
    }
    *actuals = found;
    return 0;
}

int archive_load_actuals(struct store_reader *reader, const char *zone,
                         const char *provider, instant begins, instant ends,
                         struct actuals *actuals, struct error *err)
{
    const struct wanted_actuals wanted = {zone, provider, NULL, begins, ends};

    return load_actuals(reader, &wanted, actuals, err);
}

int archive_load_actuals_of(struct store_reader *reader,
                            const struct archive_source *source, instant begins,
                            instant ends, struct actuals *actuals, struct error *err)
{
    const struct wanted_actuals wanted = {source->zone, source->provider,
                                          signal_name(source->signal), begins, ends};

    return load_actuals(reader, &wanted, actuals, err);
}

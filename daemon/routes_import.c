/* SPDX-License-Identifier: MIT */
#include "daemon/routes_import.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "daemon/grid_watch.h"

/* What a request bears. */
struct import {
    char provider[PROVIDER_NAME_MAX + 1];
    enum signal signal;
    json_t *root;
    size_t points; /* so far */
};

/* A request that waits for its commit. */
struct pending {
    struct call *call;
    size_t points;
};

static int parse_origin(const json_t *root, struct import *import, struct error *err)
{
    const char *provider = json_string_value(json_object_get(root, "provider"));
    const char *signal = json_string_value(json_object_get(root, "signal"));

    if (!provider || !text_is_name(provider, PROVIDER_NAME_MAX)
        || !text_copy(import->provider, sizeof(import->provider), provider))
        return error_set_field(
            err, ERROR_INVALID, "provider",
            "provider must say whose figures they are: a name of letters, "
            "digits, '.', '_' and '-'");
    if (strcmp(provider, BLEND_NAME) == 0 || strcmp(provider, BLEND_HISTORY_NAME) == 0
        || strcmp(provider, GRID_ZONE_YEARLY) == 0)
        return error_set_field(err, ERROR_INVALID, "provider",
                               "\"%s\" is what the daemon's own figures are called",
                               provider);
    if (!signal)
        return error_set_field(err, ERROR_INVALID, "signal",
                               "signal must say what kind of figures they are");
    return signal_parse(signal, &import->signal, err);
}

static int parse_time(const json_t *point, const char *member, size_t i, instant *when,
                      struct error *err)
{
    const char *text = json_string_value(json_object_get(point, member));
    struct error fault;

    if (!text || instant_parse(text, when, &fault) < 0)
        return error_set_field(err, ERROR_INVALID, member, "point %zu: not a time", i);
    return 0;
}

/* A point of up to an hour that begins no sooner than `soonest`. */
static int parse_point(const json_t *json, size_t i, instant soonest,
                       struct actual *actual, struct error *err)
{
    const json_t *g = json_object_get(json, "g");

    if (parse_time(json, "begins", i, &actual->begins, err) < 0
        || parse_time(json, "ends", i, &actual->ends, err) < 0)
        return -1;
    if (actual->begins < soonest || actual->ends <= actual->begins
        || actual->ends - actual->begins > HOUR)
        return error_set_field(err, ERROR_INVALID, "begins",
                               "point %zu: not after the one before it, or no length "
                               "of up to an hour",
                               i);
    if (!json_is_number(g)
        || number_scale(json_number_value(g), 3, 0, INTENSITY_MAX, &actual->level, NULL)
               < 0)
        return error_set_field(err, ERROR_INVALID, "g",
                               "point %zu: not from 0 to %d g/kWh", i,
                               (int)(INTENSITY_MAX / 1000));
    return 0;
}

/* The items of "points", in order and without overlap; the caller frees them. */
static struct actual *parse_points(struct import *import, const json_t *holder,
                                   size_t *count, struct error *err)
{
    const json_t *points = json_object_get(holder, "points");
    struct actual *items;
    instant soonest = 0;
    size_t i;
    json_t *point;

    *count = json_array_size(points);
    import->points += *count;
    if (*count == 0 || import->points > IMPORT_POINTS_MAX) {
        error_set_field(err, *count ? ERROR_TOO_LARGE : ERROR_INVALID, "points",
                        "must be an array, of up to %d points in one request",
                        IMPORT_POINTS_MAX);
        return NULL;
    }
    items = xcalloc(*count, sizeof(*items));
    json_array_foreach(points, i, point)
    {
        if (parse_point(point, i, soonest, &items[i], err) < 0) {
            free(items);
            return NULL;
        }
        soonest = items[i].ends;
    }
    return items;
}

static int add_actuals(const struct call *call, struct import *import,
                       struct error *err)
{
    struct actuals actuals = {.signal = import->signal};
    int status = -1;

    memcpy(actuals.provider, import->provider, sizeof(actuals.provider));
    (void)text_copy(actuals.zone, sizeof(actuals.zone), call->words.items[0]);
    actuals.items = parse_points(import, import->root, &actuals.count, err);
    if (!actuals.items)
        return -1;
    if (actuals.items[actuals.count - 1].ends > call->now) {
        error_set_field(err, ERROR_INVALID, "ends",
                        "what is measured lies in the past");
    } else {
        store_batch_add_actuals(engine_batch(call->daemon->engine), &actuals);
        status = 0;
    }
    actuals_release(&actuals);
    return status;
}

static struct series *make_series(const struct actual *items, size_t count,
                                  struct error *err)
{
    struct series_sample *samples = xcalloc(count, sizeof(*samples));
    struct series *series;

    for (size_t i = 0; i < count; i++)
        samples[i] = (struct series_sample){items[i].begins, items[i].level};
    series = series_create(samples, count, items[count - 1].ends, INTENSITY_MAX, err);
    free(samples);
    return series;
}

static struct forecast *parse_forecast(const struct call *call, struct import *import,
                                       const json_t *json, struct error *err)
{
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));
    struct actual *items = NULL;
    size_t count;

    (void)text_copy(forecast->zone, sizeof(forecast->zone), call->words.items[0]);
    memcpy(forecast->provider, import->provider, sizeof(forecast->provider));
    forecast->signal = import->signal;
    if (parse_time(json, "issued", import->points, &forecast->issued, err) < 0)
        goto done;
    forecast->fetched = forecast->issued;
    if (forecast->issued > call->now) {
        error_set_field(err, ERROR_INVALID, "issued", "lies in the future");
        goto done;
    }
    items = parse_points(import, json, &count, err);
    if (items)
        forecast->intensity = make_series(items, count, err);
done:
    free(items);
    if (forecast->intensity)
        return forecast;
    forecast_destroy(forecast);
    return NULL;
}

/* All of them, or none. */
static int add_forecasts(const struct call *call, struct import *import,
                         struct error *err)
{
    const json_t *list = json_object_get(import->root, "forecasts");
    size_t count = json_array_size(list);
    struct forecast **made;
    size_t i = 0;

    if (count == 0)
        return error_set_field(err, ERROR_INVALID, "forecasts", "must be an array");
    if (count > IMPORT_POINTS_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "forecasts",
                               "more than %d points in one request", IMPORT_POINTS_MAX);
    made = xcalloc(count, sizeof(*made));
    while (i < count
           && (made[i] = parse_forecast(call, import, json_array_get(list, i), err)))
        i++;
    for (size_t j = 0; j < i; j++) {
        if (i == count)
            store_batch_add_forecast(engine_batch(call->daemon->engine), made[j]);
        forecast_destroy(made[j]);
    }
    free(made);
    return i == count ? 0 : -1;
}

static void on_stored(const struct engine_answer *answer, void *context)
{
    struct pending *pending = context;
    struct call *call = pending->call;
    struct text json = TEXT_EMPTY;

    if (answer->error.code != ERROR_NONE) {
        call_fail(call, &answer->error);
    } else {
        grid_watch_relearn(call->daemon->grid, call->words.items[0]);
        json_begin_object(&json, NULL);
        json_add_text(&json, "zone", call->words.items[0]);
        json_add_number(&json, "points", (int64_t)pending->points);
        json_end_object(&json);
        call_answer(call, 200, &json);
    }
    free(pending);
}

static void import(const struct call *call,
                   int (*add)(const struct call *call, struct import *import,
                              struct error *err))
{
    struct import import = {.points = 0};
    struct error err = {ERROR_NONE, "", ""};
    struct pending *pending;

    if (call_check_admin(call, &err) < 0)
        goto done;
    if (!grid_watch_find(call->daemon->grid, call->words.items[0])) {
        error_set(&err, ERROR_MISSING, "there is no zone '%.64s'",
                  call->words.items[0]);
        goto done;
    }
    import.root = json_loadb(call->request->body, call->request->body_size,
                             JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(import.root)) {
        error_set(&err, ERROR_INVALID, "the body is no JSON object");
        goto done;
    }
    if (parse_origin(import.root, &import, &err) < 0 || add(call, &import, &err) < 0)
        goto done;
    pending = xcalloc(1, sizeof(*pending));
    pending->call = call_keep(call);
    pending->points = import.points;
    engine_await(call->daemon->engine, on_stored, pending);
    daemon_poke(call->daemon);
done:
    json_decref(import.root);
    if (err.code != ERROR_NONE)
        call_fail(call, &err);
}

void routes_import_actuals(const struct call *call)
{
    import(call, add_actuals);
}

void routes_import_forecasts(const struct call *call)
{
    import(call, add_forecasts);
}

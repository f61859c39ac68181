/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "grid/providers/body.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define BASE_URL      "https://api.electricitymaps.com/v3"
#define HORIZON_HOURS 72

/* A forecast that says its first day over again knows one day. */
#define REPEATED (24 * HOUR)

static const char *factor_type(const struct provider_settings *settings)
{
    return settings->signal == SIGNAL_AVERAGE_DIRECT ? "direct" : "lifecycle";
}

/*
 * Without disableCallerLookup a zone that is not known is answered with the caller's
 * own. The factor type is always said: not all endpoints have the same one by default.
 */
static int request_electricity_maps(const struct provider_settings *settings,
                                    const char *zone, enum reading_kind wanted,
                                    instant now, struct provider_request *request,
                                    struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    const char *name = body_zone(settings, zone, err);
    int status = -1;

    (void)now;
    if (!name || body_check_signal(&electricity_maps_provider, settings, err) < 0)
        return -1;
    switch (wanted) {
    case READING_FORECAST:
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/carbon-intensity/forecast?zone=%s"
                                    "&horizonHours=%d&emissionFactorType=%s"
                                    "&disableCallerLookup=true",
                                    name, HORIZON_HOURS, factor_type(settings));
        break;
    case READING_RENEWABLE:
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/renewable-energy/forecast?zone=%s"
                                    "&horizonHours=%d&disableCallerLookup=true",
                                    name, HORIZON_HOURS);
        break;
    default:
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/carbon-intensity/history?zone=%s"
                                    "&emissionFactorType=%s&disableCallerLookup=true",
                                    name, factor_type(settings));
        break;
    }
    if (status < 0)
        return -1;
    body_add_secret(&made, "auth-token", "", settings->secret);
    *request = made;
    return 0;
}

/* Made-up figures that a token of the sandbox is answered with. */
static int check_sandbox(const json_t *object, struct error *err)
{
    const char *disclaimer = body_text(object, "_disclaimer");
    const char *method = body_text(object, "estimationMethod");

    if ((disclaimer && strstr(disclaimer, "SANDBOX"))
        || (method && strcmp(method, "SANDBOX_MODE_DATA") == 0))
        return error_set(err, ERROR_INVALID,
                         "made-up figures: the token is one of the sandbox; put that "
                         "of a plan into token_file");
    return 0;
}

/* What is said of a document or a row, where it is said, must be what was asked for. */
static int check_origin(const json_t *object, const char *zone,
                        const struct provider_settings *settings, struct error *err)
{
    const char *echoed = body_text(object, "zone");
    const char *type = body_text(object, "emissionFactorType");

    if (echoed && strcmp(echoed, zone) != 0)
        return error_set(err, ERROR_INVALID, "it is of the zone %.40s, not %s", echoed,
                         zone);
    if (type && strcmp(type, factor_type(settings)) != 0)
        return error_set(err, ERROR_INVALID, "its figures are %.20s, not %s", type,
                         factor_type(settings));
    return check_sandbox(object, err);
}

/* A share may be written as a text. */
static int parse_share(const json_t *json, const struct points *points,
                       int64_t *renewable, struct error *err)
{
    const char *text = json_string_value(json);
    double value = 0;
    bool is_known;

    if (text && number_parse_scaled(text, 1, 0, SHARE_MAX, renewable, NULL) < 0)
        return error_set(err, ERROR_INVALID, "point %zu: value is no percentage",
                         points->count);
    if (text)
        return 0;
    if (body_number(json, "value", points->count, &value, &is_known, err) < 0)
        return -1;
    return is_known ? points_renewable(points, value, renewable, err) : 0;
}

static int parse_level(const json_t *json, const struct points *points, int64_t *level,
                       struct error *err)
{
    double value = 0;
    bool is_known;

    if (body_number(json, "carbonIntensity", points->count, &value, &is_known, err) < 0)
        return -1;
    return is_known ? points_level(points, value, level, err) : 0;
}

static int parse_point(const json_t *json, enum reading_kind wanted, duration length,
                       struct points *points, struct error *err)
{
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    int status;

    if (body_instant(json_object_get(json, "datetime"), "datetime", points->count,
                     &point.begins, err)
        < 0)
        return -1;
    if (length > 0)
        point.ends = point.begins + length;
    if (wanted == READING_RENEWABLE)
        status =
            parse_share(json_object_get(json, "value"), points, &point.renewable, err);
    else
        status = parse_level(json_object_get(json, "carbonIntensity"), points,
                             &point.level, err);
    return status < 0 ? -1 : points_add(points, point, err);
}

/* How many points there are before a day that is the same as the first one. */
static size_t count_unrepeated(const struct points *points)
{
    size_t day = 0;
    size_t i;

    while (day < points->count
           && points->items[day].begins - points->items[0].begins < REPEATED)
        day++;
    if (day == 0 || points->count < 2 * day)
        return points->count;
    for (i = day; i < points->count; i++)
        if (points->items[i].begins - points->items[i - day].begins != REPEATED
            || points->items[i].level != points->items[i - day].level)
            break;
    return i == points->count ? day : points->count;
}

static int parse_rows(const json_t *rows, const char *zone,
                      const struct provider_settings *settings,
                      enum reading_kind wanted, struct points *points, duration length,
                      struct error *err)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        if (check_origin(row, zone, settings, err) < 0
            || parse_point(row, wanted, length, points, err) < 0)
            return -1;
    }
    if (length == 0 && points_close(points, err) < 0)
        return -1;
    if (wanted == READING_FORECAST)
        points->count = count_unrepeated(points);
    return 0;
}

/* The rows: "forecast", "history" or, of a range, "data". */
static const json_t *find_rows(const json_t *root, enum reading_kind wanted,
                               struct error *err)
{
    const char *name = wanted == READING_ACTUALS ? "history" : "forecast";
    const json_t *rows = json_object_get(root, name);

    if (!rows)
        rows = json_object_get(root, "data");
    if (json_is_array(rows))
        return rows;
    error_set(err, ERROR_INVALID, "no array \"%s\"", name);
    return NULL;
}

static int check_document(const json_t *root, const char *zone,
                          const struct provider_settings *settings,
                          enum reading_kind wanted, struct error *err)
{
    const char *unit = body_text(root, "unit");
    const char *expected = wanted == READING_RENEWABLE ? "%" : "gCO2eq/kWh";

    if (!body_text(root, "zone"))
        return error_set(err, ERROR_INVALID, "it does not say of which zone it is");
    if (unit && strcmp(unit, expected) != 0)
        return error_set(err, ERROR_INVALID, "its unit is \"%.20s\", not %s", unit,
                         expected);
    return check_origin(root, zone, settings, err);
}

static int parse_electricity_maps(const struct provider_settings *settings,
                                  const char *zone, enum reading_kind wanted,
                                  const struct provider_body *body, instant now,
                                  struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, settings->signal, false};
    struct points points = POINTS_EMPTY;
    const char *name = body_zone(settings, zone, err);
    json_t *root = name ? body_load_json(body, err) : NULL;
    const json_t *rows;
    int status = -1;

    if (!root || check_document(root, name, settings, wanted, err) < 0)
        goto done;
    rows = find_rows(root, wanted, err);
    if (!rows
        || parse_rows(rows, name, settings, wanted, &points,
                      body_granularity(root, "temporalGranularity"), err)
               < 0)
        goto done;
    status = points_make_reading(&points, &origin, wanted, now, reading, err);
    if (status == 0 && reading->forecast)
        reading->forecast->issued = body_issued(root, "updatedAt", now);
done:
    points_release(&points);
    json_decref(root);
    return status;
}

static void explain_electricity_maps(const struct provider_settings *settings,
                                     const char *zone, int status,
                                     const struct provider_body *body, char *text,
                                     size_t size)
{
    static const char *const members[] = {"error", "message", NULL};
    const char *name = settings->region[0] != '\0' ? settings->region : zone;
    char said[200];
    const char *advice = NULL;

    body_find_message(body, settings, members, said, sizeof(said));
    if (strstr(said, "unauthorized for zone"))
        advice = "the plan of this token does not have the zone";
    else if (strstr(said, "Endpoint not available") || status == 404)
        advice = "the plan of this token does not have forecasts, or the zone does not "
                 "exist: a free one has the past only, for which name it as actuals "
                 "and history as provider";
    else if (status == 401 || status == 403)
        advice = "check the token in token_file, that its plan has the zone, and its "
                 "quota, which is answered so too";
    else if (status == 429)
        advice = "the quota of the token is used up: set every or budget";
    text[0] = '\0';
    if (advice)
        snprintf(text, size, "answered %d for %s%s%s: %s", status, name,
                 said[0] ? ", " : "", said, advice);
}

const struct provider electricity_maps_provider = {
    .kind = "electricity-maps",
    .signal = SIGNAL_AVERAGE_LIFECYCLE,
    .signals = SIGNAL_BIT(SIGNAL_AVERAGE_LIFECYCLE) | SIGNAL_BIT(SIGNAL_AVERAGE_DIRECT),
    .has_forecast = true,
    .has_actuals = true,
    .has_renewable = true,
    .needs_secret = true,
    .cadence = 15 * MINUTE,
    .hourly_budget = 50, /* of the free plan, as its users tell */
    .request = request_electricity_maps,
    .parse = parse_electricity_maps,
    .explain = explain_electricity_maps,
};

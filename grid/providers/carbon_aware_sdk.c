/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "grid/providers/body.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

/* What stands for "no figure" in its answers. */
#define NO_RATING (-1.0)

static int request_sdk(const struct provider_settings *settings, const char *zone,
                       enum reading_kind wanted, instant now,
                       struct provider_request *request, struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    const char *location = body_zone(settings, zone, err);
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];
    int status;

    if (!location)
        return -1;
    if (settings->url[0] == '\0')
        return error_set_field(err, ERROR_INVALID, "url",
                               "must be the address of the Carbon Aware SDK's WebAPI");
    if (wanted == READING_RENEWABLE)
        return error_set_field(err, ERROR_INVALID, "renewable",
                               "the Carbon Aware SDK has no renewable shares");
    if (wanted == READING_FORECAST)
        status =
            body_format_target(&made, settings, "", err,
                               "/emissions/forecasts/current?location=%s", location);
    else
        status = body_format_target(
            &made, settings, "", err,
            "/emissions/bylocation?location=%s&time=%s&toTime=%s", location,
            instant_format(now > 2 * DAY ? now - 2 * DAY : 0, from),
            instant_format(now > 0 ? now : 0, to));
    if (status < 0)
        return -1;
    body_add_secret(&made, "Authorization", "Bearer ", settings->secret);
    *request = made;
    return 0;
}

static bool is_zero(const json_t *json)
{
    const char *text = json_string_value(json);

    return (json_is_integer(json) && json_integer_value(json) == 0)
           || (text && strcmp(text, "00:00:00") == 0);
}

/* A length of minutes, or "hh:mm:ss" as .NET writes it; POINT_OPEN if it is not said.
 */
static int parse_length(const json_t *json, const struct points *points,
                        duration *length, struct error *err)
{
    const char *text = json_string_value(json);
    int64_t hours, minutes, seconds;
    char digits[9];

    *length = 0;
    /* 0 stands for what its data source does not tell. */
    if (!json || json_is_null(json) || is_zero(json))
        return 0;
    if (json_is_number(json)) {
        double value = json_number_value(json);

        if (value >= 1.0 / 60 && value <= 60)
            *length = (duration)(value * 60 + 0.5);
    } else if (text && strlen(text) == 8 && text[2] == ':' && text[5] == ':') {
        memcpy(digits, text, sizeof(digits));
        digits[2] = digits[5] = '\0';
        if (number_parse(digits, 0, 23, &hours, NULL) == 0
            && number_parse(digits + 3, 0, 59, &minutes, NULL) == 0
            && number_parse(digits + 6, 0, 59, &seconds, NULL) == 0)
            *length = hours * HOUR + minutes * MINUTE + seconds;
    }
    if (*length <= 0)
        return error_set(err, ERROR_INVALID,
                         "point %zu: its duration is none of up to an hour",
                         points->count);
    return 0;
}

/* The names of a point's members in one kind of answer. */
struct form {
    const char *time;
    const char *value;
};

static const struct form forecast_form = {"timestamp", "value"};
static const struct form actuals_form = {"time", "rating"};

static int parse_point(const json_t *json, const struct form *form,
                       struct points *points, struct error *err)
{
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    duration length;
    double value = 0;
    bool is_known;

    if (body_instant(json_object_get(json, form->time), form->time, points->count,
                     &point.begins, err)
            < 0
        || parse_length(json_object_get(json, "duration"), points, &length, err) < 0
        || body_number(json_object_get(json, form->value), form->value, points->count,
                       &value, &is_known, err)
               < 0)
        return -1;
    is_known = is_known && (value > NO_RATING || value < NO_RATING);
    if (is_known && points_level(points, value, &point.level, err) < 0)
        return -1;
    if (length > 0)
        point.ends = point.begins + length;
    return points_add(points, point, err);
}

static int parse_points(const json_t *rows, const struct form *form,
                        struct points *points, struct error *err)
{
    bool is_open = false;
    bool is_told = false;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        if (parse_point(row, form, points, err) < 0)
            return -1;
        is_open = is_open || points->items[i].ends == POINT_OPEN;
        is_told = is_told || points->items[i].ends != POINT_OPEN;
        if (is_open && is_told)
            return error_set(err, ERROR_INVALID,
                             "point %zu: some points have a duration, others not", i);
    }
    return is_open ? points_close(points, err) : 0;
}

static int check_location(const json_t *object, const char *location, struct error *err)
{
    const char *echoed = body_text(object, "location");

    if (echoed && strcmp(echoed, location) == 0)
        return 0;
    return error_set(err, ERROR_INVALID, "it is of the location %.40s, not %s",
                     echoed ? echoed : "(not said)", location);
}

/* The forecast of the one location that was asked for; points name the grid instead. */
static const json_t *find_forecast(const json_t *root, const char *location,
                                   struct error *err)
{
    const json_t *forecast = json_array_get(root, 0);
    const json_t *rows = json_object_get(forecast, "forecastData");

    if (json_array_size(root) != 1 || !json_is_array(rows)) {
        error_set(err, ERROR_INVALID, "not one forecast with \"forecastData\"");
        return NULL;
    }
    return check_location(forecast, location, err) < 0 ? NULL : rows;
}

static int parse_sdk(const struct provider_settings *settings, const char *zone,
                     enum reading_kind wanted, const struct provider_body *body,
                     instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, settings->signal, false};
    const bool is_forecast = wanted != READING_ACTUALS;
    struct points points = POINTS_EMPTY;
    const char *location = body_zone(settings, zone, err);
    json_t *root = location ? body_load_json(body, err) : NULL;
    const json_t *rows = root;
    int status = -1;

    if (!root)
        return -1;
    if (is_forecast)
        rows = find_forecast(root, location, err);
    if (!json_is_array(rows)) {
        if (!is_forecast)
            error_set(err, ERROR_INVALID, "not an array");
        goto done;
    }
    if (parse_points(rows, is_forecast ? &forecast_form : &actuals_form, &points, err)
        < 0)
        goto done;
    status = points_make_reading(&points, &origin, wanted, now, reading, err);
    if (status == 0 && reading->forecast)
        reading->forecast->issued =
            body_issued(json_array_get(root, 0), "generatedAt", now);
done:
    points_release(&points);
    json_decref(root);
    return status;
}

static void explain_sdk(const struct provider_settings *settings, const char *zone,
                        int status, const struct provider_body *body, char *text,
                        size_t size)
{
    static const char *const members[] = {"detail", "title", NULL};
    const char *location = settings->region[0] != '\0' ? settings->region : zone;
    const char *advice = "the SDK passes on what its data source answers: check that";
    char said[200];

    body_find_message(body, settings, members, said, sizeof(said));
    if (status == 400 || status == 404)
        advice = "check region, and that the SDK has a forecast data source";
    else if (status == 401 || status == 403)
        advice = "check the credentials that the SDK has for its data source, and "
                 "token_file if it wants a token itself";
    else if (status == 501)
        advice = "its data source has no forecasts: configure one, or name history";
    else if (status == 429)
        advice = "its data source is asked too often: set every";
    snprintf(text, size, "answered %d for %s%s%s: %s", status, location,
             said[0] ? ", " : "", said, advice);
}

const struct provider carbon_aware_sdk_provider = {
    .kind = "carbon-aware-sdk",
    .signal = SIGNAL_AVERAGE_LIFECYCLE,
    .signals = SIGNAL_BITS_ALL,
    .has_forecast = true,
    .has_actuals = true,
    .cadence = 15 * MINUTE,
    .request = request_sdk,
    .parse = parse_sdk,
    .explain = explain_sdk,
};

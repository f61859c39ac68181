/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "grid/providers/body.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define BASE_URL    "https://api.energy-charts.info"
#define COUNTRY_MAX 8
#define DATE_LENGTH 10

/* The country code of the settings, or the zone's name, in the lower case it wants. */
static int parse_country(const struct provider_settings *settings, const char *zone,
                         char country[COUNTRY_MAX + 1], struct error *err)
{
    const char *from = settings->country[0] != '\0' ? settings->country : zone;
    size_t length = strlen(from);
    bool is_letters = true;

    for (size_t i = 0; i < length && i < COUNTRY_MAX; i++) {
        char c = from[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        is_letters = is_letters && c >= 'a' && c <= 'z';
        country[i] = c;
    }
    if (!is_letters || length < 2 || length > COUNTRY_MAX)
        return error_set_field(err, ERROR_INVALID, "country",
                               "\"%.32s\" is not a country code such as de", from);
    country[length] = '\0';
    return 0;
}

static char *format_date(instant when, char text[INSTANT_TEXT_SIZE])
{
    instant_format(when < 0 ? 0 : when, text);
    text[DATE_LENGTH] = '\0';
    return text;
}

/*
 * Left to itself the service answers with the local day and what it knows of the next,
 * which is right for a forecast. What was measured is asked for from two days ago, so
 * that the last hours of a day are not lost at midnight.
 */
static int request_energy_charts(const struct provider_settings *settings,
                                 const char *zone, enum reading_kind wanted,
                                 instant now, struct provider_request *request,
                                 struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    char country[COUNTRY_MAX + 1];
    char start[INSTANT_TEXT_SIZE];
    char end[INSTANT_TEXT_SIZE];
    int status;

    if (parse_country(settings, zone, country, err) < 0)
        return -1;
    if (wanted == READING_FORECAST)
        status = body_format_target(&made, settings, BASE_URL, err, "/co2eq?country=%s",
                                    country);
    else if (wanted == READING_RENEWABLE)
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/ren_share_forecast?country=%s", country);
    else
        status = body_format_target(
            &made, settings, BASE_URL, err, "/co2eq?country=%s&start=%s&end=%s",
            country, format_date(now - 2 * DAY, start), format_date(now, end));
    if (status == 0)
        *request = made;
    return status;
}

/* The arrays of an answer, in step with one another; NULL: it is not there. */
struct columns {
    const json_t *times;
    const json_t *shares;
    const json_t *measured;
    const json_t *forecast;
};

/* An array as long as that of the times; NULL if it is null or left out. */
static int find_column(const json_t *root, const char *name, size_t length,
                       const json_t **column, struct error *err)
{
    const json_t *found = json_object_get(root, name);

    if (!found || json_is_null(found))
        return 0;
    if (!json_is_array(found))
        return error_set(err, ERROR_INVALID, "%s is not an array", name);
    if (json_array_size(found) != length)
        return error_set(err, ERROR_INVALID, "%s has %zu items, not %zu", name,
                         json_array_size(found), length);
    *column = found;
    return 0;
}

static int find_columns(const json_t *root, enum reading_kind wanted,
                        struct columns *columns, struct error *err)
{
    struct columns found = {.times = json_object_get(root, "unix_seconds")};
    size_t length;

    if (!json_is_array(found.times))
        return error_set(err, ERROR_INVALID, "no array \"unix_seconds\"");
    length = json_array_size(found.times);
    if (wanted == READING_RENEWABLE) {
        if (find_column(root, "ren_share", length, &found.shares, err) < 0)
            return -1;
        if (!found.shares)
            return error_set(err, ERROR_INVALID, "no array \"ren_share\"");
        *columns = found;
        return 0;
    }
    if (find_column(root, "co2eq", length, &found.measured, err) < 0
        || find_column(root, "co2eq_forecast", length, &found.forecast, err) < 0)
        return -1;
    if (!found.measured && !found.forecast)
        return error_set(err, ERROR_INVALID, "neither co2eq nor co2eq_forecast");
    *columns = found;
    return 0;
}

static int parse_level(const json_t *column, const char *name,
                       const struct points *points, int64_t *level, struct error *err)
{
    double value = 0;
    bool is_known;

    *level = POINT_NONE;
    if (body_number(json_array_get(column, points->count), name, points->count, &value,
                    &is_known, err)
        < 0)
        return -1;
    return is_known ? points_level(points, value, level, err) : 0;
}

/* The share of renewables in load: over 100 where power is exported. */
static int parse_share(const json_t *column, const struct points *points,
                       int64_t *renewable, struct error *err)
{
    double value = 0;
    bool is_known;

    if (body_number(json_array_get(column, points->count), "ren_share", points->count,
                    &value, &is_known, err)
        < 0)
        return -1;
    return is_known ? points_renewable(points, value, renewable, err) : 0;
}

static int parse_point(const struct columns *columns, enum reading_kind wanted,
                       struct points *points, struct error *err)
{
    const json_t *time = json_array_get(columns->times, points->count);
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    int64_t forecast;

    if (!json_is_integer(time))
        return error_set(err, ERROR_INVALID,
                         "point %zu: its time is not a whole number", points->count);
    point.begins = json_integer_value(time);
    if (columns->shares
        && parse_share(columns->shares, points, &point.renewable, err) < 0)
        return -1;
    if (parse_level(columns->measured, "co2eq", points, &point.level, err) < 0
        || parse_level(columns->forecast, "co2eq_forecast", points, &forecast, err) < 0)
        return -1;
    /* Where there are both they may lie far apart; what was measured is true. */
    if (wanted == READING_FORECAST && point.level == POINT_NONE)
        point.level = forecast;
    return points_add(points, point, err);
}

static int parse_energy_charts(const struct provider_settings *settings,
                               const char *zone, enum reading_kind wanted,
                               const struct provider_body *body, instant now,
                               struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, SIGNAL_AVERAGE_LIFECYCLE,
                                         false};
    struct points points = POINTS_EMPTY;
    json_t *root = body_load_json(body, err);
    struct columns columns = {.times = NULL};
    int status = -1;

    if (!root || find_columns(root, wanted, &columns, err) < 0)
        goto done;
    while (points.count < json_array_size(columns.times))
        if (parse_point(&columns, wanted, &points, err) < 0)
            goto done;
    if (points_close(&points, err) < 0)
        goto done;
    status = points_make_reading(&points, &origin, wanted, now, reading, err);
done:
    points_release(&points);
    json_decref(root);
    return status;
}

static void explain_energy_charts(const struct provider_settings *settings,
                                  const char *zone, int status,
                                  const struct provider_body *body, char *text,
                                  size_t size)
{
    const char *country = settings->country[0] ? settings->country : zone;

    (void)body;
    text[0] = '\0';
    if (status == 400 || status == 404 || status == 422)
        snprintf(text, size, "answered %d for \"%.32s\": check country", status,
                 country);
    else if (status == 429)
        snprintf(text, size, "answered 429: it is asked too often, set every");
}

const struct provider energy_charts_provider = {
    .kind = "energy-charts",
    .signal = SIGNAL_AVERAGE_LIFECYCLE,
    .signals = SIGNAL_BIT(SIGNAL_AVERAGE_LIFECYCLE),
    .has_forecast = true,
    .has_actuals = true,
    .has_renewable = true,
    .cadence = 15 * MINUTE,
    .request = request_energy_charts,
    .parse = parse_energy_charts,
    .explain = explain_energy_charts,
};

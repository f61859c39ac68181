/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "grid/providers/body.h"
#include "grid/providers/json_path.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define FORECAST_SPAN (96 * HOUR)
#define ACTUALS_SPAN  (2 * DAY)

/* Later seconds than this, which is in the year 5138, are milliseconds. */
#define SECONDS_MAX INT64_C(100000000000)

/* The period that is asked for, as it stands in the address. */
struct period {
    char from[INSTANT_MINUTE_TEXT_SIZE];
    char to[INSTANT_MINUTE_TEXT_SIZE];
};

static struct period find_period(enum reading_kind wanted, instant now)
{
    instant from = wanted == READING_ACTUALS ? now - ACTUALS_SPAN : now - now % HOUR;
    instant to = wanted == READING_ACTUALS ? now : from + FORECAST_SPAN;
    struct period period = {"", ""};

    instant_format_minute(from > 0 ? from : 0, period.from);
    instant_format_minute(to > 0 ? to : 0, period.to);
    return period;
}

/* Put the zone and the period in the place of their marks. */
static int fill_address(const char *setting, const char *address, const char *zone,
                        const struct period *period, char target[PROVIDER_URL_MAX],
                        struct error *err)
{
    const struct {
        const char *mark;
        const char *value;
    } marks[] = {{"{zone}", zone}, {"{from}", period->from}, {"{to}", period->to}};
    struct text text = TEXT_EMPTY;
    int status = 0;

    while (status == 0 && *address) {
        size_t i = 0;

        while (i < 3 && strncmp(address, marks[i].mark, strlen(marks[i].mark)) != 0)
            i++;
        if (i < 3) {
            text_add(&text, marks[i].value);
            address += strlen(marks[i].mark);
        } else if (*address == '{') {
            status = error_set_field(err, ERROR_INVALID, setting,
                                     "\"%.20s\" is none of {zone}, {from} and {to}",
                                     address);
        } else {
            text_add_bytes(&text, address++, 1);
        }
    }
    if (status == 0 && !text_copy(target, PROVIDER_URL_MAX, text.bytes))
        status =
            error_set_field(err, ERROR_INVALID, setting, "the address is too long");
    text_release(&text);
    return status;
}

static int check_path(const char *setting, const char *path, struct error *err)
{
    struct error fault;

    if (json_path_check(path, &fault) == 0)
        return 0;
    return error_set_field(err, ERROR_INVALID, setting, "%s", fault.text);
}

static int check_paths(const struct provider_settings *settings, struct error *err)
{
    if (check_path("json_points", settings->json_points, err) < 0
        || check_path("json_time", settings->json_time, err) < 0
        || check_path("json_value", settings->json_value, err) < 0
        || check_path("json_renewable", settings->json_renewable, err) < 0)
        return -1;
    if (settings->json_time[0] == '\0' || settings->json_value[0] == '\0')
        return error_set_field(err, ERROR_INVALID,
                               settings->json_time[0] ? "json_value" : "json_time",
                               "must say where in a point it is");
    return 0;
}

static int request_http_json(const struct provider_settings *settings, const char *zone,
                             enum reading_kind wanted, instant now,
                             struct provider_request *request, struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    const struct period period = find_period(wanted, now);
    const char *name = body_zone(settings, zone, err);
    bool has_own = wanted == READING_ACTUALS && settings->actuals_url[0] != '\0';
    const char *setting = has_own ? "actuals_url" : "url";
    const char *address = has_own ? settings->actuals_url : settings->url;

    if (!name || check_paths(settings, err) < 0)
        return -1;
    if (wanted == READING_RENEWABLE)
        return error_set_field(err, ERROR_INVALID, "renewable",
                               "json_renewable stands beside json_value, in one "
                               "document");
    if (strncmp(address, "http://", 7) != 0 && strncmp(address, "https://", 8) != 0)
        return error_set_field(err, ERROR_INVALID, setting,
                               "must be an address that begins with https:// or "
                               "http://");
    if (fill_address(setting, address, name, &period, made.target, err) < 0)
        return -1;
    if (settings->token_header[0] != '\0')
        body_add_secret(&made, settings->token_header, "", settings->secret);
    else
        body_add_secret(&made, "Authorization", "Bearer ", settings->secret);
    *request = made;
    return 0;
}

/* Grams per kilowatt-hour of one of the unit. */
static double factor_of(const char *unit)
{
    if (strcmp(unit, "lb/MWh") == 0)
        return 0.45359237;
    return strcmp(unit, "kg/kWh") == 0 ? 1000 : 1;
}

/* Whether a time says its offset, behind the ten bytes of its date. */
static bool has_zone(const char *text)
{
    return strlen(text) > 10 && strpbrk(text + 10, "Zz+-");
}

static int parse_time(const json_t *json, const char *what, const struct points *points,
                      instant *when, struct error *err)
{
    const char *text = json_string_value(json);
    int64_t seconds;

    /* Without a zone it might be anybody's local time. */
    if (text && !has_zone(text))
        return error_set(err, ERROR_INVALID, "point %zu: %s has no zone such as Z",
                         points->count, what);
    if (!json_is_integer(json))
        return body_instant(json, what, points->count, when, err);
    seconds = json_integer_value(json);
    *when = seconds > SECONDS_MAX ? seconds / 1000 : seconds;
    return 0;
}

/* What a point is made of. */
struct parts {
    const json_t *time;
    const json_t *value;
    const json_t *renewable;
};

static int add_point(const struct provider_settings *settings,
                     const struct parts *parts, struct points *points,
                     struct error *err)
{
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    double value = 0;
    bool is_known;

    if (parse_time(parts->time, settings->json_time, points, &point.begins, err) < 0
        || body_number(parts->value, settings->json_value, points->count, &value,
                       &is_known, err)
               < 0)
        return -1;
    if (is_known
        && points_level(points, value * factor_of(settings->unit), &point.level, err)
               < 0)
        return -1;
    if (body_number(parts->renewable, settings->json_renewable, points->count, &value,
                    &is_known, err)
        < 0)
        return -1;
    if (is_known && points_renewable(points, value, &point.renewable, err) < 0)
        return -1;
    return points_add(points, point, err);
}

/* An array as long as that of the times. */
static int find_column(const json_t *root, const char *setting, const char *path,
                       size_t length, const json_t **column, struct error *err)
{
    *column = json_path_find(root, path);
    if (!json_is_array(*column) || json_array_size(*column) != length)
        return error_set(err, ERROR_INVALID,
                         "%s does not lead to an array of %zu items, as json_time does",
                         setting, length);
    return 0;
}

/* Arrays of times and of values, in step with one another. */
static int parse_columns(const struct provider_settings *settings, const json_t *root,
                         const json_t *times, struct points *points, struct error *err)
{
    const json_t *values = NULL;
    const json_t *shares = NULL;
    size_t count = json_array_size(times);

    if (find_column(root, "json_value", settings->json_value, count, &values, err) < 0
        || (settings->json_renewable[0]
            && find_column(root, "json_renewable", settings->json_renewable, count,
                           &shares, err)
                   < 0))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct parts parts = {json_array_get(times, i), json_array_get(values, i),
                                    json_array_get(shares, i)};

        if (add_point(settings, &parts, points, err) < 0)
            return -1;
    }
    return 0;
}

static int parse_rows(const struct provider_settings *settings, const json_t *rows,
                      struct points *points, struct error *err)
{
    bool has_value = json_array_size(rows) == 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const struct parts parts = {
            json_path_find(row, settings->json_time),
            json_path_find(row, settings->json_value),
            settings->json_renewable[0] ? json_path_find(row, settings->json_renewable)
                                        : NULL,
        };

        has_value = has_value || parts.value;
        if (add_point(settings, &parts, points, err) < 0)
            return -1;
    }
    return has_value ? 0
                     : error_set(err, ERROR_INVALID,
                                 "json_value leads to nothing in any of its points");
}

static int parse_document(const struct provider_settings *settings, const json_t *root,
                          struct points *points, struct error *err)
{
    const json_t *found = json_path_find(root, settings->json_points);
    const json_t *times = json_path_find(found, settings->json_time);
    int status;

    if (json_is_array(found))
        status = parse_rows(settings, found, points, err);
    else if (json_is_object(found) && json_is_array(times))
        status = parse_columns(settings, found, times, points, err);
    else
        status = error_set(err, ERROR_INVALID,
                           "json_points leads neither to an array nor to an object in "
                           "which json_time leads to one");
    return status < 0 ? -1 : points_close(points, err);
}

static int parse_http_json(const struct provider_settings *settings, const char *zone,
                           enum reading_kind wanted, const struct provider_body *body,
                           instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, settings->signal, false};
    struct points points = POINTS_EMPTY;
    json_t *root = body_load_json(body, err);
    int status = -1;

    if (root && parse_document(settings, root, &points, err) == 0)
        status = points_make_reading(&points, &origin, wanted, now, reading, err);
    points_release(&points);
    json_decref(root);
    return status;
}

static void explain_http_json(const struct provider_settings *settings,
                              const char *zone, int status,
                              const struct provider_body *body, char *text, size_t size)
{
    static const char *const members[] = {"error", "message", "detail", "title", NULL};
    const char *advice = NULL;
    char said[200];

    (void)zone;
    body_find_message(body, settings, members, said, sizeof(said));
    if (status == 401 || status == 403)
        advice = settings->secret[0] ? "check token_file and token_header"
                                     : "it wants a token: set token_file";
    else if (status == 400 || status == 404)
        advice = "check url and region";
    else if (status == 429)
        advice = "it is asked too often: set every or budget";
    text[0] = '\0';
    if (advice)
        snprintf(text, size, "answered %d%s%s: %s", status, said[0] ? ", " : "", said,
                 advice);
}

const struct provider http_json_provider = {
    .kind = "http-json",
    .signal = SIGNAL_AVERAGE_DIRECT,
    .signals = SIGNAL_BITS_ALL,
    .has_forecast = true,
    .has_actuals = true,
    .cadence = 15 * MINUTE,
    .request = request_http_json,
    .parse = parse_http_json,
    .explain = explain_http_json,
};

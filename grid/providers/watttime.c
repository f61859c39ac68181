/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/time.h"
#include "grid/providers/body.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define BASE_URL      "https://api.watttime.org"
#define HORIZON_HOURS 72
#define UNITS         "lbs_co2_per_mwh"

/* Pounds per megawatt-hour are so many grams per kilowatt-hour: the pound of 1959. */
#define G_PER_KWH_OF_LB_PER_MWH 0.45359237

/* A token is good for half an hour. */
#define SESSION_LENGTH (25 * MINUTE)

#define USER_MAX 256

static const char *signal_type(const struct provider_settings *settings)
{
    return settings->signal == SIGNAL_AVERAGE_DIRECT ? "co2_aoer" : "co2_moer";
}

static int request_watttime(const struct provider_settings *settings, const char *zone,
                            enum reading_kind wanted, instant now,
                            struct provider_request *request, struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    const char *region = body_zone(settings, zone, err);
    char start[INSTANT_TEXT_SIZE];
    char end[INSTANT_TEXT_SIZE];
    int status;

    if (!region || body_check_signal(&watttime_provider, settings, err) < 0)
        return -1;
    if (wanted == READING_RENEWABLE)
        return error_set_field(err, ERROR_INVALID, "renewable",
                               "watttime has no renewable shares");
    if (wanted == READING_FORECAST)
        status =
            body_format_target(&made, settings, BASE_URL, err,
                               "/v3/forecast?region=%s&signal_type=%s&horizon_hours=%d",
                               region, signal_type(settings), HORIZON_HOURS);
    else
        status = body_format_target(
            &made, settings, BASE_URL, err,
            "/v3/historical?region=%s&signal_type=%s&start=%s&end=%s", region,
            signal_type(settings),
            instant_format(now > 2 * DAY ? now - 2 * DAY : 0, start),
            instant_format(now > 0 ? now : 0, end));
    if (status < 0)
        return -1;
    body_add_secret(&made, "Authorization", "Bearer ", settings->session);
    *request = made;
    return 0;
}

/* Basic authorization has no place for a colon in the name (RFC 7617, section 2). */
static int check_user(const char *user, struct error *err)
{
    if (user[0] == '\0')
        return error_set_field(err, ERROR_INVALID, "user",
                               "watttime wants the name of an account");
    if (strlen(user) > USER_MAX)
        return error_set_field(err, ERROR_INVALID, "user", "longer than %d bytes",
                               USER_MAX);
    for (const char *c = user; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127 || *c == ':')
            return error_set_field(err, ERROR_INVALID, "user",
                                   "a name has no colon and no control characters");
    return 0;
}

static int request_session(const struct provider_settings *settings,
                           struct provider_request *request, struct error *err)
{
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    struct text plain = TEXT_EMPTY;
    struct text encoded = TEXT_EMPTY;
    int status = -1;

    if (check_user(settings->user, err) < 0
        || body_format_target(&made, settings, BASE_URL, err, "/login") < 0)
        goto done;
    text_add_format(&plain, "%s:%s", settings->user, settings->secret);
    base64_encode(plain.bytes, plain.length, &encoded);
    status = 0;
    if (encoded.length > PROVIDER_SECRET_MAX)
        status = error_set_field(err, ERROR_INVALID, "token_file",
                                 "the password is longer than can be sent");
    else
        body_add_secret(&made, "Authorization", "Basic ", encoded.bytes);
    if (status == 0)
        *request = made;
done:
    explicit_bzero(plain.bytes, plain.length);
    explicit_bzero(encoded.bytes, encoded.length);
    explicit_bzero(&made, sizeof(made));
    text_release(&plain);
    text_release(&encoded);
    return status;
}

static int parse_session(const struct provider_settings *settings,
                         const struct provider_body *body, instant now,
                         struct provider_session *session, struct error *err)
{
    json_t *root = body_load_json(body, err);
    const char *token = body_text(root, "token");
    int status = -1;

    (void)settings;
    if (!root)
        return -1;
    if (!token || token[0] == '\0' || strlen(token) > PROVIDER_SECRET_MAX) {
        error_set(err, ERROR_INVALID, "the login gave no token");
        goto done;
    }
    for (const char *c = token; *c; c++) {
        if (*c <= ' ' || *c > '~') {
            error_set(err, ERROR_INVALID, "the login gave a token that is none");
            goto done;
        }
    }
    memcpy(session->token, token, strlen(token) + 1);
    session->expires = now + SESSION_LENGTH;
    status = 0;
done:
    json_decref(root);
    return status;
}

static int check_meta(const json_t *meta, const struct provider_settings *settings,
                      const char *region, struct error *err)
{
    const char *units = body_text(meta, "units");
    const char *echoed = body_text(meta, "region");
    const char *type = body_text(meta, "signal_type");

    if (!units || strcmp(units, UNITS) != 0)
        return error_set(err, ERROR_INVALID,
                         units && strcmp(units, "percentile") == 0
                             ? "a percentile is a rank, not a carbon intensity"
                             : "its units are \"%.40s\", not " UNITS,
                         units ? units : "");
    if (!echoed || strcmp(echoed, region) != 0)
        return error_set(err, ERROR_INVALID, "it is of the region %.40s, not %s",
                         echoed ? echoed : "(not said)", region);
    if (!type || strcmp(type, signal_type(settings)) != 0)
        return error_set(err, ERROR_INVALID, "its signal is %.40s, not %s",
                         type ? type : "(not said)", signal_type(settings));
    return 0;
}

static int parse_point(const json_t *json, duration length, struct points *points,
                       struct error *err)
{
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    double value = 0;
    bool is_known;

    if (body_instant(json_object_get(json, "point_time"), "point_time", points->count,
                     &point.begins, err)
            < 0
        || body_number(json_object_get(json, "value"), "value", points->count, &value,
                       &is_known, err)
               < 0)
        return -1;
    if (is_known
        && points_level(points, value * G_PER_KWH_OF_LB_PER_MWH, &point.level, err) < 0)
        return -1;
    if (length > 0)
        point.ends = point.begins + length;
    return points_add(points, point, err);
}

static int parse_points(const json_t *root, struct points *points, struct error *err)
{
    const json_t *data = json_object_get(root, "data");
    const json_t *period =
        json_object_get(json_object_get(root, "meta"), "data_point_period_seconds");
    duration length = json_is_integer(period) ? json_integer_value(period) : 0;
    size_t i;
    json_t *item;

    if (!json_is_array(data))
        return error_set(err, ERROR_INVALID, "no array \"data\"");
    if (length < 0 || length > HOUR)
        return error_set(err, ERROR_INVALID,
                         "data_point_period_seconds does not divide an hour");
    json_array_foreach(data, i, item)
    {
        if (parse_point(item, length, points, err) < 0)
            return -1;
    }
    return length > 0 ? 0 : points_close(points, err);
}

static int parse_watttime(const struct provider_settings *settings, const char *zone,
                          enum reading_kind wanted, const struct provider_body *body,
                          instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, settings->signal, false};
    struct points points = POINTS_EMPTY;
    const char *region = body_zone(settings, zone, err);
    json_t *root = region ? body_load_json(body, err) : NULL;
    const json_t *meta = json_object_get(root, "meta");
    int status = -1;

    if (!root || check_meta(meta, settings, region, err) < 0
        || parse_points(root, &points, err) < 0)
        goto done;
    status = points_make_reading(&points, &origin, wanted, now, reading, err);
    if (status == 0 && reading->forecast)
        reading->forecast->issued = body_issued(meta, "generated_at", now);
done:
    points_release(&points);
    json_decref(root);
    return status;
}

static void explain_watttime(const struct provider_settings *settings, const char *zone,
                             int status, const struct provider_body *body, char *text,
                             size_t size)
{
    static const char *const members[] = {"error", "message", "detail", NULL};
    const char *region = settings->region[0] != '\0' ? settings->region : zone;
    char said[200];
    const char *advice = NULL;

    body_find_message(body, settings, members, said, sizeof(said));
    if ((status == 401 || status == 403) && settings->session[0] == '\0')
        advice = "the login failed: check user and the password in token_file";
    else if (status == 401 || status == 403)
        advice = "the account has no access to the region or the signal (a free one "
                 "has CAISO_NORTH only), or this address is blocked";
    else if (status == 400 || status == 404 || status == 422)
        advice = "check region and signal";
    else if (status == 429)
        advice = "too many requests: set every or budget";
    text[0] = '\0';
    if (advice)
        snprintf(text, size, "answered %d for %s%s%s: %s", status, region,
                 said[0] ? ", " : "", said, advice);
}

const struct provider watttime_provider = {
    .kind = "watttime",
    .signal = SIGNAL_MARGINAL_DIRECT,
    .signals = SIGNAL_BIT(SIGNAL_MARGINAL_DIRECT) | SIGNAL_BIT(SIGNAL_AVERAGE_DIRECT),
    .has_forecast = true,
    .has_actuals = true,
    .needs_secret = true,
    .cadence = 15 * MINUTE,
    .hourly_budget = 3000, /* well below 3000 in five minutes, which are refused */
    .request = request_watttime,
    .parse = parse_watttime,
    .request_session = request_session,
    .parse_session = parse_session,
    .explain = explain_watttime,
};

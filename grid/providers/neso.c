/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "grid/mix.h"
#include "grid/providers/body.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define BASE_URL   "https://api.carbonintensity.org.uk"
#define HALF_HOUR  (30 * MINUTE)
#define REGION_MAX 17

/* The region of the settings, 0 for the whole country. */
static int parse_region(const struct provider_settings *settings, int64_t *region,
                        struct error *err)
{
    *region = 0;
    if (settings->region[0] == '\0')
        return 0;
    if (number_parse(settings->region, 1, REGION_MAX, region, NULL) < 0)
        return error_set_field(err, ERROR_INVALID, "region",
                               "\"%.16s\" is not a region of NESO, 1 to %d",
                               settings->region, REGION_MAX);
    return 0;
}

/*
 * A minute past the half-hour that holds `when`: at the half-hour itself the service
 * may answer with the slot before it, and the URL stays the same within a slot, which
 * caches on the way like.
 */
static char *format_slot(instant when, char text[INSTANT_MINUTE_TEXT_SIZE])
{
    if (when < 0)
        when = 0;
    return instant_format_minute(when - when % HALF_HOUR + MINUTE, text);
}

static int request_neso(const struct provider_settings *settings, const char *zone,
                        enum reading_kind wanted, instant now,
                        struct provider_request *request, struct error *err)
{
    char from[INSTANT_MINUTE_TEXT_SIZE];
    char to[INSTANT_MINUTE_TEXT_SIZE];
    struct provider_request made = {.fetch = FETCH_HTTP, .accept = "application/json"};
    int64_t region;
    int status;

    (void)zone;
    if (parse_region(settings, &region, err) < 0)
        return -1;
    if (region && wanted == READING_ACTUALS)
        return error_set_field(err, ERROR_INVALID, "region",
                               "NESO has no actuals of a region, only of the country");

    format_slot(now, from);
    format_slot(now - 2 * DAY, to);
    if (wanted == READING_ACTUALS)
        status = body_format_target(&made, settings, BASE_URL, err, "/intensity/%s/%s",
                                    to, from);
    else if (region)
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/regional/intensity/%s/fw48h/regionid/%d", from,
                                    (int)region);
    else
        status = body_format_target(&made, settings, BASE_URL, err,
                                    "/intensity/%s/fw48h", from);
    if (status == 0)
        *request = made;
    return status;
}

/* Shares are rounded where they come from, so that they add up to 100 % only nearly. */
static int parse_mix(const json_t *mix, const struct points *points, int64_t *renewable,
                     struct error *err)
{
    struct mix fuels = {{0}};
    double sum = 0;
    size_t i;
    json_t *item;

    if (!mix || json_is_null(mix))
        return 0;
    if (!json_is_array(mix))
        return error_set(err, ERROR_INVALID, "point %zu: generationmix is not an array",
                         points->count);
    json_array_foreach(mix, i, item)
    {
        const char *fuel = json_string_value(json_object_get(item, "fuel"));
        const json_t *part = json_object_get(item, "perc");
        double value = json_number_value(part);
        enum fuel found = FUEL_UNKNOWN;

        if (!fuel || !json_is_number(part) || !(value >= 0 && value <= 101))
            return error_set(err, ERROR_INVALID, "point %zu: fuel %zu has no share",
                             points->count, i);
        sum += value;
        (void)mix_find_fuel(fuel, &found);
        fuels.amounts[found] += value;
    }
    if (!(sum >= 99 && sum <= 101))
        return error_set(err, ERROR_INVALID,
                         "point %zu: the shares of its fuels add up to %.1f %%",
                         points->count, sum);
    (void)mix_renewable(&fuels, renewable);
    return 0;
}

static int parse_level(const json_t *levels, const char *what,
                       const struct points *points, int64_t *level, struct error *err)
{
    double value = 0;
    bool is_known;

    if (body_number(json_object_get(levels, what), what, points->count, &value,
                    &is_known, err)
        < 0)
        return -1;
    *level = POINT_NONE;
    return is_known ? points_level(points, value, level, err) : 0;
}

static int parse_point(const json_t *json, enum reading_kind wanted,
                       struct points *points, struct error *err)
{
    const json_t *levels = json_object_get(json, "intensity");
    struct point point = {0, 0, POINT_NONE, POINT_NONE};
    int64_t forecast;
    int64_t actual;

    if (!json_is_object(levels))
        return error_set(err, ERROR_INVALID, "point %zu: no intensity", points->count);
    if (body_instant(json_object_get(json, "from"), "from", points->count,
                     &point.begins, err)
            < 0
        || body_instant(json_object_get(json, "to"), "to", points->count, &point.ends,
                        err)
               < 0
        || parse_level(levels, "forecast", points, &forecast, err) < 0
        || parse_level(levels, "actual", points, &actual, err) < 0
        || parse_mix(json_object_get(json, "generationmix"), points, &point.renewable,
                     err)
               < 0)
        return -1;
    point.level = wanted == READING_ACTUALS ? actual : forecast;
    return points_add(points, point, err);
}

/*
 * The array of points in a document. A region's stands in an object that names the
 * region; the service wraps that in an array in some places and not in others.
 */
static int find_points(const json_t *root, int64_t region, const json_t **found,
                       struct error *err)
{
    const json_t *fault = json_object_get(root, "error");
    const char *message = json_string_value(json_object_get(fault, "message"));
    const json_t *data = json_object_get(root, "data");
    const json_t *id;

    if (fault)
        return error_set(err, ERROR_INVALID, "the service says: %.160s",
                         message ? message : "an error without a message");
    if (json_is_array(data) && json_object_get(json_array_get(data, 0), "data"))
        data = json_array_get(data, 0);
    id = json_object_get(data, "regionid");
    if (id && json_integer_value(id) != region)
        return error_set(err, ERROR_INVALID,
                         "the answer is for region %" JSON_INTEGER_FORMAT
                         ", not for %d",
                         json_integer_value(id), (int)region);
    if (json_is_object(data))
        data = json_object_get(data, "data");
    if (!json_is_array(data))
        return error_set(err, ERROR_INVALID, "no array \"data\"");
    *found = data;
    return 0;
}

static int parse_neso(const struct provider_settings *settings, const char *zone,
                      enum reading_kind wanted, const struct provider_body *body,
                      instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, SIGNAL_AVERAGE_DIRECT,
                                         false};
    struct points points = POINTS_EMPTY;
    json_t *root = NULL;
    const json_t *data = NULL;
    int64_t region;
    int status = -1;
    size_t i;
    json_t *item;

    if (parse_region(settings, &region, err) < 0)
        goto done;
    root = body_load_json(body, err);
    if (!root || find_points(root, region, &data, err) < 0)
        goto done;
    json_array_foreach(data, i, item)
    {
        if (parse_point(item, wanted, &points, err) < 0)
            goto done;
    }
    status = points_make_reading(&points, &origin, wanted, now, reading, err);
done:
    points_release(&points);
    json_decref(root);
    return status;
}

const struct provider neso_provider = {
    .kind = "neso",
    .signal = SIGNAL_AVERAGE_DIRECT,
    .signals = SIGNAL_BIT(SIGNAL_AVERAGE_DIRECT),
    .has_forecast = true,
    .has_actuals = true,
    .cadence = HALF_HOUR,
    .request = request_neso,
    .parse = parse_neso,
};

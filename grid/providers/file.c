/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "grid/providers/body.h"
#include "grid/providers/csv.h"
#include "grid/providers/points.h"
#include "grid/providers/providers.h"

#define ZONE_MARK "{zone}"

/* A zone's name becomes part of a path; it must not lead to another directory. */
static bool is_safe_in_path(const char *zone)
{
    return text_is_name(zone, ZONE_NAME_MAX) && !strstr(zone, "..");
}

static int format_path(const char *path, const char *zone, char *target, size_t size,
                       struct error *err)
{
    struct text text = TEXT_EMPTY;
    const char *mark;
    int status = 0;

    while ((mark = strstr(path, ZONE_MARK))) {
        if (!is_safe_in_path(zone)) {
            status =
                error_set_field(err, ERROR_INVALID, "path",
                                "\"%.32s\" is not the name of a zone that may stand "
                                "in a path",
                                zone);
            goto done;
        }
        text_add_bytes(&text, path, (size_t)(mark - path));
        text_add(&text, zone);
        path = mark + strlen(ZONE_MARK);
    }
    text_add(&text, path);
    if (!text_copy(target, size, text.bytes))
        status = error_set_field(err, ERROR_INVALID, "path", "the path is too long");
done:
    text_release(&text);
    return status;
}

static int request_file(const struct provider_settings *settings, const char *zone,
                        enum reading_kind wanted, instant now,
                        struct provider_request *request, struct error *err)
{
    struct provider_request made = {.fetch = FETCH_FILE};
    const char *path = settings->path;

    (void)now;
    if (wanted == READING_ACTUALS && settings->actuals_path[0] != '\0')
        path = settings->actuals_path;
    if (path[0] == '\0')
        return error_set_field(err, ERROR_INVALID, "path", "provider %s has no path",
                               settings->name);
    if (format_path(path, zone, made.target, sizeof(made.target), err) < 0)
        return -1;
    *request = made;
    return 0;
}

/* How the members of a point are called in one form of document. */
struct form {
    const char *begins;
    const char *ends; /* NULL: when the next begins */
    const char *level;
    const char *renewable;
};

static const struct form rows_form = {"datetime", NULL, "carbon_intensity",
                                      "renewable"};
static const struct form points_form = {"begins", "ends", "g", "renewable"};

static int parse_figures(const json_t *json, const struct form *form,
                         const struct points *points, struct point *point,
                         struct error *err)
{
    double value = 0;
    bool is_known;

    if (body_number(json_object_get(json, form->level), form->level, points->count,
                    &value, &is_known, err)
        < 0)
        return -1;
    if (is_known && points_level(points, value, &point->level, err) < 0)
        return -1;
    if (body_number(json_object_get(json, form->renewable), form->renewable,
                    points->count, &value, &is_known, err)
        < 0)
        return -1;
    return is_known ? points_renewable(points, value, &point->renewable, err) : 0;
}

static int parse_point(const json_t *json, const struct form *form,
                       struct points *points, struct error *err)
{
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};

    if (body_instant(json_object_get(json, form->begins), form->begins, points->count,
                     &point.begins, err)
        < 0)
        return -1;
    if (form->ends
        && body_instant(json_object_get(json, form->ends), form->ends, points->count,
                        &point.ends, err)
               < 0)
        return -1;
    if (parse_figures(json, form, points, &point, err) < 0)
        return -1;
    return points_add(points, point, err);
}

/* An array of rows, or an object that holds "points", as our own API gives them. */
static int parse_json(const struct provider_body *body, enum reading_kind wanted,
                      struct points *points, struct error *err)
{
    const struct form *form = &rows_form;
    json_t *root = body_load_json(body, err);
    const json_t *array = root;
    int status = -1;
    size_t i;
    json_t *item;

    if (!root)
        goto done;
    if (json_is_object(root)) {
        form = &points_form;
        array = json_object_get(root, "points");
        if (wanted == READING_ACTUALS && json_object_get(root, "actuals"))
            array = json_object_get(root, "actuals");
    }
    if (!json_is_array(array)) {
        error_set(err, ERROR_INVALID, "neither an array nor an object with \"points\"");
        goto done;
    }
    json_array_foreach(array, i, item)
    {
        if (parse_point(item, form, points, err) < 0)
            goto done;
    }
    status = form->ends ? 0 : points_close(points, err);
done:
    json_decref(root);
    return status;
}

/* No table begins with a bracket: the first character tells the two apart. */
static bool is_json(const struct provider_body *body)
{
    for (size_t i = 0; i < body->size; i++) {
        char c = body->bytes[i];

        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return c == '[' || c == '{';
    }
    return false;
}

static int parse_file(const struct provider_settings *settings, const char *zone,
                      enum reading_kind wanted, const struct provider_body *body,
                      instant now, struct reading *reading, struct error *err)
{
    const struct points_origin origin = {zone, settings->name, settings->signal, false};
    struct points points = POINTS_EMPTY;
    int status = -1;

    if (body->size > PROVIDER_BODY_MAX) {
        error_set(err, ERROR_INVALID, "the file is longer than %d MiB",
                  PROVIDER_BODY_MAX >> 20);
        goto done;
    }
    if (is_json(body))
        status = parse_json(body, wanted, &points, err);
    else
        status = csv_parse(body, wanted, settings->signal, &points, err);
    if (status == 0)
        status = points_make_reading(&points, &origin, wanted, now, reading, err);
done:
    points_release(&points);
    return status;
}

const struct provider file_provider = {
    .kind = "file",
    .signal = SIGNAL_AVERAGE_DIRECT,
    .signals = SIGNAL_BITS_ALL,
    .has_forecast = true,
    .has_actuals = true,
    .cadence = 15 * MINUTE,
    .request = request_file,
    .parse = parse_file,
};

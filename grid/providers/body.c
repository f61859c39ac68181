/* SPDX-License-Identifier: MIT */
#include "grid/providers/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"

json_t *body_load_json(const struct provider_body *body, struct error *err)
{
    json_error_t fault;
    json_t *root;

    if (body->size > PROVIDER_BODY_MAX) {
        error_set(err, ERROR_INVALID, "the body is longer than %d MiB",
                  PROVIDER_BODY_MAX >> 20);
        return NULL;
    }
    if (body->content_type[0] != '\0' && !strcasestr(body->content_type, "json")) {
        error_set(err, ERROR_INVALID, "the body is %.40s, not JSON",
                  body->content_type);
        return NULL;
    }
    if (body->size == 0) {
        error_set(err, ERROR_INVALID, "the body is empty");
        return NULL;
    }
    root = json_loadb(body->bytes, body->size, JSON_REJECT_DUPLICATES, &fault);
    if (!root)
        error_set(err, ERROR_INVALID, "line %d: not JSON: %.120s", fault.line,
                  fault.text);
    return root;
}

int body_number(const json_t *json, const char *what, size_t i, double *value,
                bool *is_known, struct error *err)
{
    *is_known = false;
    if (!json || json_is_null(json))
        return 0;
    if (!json_is_number(json))
        return error_set(err, ERROR_INVALID, "point %zu: %s is not a number", i, what);
    *value = json_number_value(json);
    *is_known = true;
    return 0;
}

int body_instant(const json_t *json, const char *what, size_t i, instant *when,
                 struct error *err)
{
    struct error fault;

    if (!json_is_string(json))
        return error_set(err, ERROR_INVALID, "point %zu: %s is not a time", i, what);
    if (instant_parse(json_string_value(json), when, &fault) < 0)
        return error_set(err, ERROR_INVALID, "point %zu: %s: %.160s", i, what,
                         fault.text);
    return 0;
}

static bool is_http_url(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

int body_format_target(struct provider_request *request,
                       const struct provider_settings *settings, const char *standard,
                       struct error *err, const char *format, ...)
{
    const char *base = settings->url[0] != '\0' ? settings->url : standard;
    size_t length = strlen(base);
    size_t room;
    va_list args;
    int written;

    if (!is_http_url(base))
        return error_set_field(err, ERROR_INVALID, "url",
                               "the url of provider %s is not http:// or https://",
                               settings->name);
    while (length > 0 && base[length - 1] == '/')
        length--;
    if (length >= sizeof(request->target))
        length = sizeof(request->target) - 1;
    memcpy(request->target, base, length);

    room = sizeof(request->target) - length;
    va_start(args, format);
    written = vsnprintf(request->target + length, room, format, args);
    va_end(args);
    if (written < 0 || (size_t)written >= room)
        return error_set_field(err, ERROR_INVALID, "url",
                               "the url of provider %s is too long", settings->name);
    return 0;
}

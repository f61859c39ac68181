/* SPDX-License-Identifier: MIT */
#include "grid/providers/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
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

const char *body_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

#define ISSUED_AGE_MAX (3 * DAY)

instant body_issued(const json_t *object, const char *name, instant now)
{
    const char *text = body_text(object, name);
    instant issued;

    if (!text || instant_parse(text, &issued, NULL) < 0 || issued > now
        || issued < now - ISSUED_AGE_MAX)
        return now;
    return issued;
}

duration body_granularity(const json_t *object, const char *name)
{
    static const struct {
        const char *name;
        duration length;
    } known[] = {
        {"hourly", HOUR}, {"15_minutes", 15 * MINUTE}, {"5_minutes", 5 * MINUTE}};
    const char *text = body_text(object, name);

    for (size_t i = 0; text && i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(text, known[i].name) == 0)
            return known[i].length;
    return 0;
}

const char *body_zone(const struct provider_settings *settings, const char *zone,
                      struct error *err)
{
    const char *name = settings->region[0] != '\0' ? settings->region : zone;

    if (text_is_name(name, ZONE_NAME_MAX))
        return name;
    error_set_field(err, ERROR_INVALID, "region",
                    "\"%.40s\" is not the name of a zone that can be asked for", name);
    return NULL;
}

int body_check_signal(const struct provider *provider,
                      const struct provider_settings *settings, struct error *err)
{
    struct text known = TEXT_EMPTY;

    if (provider->signals & SIGNAL_BIT(settings->signal))
        return 0;
    for (int i = 0; i < SIGNALS; i++)
        if (provider->signals & SIGNAL_BIT(i))
            text_add_format(&known, "%s%s", known.length > 0 ? " or " : "",
                            signal_name((enum signal)i));
    error_set_field(err, ERROR_INVALID, "signal",
                    "%s has no figures that are %s, only %s", provider->kind,
                    signal_name(settings->signal), known.bytes);
    text_release(&known);
    return -1;
}

void body_add_secret(struct provider_request *request, const char *name,
                     const char *prefix, const char *secret)
{
    request->secret_header[0] = '\0';
    if (secret[0] != '\0')
        snprintf(request->secret_header, sizeof(request->secret_header), "%s: %s%s",
                 name, prefix, secret);
}

#define MESSAGE_MAX 160

static bool is_tellable(const char *message, const struct provider_settings *settings)
{
    size_t length = strlen(message);

    if (length == 0 || length > MESSAGE_MAX)
        return false;
    for (const char *c = message; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    /* An address may bear somebody's key. */
    if (strstr(message, "://"))
        return false;
    return (settings->secret[0] == '\0' || !strstr(message, settings->secret))
           && (settings->session[0] == '\0' || !strstr(message, settings->session));
}

void body_find_message(const struct provider_body *body,
                       const struct provider_settings *settings,
                       const char *const *members, char *text, size_t size)
{
    json_t *root = body->size > 0 && body->size <= PROVIDER_BODY_MAX
                       ? json_loadb(body->bytes, body->size, 0, NULL)
                       : NULL;

    text[0] = '\0';
    for (; root && *members; members++) {
        const char *message = body_text(root, *members);

        if (message && is_tellable(message, settings)) {
            snprintf(text, size, "%s", message);
            break;
        }
    }
    json_decref(root);
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

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"
#include "base/time.h"
#include "queue/job_json_fields.h"

/* The pools or zones that one job may name. */
#define PLACES_SIZE_MAX ((size_t)64 * (JOB_PLACE_NAME_MAX + 1))

int json_fail_type(const char *field, const char *wanted, struct error *err)
{
    return error_set_field(err, ERROR_INVALID, field, "%s must be %s", field, wanted);
}

#define PPM_PER_PERCENT 10000

int json_read_integer(const json_t *value, const char *field, int64_t least,
                      int64_t most, int64_t *number, struct error *err)
{
    if (!json_is_integer(value) || json_integer_value(value) < least
        || json_integer_value(value) > most)
        return error_set_field(err, ERROR_INVALID, field,
                               "%s must be a whole number from %lld to %lld", field,
                               (long long)least, (long long)most);
    *number = json_integer_value(value);
    return 0;
}

int json_read_percent(const json_t *value, const char *field, int32_t *percent,
                      struct error *err)
{
    int64_t ppm = json_is_integer(value) && json_integer_value(value) <= 100
                      ? json_integer_value(value) * PPM_PER_PERCENT
                      : 0;

    if (json_is_string(value)
        && percent_parse(json_string_value(value), &ppm, NULL) < 0)
        ppm = 0;
    if (ppm < PPM_PER_PERCENT || ppm % PPM_PER_PERCENT != 0)
        return error_set_field(err, ERROR_INVALID, field,
                               "%s must be a whole percentage from 1%% to 100%%",
                               field);
    *percent = (int32_t)(ppm / PPM_PER_PERCENT);
    return 0;
}

int json_read_bool(const json_t *value, const char *field, bool *truth,
                   struct error *err)
{
    if (!json_is_boolean(value))
        return json_fail_type(field, "true or false", err);
    *truth = json_is_true(value);
    return 0;
}

int json_read_instant(const json_t *value, const char *field, instant *when,
                      struct error *err)
{
    struct error why = {0};
    instant read = 0;

    if (!json_is_string(value))
        return json_fail_type(field, "a time such as \"2026-11-21T20:15:00Z\"", err);
    if (instant_parse(json_string_value(value), &read, &why) < 0)
        return error_set_field(err, ERROR_INVALID, field, "%s: %.200s", field,
                               why.text);
    if (read == 0)
        return json_fail_type(field, "later than 1970-01-01T00:00:00Z", err);
    *when = read;
    return 0;
}

int json_read_string(const json_t *value, const char *field, char **string,
                     struct error *err)
{
    if (!json_is_string(value))
        return json_fail_type(field, "text", err);
    *string = xstrdup(json_string_value(value));
    return 0;
}

/* The bytes of an array of strings with a byte after each; -1 if it is none. */
static int measure_strings(const json_t *value, const char *field, size_t size_max,
                           size_t *size, struct error *err)
{
    size_t sum = 0;

    if (!json_is_array(value))
        return json_fail_type(field, "an array of texts", err);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);

        if (!json_is_string(item))
            return json_fail_type(field, "an array of texts", err);
        sum += json_string_length(item) + 1;
    }
    if (sum > size_max)
        return error_set_field(err, ERROR_TOO_LARGE, field,
                               "%s has more than %zu bytes", field, size_max);
    *size = sum;
    return 0;
}

/* Join strings, each followed by `after`. NULL if there are none. */
static char *join_strings(const json_t *value, size_t size, char after)
{
    char *joined;
    char *at;

    if (size == 0)
        return NULL;
    joined = xresize(NULL, size, 1);
    at = joined;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        size_t length = json_string_length(item);

        memcpy(at, json_string_value(item), length);
        at[length] = after;
        at += length + 1;
    }
    return joined;
}

int json_read_names(const json_t *value, const char *field, char **names,
                    struct error *err)
{
    size_t size = 0;

    if (measure_strings(value, field, PLACES_SIZE_MAX, &size, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));

        if (!text_is_name(name, JOB_PLACE_NAME_MAX))
            return error_set_field(err, ERROR_INVALID, field,
                                   "'%.40s' is no name that %s may have", name, field);
    }
    *names = join_strings(value, size, ',');
    if (*names)
        (*names)[size - 1] = '\0';
    return 0;
}

int json_read_strings(const json_t *value, const char *field, size_t size_max,
                      char **strings, size_t *size, struct error *err)
{
    size_t sum = 0;

    if (measure_strings(value, field, size_max, &sum, err) < 0)
        return -1;
    *strings = join_strings(value, sum, '\0');
    *size = sum;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "queue/job_json.h"

#define RANGE_TEXT_MAX 40

/* Read a number up to `stop` or the end of the text; returns what follows it. */
static const char *read_number(const char *text, char stop, int64_t most,
                               int32_t *number)
{
    char digits[RANGE_TEXT_MAX];
    const char *end = strchr(text, stop);
    size_t length = end ? (size_t)(end - text) : strlen(text);
    int64_t value = 0;

    if (length >= sizeof(digits) || text[0] == '-')
        return NULL;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (number_parse(digits, 0, most, &value, NULL) < 0)
        return NULL;
    *number = (int32_t)value;
    return text + length;
}

/* "A" or "A-B" into both ends. */
static int read_range(const char *text, int64_t most, int32_t *first, int32_t *last)
{
    const char *rest = read_number(text, '-', most, first);

    *last = *first;
    if (rest && *rest == '-')
        rest = read_number(rest + 1, '\0', most, last);
    return rest && *first <= *last ? 0 : -1;
}

int array_range_parse(const char *text, int32_t *first, int32_t *last, int32_t *limit,
                      struct error *err)
{
    char range[RANGE_TEXT_MAX];
    const char *percent = strchr(text, '%');
    size_t length = percent ? (size_t)(percent - text) : strlen(text);
    int32_t from = 0;
    int32_t to = 0;
    int32_t most = 0;

    if (length >= sizeof(range))
        goto fail;
    memcpy(range, text, length);
    range[length] = '\0';
    if (read_range(range, ARRAY_INDEX_MAX, &from, &to) < 0)
        goto fail;
    if (percent && (!read_number(percent + 1, '\0', JOB_ARRAY_MAX, &most) || most < 1))
        goto fail;
    if (to - from >= JOB_ARRAY_MAX)
        return error_set_field(err, ERROR_TOO_LARGE, "array",
                               "an array may have at most %d jobs", JOB_ARRAY_MAX);
    *first = from;
    *last = to;
    *limit = most;
    return 0;

fail:
    return error_set_field(err, ERROR_INVALID, "array",
                           "'%.40s' is no range of indexes: write 0-99, or 0-99%%4 for "
                           "four at once, with indexes up to %d",
                           text, ARRAY_INDEX_MAX);
}

int gpu_range_parse(const char *text, int32_t *least, int32_t *most, struct error *err)
{
    int32_t from = 0;
    int32_t to = 0;

    if (read_range(text, JOB_GPUS_MAX, &from, &to) < 0)
        return error_set_field(
            err, ERROR_INVALID, "gpus",
            from > to
                ? "'%.40s' is no range of GPUs: its first number is the least, up to %d"
                : "'%.40s' is no number of GPUs: write 2, or 2-8, up to %d",
            text, JOB_GPUS_MAX);
    if (from == 0 && to > 0)
        return error_set_field(err, ERROR_INVALID, "gpus",
                               "'%.40s': a range of GPUs begins with 1 at least", text);
    *least = from;
    *most = to;
    return 0;
}

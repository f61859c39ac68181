/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is within its limits, and reads the same when it is written again. */
static void check_instant(const char *text)
{
    char again[INSTANT_TEXT_SIZE];
    instant when, second;

    if (instant_parse(text, &when, NULL) < 0)
        return;
    assert(when >= 0 && when <= INSTANT_MAX);
    assert(instant_parse(instant_format(when, again), &second, NULL) == 0);
    assert(second == when);
}

static void check_duration(const char *text)
{
    char again[DURATION_TEXT_SIZE];
    duration length, second;

    if (duration_parse(text, &length, NULL) < 0)
        return;
    assert(length >= 0 && length <= DURATION_MAX);
    /* Two units are shown, the rest is cut. */
    assert(duration_parse(duration_format(length, again), &second, NULL) == 0);
    assert(second <= length && second >= length - DAY);
}

static void check_size(const char *text)
{
    char again[NUMBER_TEXT_SIZE];
    int64_t bytes, second;

    if (size_parse(text, &bytes, NULL) < 0)
        return;
    assert(bytes >= 0 && bytes <= SIZE_BYTES_MAX);
    assert(size_parse(size_format(bytes, again), &second, NULL) == 0);
    assert(second == bytes);
}

static void check_numbers(const char *text)
{
    char again[NUMBER_TEXT_SIZE];
    int64_t number, second;

    if (percent_parse(text, &number, NULL) == 0)
        assert(number >= 0 && number <= 1000000);
    if (number_parse(text, -1000, 1000, &number, NULL) == 0)
        assert(number >= -1000 && number <= 1000);
    for (int digits = 0; digits <= 9; digits++) {
        if (number_parse_scaled(text, digits, -INT64_MAX, INT64_MAX, &number, NULL) < 0)
            continue;
        number_format_scaled(number, digits, again);
        assert(number_parse_scaled(again, digits, -INT64_MAX, INT64_MAX, &second, NULL)
               == 0);
        assert(second == number);
    }
}

static void check_double(const uint8_t *data, size_t size)
{
    int64_t number;
    double value;

    if (size < sizeof(value))
        return;
    memcpy(&value, data, sizeof(value));
    if (number_scale(value, 3, INT64_MIN, INT64_MAX, &number, NULL) == 0)
        assert(value >= -1e16 && value <= 1e16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_instant(text);
    check_duration(text);
    check_size(text);
    check_numbers(text);
    check_double(data, size);
    free(text);
    return 0;
}

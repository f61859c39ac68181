/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DIGITS_MAX 9

/* The magnitude of a number in units of 10^-digits, and where its text ended. */
struct decimal {
    uint64_t magnitude;
    bool is_negative;
    bool is_too_large;
    const char *end;
};

static void decimal_append(struct decimal *decimal, char digit)
{
    if (decimal->magnitude > (UINT64_MAX - 9) / 10)
        decimal->is_too_large = true;
    else
        decimal->magnitude = 10 * decimal->magnitude + (uint64_t)(digit - '0');
}

/* Read "-12" or, with `digits` above 0, "-12.345"; false if there is no number. */
static bool decimal_read(const char *text, int digits, struct decimal *decimal)
{
    const char *at = text;
    int places = 0;

    *decimal = (struct decimal){.is_negative = *at == '-'};
    at += decimal->is_negative;
    if (!text_is_digit(*at))
        return false;
    for (; text_is_digit(*at); at++)
        decimal_append(decimal, *at);
    if (digits > 0 && *at == '.') {
        if (!text_is_digit(at[1]))
            return false;
        for (at++; text_is_digit(*at) && places < digits; at++, places++)
            decimal_append(decimal, *at);
        if (text_is_digit(*at) && *at >= '5')
            decimal->magnitude++;
        while (text_is_digit(*at))
            at++;
    }
    for (; places < digits; places++)
        decimal_append(decimal, '0');
    decimal->end = at;
    return true;
}

/* The number as an integer; false if it cannot be one within the limits. */
static bool decimal_within(const struct decimal *decimal, int64_t least, int64_t most,
                           int64_t *number)
{
    int64_t value;

    if (decimal->is_too_large || decimal->magnitude > INT64_MAX)
        return false;
    value = (int64_t)decimal->magnitude;
    if (decimal->is_negative)
        value = -value;
    if (value < least || value > most)
        return false;
    *number = value;
    return true;
}

static int64_t power_of_ten(int digits)
{
    int64_t power = 1;

    assert(digits >= 0 && digits <= DIGITS_MAX);
    for (int i = 0; i < digits; i++)
        power *= 10;
    return power;
}

char *number_format_scaled(int64_t number, int digits, char text[NUMBER_TEXT_SIZE])
{
    uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;
    uint64_t power = (uint64_t)power_of_ten(digits);
    uint64_t fraction = magnitude % power;
    int length = snprintf(text, NUMBER_TEXT_SIZE, "%s%llu", number < 0 ? "-" : "",
                          (unsigned long long)(magnitude / power));

    if (fraction > 0) {
        length += snprintf(text + length, NUMBER_TEXT_SIZE - (size_t)length, ".%0*llu",
                           digits, (unsigned long long)fraction);
        while (text[length - 1] == '0')
            text[--length] = '\0';
    }
    return text;
}

static int out_of_limits(const char *value, int digits, int64_t least, int64_t most,
                         struct error *err)
{
    char least_text[NUMBER_TEXT_SIZE], most_text[NUMBER_TEXT_SIZE];

    return error_set(err, ERROR_INVALID, "'%.40s' is out of range: from %s to %s",
                     value, number_format_scaled(least, digits, least_text),
                     number_format_scaled(most, digits, most_text));
}

int number_parse(const char *text, int64_t least, int64_t most, int64_t *number,
                 struct error *err)
{
    struct decimal decimal;
    char least_text[NUMBER_TEXT_SIZE], most_text[NUMBER_TEXT_SIZE];

    if (!decimal_read(text, 0, &decimal) || *decimal.end) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a whole number from %s to %s", text,
                         number_format_scaled(least, 0, least_text),
                         number_format_scaled(most, 0, most_text));
    }
    if (!decimal_within(&decimal, least, most, number))
        return out_of_limits(text, 0, least, most, err);
    return 0;
}

int number_parse_scaled(const char *text, int digits, int64_t least, int64_t most,
                        int64_t *number, struct error *err)
{
    struct decimal decimal;
    char least_text[NUMBER_TEXT_SIZE], most_text[NUMBER_TEXT_SIZE];

    if (!decimal_read(text, digits, &decimal) || *decimal.end) {
        return error_set(err, ERROR_INVALID, "'%.40s' is not a number from %s to %s",
                         text, number_format_scaled(least, digits, least_text),
                         number_format_scaled(most, digits, most_text));
    }
    if (!decimal_within(&decimal, least, most, number))
        return out_of_limits(text, digits, least, most, err);
    return 0;
}

int number_scale(double value, int digits, int64_t least, int64_t most, int64_t *number,
                 struct error *err)
{
    /* Doubles below this, and their halves, are integers of 64 bits for certain. */
    const double bound = 9e18;
    char text[NUMBER_TEXT_SIZE];
    double scaled, rest;
    int64_t rounded;

    if (!isfinite(value))
        return error_set(err, ERROR_INVALID, "the number is not finite");
    scaled = value * (double)power_of_ten(digits);
    snprintf(text, sizeof(text), "%.9g", value);
    if (scaled < -bound || scaled > bound)
        return out_of_limits(text, digits, least, most, err);
    rounded = (int64_t)scaled;
    rest = scaled - (double)rounded;
    if (rest >= 0.5)
        rounded++;
    if (rest <= -0.5)
        rounded--;
    if (rounded < least || rounded > most)
        return out_of_limits(text, digits, least, most, err);
    *number = rounded;
    return 0;
}

static const char *skip_spaces(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* The power of 1024 that a suffix stands for; -1 if it is none. */
static int size_suffix_power(const char *suffix)
{
    static const char letters[] = "KkMmGgTt";
    const char *at = suffix;
    const char *letter = *at ? strchr(letters, *at) : NULL;
    int power = 0;

    if (letter) {
        power = (int)(letter - letters) / 2 + 1;
        at++;
        if (at[0] == 'i' && at[1] == 'B')
            at++;
    }
    if (*at == 'B')
        at++;
    return *at ? -1 : power;
}

int size_parse(const char *text, int64_t *bytes, struct error *err)
{
    struct decimal decimal;
    int power = -1;
    int64_t count;

    if (decimal_read(text, 0, &decimal))
        power = size_suffix_power(skip_spaces(decimal.end));
    if (power < 0) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a size such as 512M, 16G or 1TiB", text);
    }
    if (!decimal_within(&decimal, 0, SIZE_BYTES_MAX >> (10 * power), &count)) {
        return error_set(err, ERROR_INVALID, "'%.40s' is out of range: from 0 to %dT",
                         text, (int)(SIZE_BYTES_MAX >> 40));
    }
    *bytes = count * (INT64_C(1) << (10 * power));
    return 0;
}

char *size_format(int64_t bytes, char text[NUMBER_TEXT_SIZE])
{
    static const char *const suffixes[] = {"", "K", "M", "G", "T"};
    int power = 0;

    while (power < 4 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        power++;
    }
    snprintf(text, NUMBER_TEXT_SIZE, "%lld%s", (long long)bytes, suffixes[power]);
    return text;
}

int percent_parse(const char *text, int64_t *ppm, struct error *err)
{
    struct decimal decimal;

    /* One hundredth of 10^6 is 10^4. */
    if (!decimal_read(text, 4, &decimal)
        || strcmp(skip_spaces(decimal.end), "%") != 0) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a percentage such as 2%% or 0.2%%", text);
    }
    if (!decimal_within(&decimal, 0, 1000000, ppm)) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is out of range: from 0%% to 100%%", text);
    }
    return 0;
}

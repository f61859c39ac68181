/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

struct unit {
    char letter;
    duration length;
};

/* From large to small; weeks are read but not written. */
static const struct unit units[] = {
    {'w', 7 * DAY}, {'d', DAY}, {'h', HOUR}, {'m', MINUTE}, {'s', 1},
};
static const size_t unit_count = sizeof(units) / sizeof(units[0]);

/* Take one or more digits. What is too large for a duration stays too large. */
static bool take_count(const char **at, int64_t *count)
{
    int64_t value = 0;

    if (!text_is_digit(**at))
        return false;
    for (; text_is_digit(**at); (*at)++)
        if (value <= DURATION_MAX)
            value = 10 * value + (**at - '0');
    *count = value;
    return true;
}

/* Exactly two digits, below 60. */
static bool take_sixtieth(const char **at, int64_t *count)
{
    const char *start = *at;

    return take_count(at, count) && *at - start == 2 && *count < 60;
}

/* "1h30m": each unit at most once, from large to small. */
static bool take_units(const char **at, duration *length)
{
    duration total = 0;
    size_t next = 0;

    do {
        int64_t count;

        if (!take_count(at, &count))
            return false;
        while (next < unit_count && units[next].letter != **at)
            next++;
        if (next == unit_count)
            return false;
        (*at)++;
        if (count > DURATION_MAX / units[next].length)
            count = DURATION_MAX / units[next].length + 1;
        total += count * units[next++].length;
    } while (**at);
    *length = total;
    return true;
}

/* "1-12:00:00": Slurm's form. */
static bool take_clock(const char **at, duration *length)
{
    int64_t days = 0, hours, minutes, seconds = 0;
    bool has_days = strchr(*at, '-') != NULL;

    if (has_days && (!take_count(at, &days) || *(*at)++ != '-'))
        return false;
    if (!take_count(at, &hours) || (has_days && hours > 23) || *(*at)++ != ':')
        return false;
    if (!take_sixtieth(at, &minutes))
        return false;
    if (**at == ':') {
        (*at)++;
        if (!take_sixtieth(at, &seconds))
            return false;
    }
    *length = days * DAY + hours * HOUR + minutes * MINUTE + seconds;
    return **at == '\0';
}

int duration_parse(const char *text, duration *length, struct error *err)
{
    const char *at = text;
    duration result = 0;
    bool is_well_formed =
        strchr(text, ':') ? take_clock(&at, &result) : take_units(&at, &result);

    if (!is_well_formed) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a duration: give units (s, m, h, d, w), "
                         "as in 90s, 1h30m or 7d, or write [D-]HH:MM[:SS]",
                         text);
    }
    if (result > DURATION_MAX) {
        return error_set(err, ERROR_INVALID, "'%.40s' is too long: at most %dd", text,
                         (int)(DURATION_MAX / DAY));
    }
    *length = result;
    return 0;
}

char *duration_format(duration length, char text[DURATION_TEXT_SIZE])
{
    uint64_t rest = length < 0 ? -(uint64_t)length : (uint64_t)length;
    size_t used = 0;
    int shown = 0;

    if (length < 0)
        text[used++] = '-';
    for (size_t i = 1; i < unit_count && shown < 2; i++) {
        uint64_t count = rest / (uint64_t)units[i].length;

        rest %= (uint64_t)units[i].length;
        if (count == 0)
            continue;
        used += (size_t)snprintf(text + used, DURATION_TEXT_SIZE - used, "%llu%c",
                                 (unsigned long long)count, units[i].letter);
        shown++;
    }
    if (shown == 0)
        snprintf(text, DURATION_TEXT_SIZE, "0s");
    return text;
}

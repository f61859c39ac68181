/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define YEAR_DIGITS 4

struct calendar {
    int year, month, day, hour, minute, second;
};

static bool is_leap_year(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/*
 * Days from 1 March of the year 0. With years that begin in March the leap day comes
 * last, and the lengths of the months repeat as 31 30 31 30 31: 153 days in five.
 */
static int64_t days_from_march_0(int64_t year, int month, int day)
{
    int64_t shifted = month > 2 ? month - 3 : month + 9;

    if (month <= 2)
        year--;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5
           + day - 1;
}

instant instant_from_utc(int year, int month, int day, int hour, int minute, int second)
{
    int64_t days;

    assert(year >= 1 && year <= 9999);
    assert(month >= 1 && month <= 12);
    days = days_from_march_0(year, month, day) - days_from_march_0(1970, 1, 1);
    return days * DAY + hour * HOUR + minute * MINUTE + second;
}

/* Take exactly `digits` digits. */
static bool take_number(const char **at, int digits, int *number)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!text_is_digit((*at)[i]))
            return false;
        value = 10 * value + ((*at)[i] - '0');
    }
    *at += digits;
    *number = value;
    return true;
}

static bool take_character(const char **at, char expected)
{
    if (**at != expected)
        return false;
    (*at)++;
    return true;
}

/* ":SS", then ".5" to ".123456789", of which only the form matters. */
static bool take_second(const char **at, int *second)
{
    int digits = 0;

    if (!take_character(at, ':'))
        return true;
    if (!take_number(at, 2, second))
        return false;
    if (!take_character(at, '.'))
        return true;
    while (digits < 10 && text_is_digit(**at)) {
        (*at)++;
        digits++;
    }
    return digits >= 1 && digits <= 9;
}

/* "Z", "+01:00" or "+0100"; nothing, where `may_lack` it. */
static bool take_zone(const char **at, bool may_lack, duration *offset)
{
    int sign = **at == '-' ? -1 : 1;
    int hours, minutes;

    if (**at == '\0')
        return may_lack;
    if (take_character(at, 'Z'))
        return true;
    if (!take_character(at, sign < 0 ? '-' : '+'))
        return false;
    if (!take_number(at, 2, &hours))
        return false;
    take_character(at, ':');
    if (!take_number(at, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *offset = sign * (hours * HOUR + minutes * MINUTE);
    return true;
}

static bool take_calendar(const char **at, struct calendar *calendar, bool *has_space)
{
    if (!take_number(at, YEAR_DIGITS, &calendar->year) || !take_character(at, '-'))
        return false;
    if (!take_number(at, 2, &calendar->month) || !take_character(at, '-'))
        return false;
    if (!take_number(at, 2, &calendar->day))
        return false;
    *has_space = **at == ' ';
    if (!take_character(at, *has_space ? ' ' : 'T'))
        return false;
    if (!take_number(at, 2, &calendar->hour) || !take_character(at, ':'))
        return false;
    return take_number(at, 2, &calendar->minute) && take_second(at, &calendar->second);
}

static bool is_calendar_valid(const struct calendar *calendar)
{
    return calendar->year >= 1 && calendar->month >= 1 && calendar->month <= 12
           && calendar->day >= 1
           && calendar->day <= days_in_month(calendar->year, calendar->month)
           && calendar->hour <= 23 && calendar->minute <= 59 && calendar->second <= 60;
}

int instant_parse(const char *text, instant *when, struct error *err)
{
    struct calendar calendar = {0};
    const char *at = text;
    duration offset = 0;
    bool has_space = false;
    instant result;

    if (!take_calendar(&at, &calendar, &has_space)
        || !take_zone(&at, has_space, &offset) || *at) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a time such as 2026-11-21T20:15:00Z or "
                         "2026-11-21T21:15:00+01:00",
                         text);
    }
    if (!is_calendar_valid(&calendar)) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' names a date or time of day that does not exist",
                         text);
    }
    result =
        instant_from_utc(calendar.year, calendar.month, calendar.day, calendar.hour,
                         calendar.minute, calendar.second == 60 ? 59 : calendar.second)
        - offset;
    if (result < 0 || result > INSTANT_MAX) {
        return error_set(err, ERROR_INVALID, "'%.40s' is not from 1970 to 9999 in UTC",
                         text);
    }
    *when = result;
    return 0;
}

static struct calendar calendar_of(instant when)
{
    struct calendar calendar = {0};
    int64_t days, year;
    int64_t second = when % DAY;

    days = when / DAY + days_from_march_0(1970, 1, 1);
    /* The mean year has 365.2425 days, so this is at most one off. */
    year = days * 10000 / 3652425;
    while (days_from_march_0(year, 3, 1) > days)
        year--;
    while (days_from_march_0(year + 1, 3, 1) <= days)
        year++;
    days -= days_from_march_0(year, 3, 1);
    calendar.month = (int)((5 * days + 2) / 153);
    calendar.day = (int)(days - (153 * calendar.month + 2) / 5 + 1);
    calendar.month += calendar.month < 10 ? 3 : -9;
    calendar.year = (int)year + (calendar.month <= 2);
    calendar.hour = (int)(second / HOUR);
    calendar.minute = (int)(second % HOUR / MINUTE);
    calendar.second = (int)(second % MINUTE);
    return calendar;
}

static char *put_number(char *at, int digits, int number, char after)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    at[digits] = after;
    return at + digits + 1;
}

/* "2026-11-21T20:15", then `after`; returns what follows it. */
static char *put_calendar(char *at, const struct calendar *calendar, char after)
{
    at = put_number(at, YEAR_DIGITS, calendar->year, '-');
    at = put_number(at, 2, calendar->month, '-');
    at = put_number(at, 2, calendar->day, 'T');
    at = put_number(at, 2, calendar->hour, ':');
    return put_number(at, 2, calendar->minute, after);
}

static instant into_range(instant when)
{
    if (when < 0)
        return 0;
    return when > INSTANT_MAX ? INSTANT_MAX : when;
}

char *instant_format(instant when, char text[INSTANT_TEXT_SIZE])
{
    const struct calendar calendar = calendar_of(into_range(when));
    char *at = put_calendar(text, &calendar, ':');

    at = put_number(at, 2, calendar.second, 'Z');
    *at = '\0';
    return text;
}

char *instant_format_minute(instant when, char text[INSTANT_MINUTE_TEXT_SIZE])
{
    const struct calendar calendar = calendar_of(into_range(when));
    char *at = put_calendar(text, &calendar, 'Z');

    *at = '\0';
    return text;
}

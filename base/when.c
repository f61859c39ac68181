/* SPDX-License-Identifier: MIT */
#include "base/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/readings.h"
#include "base/text.h"
#include "base/time.h"

static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* "2026-10-25T02:30+02:00", for a civil time that was read with this offset. */
static const char *format_iso(const struct tm *civil, instant reading, char *text,
                              size_t size)
{
    struct tm copy = *civil;
    long offset = (long)((instant)timegm(&copy) - reading) / 60;
    long magnitude = offset < 0 ? -offset : offset;

    snprintf(text, size, "%04d-%02d-%02dT%02d:%02d%c%02ld:%02ld", civil->tm_year + 1900,
             civil->tm_mon + 1, civil->tm_mday, civil->tm_hour, civil->tm_min,
             offset < 0 ? '-' : '+', magnitude / 60 % 100, magnitude % 60);
    return text;
}

static int refuse_double(const struct tm *civil, const struct readings *readings,
                         struct error *err)
{
    char first[64], second[64];
    struct tm a = when_local(readings->items[0]), b = when_local(readings->items[1]);

    return error_set(err, ERROR_INVALID,
                     "%02d:%02d happens twice on %04d-%02d-%02d: %02d:%02d %s is %s, "
                     "%02d:%02d %s is %s; give one of these two",
                     civil->tm_hour, civil->tm_min, civil->tm_year + 1900,
                     civil->tm_mon + 1, civil->tm_mday, a.tm_hour, a.tm_min, a.tm_zone,
                     format_iso(civil, readings->items[0], first, sizeof(first)),
                     b.tm_hour, b.tm_min, b.tm_zone,
                     format_iso(civil, readings->items[1], second, sizeof(second)));
}

static int refuse_skipped(const struct tm *civil, const struct readings *readings,
                          struct error *err)
{
    char first[64], second[64];
    struct tm a = when_local(readings->skipped[0]);
    struct tm b = when_local(readings->skipped[1]);

    return error_set(err, ERROR_INVALID,
                     "%02d:%02d does not exist on %04d-%02d-%02d, clocks skip it: "
                     "%s is %02d:%02d %s, %s is %02d:%02d %s; give one of these two",
                     civil->tm_hour, civil->tm_min, civil->tm_year + 1900,
                     civil->tm_mon + 1, civil->tm_mday,
                     format_iso(civil, readings->skipped[0], first, sizeof(first)),
                     a.tm_hour, a.tm_min, a.tm_zone,
                     format_iso(civil, readings->skipped[1], second, sizeof(second)),
                     b.tm_hour, b.tm_min, b.tm_zone);
}

static int refuse(const char *text, struct error *err)
{
    return error_set(err, ERROR_INVALID,
                     "'%.60s' is no time; write 08:00, tomorrow 08:00, +24h, now, "
                     "2026-11-22, 2026-11-22 08:00 or 2026-11-22T08:00Z",
                     text);
}

static int resolve(const struct tm *civil, instant *when, struct error *err)
{
    struct readings readings = readings_find(civil);

    if (readings.count == 2)
        return refuse_double(civil, &readings, err);
    if (readings.count == 0)
        return refuse_skipped(civil, &readings, err);
    if (readings.items[0] < 0 || readings.items[0] > INSTANT_MAX)
        return error_set(err, ERROR_INVALID, "not between 1970 and 9999");
    *when = readings.items[0];
    return 0;
}

/* Take `least` to `most` digits. */
static bool take_number(const char **at, int least, int most, int *number)
{
    int digits = 0;

    *number = 0;
    while (digits < most && text_is_digit(**at)) {
        *number = *number * 10 + (*(*at)++ - '0');
        digits++;
    }
    return digits >= least;
}

static bool take(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

/* Take "8:00", "08:00", "08:00:30" or "08:00:30.5", whose fraction is cut. */
static bool take_clock(const char **at, struct tm *civil)
{
    if (!take_number(at, 1, 2, &civil->tm_hour) || !take(at, ':')
        || !take_number(at, 2, 2, &civil->tm_min))
        return false;
    civil->tm_sec = 0;
    if (take(at, ':')) {
        int fraction;

        if (!take_number(at, 2, 2, &civil->tm_sec))
            return false;
        if (take(at, '.') && !take_number(at, 1, 9, &fraction))
            return false;
    }
    return civil->tm_hour < 24 && civil->tm_min < 60 && civil->tm_sec < 60;
}

static bool take_date(const char **at, struct tm *civil)
{
    int year, month, day;
    struct tm copy;

    if (!take_number(at, 4, 4, &year) || !take(at, '-')
        || !take_number(at, 2, 2, &month) || !take(at, '-')
        || !take_number(at, 2, 2, &day))
        return false;
    *civil = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    copy = *civil;
    timegm(&copy); /* February 30 becomes March 2 */
    return copy.tm_year == civil->tm_year && copy.tm_mon == civil->tm_mon
           && copy.tm_mday == civil->tm_mday;
}

/* The civil date so many days after that of a moment. */
static struct tm date_after(instant when, int days)
{
    struct tm local = when_local(when);
    struct tm date = {.tm_year = local.tm_year,
                      .tm_mon = local.tm_mon,
                      .tm_mday = local.tm_mday + days};

    timegm(&date);
    return date;
}

static bool is_to_come(const struct tm *civil, const struct readings *readings,
                       instant now)
{
    struct tm copy = *civil, shown = when_local(now);

    if (readings->count > 0)
        return readings->items[readings->count - 1] >= now;
    /* A skipped time lies ahead until clocks show a later one. */
    return timegm(&copy) > timegm(&shown);
}

/* The first reading of a clock's time that is not past: today's or tomorrow's. */
static int parse_next(const char *text, instant now, instant *when, struct error *err)
{
    struct tm clock = {.tm_hour = 0};
    const char *at = text;

    if (!take_clock(&at, &clock) || *at)
        return refuse(text, err);
    for (int days = 0; days < 2; days++) {
        struct tm civil = date_after(now, days);
        struct readings readings;

        civil.tm_hour = clock.tm_hour;
        civil.tm_min = clock.tm_min;
        civil.tm_sec = clock.tm_sec;
        readings = readings_find(&civil);
        if (readings.count == 2 && readings.items[0] < now
            && readings.items[1] >= now) {
            *when = readings.items[1];
            return 0;
        }
        if (is_to_come(&civil, &readings, now))
            return resolve(&civil, when, err);
    }
    return refuse(text, err);
}

static int parse_day(const char *text, const char *clock, int days, instant now,
                     instant *when, struct error *err)
{
    struct tm civil = date_after(now, days);

    while (*clock == ' ')
        clock++;
    if (!*clock)
        return error_set(err, ERROR_INVALID, "\"%s\" needs a time, as in \"%s 08:00\"",
                         text, text);
    if (!take_clock(&clock, &civil) || *clock)
        return refuse(text, err);
    return resolve(&civil, when, err);
}

static int parse_date(const char *text, instant *when, struct error *err)
{
    const char *at = text;
    struct tm civil;

    if (!take_date(&at, &civil))
        return refuse(text, err);
    if (!*at)
        return resolve(&civil, when, err);
    if ((!take(&at, 'T') && !take(&at, ' ')) || !take_clock(&at, &civil))
        return refuse(text, err);
    if (!*at)
        return resolve(&civil, when, err);
    if (*at != 'Z' && *at != '+' && *at != '-')
        return refuse(text, err);
    return instant_parse(text, when, err);
}

static int parse_later(const char *text, instant now, instant *when, struct error *err)
{
    duration length;

    if (duration_parse(text, &length, err) < 0)
        return -1;
    if (length > INSTANT_MAX - now)
        return error_set(err, ERROR_INVALID, "not between 1970 and 9999");
    *when = now + length;
    return 0;
}

bool when_is_relative(const char *text)
{
    const char *at = text;
    struct tm civil;

    return !take_date(&at, &civil);
}

static bool is_word(const char *text, const char *word)
{
    size_t length = strlen(word);

    return strncmp(text, word, length) == 0 && (text[length] == ' ' || !text[length]);
}

struct tm when_local(instant when)
{
    time_t seconds = (time_t)when;
    struct tm local;

    memset(&local, 0, sizeof(local));
    localtime_r(&seconds, &local);
    return local;
}

/* "24h" or "1d12h": digits and units alone. */
static bool is_length(const char *text)
{
    size_t length = strlen(text);

    return text_is_digit(text[0]) && !text_is_digit(text[length - 1])
           && strspn(text, "0123456789smhdw") == length;
}

static int parse_moment(const char *text, instant now, instant *when, struct error *err)
{
    if (strcmp(text, "now") == 0) {
        *when = now;
        return 0;
    }
    if (text[0] == '+')
        return parse_later(text + 1, now, when, err);
    if (is_word(text, "today"))
        return parse_day(text, text + 5, 0, now, when, err);
    if (is_word(text, "tomorrow"))
        return parse_day(text, text + 8, 1, now, when, err);
    if (strchr(text, ':') && strchr(text, ':') - text <= 2)
        return parse_next(text, now, when, err);
    return parse_date(text, when, err);
}

int when_parse(const char *text, instant now, instant *when, struct error *err)
{
    if (is_length(text))
        return parse_later(text, now, when, err);
    return parse_moment(text, now, when, err);
}

int when_parse_past(const char *text, instant now, instant *when, struct error *err)
{
    int days = is_word(text, "yesterday") ? -1 : 0;
    const char *clock = strchr(text, ' ');
    duration length;

    if (text[0] == '-') {
        if (duration_parse(text + 1, &length, err) < 0)
            return -1;
        if (length > now)
            return error_set(err, ERROR_INVALID, "not between 1970 and 9999");
        *when = now - length;
        return 0;
    }
    if (days < 0 || is_word(text, "today"))
        return parse_day(text, clock ? clock : " 00:00", days, now, when, err);
    return parse_moment(text, now, when, err);
}

/* How many midnights lie between the two, by local time. */
static int days_between(instant when, instant now)
{
    struct tm then = date_after(when, 0), today = date_after(now, 0);

    return (int)((timegm(&then) - timegm(&today)) / DAY);
}

/* "02:30", or "02:30 CET" where clocks show that twice. */
static void format_clock(const struct tm *local, char *text, size_t size)
{
    struct tm civil = *local;
    const char *zone = readings_find(&civil).count == 2 ? local->tm_zone : "";

    snprintf(text, size, "%02d:%02d%s%.8s", local->tm_hour, local->tm_min,
             *zone ? " " : "", zone);
}

static char *format_date(const struct tm *local, const char *clock, char *text)
{
    snprintf(text, WHEN_TEXT_SIZE, "%04d-%02d-%02d%s%s", local->tm_year + 1900,
             local->tm_mon + 1, local->tm_mday, *clock ? " " : "", clock);
    return text;
}

char *when_format(instant when, instant now, char text[WHEN_TEXT_SIZE])
{
    struct tm local = when_local(when);
    int days = days_between(when, now);
    char clock[24];

    format_clock(&local, clock, sizeof(clock));
    if (days == 0)
        snprintf(text, WHEN_TEXT_SIZE, "%s", clock);
    else if (days == 1 || days == -1)
        snprintf(text, WHEN_TEXT_SIZE, "%s %s", days == 1 ? "tomorrow" : "yesterday",
                 clock);
    else if (days > 0 && days < 7)
        snprintf(text, WHEN_TEXT_SIZE, "%s %s", weekdays[local.tm_wday], clock);
    else
        format_date(&local, clock, text);
    return text;
}

char *when_format_short(instant when, instant now, char text[WHEN_TEXT_SIZE])
{
    struct tm local = when_local(when);
    int days = days_between(when, now);
    char clock[24];

    format_clock(&local, clock, sizeof(clock));
    if (days == 0)
        snprintf(text, WHEN_TEXT_SIZE, "%s", clock);
    else if (days > -7 && days < 7)
        snprintf(text, WHEN_TEXT_SIZE, "%s %s", weekdays[local.tm_wday], clock);
    else
        format_date(&local, "", text);
    return text;
}

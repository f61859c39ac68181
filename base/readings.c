/* SPDX-License-Identifier: MIT */
#include "base/readings.h"

#include <stdbool.h>

#include "base/when.h"

/*
 * Two moments this far from a local time, read as UTC, lie before and after any jump of
 * the clocks that can matter to it: offsets reach from -12 h to +14 h, and a zone that
 * changed sides of the date line jumped by 24 h.
 */
#define JUMP_REACH (38 * HOUR)

static bool is_same_time(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon
           && a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour
           && a->tm_min == b->tm_min && a->tm_sec == b->tm_sec;
}

struct readings readings_find(const struct tm *civil)
{
    struct readings readings = {.count = 0};
    struct tm copy = *civil;
    instant as_utc = (instant)timegm(&copy);

    for (int i = 0; i < 2; i++) {
        struct tm near = when_local(as_utc + (i == 0 ? -JUMP_REACH : JUMP_REACH));
        instant reading = as_utc - near.tm_gmtoff;
        struct tm shown = when_local(reading);

        readings.skipped[i] = reading;
        if (is_same_time(&shown, civil)
            && (readings.count == 0 || readings.items[0] != reading))
            readings.items[readings.count++] = reading;
    }
    if (readings.count == 2 && readings.items[0] > readings.items[1]) {
        instant first = readings.items[1];

        readings.items[1] = readings.items[0];
        readings.items[0] = first;
    }
    return readings;
}

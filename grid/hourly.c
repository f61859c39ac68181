/* SPDX-License-Identifier: MIT */
#include "grid/hourly.h"

#include <math.h>

void hourly_init(struct hourly *hourly)
{
    hourly->last = -1;
    for (size_t i = 0; i < HOURLY_SPAN; i++)
        hourly->levels[i] = NAN;
}

double hourly_at(const struct hourly *hourly, int64_t hour)
{
    if (hour < 0 || hour > hourly->last || hour <= hourly->last - HOURLY_SPAN)
        return NAN;
    return hourly->levels[hour % HOURLY_SPAN];
}

static void set(struct hourly *hourly, int64_t hour, double level)
{
    if (hourly->last >= 0 && hour <= hourly->last - HOURLY_SPAN)
        return;
    /* What lies between is not known, and what was there is too old. */
    if (hour > hourly->last) {
        int64_t from = hourly->last + 1;

        if (hourly->last < 0 || from <= hour - HOURLY_SPAN)
            from = hour - HOURLY_SPAN + 1;
        for (int64_t between = from < 0 ? 0 : from; between < hour; between++)
            hourly->levels[between % HOURLY_SPAN] = NAN;
        hourly->last = hour;
    }
    hourly->levels[hour % HOURLY_SPAN] = level;
}

/* An hour as it is summed up. */
struct sum {
    int64_t hour;
    double area; /* mg/kWh times seconds */
    duration covered;
};

static void add_part(struct hourly *hourly, struct sum *sum, int64_t hour,
                     duration length, intensity level)
{
    if (hour != sum->hour)
        *sum = (struct sum){hour, 0, 0};
    sum->area += (double)level * (double)length;
    sum->covered += length;
    if (sum->covered == HOUR)
        set(hourly, hour, sum->area / (double)HOUR);
}

void hourly_add(struct hourly *hourly, const struct actuals *actuals)
{
    struct sum sum = {-1, 0, 0};

    for (size_t i = 0; i < actuals->count; i++) {
        const struct actual *actual = &actuals->items[i];
        instant at = actual->begins;

        while (at >= 0 && at < actual->ends) {
            int64_t hour = at / HOUR;
            instant ends = (hour + 1) * HOUR;

            ends = ends < actual->ends ? ends : actual->ends;
            add_part(hourly, &sum, hour, ends - at, actual->level);
            at = ends;
        }
    }
}

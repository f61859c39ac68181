/* SPDX-License-Identifier: MIT */
#include "grid/history.h"

#include <math.h>

#define DAY_HOURS  24
#define WEEK_FADES 12.0 /* hours */

/* What part of each anomaly is left up to a lead. */
static const struct {
    int lead; /* hours after the last known one */
    double last;
    double day;
    double same_hour;
} parts[] = {
    {1, 1.020, -.015, .011}, {3, .968, -.019, .039},  {6, .860, -.054, .129},
    {12, .741, -.215, .312}, {24, .506, -.031, .228}, {36, .502, .026, .063},
    {48, .334, .043, .093},  {72, .232, .148, .014},  {96, .170, .133, .040},
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* What the past says, by the hour of the day. */
struct past {
    int64_t last;                /* the last known hour */
    double means[DAY_HOURS];     /* of the days before it */
    double anomalies[DAY_HOURS]; /* of each hour when it was last known */
    double anomaly_of_day;       /* mean of the last 24 known hours */
};

static int64_t find_last(const struct hourly *hourly, int64_t first)
{
    int64_t hour = first - 1;

    while (hour >= first - HISTORY_AGE_MAX && isnan(hourly_at(hourly, hour)))
        hour--;
    return hour >= first - HISTORY_AGE_MAX ? hour : -1;
}

static bool find_means(const struct hourly *hourly, int days, struct past *past)
{
    for (int64_t back = 0; back < DAY_HOURS; back++) {
        double sum = 0;
        int count = 0;

        for (int64_t day = 0; day < days; day++) {
            double level = hourly_at(hourly, past->last - back - day * DAY_HOURS);

            if (isnan(level))
                continue;
            sum += level;
            count++;
        }
        if (count < HISTORY_DAYS_LEAST)
            return false;
        past->means[(past->last - back) % DAY_HOURS] = sum / count;
    }
    return true;
}

static void find_anomalies(const struct hourly *hourly, struct past *past)
{
    bool has_anomaly[DAY_HOURS] = {false};
    double sum = 0;
    int count = 0;

    for (int64_t back = 0; back < (int64_t)HISTORY_DAYS * DAY_HOURS; back++) {
        int64_t hour = past->last - back;
        double anomaly = hourly_at(hourly, hour) - past->means[hour % DAY_HOURS];

        if (isnan(anomaly))
            continue;
        if (count < DAY_HOURS) {
            sum += anomaly;
            count++;
        }
        if (!has_anomaly[hour % DAY_HOURS])
            past->anomalies[hour % DAY_HOURS] = anomaly;
        has_anomaly[hour % DAY_HOURS] = true;
    }
    past->anomaly_of_day = sum / count;
}

bool history_forecast(const struct hourly *hourly, int64_t first, double *levels,
                      size_t count)
{
    struct past past = {.last = find_last(hourly, first)};
    double last;
    size_t part = 0;

    if (past.last < 0 || !find_means(hourly, HISTORY_DAYS, &past))
        return false;
    find_anomalies(hourly, &past);
    last = past.anomalies[past.last % DAY_HOURS];
    for (size_t i = 0; i < count; i++) {
        int64_t hour = first + (int64_t)i;
        double level = past.means[hour % DAY_HOURS];

        while (part < PARTS && parts[part].lead < hour - past.last)
            part++;
        if (part < PARTS)
            level += parts[part].last * last + parts[part].day * past.anomaly_of_day
                     + parts[part].same_hour * past.anomalies[hour % DAY_HOURS];
        levels[i] = level > 0 ? level : 0;
    }
    return true;
}

bool history_forecast_week(const struct hourly *hourly, int64_t first, double *levels,
                           size_t count)
{
    struct past past = {.last = find_last(hourly, first)};
    double anomaly;

    if (past.last < 0 || !find_means(hourly, HISTORY_WEEK, &past))
        return false;
    anomaly = hourly_at(hourly, past.last) - past.means[past.last % DAY_HOURS];
    for (size_t i = 0; i < count; i++) {
        int64_t hour = first + (int64_t)i;
        double since = (double)(hour - past.last);
        double level =
            past.means[hour % DAY_HOURS] + anomaly * exp(-since / WEEK_FADES);

        levels[i] = level > 0 ? level : 0;
    }
    return true;
}

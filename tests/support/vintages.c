/* SPDX-License-Identifier: MIT */
#include "tests/support/vintages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "grid/history.h"

const char *const vintages_zones[VINTAGES_ZONES] = {"CISO",  "DE", "ERCO",
                                                    "NYISO", "PL", "SE"};

#define HOURS_MAX 20000
#define LINE_SIZE 1024

/* Rows of a file: the time and one figure. */
struct rows {
    instant times[HOURS_MAX];
    double figures[HOURS_MAX];
    size_t count;
};

/* The n-th field of a row, ended with a NUL. */
static char *find_field(char *line, int column)
{
    for (; column > 0 && line; column--) {
        line = strchr(line, ',');
        line = line ? line + 1 : NULL;
    }
    if (line)
        line[strcspn(line, ",\r\n")] = '\0';
    return line;
}

/* The second column is the time, the figure in the given one. */
static void load(const char *directory, const char *zone, const char *what, int column,
                 struct rows *rows)
{
    char path[LINE_SIZE];
    char line[LINE_SIZE];
    char other[LINE_SIZE];
    FILE *file;

    snprintf(path, sizeof(path), "%s/data/carbon/%s_%s.csv", directory, zone, what);
    file = fopen(path, "re");
    rows->count = 0;
    if (!file || !fgets(line, sizeof(line), file)) {
        fprintf(stderr, "vintages: cannot read %s\n", path);
        exit(1);
    }
    while (rows->count < HOURS_MAX && fgets(line, sizeof(line), file)) {
        struct error err;

        memcpy(other, line, sizeof(other));
        if (instant_parse(find_field(line, 1), &rows->times[rows->count], &err) < 0) {
            fprintf(stderr, "vintages: %s: %s\n", path, err.text);
            exit(1);
        }
        rows->figures[rows->count++] = strtod(find_field(other, column), NULL);
    }
    fclose(file);
}

static int64_t to_level(double g_per_kwh)
{
    return llround(g_per_kwh * 1000);
}

static struct forecast *make_forecast(const char *zone, const struct rows *said,
                                      size_t first)
{
    struct series_sample samples[BLEND_HOURS];
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));
    instant issued = said->times[first];

    for (size_t i = 0; i < BLEND_HOURS; i++)
        samples[i] = (struct series_sample){said->times[first + i],
                                            to_level(said->figures[first + i])};
    snprintf(forecast->zone, sizeof(forecast->zone), "%s", zone);
    snprintf(forecast->provider, sizeof(forecast->provider), "provider");
    forecast->issued = issued;
    forecast->fetched = issued;
    forecast->intensity = series_create(
        samples, BLEND_HOURS, issued + BLEND_HOURS * HOUR, INTENSITY_MAX, NULL);
    return forecast;
}

/* Tell the blend, and who forecasts by history alone, all that came until a time. */
static void observe(struct blend *blend, struct hourly *hourly, const struct rows *came,
                    size_t *next, instant until)
{
    struct actual *items = xcalloc(came->count, sizeof(*items));
    struct actuals actuals = {.items = items};

    for (; *next < came->count && came->times[*next] + HOUR <= until; ++*next)
        items[actuals.count++] =
            (struct actual){came->times[*next], came->times[*next] + HOUR,
                            to_level(came->figures[*next])};
    hourly_add(hourly, &actuals);
    blend_observe(blend, &actuals);
    free(items);
}

static void add_source(struct vintages_result *result, enum blend_source source,
                       const double *levels, const double *came)
{
    for (size_t day = 0; day < BLEND_DAYS; day++) {
        size_t first = day * 24;

        for (size_t i = first; i < first + 24; i++)
            result->mape[source][day] += fabs(levels[i] - came[i]) / came[i] / 24;
        result->rank[source][day] += skill_rank(levels + first, came + first, 24);
    }
}

static void take_levels(const struct series *series, instant begins, double *levels)
{
    for (int64_t i = 0; i < BLEND_HOURS; i++) {
        int64_t mean;

        if (series_mean(series, begins + i * HOUR, HOUR, &mean, NULL) < 0)
            abort();
        levels[i] = (double)mean;
    }
}

static void judge(struct vintages_result *result, const struct forecast *said,
                  const struct hourly *hourly, const struct forecast *issued,
                  const double *came)
{
    instant begins = said->issued;
    double levels[BLEND_HOURS];
    double low[BLEND_HOURS];
    double high[BLEND_HOURS];

    take_levels(said->intensity, begins, levels);
    add_source(result, BLEND_PROVIDER, levels, came);
    if (!history_forecast(hourly, begins / HOUR, levels, BLEND_HOURS))
        abort();
    add_source(result, BLEND_HISTORY, levels, came);
    take_levels(issued->intensity, begins, levels);
    add_source(result, BLEND_ISSUED, levels, came);
    take_levels(issued->low, begins, low);
    take_levels(issued->high, begins, high);
    for (int i = 0; i < BLEND_HOURS; i++) {
        result->inside[i / 24] +=
            came[i] >= low[i] && came[i] <= high[i] ? 1.0 / 24 : 0;
        result->width[i / 24] += (high[i] - low[i]) / came[i] / 24;
    }
    result->issues++;
}

static void average(struct vintages_result *result)
{
    double issues = (double)result->issues;

    for (int day = 0; day < BLEND_DAYS; day++) {
        for (int i = 0; i < BLEND_SOURCES; i++) {
            result->mape[i][day] *= 100 / issues;
            result->rank[i][day] /= issues;
        }
        result->inside[day] *= 100 / issues;
        result->width[day] *= 100 / issues;
    }
}

struct vintages_result vintages_measure(const char *directory, const char *zone)
{
    struct rows *came = xcalloc(1, sizeof(*came));
    struct rows *said = xcalloc(1, sizeof(*said));
    struct blend *blend = blend_create(zone, SIGNAL_AVERAGE_DIRECT);
    struct hourly *hourly = xcalloc(1, sizeof(*hourly));
    struct vintages_result result = {0};
    instant last = 0;
    size_t next = 0;

    load(directory, zone, "hourly", 2, came);
    load(directory, zone, "forecasts", 3, said);
    hourly_init(hourly);
    for (size_t i = 0; i + BLEND_HOURS <= said->count; i += BLEND_HOURS) {
        instant now = said->times[i];
        struct forecast *forecast, *issued;
        double truth[BLEND_HOURS];

        if (now <= last)
            continue; /* said before */
        last = now;
        observe(blend, hourly, came, &next, now);
        forecast = make_forecast(zone, said, i);
        issued = blend_issue(blend, forecast, now);
        for (size_t j = 0; j < BLEND_HOURS; j++)
            truth[j] = (double)to_level(came->figures[next + j]);
        judge(&result, forecast, hourly, issued, truth);
        forecast_destroy(forecast);
        forecast_destroy(issued);
    }
    average(&result);
    free(hourly);
    free(came);
    free(said);
    blend_destroy(blend);
    return result;
}

struct vintages_result vintages_pool(const struct vintages_result *zones, size_t count)
{
    struct vintages_result all = {0};

    for (size_t i = 0; i < count; i++) {
        for (int day = 0; day < BLEND_DAYS; day++) {
            for (int j = 0; j < BLEND_SOURCES; j++) {
                all.mape[j][day] += zones[i].mape[j][day] / (double)count;
                all.rank[j][day] += zones[i].rank[j][day] / (double)count;
            }
            all.inside[day] += zones[i].inside[day] / (double)count;
            all.width[day] += zones[i].width[day] / (double)count;
        }
        all.issues += zones[i].issues;
    }
    return all;
}

/* SPDX-License-Identifier: MIT */
#ifndef GRID_FORECAST_H
#define GRID_FORECAST_H

#include <stdbool.h>

#include "grid/series.h"

/*
 * What a kilowatt-hour is counted as. Average and marginal, direct and lifecycle
 * figures differ in kind: they are never compared, and never summed with one another.
 */
enum signal {
    SIGNAL_AVERAGE_DIRECT,
    SIGNAL_AVERAGE_LIFECYCLE,
    SIGNAL_MARGINAL_DIRECT,
    SIGNAL_MARGINAL_LIFECYCLE,
    SIGNALS
};

/* "average/direct", ... */
const char *signal_name(enum signal signal);
int signal_parse(const char *name, enum signal *signal, struct error *err);

#define FORECAST_UNIT "gCO2eq/kWh"

/* Per cent of actuals that lie between `low` and `high` of a forecast. */
#define FORECAST_BAND 80

#define ZONE_NAME_MAX     32
#define PROVIDER_NAME_MAX 32

/*
 * How carbon-intense electricity is expected to be in one zone, as one provider said at
 * one time. Owns its series. Made whole by a parser or the archive, and not changed.
 */
struct forecast {
    char zone[ZONE_NAME_MAX + 1];
    char provider[PROVIDER_NAME_MAX + 1]; /* the name of its section in the config */
    enum signal signal;
    bool synthetic;           /* made up by a generator: every output must say so */
    instant issued;           /* when the provider made it; else the time of fetching */
    instant fetched;          /* when we got it */
    struct series *intensity; /* mg/kWh */
    struct series *renewable; /* per mille of load; NULL if the provider has none */
    struct series *low;       /* mg/kWh; the interval that FORECAST_BAND per cent of */
    struct series *high;      /* actuals fall into. Both NULL: nothing is known of it */
};

struct forecast *forecast_copy(const struct forecast *forecast);
void forecast_destroy(struct forecast *forecast);

/* Whether it says anything about `now`. */
bool forecast_covers(const struct forecast *forecast, instant now);

/* What was measured (or estimated afterwards) for one interval of one zone. */
struct actual {
    instant begins;
    instant ends;
    intensity level;
};

/* Actuals of one zone by one provider, in ascending order without overlap. Owns items.
 */
struct actuals {
    char zone[ZONE_NAME_MAX + 1];
    char provider[PROVIDER_NAME_MAX + 1];
    enum signal signal;
    bool synthetic;
    struct actual *items;
    size_t count;
};

void actuals_release(struct actuals *actuals);

#endif

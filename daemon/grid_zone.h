/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_GRID_ZONE_H
#define DAEMON_GRID_ZONE_H

#include "config/config.h"
#include "daemon/grid_learner.h"
#include "grid/feed.h"

/*
 * One zone of the config: what its providers say, what is learnt of them, and by what
 * it is planned. That goes down a ladder: a live forecast; the last one of a provider,
 * while it covers now; the zone's own past; the mean of a year, for which nobody waits.
 * Where the zone's providers name `history`, forecasts are blended with its past.
 */

/* What a zone is planned by, and how it is known. */
struct grid_plan {
    struct forecast *forecast; /* NULL: nothing is known. Of FEED_YEARLY to be told
                                  and booked by, not to be planned by */
    enum feed_rung rung;
    char provider[PROVIDER_NAME_MAX + 1]; /* whose it is in the end; "" of FEED_NONE */
    instant fetched;                      /* when that was fetched */
    int64_t hour;                         /* in which it was made */
};

struct grid_zone {
    struct feed feed;
    struct grid_learner *learner;
    enum signal signal; /* the only one that is taken */
    bool uses_history;
    char actuals[PROVIDER_NAME_MAX + 1]; /* by whom emissions are booked */
    intensity yearly;                    /* -1: not known */
    bool yearly_is_set;                  /* by the operator */
    struct grid_plan plan;
};

/* What yearly means name as their provider. */
#define GRID_ZONE_YEARLY "yearly"

int grid_zone_init(struct grid_zone *zone, const struct config *config,
                   const struct config_zone *section, struct error *err);
void grid_zone_release(struct grid_zone *zone);

/*
 * Take what a source's reading holds; the forecast and the share leave the reading.
 * ERROR_INVALID, and nothing is taken, if it is of another signal than the zone's.
 * What is new of actuals is left in the reading, to be stored: none if they are not
 * those that are booked by. `is_new`: there is a new forecast to choose from.
 */
int grid_zone_take(struct grid_zone *zone, int source, struct reading *reading,
                   instant now, bool *is_new, struct error *err);

/*
 * Choose by what to plan from now on. True if that is other than it was: another
 * forecast, made anew (`is_new`: something has come in, or a new hour has begun), or
 * none. `is_moved` tells whether it is another provider's or on another rung.
 */
bool grid_zone_choose(struct grid_zone *zone, instant now, bool is_new, bool *is_moved);

/* The forecast for the engine: NULL where jobs do not wait. */
const struct forecast *grid_zone_forecast(const struct grid_zone *zone);

/* One line on by what it is planned, for the log. */
void grid_zone_describe(const struct grid_zone *zone, char *text, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_POINTS_H
#define GRID_PROVIDERS_POINTS_H

#include "grid/provider.h"

/*
 * What parsers gather from a body, before it becomes a reading: intervals in order of
 * time, some of them without a level. Points check what they are given and name the
 * index of the one that is at fault.
 */

#define POINT_NONE ((int64_t)-1) /* no level, or no renewable share, here */
#define POINT_OPEN INT64_MIN     /* `ends` is to be found by points_close() */

struct point {
    instant begins;
    instant ends;
    int64_t level;     /* mg/kWh */
    int64_t renewable; /* per mille */
};

struct points {
    struct point *items;
    size_t count;
    size_t room;
};

/* A gap in a forecast up to this is held over by the level before it. */
#define POINTS_GAP_MAX (2 * HOUR)

/* Older actuals than this are left out of a reading. */
#define POINTS_ACTUALS_SPAN (3 * DAY)

#define POINTS_EMPTY ((struct points){NULL, 0, 0})

void points_release(struct points *points);

/*
 * Add a point. ERROR_INVALID if it begins no later than the one before it or overlaps
 * it, if its length does not divide an hour, or if there are too many.
 */
int points_add(struct points *points, struct point point, struct error *err);

/*
 * Find the ends of points added with POINT_OPEN from where the next one begins: a
 * point lasts until then if that divides an hour, and otherwise as long as the one
 * before it, with a gap behind it; so does the last. ERROR_INVALID if that does not
 * work out, or if a single point leaves no step to be seen.
 */
int points_close(struct points *points, struct error *err);

/* A figure in g/kWh as the level of the point that is added next. */
int points_level(const struct points *points, double g_per_kwh, int64_t *level,
                 struct error *err);

/* The same for a percentage of renewable power. */
int points_renewable(const struct points *points, double percent, int64_t *renewable,
                     struct error *err);

/* Whose points they are. Strings are borrowed. */
struct points_origin {
    const char *zone;
    const char *provider;
    enum signal signal;
    bool synthetic;
};

/*
 * Make of them what is wanted, into `reading`, which must be empty.
 *
 * A forecast begins with the point that holds `now`, and ends before the first gap of
 * more than POINTS_GAP_MAX; ERROR_MISSING if none does, nor begins within that time.
 * A renewable share is made like a forecast, of the shares alone.
 * Actuals are the points of the last POINTS_ACTUALS_SPAN that have ended;
 * ERROR_MISSING if there are none.
 */
int points_make_reading(const struct points *points, const struct points_origin *origin,
                        enum reading_kind wanted, instant now, struct reading *reading,
                        struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef GRID_BLEND_INTERNAL_H
#define GRID_BLEND_INTERNAL_H

#include "grid/blend.h"
#include "grid/blend_weights.h"
#include "grid/hourly.h"
#include "grid/interval.h"

/* The inside of a blend: for blend*.c alone. */

enum expert {
    EXPERT_RAW,
    EXPERT_UNBIASED,
    EXPERT_NOWCAST,
    EXPERT_HISTORY,
    EXPERT_WEEK,
    EXPERTS
};

_Static_assert(EXPERTS == WEIGHTS_MAX, "each expert has a weight");

#define BLEND_ISSUES (BLEND_HOURS / BLEND_SPACING + 1)

/* A forecast that was made, by the hour, in mg/kWh; NAN: nothing was said. */
struct issue {
    int64_t first; /* hour of its making, and its first */
    int age;       /* hours since the provider had said it */
    int scored;    /* leads that are done */
    double weight; /* what an hour of it counts for: 1 for one forecast a day */
    float experts[EXPERTS][BLEND_HOURS];
    float level[BLEND_HOURS];
    float low[BLEND_HOURS];
    float high[BLEND_HOURS];
};

struct blend {
    char zone[ZONE_NAME_MAX + 1];
    enum signal signal;
    bool synthetic;
    struct hourly hourly;
    struct issue issues[BLEND_ISSUES]; /* a ring */
    size_t issue_count;
    size_t next_issue;
    int64_t last_issue; /* hour */
    int64_t faded;      /* the hour up to which the past has lost weight; 0: never */

    /* Sums of products of relative errors, and their weight. */
    double moments[BLEND_BUCKETS][EXPERTS][EXPERTS];
    double counts[BLEND_BUCKETS];
    struct interval intervals[BLEND_BUCKETS];
    struct skill skills[BLEND_SOURCES][BLEND_DAYS];
};

/* A forecast in the making: as an issue, with what leads to it. */
struct making {
    int64_t first;
    int age;
    bool has_history;
    bool has_week;
    double bias;
    double nowcast[BLEND_HOURS];
    double experts[EXPERTS][BLEND_HOURS];
    double weights[BLEND_HOURS][EXPERTS];
    double level[BLEND_HOURS];
    double low[BLEND_HOURS];
    double high[BLEND_HOURS];
};

/* The bucket of a lead from 1 on; longer ones are in the last. */
int blend_bucket(int lead);

/* NULL if its first hour has no level. */
struct forecast *blend_make_forecast(const struct blend *blend,
                                     const struct forecast *provider,
                                     const struct making *making, instant now);

#endif

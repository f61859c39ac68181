/* SPDX-License-Identifier: MIT */
#ifndef GRID_SKILL_H
#define GRID_SKILL_H

#include <stddef.h>

/*
 * How good forecasts have been: running sums, in which older ones may be made to count
 * less. Zero is a good beginning.
 */
struct skill {
    double count;        /* of hours compared, by weight */
    double absolute_sum; /* of |forecast - actual|, mg/kWh */
    double signed_sum;   /* of forecast - actual */
    double share_sum;    /* of |forecast - actual| / actual */
    double share_count;  /* of hours of SKILL_LEVEL_MIN or more */
    double days;         /* whole days compared, by weight */
    double rank_sum;     /* of their rank correlations */
    double banded;       /* hours whose forecast had an interval, by weight */
    double inside;       /* those within it */
};

/* Below 1 g/kWh a share of it says nothing. */
#define SKILL_LEVEL_MIN 1000.0

void skill_fade(struct skill *skill, double part);

/* An hour of a forecast and what came, in mg/kWh. */
void skill_add(struct skill *skill, double forecast, double actual, double weight);

/*
 * Spearman's rank correlation of two series of `count` values (2 to SKILL_RANKS_MAX),
 * equal ones sharing the mean of their ranks; 0 if all of one series are equal. It says
 * whether the clean hours of a day were known, whatever the level.
 */
double skill_rank(const double *forecast, const double *actual, size_t count);

#define SKILL_RANKS_MAX 24

#endif

/* SPDX-License-Identifier: MIT */
#include "grid/interval.h"

#include <string.h>

#define MISCOVERAGE_MIN 0.01
#define MISCOVERAGE_MAX 0.60

void interval_init(struct interval *interval, double wanted)
{
    memset(interval, 0, sizeof(*interval));
    interval->miscoverage = wanted;
}

void interval_fade(struct interval *interval, double part)
{
    interval->total *= part;
    for (int i = 0; i < INTERVAL_BINS; i++)
        interval->weights[i] *= part;
}

static int bin_of(double error)
{
    if (error <= -1)
        return 0;
    if (error >= 1)
        return INTERVAL_BINS - 1;
    return (int)((error + 1) * (INTERVAL_BINS - 1) / 2 + 0.5);
}

static double middle_of(int bin)
{
    return 2.0 * bin / (INTERVAL_BINS - 1) - 1;
}

void interval_add(struct interval *interval, double error, double weight,
                  bool was_inside, double wanted)
{
    interval->weights[bin_of(error)] += weight;
    interval->total += weight;
    interval->miscoverage += INTERVAL_STEP * weight * (wanted - (was_inside ? 0 : 1));
    if (interval->miscoverage < MISCOVERAGE_MIN)
        interval->miscoverage = MISCOVERAGE_MIN;
    if (interval->miscoverage > MISCOVERAGE_MAX)
        interval->miscoverage = MISCOVERAGE_MAX;
}

bool interval_find(const struct interval *interval, double *low, double *high)
{
    /* The error to come counts as one more: it may lie anywhere. */
    double part = interval->miscoverage / 2 * (interval->total + 1);
    double sum = 0;
    int first = 0;
    int last = INTERVAL_BINS - 1;

    if (interval->total < INTERVAL_LEAST)
        return false;
    while (first < INTERVAL_BINS - 1 && (sum += interval->weights[first]) < part)
        first++;
    sum = 0;
    while (last > first && (sum += interval->weights[last]) < part)
        last--;
    *low = middle_of(first);
    *high = middle_of(last);
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "grid/skill.h"

#include <assert.h>
#include <math.h>

void skill_fade(struct skill *skill, double part)
{
    skill->count *= part;
    skill->absolute_sum *= part;
    skill->signed_sum *= part;
    skill->share_sum *= part;
    skill->share_count *= part;
    skill->days *= part;
    skill->rank_sum *= part;
    skill->banded *= part;
    skill->inside *= part;
}

void skill_add(struct skill *skill, double forecast, double actual, double weight)
{
    double off = forecast - actual;

    skill->count += weight;
    skill->signed_sum += weight * off;
    skill->absolute_sum += weight * fabs(off);
    if (actual < SKILL_LEVEL_MIN)
        return;
    skill->share_count += weight;
    skill->share_sum += weight * fabs(off) / actual;
}

static void find_ranks(const double *values, size_t count, double *ranks)
{
    for (size_t i = 0; i < count; i++) {
        double below = 0;
        double equal = 0;

        for (size_t j = 0; j < count; j++) {
            below += values[j] < values[i] ? 1 : 0;
            equal += values[j] <= values[i] && values[j] >= values[i] ? 1 : 0;
        }
        ranks[i] = below + (equal + 1) / 2;
    }
}

double skill_rank(const double *forecast, const double *actual, size_t count)
{
    double of_forecast[SKILL_RANKS_MAX];
    double of_actual[SKILL_RANKS_MAX];
    double middle = ((double)count + 1) / 2;
    double product = 0;
    double forecast_square = 0;
    double actual_square = 0;

    assert(count >= 2 && count <= SKILL_RANKS_MAX);
    find_ranks(forecast, count, of_forecast);
    find_ranks(actual, count, of_actual);
    for (size_t i = 0; i < count; i++) {
        product += (of_forecast[i] - middle) * (of_actual[i] - middle);
        forecast_square += (of_forecast[i] - middle) * (of_forecast[i] - middle);
        actual_square += (of_actual[i] - middle) * (of_actual[i] - middle);
    }
    if (forecast_square <= 0 || actual_square <= 0)
        return 0;
    return product / sqrt(forecast_square * actual_square);
}

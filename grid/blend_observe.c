/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "grid/blend_internal.h"

/* Of an older forecast the days of lead are other days. */
#define RANK_AGE_MAX 3

/* Lets what was learnt up to an hour lose weight. */
static void fade(struct blend *blend, int64_t hour)
{
    double part;

    if (blend->faded == 0)
        blend->faded = hour;
    if (hour <= blend->faded)
        return;
    part = pow(0.5, (double)(hour - blend->faded) / 24 / BLEND_HALF_LIFE);
    blend->faded = hour;
    for (int i = 0; i < BLEND_BUCKETS; i++) {
        for (int j = 0; j < EXPERTS; j++)
            for (int k = 0; k < EXPERTS; k++)
                blend->moments[i][j][k] *= part;
        blend->counts[i] *= part;
        interval_fade(&blend->intervals[i], part);
    }
    for (int i = 0; i < BLEND_SOURCES; i++)
        for (int j = 0; j < BLEND_DAYS; j++)
            skill_fade(&blend->skills[i][j], part);
}

static void add_moments(struct blend *blend, const struct issue *issue, int lead,
                        int bucket, double actual)
{
    double errors[EXPERTS];

    for (int i = 0; i < EXPERTS; i++) {
        errors[i] = (issue->experts[i][lead] - actual) / fmax(actual, SKILL_LEVEL_MIN);
        if (!isfinite(errors[i]))
            return;
    }
    for (int i = 0; i < EXPERTS; i++)
        for (int j = 0; j < EXPERTS; j++)
            blend->moments[bucket][i][j] += issue->weight * errors[i] * errors[j];
    blend->counts[bucket] += issue->weight;
}

/* By the lead of what the provider had said; NULL for longer ones than are told of. */
static struct skill *find_skill(struct blend *blend, const struct issue *issue,
                                enum blend_source source, int lead)
{
    int day = (lead + issue->age) / 24;

    return day < BLEND_DAYS ? &blend->skills[source][day] : NULL;
}

static void add_to_interval(struct blend *blend, const struct issue *issue, int lead,
                            int bucket, double actual)
{
    double level = issue->level[lead];
    bool is_inside = actual >= issue->low[lead] && actual <= issue->high[lead];
    struct skill *skill = find_skill(blend, issue, BLEND_ISSUED, lead);

    if (isnan(level))
        return;
    interval_add(&blend->intervals[bucket],
                 (actual - level) / fmax(level, SKILL_LEVEL_MIN), issue->weight,
                 is_inside, 1 - FORECAST_BAND / 100.0);
    if (!skill)
        return;
    skill->banded += issue->weight;
    skill->inside += is_inside ? issue->weight : 0;
}

static const float *levels_of(const struct issue *issue, enum blend_source source)
{
    if (source == BLEND_PROVIDER)
        return issue->experts[EXPERT_RAW];
    if (source == BLEND_HISTORY)
        return issue->experts[EXPERT_HISTORY];
    return issue->level;
}

/* A day of lead is over: were its hours in the right order? */
static void add_rank(struct blend *blend, const struct issue *issue, int day,
                     enum blend_source source)
{
    struct skill *skill = &blend->skills[source][day];
    double said[24];
    double came[24];

    for (int i = 0; i < 24; i++) {
        said[i] = levels_of(issue, source)[day * 24 + i];
        came[i] = hourly_at(&blend->hourly, issue->first + (int64_t)day * 24 + i);
        if (isnan(said[i]) || isnan(came[i]))
            return;
    }
    skill->days += issue->weight;
    skill->rank_sum += issue->weight * skill_rank(said, came, 24);
}

static void score_hour(struct blend *blend, const struct issue *issue, int lead,
                       double actual)
{
    int bucket = blend_bucket(lead + 1 + issue->age);

    for (int i = 0; i < BLEND_SOURCES; i++) {
        double said = levels_of(issue, (enum blend_source)i)[lead];
        struct skill *skill = find_skill(blend, issue, (enum blend_source)i, lead);

        if (skill && !isnan(said))
            skill_add(skill, said, actual, issue->weight);
    }
    add_moments(blend, issue, lead, bucket, actual);
    add_to_interval(blend, issue, lead, bucket, actual);
}

static void score(struct blend *blend, struct issue *issue)
{
    for (; issue->scored < BLEND_HOURS; issue->scored++) {
        int lead = issue->scored;
        double actual;

        if (issue->first + lead > blend->hourly.last)
            return;
        actual = hourly_at(&blend->hourly, issue->first + lead);
        if (!isnan(actual))
            score_hour(blend, issue, lead, actual);
        if (lead % 24 == 23 && issue->age <= RANK_AGE_MAX)
            for (int i = 0; i < BLEND_SOURCES; i++)
                add_rank(blend, issue, lead / 24, (enum blend_source)i);
    }
}

void blend_observe(struct blend *blend, const struct actuals *actuals)
{
    hourly_add(&blend->hourly, actuals);
    blend->synthetic = blend->synthetic || actuals->synthetic;
    if (blend->hourly.last < 0)
        return;
    fade(blend, blend->hourly.last);
    for (size_t i = 0; i < blend->issue_count; i++)
        score(blend, &blend->issues[i]);
}

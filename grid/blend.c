/* SPDX-License-Identifier: MIT */
#include "grid/blend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "grid/blend_internal.h"
#include "grid/history.h"

#define BIAS_HOURS    48
#define BIAS_LEAD     12
#define BIAS_MIN      0.7
#define BIAS_MAX      1.4
#define NOWCAST_HOURS 12.0
#define MISCOVERAGE   (1 - FORECAST_BAND / 100.0)

/*
 * Hours of errors without correlation that the learning begins with, so that one lucky
 * day does not decide; as large as those of the best of them, on a mean square.
 */
#define PRIOR_HOURS      24.0
#define PRIOR_SQUARE     0.01
#define PRIOR_SQUARE_MIN 1e-6

const char *blend_source_name(enum blend_source source)
{
    static const char *const names[BLEND_SOURCES] = {
        [BLEND_PROVIDER] = "provider",
        [BLEND_HISTORY] = "history",
        [BLEND_ISSUED] = "blend",
    };

    return names[source];
}

int blend_bucket(int lead)
{
    static const int bounds[BLEND_BUCKETS] = {3, 6, 12, 24, 36, 48, 72, 96};
    int bucket = 0;

    while (bucket < BLEND_BUCKETS - 1 && lead > bounds[bucket])
        bucket++;
    return bucket;
}

struct blend *blend_create(const char *zone, enum signal signal)
{
    struct blend *blend = xcalloc(1, sizeof(*blend));

    (void)text_copy(blend->zone, sizeof(blend->zone), zone);
    blend->signal = signal;
    hourly_init(&blend->hourly);
    for (int i = 0; i < BLEND_BUCKETS; i++)
        interval_init(&blend->intervals[i], MISCOVERAGE);
    return blend;
}

void blend_destroy(struct blend *blend)
{
    free(blend);
}

struct skill blend_skill(const struct blend *blend, enum blend_source source, int day)
{
    return blend->skills[source][day];
}

/* The ratio of actual to forecast at short leads of late. */
static double find_bias(const struct blend *blend, int64_t first)
{
    double forecast = 0;
    double actual = 0;

    for (size_t i = 0; i < blend->issue_count; i++) {
        const struct issue *issue = &blend->issues[i];

        for (int lead = 0; lead < BIAS_LEAD; lead++) {
            int64_t hour = issue->first + lead;
            double level = hourly_at(&blend->hourly, hour);
            double said = issue->experts[EXPERT_RAW][lead];

            if (hour < first - BIAS_HOURS || hour >= first || isnan(level)
                || isnan(said))
                continue;
            forecast += said;
            actual += level;
        }
    }
    if (!(forecast > 0))
        return 1;
    return fmin(fmax(actual / forecast, BIAS_MIN), BIAS_MAX);
}

/* By how much the newest forecast from before the last measured hour was too low. */
static double find_error(const struct blend *blend)
{
    const struct issue *newest = NULL;
    int64_t last = blend->hourly.last;
    double error;

    for (size_t i = 0; i < blend->issue_count; i++) {
        const struct issue *issue = &blend->issues[i];

        if (issue->first <= last && last - issue->first < BLEND_HOURS
            && (!newest || issue->first > newest->first))
            newest = issue;
    }
    if (!newest)
        return 0;
    error = hourly_at(&blend->hourly, last)
            - newest->experts[EXPERT_RAW][last - newest->first];
    return isnan(error) ? 0 : error;
}

static void find_experts(const struct blend *blend, const struct forecast *provider,
                         struct making *making)
{
    double history[BLEND_HOURS];
    double week[BLEND_HOURS];
    intensity levels[BLEND_HOURS];
    size_t covered = 0;
    double error = find_error(blend);

    making->has_history =
        history_forecast(&blend->hourly, making->first, history, BLEND_HOURS);
    making->has_week =
        history_forecast_week(&blend->hourly, making->first, week, BLEND_HOURS);
    making->bias = find_bias(blend, making->first);
    if (provider)
        covered = series_fill_slots(provider->intensity, making->first * HOUR, HOUR,
                                    levels, BLEND_HOURS);
    for (size_t i = 0; i < BLEND_HOURS; i++) {
        double raw = i < covered ? (double)levels[i] : NAN;
        double since = (double)(making->first + (int64_t)i - blend->hourly.last - 1);

        making->nowcast[i] =
            blend->hourly.last < 0 ? 0 : error * exp(-since / NOWCAST_HOURS);
        making->experts[EXPERT_RAW][i] = raw;
        making->experts[EXPERT_UNBIASED][i] = raw * making->bias;
        making->experts[EXPERT_NOWCAST][i] = fmax(raw + making->nowcast[i], 0);
        if (isnan(raw))
            making->experts[EXPERT_NOWCAST][i] = NAN;
        making->experts[EXPERT_HISTORY][i] = making->has_history ? history[i] : NAN;
        making->experts[EXPERT_WEEK][i] = making->has_week ? week[i] : NAN;
    }
}

/* The weights of a bucket for the experts that there are. */
static void find_weights(const struct blend *blend, int bucket,
                         const bool usable[EXPERTS], double weights[EXPERTS])
{
    double moments[EXPERTS][EXPERTS];
    double count = blend->counts[bucket];
    double prior = PRIOR_SQUARE;

    for (int i = 0; i < EXPERTS && count > 0; i++)
        prior = fmin(prior, blend->moments[bucket][i][i] / count);
    prior = fmax(prior, PRIOR_SQUARE_MIN);
    for (int i = 0; i < EXPERTS; i++)
        for (int j = 0; j < EXPERTS; j++)
            moments[i][j] =
                (blend->moments[bucket][i][j] + (i == j ? PRIOR_HOURS * prior : 0))
                / (count + PRIOR_HOURS);
    (void)weights_find(moments, usable, weights);
}

double blend_history_weight(const struct blend *blend, int lead)
{
    static const bool all[EXPERTS] = {true, true, true, true, true};
    double weights[EXPERTS];

    find_weights(blend, blend_bucket(lead), all, weights);
    return weights[EXPERT_HISTORY] + weights[EXPERT_WEEK];
}

/* Weights are learnt by the lead of what the provider said, however old that is. */
static int bucket_at(const struct making *making, size_t i)
{
    return blend_bucket((int)i + 1 + making->age);
}

static void weigh(const struct blend *blend, struct making *making)
{
    int known_bucket = -1;
    bool known_provider = false;

    for (size_t i = 0; i < BLEND_HOURS; i++) {
        bool has_provider = !isnan(making->experts[EXPERT_RAW][i]);
        const bool usable[EXPERTS] = {has_provider, has_provider, has_provider,
                                      making->has_history, making->has_week};
        int bucket = bucket_at(making, i);

        if (i > 0 && bucket == known_bucket && has_provider == known_provider)
            memcpy(making->weights[i], making->weights[i - 1],
                   sizeof(making->weights[i]));
        else
            find_weights(blend, bucket, usable, making->weights[i]);
        known_bucket = bucket;
        known_provider = has_provider;
        making->level[i] = NAN;
        if (!has_provider && !making->has_history && !making->has_week)
            continue;
        making->level[i] = 0;
        for (int j = 0; j < EXPERTS; j++)
            if (usable[j])
                making->level[i] += making->weights[i][j] * making->experts[j][i];
    }
}

static void find_band(const struct blend *blend, struct making *making)
{
    static const double usual[BLEND_DAYS] = {0.05, 0.10, 0.15, 0.20};

    for (size_t i = 0; i < BLEND_HOURS; i++) {
        /* 10 and 90 per cent of a normal distribution. */
        double low = -1.2816 * usual[i / 24];
        double high = -low;

        (void)interval_find(&blend->intervals[bucket_at(making, i)], &low, &high);
        making->low[i] = making->level[i] * (1 + low);
        making->high[i] = making->level[i] * (1 + high);
    }
}

/* Remember it, to be scored, unless one was just remembered. */
static void remember(struct blend *blend, const struct making *making)
{
    int64_t since = making->first - blend->last_issue;
    struct issue *issue;

    if (blend->issue_count > 0 && since < BLEND_SPACING)
        return;
    issue = &blend->issues[blend->next_issue];
    blend->next_issue = (blend->next_issue + 1) % BLEND_ISSUES;
    if (blend->issue_count < BLEND_ISSUES)
        blend->issue_count++;
    issue->weight = (blend->last_issue > 0 && since < 24 ? (double)since : 24) / 24;
    issue->first = making->first;
    issue->age = making->age;
    issue->scored = 0;
    for (size_t i = 0; i < BLEND_HOURS; i++) {
        for (int j = 0; j < EXPERTS; j++)
            issue->experts[j][i] = (float)making->experts[j][i];
        issue->level[i] = (float)making->level[i];
        issue->low[i] = (float)making->low[i];
        issue->high[i] = (float)making->high[i];
    }
    blend->last_issue = making->first;
}

struct forecast *blend_issue(struct blend *blend, const struct forecast *provider,
                             instant now)
{
    struct making *making = xcalloc(1, sizeof(*making));
    struct forecast *forecast = NULL;

    if (provider && !forecast_covers(provider, now))
        provider = NULL;
    making->first = now / HOUR;
    if (provider && provider->issued < now)
        making->age = (int)((now - provider->issued) / HOUR);
    find_experts(blend, provider, making);
    if (provider || making->has_history || making->has_week) {
        weigh(blend, making);
        find_band(blend, making);
        remember(blend, making);
        forecast = blend_make_forecast(blend, provider, making, now);
    }
    free(making);
    return forecast;
}

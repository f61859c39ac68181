/* SPDX-License-Identifier: MIT */
#include "grid/feed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A provider that asks for longer is asked again after a day all the same. */
#define RETRY_AFTER_MAX DAY

void feed_init(struct feed *feed, const char *zone, uint64_t seed)
{
    bool fits;

    memset(feed, 0, sizeof(*feed));
    fits = text_copy(feed->zone, sizeof(feed->zone), zone);
    assert(fits);
    feed->seed = seed;
}

void feed_release(struct feed *feed)
{
    for (size_t i = 0; i < feed->source_count; i++) {
        forecast_destroy(feed->forecasts[i]);
        series_destroy(feed->renewables[i]);
        feed->forecasts[i] = NULL;
        feed->renewables[i] = NULL;
    }
    feed->source_count = 0;
}

int feed_find(const struct feed *feed, const char *provider, enum reading_kind wanted)
{
    for (size_t i = 0; i < feed->source_count; i++)
        if (feed->sources[i].wanted == wanted
            && strcmp(feed->sources[i].provider, provider) == 0)
            return (int)i;
    return -1;
}

int feed_add_source(struct feed *feed, const char *provider, enum reading_kind wanted,
                    duration cadence, struct error *err)
{
    struct feed_source source = {.wanted = wanted, .cadence = cadence};

    assert(cadence > 0);

    if (feed->source_count == FEED_SOURCES_MAX)
        return error_set(err, ERROR_TOO_LARGE, "zone %s: more than %d sources",
                         feed->zone, FEED_SOURCES_MAX);
    if (feed_find(feed, provider, wanted) >= 0)
        return error_set(err, ERROR_CONFLICT, "zone %s: provider %s is named twice",
                         feed->zone, provider);
    if (!text_copy(source.provider, sizeof(source.provider), provider))
        return error_set(err, ERROR_INVALID,
                         "the name of a provider is longer than %d bytes",
                         PROVIDER_NAME_MAX);
    feed->sources[feed->source_count++] = source;
    return 0;
}

static bool is_of(const struct feed_source *source, const char *provider)
{
    return !provider || strcmp(source->provider, provider) == 0;
}

/* When a source is due, should the clock have been set back. */
static instant next_of(const struct feed_source *source, instant now)
{
    return source->next_try > now + FEED_WAIT_MAX ? now : source->next_try;
}

int feed_due(const struct feed *feed, const char *provider, instant now)
{
    int longest = -1;

    for (size_t i = 0; i < feed->source_count; i++) {
        const struct feed_source *source = &feed->sources[i];

        if (source->in_flight || next_of(source, now) > now || !is_of(source, provider))
            continue;
        if (longest < 0 || source->next_try < feed->sources[longest].next_try)
            longest = (int)i;
    }
    return longest;
}

instant feed_next(const struct feed *feed, const char *provider)
{
    instant next = INSTANT_MAX;

    for (size_t i = 0; i < feed->source_count; i++)
        if (!feed->sources[i].in_flight && feed->sources[i].next_try < next
            && is_of(&feed->sources[i], provider))
            next = feed->sources[i].next_try;
    return next;
}

static struct feed_source *source_at(struct feed *feed, int source)
{
    assert(source >= 0 && (size_t)source < feed->source_count);
    return &feed->sources[source];
}

void feed_started(struct feed *feed, int source)
{
    assert(!source_at(feed, source)->in_flight);
    source_at(feed, source)->in_flight = true;
}

/*
 * From 0 to `most`. Different for each zone, source and answer, so that daemons and
 * zones that started together do not ask together for ever.
 */
static duration jitter(const struct feed *feed, const struct feed_source *source,
                       duration most)
{
    uint64_t answers = (uint64_t)(source->fetched_count + source->refused_count
                                  + source->failed_count);
    uint64_t bits = feed->seed + answers * UINT64_C(0x9e3779b97f4a7c15);

    for (const char *c = source->provider; *c; c++)
        bits = (bits ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    bits = (bits ^ (uint64_t)source->wanted) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 30)) * UINT64_C(0x94d049bb133111eb);
    bits ^= bits >> 31;
    return (duration)(bits % ((uint64_t)most + 1));
}

void feed_succeeded(struct feed *feed, int source, instant now)
{
    struct feed_source *it = source_at(feed, source);

    it->in_flight = false;
    it->failures = 0;
    it->fetched_count++;
    it->last_success = now;
    it->last_error[0] = '\0';
    it->next_try = now + it->cadence + jitter(feed, it, it->cadence / 10);
}

static duration retry_delay(int failures)
{
    duration delay = FEED_RETRY_MIN;

    for (int i = 1; i < failures && delay < FEED_RETRY_MAX; i++)
        delay *= 2;
    return delay < FEED_RETRY_MAX ? delay : FEED_RETRY_MAX;
}

void feed_failed(struct feed *feed, int source, instant now, duration retry_after,
                 bool refused, const char *why)
{
    struct feed_source *it = source_at(feed, source);
    duration delay;

    it->in_flight = false;
    if (it->failures < INT32_MAX)
        it->failures++;
    if (refused)
        it->refused_count++;
    else
        it->failed_count++;
    snprintf(it->last_error, sizeof(it->last_error), "%s", why);

    delay = retry_delay(it->failures);
    delay = delay - delay / 2 + jitter(feed, it, delay / 2);
    if (retry_after > RETRY_AFTER_MAX)
        retry_after = RETRY_AFTER_MAX;
    it->next_try = now + (delay > retry_after ? delay : retry_after);
}

/* Let a forecast bear the share that its provider told apart. */
static void join(struct feed *feed, int forecast_source, int renewable_source)
{
    struct forecast *forecast = feed->forecasts[forecast_source];

    series_destroy(forecast->renewable);
    forecast->renewable = series_copy(feed->renewables[renewable_source]);
}

void feed_take_forecast(struct feed *feed, int source, struct forecast *forecast)
{
    int renewable =
        feed_find(feed, source_at(feed, source)->provider, READING_RENEWABLE);

    assert(source_at(feed, source)->wanted == READING_FORECAST);
    forecast_destroy(feed->forecasts[source]);
    feed->forecasts[source] = forecast;
    if (renewable >= 0 && feed->renewables[renewable] && !forecast->renewable)
        join(feed, source, renewable);
}

bool feed_take_renewable(struct feed *feed, int source, struct series *renewable)
{
    int forecast = feed_find(feed, source_at(feed, source)->provider, READING_FORECAST);

    assert(source_at(feed, source)->wanted == READING_RENEWABLE);
    series_destroy(feed->renewables[source]);
    feed->renewables[source] = renewable;
    if (forecast < 0 || !feed->forecasts[forecast])
        return false;
    join(feed, forecast, source);
    return true;
}

const char *feed_rung_name(enum feed_rung rung)
{
    static const char *const names[FEED_RUNGS] = {
        [FEED_LIVE] = "live",     [FEED_LAST] = "last", [FEED_HISTORY] = "history",
        [FEED_YEARLY] = "yearly", [FEED_NONE] = "none",
    };

    return names[rung];
}

static bool is_live(const struct feed_source *source, const struct forecast *forecast,
                    instant now)
{
    duration longest = 2 * source->cadence;

    if (longest < FEED_LIVE_LEAST)
        longest = FEED_LIVE_LEAST;
    return now - forecast->fetched <= longest
           || (source->last_success > 0 && now - source->last_success <= longest);
}

struct feed_choice feed_choose(const struct feed *feed, instant now)
{
    struct feed_choice choice = {NULL, FEED_NONE};

    for (size_t i = 0; i < feed->source_count; i++) {
        const struct forecast *forecast = feed->forecasts[i];

        if (!forecast || !forecast_covers(forecast, now))
            continue;
        if (is_live(&feed->sources[i], forecast, now))
            return (struct feed_choice){forecast, FEED_LIVE};
        if (!choice.forecast)
            choice = (struct feed_choice){forecast, FEED_LAST};
    }
    return choice;
}

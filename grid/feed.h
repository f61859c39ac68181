/* SPDX-License-Identifier: MIT */
#ifndef GRID_FEED_H
#define GRID_FEED_H

#include "grid/provider.h"

/*
 * Which provider to ask for a zone, and when; and which of the forecasts at hand to
 * trust.
 *
 * A feed belongs to one zone. It fetches nothing itself: its owner asks feed_next()
 * what is due, does it, and tells feed_succeeded() or feed_failed() what came of it.
 */

#define FEED_SOURCES_MAX 17 /* forecasts and shares of eight providers, and actuals */
#define FEED_RETRY_MIN   MINUTE
#define FEED_RETRY_MAX   (30 * MINUTE)
#define FEED_ETAG_MAX    256

/* No try is set further ahead: a source that seems to be was asked by a clock that has
 * been set back, and is due. */
#define FEED_WAIT_MAX (2 * DAY)

/* A forecast is live until it has not been renewed for twice its cadence, or this. */
#define FEED_LIVE_LEAST (2 * HOUR)

struct feed_source {
    char provider[PROVIDER_NAME_MAX + 1];
    enum reading_kind wanted;
    duration cadence;
    bool in_flight;
    instant next_try;
    int failures; /* in a row */
    int64_t fetched_count;
    int64_t refused_count;        /* bodies that were malformed or absurd */
    int64_t failed_count;         /* requests without a body worth parsing */
    instant last_success;         /* 0: never */
    char last_error[200];         /* "" after a success */
    char etag[FEED_ETAG_MAX + 1]; /* of the last answer; "" if it bore none */
};

/* How a zone is known, best first. */
enum feed_rung {
    FEED_LIVE,    /* a forecast of a provider that answers */
    FEED_LAST,    /* the last forecast of one that does not, which covers now */
    FEED_HISTORY, /* the daemon's own forecast, from the zone's past */
    FEED_YEARLY,  /* the mean of a year: there is nothing to wait for */
    FEED_NONE,
    FEED_RUNGS
};

/* "live", "last", "history", "yearly", "none". */
const char *feed_rung_name(enum feed_rung rung);

struct feed_choice {
    const struct forecast *forecast; /* borrowed until the feed changes; NULL: none */
    enum feed_rung rung;             /* FEED_LIVE, FEED_LAST or FEED_NONE */
};

struct feed {
    char zone[ZONE_NAME_MAX + 1];
    struct feed_source sources[FEED_SOURCES_MAX]; /* forecasts in the order of trust */
    size_t source_count;
    uint64_t seed;                                /* for jitter */
    struct forecast *forecasts[FEED_SOURCES_MAX]; /* the last of each source, or NULL */
    struct series *renewables[FEED_SOURCES_MAX];  /* likewise, of READING_RENEWABLE */
};

void feed_init(struct feed *feed, const char *zone, uint64_t seed);
void feed_release(struct feed *feed);

/* Add a source; those that give forecasts in the order in which they are trusted. */
int feed_add_source(struct feed *feed, const char *provider, enum reading_kind wanted,
                    duration cadence, struct error *err);

/*
 * The index of a source of a provider (NULL: of any) that is due and not in flight, or
 * -1: the one that has been due for longest, which keeps what is asked for last from
 * never being asked for.
 */
int feed_due(const struct feed *feed, const char *provider, instant now);

/* When something of a provider (NULL: of any) will be due; INSTANT_MAX if all is in
 * flight. */
instant feed_next(const struct feed *feed, const char *provider);

void feed_started(struct feed *feed, int source);

/* It answered well: the next try comes after its cadence, with up to 10 % of jitter. */
void feed_succeeded(struct feed *feed, int source, instant now);

/*
 * It failed: try again after FEED_RETRY_MIN doubled for each failure in a row, with
 * full jitter over the upper half, at most FEED_RETRY_MAX, and no sooner than
 * `retry_after` (0: the provider did not say). `refused`: there was a body, and it was
 * not to be believed.
 */
void feed_failed(struct feed *feed, int source, instant now, duration retry_after,
                 bool refused, const char *why);

/*
 * Take a forecast over from a source (or from the archive at start). It bears the
 * renewable share that the provider has told apart, if it has told it.
 */
void feed_take_forecast(struct feed *feed, int source, struct forecast *forecast);

/*
 * Take a renewable share over, and let the provider's forecast bear it. True if there
 * is one that does.
 */
bool feed_take_renewable(struct feed *feed, int source, struct series *renewable);

/* The source with that provider and kind of reading, or -1. */
int feed_find(const struct feed *feed, const char *provider, enum reading_kind wanted);

/*
 * The forecast to plan with: of the first source in order whose last one covers `now`
 * and is live; else of the first whose last one covers `now`. FEED_NONE if none does.
 */
struct feed_choice feed_choose(const struct feed *feed, instant now);

#endif

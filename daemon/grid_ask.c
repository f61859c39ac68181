/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "daemon/grid_internal.h"

/* Between the starts of two requests of a service, in seconds. */
#define SPACING 1

void grid_ask_init(struct grid_watch *grid, const struct config *config)
{
    grid->provider_count = config->provider_count;
    grid->providers = xcalloc(config->provider_count, sizeof(*grid->providers));
    for (size_t i = 0; i < config->provider_count; i++) {
        const struct config_provider *section = &config->providers[i];
        const struct provider *kind = provider_find(section->kind);
        bool is_service = strcmp(section->kind, "file") != 0
                          && strcmp(section->kind, "synthetic") != 0;
        struct provider_watch *provider = &grid->providers[i];

        (void)text_copy(provider->name, sizeof(provider->name), section->name);
        budget_init(&provider->budget,
                    section->budget == CONFIG_NOT_SET ? kind->hourly_budget
                                                      : section->budget,
                    is_service ? SPACING : 0);
    }
}

void grid_ask_release(struct grid_watch *grid)
{
    for (size_t i = 0; i < grid->provider_count; i++)
        explicit_bzero(&grid->providers[i].session, sizeof(grid->providers[i].session));
    free(grid->providers);
    grid->providers = NULL;
    grid->provider_count = 0;
}

struct provider_watch *grid_ask_find(const struct grid_watch *grid, const char *name)
{
    for (size_t i = 0; i < grid->provider_count; i++)
        if (strcmp(grid->providers[i].name, name) == 0)
            return &grid->providers[i];
    return NULL;
}

/* Whom a failure concerns: an answer of 408, 425 or 429 does not mean the request. */
static enum budget_failure failure_of(const struct grid_fetch *fetch)
{
    int status = fetch->status;

    if (fetch->denied)
        return BUDGET_DENIED;
    if (fetch->refused
        || (status >= 400 && status < 500 && status != 408 && status != 425
            && status != 429))
        return BUDGET_ZONE;
    return BUDGET_TROUBLE;
}

void grid_ask_ended(struct grid_watch *grid, const struct grid_fetch *fetch)
{
    struct budget *budget = &grid_ask_find(grid, fetch->config.name)->budget;

    if (fetch->failed)
        budget_failed(budget, fetch->now, failure_of(fetch), fetch->retry_after);
    else
        budget_succeeded(budget);
}

/* A source of a zone. */
struct due {
    size_t zone;
    int source; /* -1: none */
};

/* Of all that is due of a provider what has been so for longest. */
static struct due find_due(const struct grid_watch *grid, const char *provider,
                           instant now)
{
    struct due due = {0, -1};
    instant since = INSTANT_MAX;

    for (size_t i = 0; i < grid->count; i++) {
        const struct feed *feed = &grid->zones[i].feed;
        int source = feed_due(feed, provider, now);

        if (source < 0 || feed->sources[source].next_try >= since)
            continue;
        since = feed->sources[source].next_try;
        due = (struct due){i, source};
    }
    return due;
}

/* Whether it would do to hear that what a source said is still so. */
static bool has_fresh(const struct feed *feed, int source, instant now)
{
    const struct forecast *forecast = feed->forecasts[source];

    return feed->sources[source].wanted != READING_FORECAST
           || (forecast && forecast_covers(forecast, now));
}

static void start_fetch(struct grid_watch *grid, struct provider_watch *provider,
                        struct due due, grid_fetch_on_done *on_done, instant now)
{
    struct feed *feed = &grid->zones[due.zone].feed;
    struct grid_fetch *fetch = xcalloc(1, sizeof(*fetch));

    fetch->loop = &grid->daemon->loop;
    fetch->http = grid->http;
    fetch->config = *config_find_provider(grid->daemon->config, provider->name);
    fetch->session = &provider->session;
    memcpy(fetch->zone, feed->zone, sizeof(fetch->zone));
    if (has_fresh(feed, due.source, now))
        memcpy(fetch->etag, feed->sources[due.source].etag, sizeof(fetch->etag));
    fetch->wanted = feed->sources[due.source].wanted;
    fetch->now = now;
    fetch->on_done = on_done;
    fetch->context = grid;
    fetch->zone_index = due.zone;
    fetch->source = due.source;
    feed_started(feed, due.source);
    budget_started(&provider->budget, now);
    fetch->next = grid->fetches;
    grid->fetches = fetch;
    grid_fetch_start(fetch);
}

void grid_ask_all(struct grid_watch *grid, instant now, grid_fetch_on_done *on_done)
{
    for (size_t i = 0; i < grid->provider_count; i++) {
        struct provider_watch *provider = &grid->providers[i];
        struct due due = {0, -1};

        if (budget_next(&provider->budget, now) <= now)
            due = find_due(grid, provider->name, now);
        if (due.source >= 0)
            start_fetch(grid, provider, due, on_done, now);
    }
}

/* When something of a provider is due that it may be asked for. */
static instant next_of(const struct grid_watch *grid,
                       const struct provider_watch *provider, instant now)
{
    instant allowed = budget_next(&provider->budget, now);
    instant next = INSTANT_MAX;

    for (size_t i = 0; i < grid->count; i++) {
        instant due = feed_next(&grid->zones[i].feed, provider->name);

        next = due < next ? due : next;
    }
    return next > allowed ? next : allowed;
}

instant grid_ask_next(const struct grid_watch *grid, instant now)
{
    instant next = INSTANT_MAX;

    for (size_t i = 0; i < grid->provider_count; i++) {
        instant due = next_of(grid, &grid->providers[i], now);

        next = due < next ? due : next;
    }
    return next;
}

const struct budget *grid_watch_budget(const struct grid_watch *grid,
                                       const char *provider)
{
    const struct provider_watch *found = grid_ask_find(grid, provider);

    return found ? &found->budget : NULL;
}

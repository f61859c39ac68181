/* SPDX-License-Identifier: MIT */
#include "daemon/grid_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/grid_fetch.h"
#include "daemon/version.h"
#include "grid/archive.h"
#include "grid/providers/http.h"

/* The longest the timer sleeps: the clock may be set, and the machine suspended. */
#define SLEEP_MAX_MS 60000

/* One zone of the config. */
struct zone_watch {
    struct feed feed;
    char actuals[PROVIDER_NAME_MAX + 1]; /* by whom emissions are booked */
    char chosen[PROVIDER_NAME_MAX + 1];  /* whose forecast is planned by; "" none */
};

struct grid_watch {
    struct daemon *daemon;
    uv_timer_t timer;
    struct http *http;
    struct zone_watch *zones;
    size_t count;
    struct grid_fetch *fetches; /* on their way */
    bool stopping;
    bool timer_is_closed;
};

static void arm(struct grid_watch *grid);

/* Tell the engine when another source's forecast is to be planned by, or a newer one.
 */
static void choose(struct grid_watch *grid, struct zone_watch *zone, bool is_new)
{
    struct daemon *daemon = grid->daemon;
    instant now = daemon->clock->now(daemon->clock);
    const struct forecast *forecast = feed_choose(&zone->feed, now);
    const char *name = forecast ? forecast->provider : "";

    if (!is_new && strcmp(name, zone->chosen) == 0)
        return;
    if (strcmp(name, zone->chosen) != 0)
        log_notice(forecast ? "zone %s: planning by the forecast of %s%s"
                            : "zone %s: no forecast covers now; jobs do not wait%s%s",
                   zone->feed.zone, name,
                   forecast && forecast->synthetic ? " (SYNTHETIC: made-up power)"
                                                   : "");
    snprintf(zone->chosen, sizeof(zone->chosen), "%s", name);
    engine_set_forecast(daemon->engine, zone->feed.zone, forecast);
    daemon_poke(daemon);
}

static void free_if_stopped(struct grid_watch *grid)
{
    if (!grid->stopping || !grid->timer_is_closed || grid->fetches)
        return;
    for (size_t i = 0; i < grid->count; i++)
        feed_release(&grid->zones[i].feed);
    free(grid->zones);
    free(grid);
}

static void take_reading(struct grid_watch *grid, struct grid_fetch *fetch)
{
    struct zone_watch *zone = &grid->zones[fetch->zone_index];
    struct store_batch *batch = engine_batch(grid->daemon->engine);

    feed_succeeded(&zone->feed, fetch->source, fetch->now);
    if (fetch->reading.actuals.count
        && strcmp(fetch->reading.actuals.provider, zone->actuals) == 0)
        store_batch_add_actuals(batch, &fetch->reading.actuals);
    if (fetch->reading.forecast && fetch->wanted == READING_FORECAST) {
        store_batch_add_forecast(batch, fetch->reading.forecast);
        feed_take_forecast(&zone->feed, fetch->source, fetch->reading.forecast);
        fetch->reading.forecast = NULL;
        choose(grid, zone, true);
    }
    daemon_poke(grid->daemon);
}

static void drop_fetch(struct grid_watch *grid, struct grid_fetch *fetch)
{
    struct grid_fetch **link = &grid->fetches;

    while (*link != fetch)
        link = &(*link)->next;
    *link = fetch->next;
    grid_fetch_release(fetch);
    free(fetch);
}

static void on_fetched(struct grid_fetch *fetch)
{
    struct grid_watch *grid = fetch->context;
    struct zone_watch *zone = &grid->zones[fetch->zone_index];

    if (grid->stopping) {
        drop_fetch(grid, fetch);
        free_if_stopped(grid);
        return;
    }
    if (fetch->failed) {
        log_warning("zone %s: %s from %s: %s; %s", zone->feed.zone,
                    fetch->wanted == READING_ACTUALS ? "actuals" : "forecast",
                    fetch->config.name, fetch->failure.text,
                    zone->chosen[0] ? "what is known goes on being used"
                                    : "nothing is known, so jobs do not wait");
        feed_failed(&zone->feed, fetch->source, fetch->now, fetch->retry_after,
                    fetch->refused, fetch->failure.text);
        choose(grid, zone, false);
    } else {
        take_reading(grid, fetch);
    }
    drop_fetch(grid, fetch);
    arm(grid);
}

static void start_fetch(struct grid_watch *grid, size_t zone, int source, instant now)
{
    struct feed *feed = &grid->zones[zone].feed;
    struct grid_fetch *fetch = xcalloc(1, sizeof(*fetch));

    fetch->loop = &grid->daemon->loop;
    fetch->http = grid->http;
    fetch->config =
        *config_find_provider(grid->daemon->config, feed->sources[source].provider);
    snprintf(fetch->zone, sizeof(fetch->zone), "%s", feed->zone);
    fetch->wanted = feed->sources[source].wanted;
    fetch->now = now;
    fetch->on_done = on_fetched;
    fetch->context = grid;
    fetch->zone_index = zone;
    fetch->source = source;
    feed_started(feed, source);
    fetch->next = grid->fetches;
    grid->fetches = fetch;
    grid_fetch_start(fetch);
}

static void on_timer(uv_timer_t *timer)
{
    struct grid_watch *grid = timer->data;
    const struct clock *clock = grid->daemon->clock;
    instant now = clock->now(clock);

    for (size_t i = 0; i < grid->count; i++) {
        int source;

        while ((source = feed_due(&grid->zones[i].feed, now)) >= 0)
            start_fetch(grid, i, source, now);
        choose(grid, &grid->zones[i], false);
    }
    arm(grid);
}

static void arm(struct grid_watch *grid)
{
    const struct clock *clock = grid->daemon->clock;
    instant now = clock->now(clock);
    instant next = INSTANT_MAX;
    int64_t sleep_ms = SLEEP_MAX_MS;

    for (size_t i = 0; i < grid->count; i++) {
        instant due = feed_next(&grid->zones[i].feed);

        next = due < next ? due : next;
    }
    if (next - now < SLEEP_MAX_MS * clock->rate / 1000)
        sleep_ms = next <= now ? 1 : clock_real_ms(clock, next - now);
    uv_timer_start(&grid->timer, on_timer, (uint64_t)sleep_ms, 0);
}

static int add_source(struct zone_watch *zone, const struct config *config,
                      const char *name, enum reading_kind wanted, struct error *err)
{
    const struct config_provider *provider = config_find_provider(config, name);
    duration cadence;

    /* "history" and the like: no section, nothing to fetch. */
    if (!provider)
        return 0;
    cadence = provider->every == CONFIG_NOT_SET ? provider_find(provider->kind)->cadence
                                                : provider->every;
    return feed_add_source(&zone->feed, name, wanted, cadence, err);
}

static int watch_zone(struct zone_watch *zone, const struct config *config,
                      const struct config_zone *section, struct error *err)
{
    /* Told apart by their names, so that zones spread their calls, always alike. */
    uint64_t seed = 1469598103934665603U;

    for (const char *at = section->name; *at; at++)
        seed = (seed ^ (unsigned char)*at) * 1099511628211U;
    feed_init(&zone->feed, section->name, seed);
    snprintf(zone->actuals, sizeof(zone->actuals), "%s", section->actuals);
    for (size_t i = 0; i < section->providers.count; i++)
        if (add_source(zone, config, section->providers.items[i], READING_FORECAST, err)
            < 0)
            return -1;
    return add_source(zone, config, section->actuals, READING_ACTUALS, err);
}

static void on_archived(struct forecast *forecast_taken, void *context)
{
    struct grid_watch *grid = context;

    for (size_t i = 0; i < grid->count; i++) {
        struct feed *feed = &grid->zones[i].feed;
        int source;

        if (strcmp(feed->zone, forecast_taken->zone) != 0)
            continue;
        source = feed_find(feed, forecast_taken->provider, READING_FORECAST);
        if (source < 0)
            continue;
        feed_take_forecast(feed, source, forecast_taken);
        return;
    }
    forecast_destroy(forecast_taken);
}

struct grid_watch *grid_watch_start(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    struct grid_watch *grid = xcalloc(1, sizeof(*grid));
    instant now = daemon->clock->now(daemon->clock);

    grid->daemon = daemon;
    grid->zones = xcalloc(config->zone_count, sizeof(*grid->zones));
    grid->count = config->zone_count;
    uv_timer_init(&daemon->loop, &grid->timer);
    grid->timer.data = grid;
    grid->http = http_create(&daemon->loop, PENSTOCK_USER_AGENT, config->daemon.proxy,
                             config->daemon.ca_file, err);
    if (!grid->http)
        goto fail;
    for (size_t i = 0; i < grid->count; i++)
        if (watch_zone(&grid->zones[i], config, &config->zones[i], err) < 0)
            goto fail;
    if (archive_load_forecasts(daemon->reader, now, on_archived, grid, err) < 0)
        goto fail;
    for (size_t i = 0; i < grid->count; i++)
        choose(grid, &grid->zones[i], true);
    uv_timer_start(&grid->timer, on_timer, 0, 0);
    return grid;

fail:
    grid_watch_stop(grid);
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct grid_watch *grid = handle->data;

    grid->timer_is_closed = true;
    free_if_stopped(grid);
}

void grid_watch_stop(struct grid_watch *grid)
{
    struct grid_fetch *next;

    if (!grid)
        return;
    grid->stopping = true;
    for (struct grid_fetch *fetch = grid->fetches; fetch; fetch = next) {
        next = fetch->next;
        if (grid_fetch_cancel(fetch))
            drop_fetch(grid, fetch);
    }
    http_destroy(grid->http);
    uv_close((uv_handle_t *)&grid->timer, on_closed);
}

size_t grid_watch_count(const struct grid_watch *grid)
{
    return grid->count;
}

const struct feed *grid_watch_feed(const struct grid_watch *grid, size_t zone)
{
    return &grid->zones[zone].feed;
}

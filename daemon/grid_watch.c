/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/grid_internal.h"
#include "daemon/version.h"

/* The longest the timer sleeps: the clock may be set, and the machine suspended. */
#define SLEEP_MAX_MS 60000

static void arm(struct grid_watch *grid);

static instant now_of(const struct grid_watch *grid)
{
    return grid->daemon->clock->now(grid->daemon->clock);
}

/* What was made of a provider's forecast is archived too, and what bookings go by. */
static void store_plan(struct grid_watch *grid, const struct grid_zone *zone)
{
    const struct forecast *forecast = zone->plan.forecast;
    bool is_ours = forecast
                   && (strcmp(forecast->provider, BLEND_NAME) == 0
                       || strcmp(forecast->provider, BLEND_HISTORY_NAME) == 0
                       || strcmp(forecast->provider, GRID_ZONE_YEARLY) == 0);

    if (is_ours && forecast->signal == zone->signal)
        store_batch_add_forecast(engine_batch(grid->daemon->engine), forecast);
}

/* Tell the engine when another forecast is to be planned by. */
static void choose(struct grid_watch *grid, struct grid_zone *zone, bool is_new)
{
    char text[256];
    bool is_moved;

    if (!grid_zone_choose(zone, now_of(grid), is_new, &is_moved))
        return;
    if (is_moved) {
        grid_zone_describe(zone, text, sizeof(text));
        log_notice("%s", text);
    }
    store_plan(grid, zone);
    engine_set_forecast(grid->daemon->engine, zone->feed.zone,
                        grid_zone_forecast(zone));
    daemon_poke(grid->daemon);
}

static void free_if_stopped(struct grid_watch *grid)
{
    if (!grid->stopping || !grid->timer_is_closed || grid->fetches)
        return;
    for (size_t i = 0; i < grid->count; i++)
        grid_zone_release(&grid->zones[i]);
    grid_ask_release(grid);
    free(grid->zones);
    free(grid);
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

static void take_failure(struct grid_watch *grid, struct grid_zone *zone,
                         struct grid_fetch *fetch)
{
    log_warning(
        "zone %s: %s from %s: %s; %s", zone->feed.zone,
        reading_kind_name(fetch->wanted), fetch->config.name, fetch->failure.text,
        zone->plan.rung < FEED_YEARLY ? "what is known goes on being used"
                                      : "nothing is known, so jobs do not wait");
    feed_failed(&zone->feed, fetch->source, fetch->now, fetch->retry_after,
                fetch->refused, fetch->failure.text);
    grid_ask_ended(grid, fetch);
    choose(grid, zone, false);
}

static void take_success(struct grid_watch *grid, struct grid_zone *zone,
                         struct grid_fetch *fetch)
{
    struct feed_source *source = &zone->feed.sources[fetch->source];
    struct store_batch *batch = engine_batch(grid->daemon->engine);
    bool has_forecast = fetch->reading.forecast != NULL;
    bool is_new = false;

    if (grid_zone_take(zone, fetch->source, &fetch->reading, fetch->now, &is_new,
                       &fetch->failure)
        < 0) {
        fetch->failed = fetch->refused = true;
        take_failure(grid, zone, fetch);
        return;
    }
    memcpy(source->etag, fetch->etag, sizeof(source->etag));
    feed_succeeded(&zone->feed, fetch->source, fetch->now);
    grid_ask_ended(grid, fetch);
    /* With the renewable share that was told apart. */
    if (has_forecast)
        store_batch_add_forecast(batch, zone->feed.forecasts[fetch->source]);
    if (fetch->reading.actuals.count)
        store_batch_add_actuals(batch, &fetch->reading.actuals);
    choose(grid, zone, is_new);
    daemon_poke(grid->daemon);
}

static void on_fetched(struct grid_fetch *fetch)
{
    struct grid_watch *grid = fetch->context;
    struct grid_zone *zone = &grid->zones[fetch->zone_index];

    if (grid->stopping) {
        drop_fetch(grid, fetch);
        free_if_stopped(grid);
        return;
    }
    if (fetch->failed)
        take_failure(grid, zone, fetch);
    else
        take_success(grid, zone, fetch);
    drop_fetch(grid, fetch);
    arm(grid);
}

/* One blend of a zone in a turn, as that takes a while. False if all have learnt. */
static bool learn_next(struct grid_watch *grid)
{
    for (size_t i = 0; i < grid->count; i++) {
        struct grid_zone *zone = &grid->zones[i];
        struct error err;

        if (grid_learner_is_loaded(zone->learner))
            continue;
        if (grid_learner_load(zone->learner, grid->daemon->reader, now_of(grid), &err)
            < 0)
            log_warning("zone %s: cannot learn from the past: %s", zone->feed.zone,
                        err.text);
        if (grid_learner_is_loaded(zone->learner))
            choose(grid, zone, true);
        return true;
    }
    return false;
}

static void on_timer(uv_timer_t *timer)
{
    struct grid_watch *grid = timer->data;
    instant now = now_of(grid);

    learn_next(grid);
    grid_ask_all(grid, now, on_fetched);
    for (size_t i = 0; i < grid->count; i++)
        choose(grid, &grid->zones[i], false);
    arm(grid);
}

static bool is_learning(const struct grid_watch *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        if (!grid_learner_is_loaded(grid->zones[i].learner))
            return true;
    return false;
}

static void arm(struct grid_watch *grid)
{
    const struct clock *clock = grid->daemon->clock;
    instant now = now_of(grid);
    instant next = is_learning(grid) ? now : grid_ask_next(grid, now);
    int64_t sleep_ms = SLEEP_MAX_MS;

    if (next - now < SLEEP_MAX_MS * clock->rate / 1000)
        sleep_ms = next <= now ? 1 : clock_real_ms(clock, next - now);
    uv_timer_start(&grid->timer, on_timer, (uint64_t)sleep_ms, 0);
}

static void on_archived(struct forecast *forecast_taken, void *context)
{
    struct grid_watch *grid = context;

    for (size_t i = 0; i < grid->count; i++) {
        struct grid_zone *zone = &grid->zones[i];
        int source;

        if (strcmp(zone->feed.zone, forecast_taken->zone) != 0
            || forecast_taken->signal != zone->signal)
            continue;
        source = feed_find(&zone->feed, forecast_taken->provider, READING_FORECAST);
        if (source < 0)
            continue;
        feed_take_forecast(&zone->feed, source, forecast_taken);
        return;
    }
    forecast_destroy(forecast_taken);
}

struct grid_watch *grid_watch_start(struct daemon *daemon, struct error *err)
{
    const struct config *config = daemon->config;
    struct grid_watch *grid = xcalloc(1, sizeof(*grid));

    grid->daemon = daemon;
    grid->zones = xcalloc(config->zone_count, sizeof(*grid->zones));
    grid_ask_init(grid, config);
    uv_timer_init(&daemon->loop, &grid->timer);
    grid->timer.data = grid;
    grid->http = daemon->http;
    for (; grid->count < config->zone_count; grid->count++)
        if (grid_zone_init(&grid->zones[grid->count], config,
                           &config->zones[grid->count], err)
            < 0) {
            grid->count++;
            goto fail;
        }
    if (archive_load_forecasts(daemon->reader, now_of(grid), on_archived, grid, err)
        < 0)
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
    uv_close((uv_handle_t *)&grid->timer, on_closed);
}

void grid_watch_relearn(struct grid_watch *grid, const char *zone)
{
    for (size_t i = 0; i < grid->count; i++)
        if (strcmp(grid->zones[i].feed.zone, zone) == 0)
            grid_learner_forget(grid->zones[i].learner);
    arm(grid);
}

size_t grid_watch_count(const struct grid_watch *grid)
{
    return grid->count;
}

const struct grid_zone *grid_watch_zone(const struct grid_watch *grid, size_t zone)
{
    return &grid->zones[zone];
}

const struct grid_zone *grid_watch_find(const struct grid_watch *grid, const char *name)
{
    for (size_t i = 0; i < grid->count; i++)
        if (strcmp(grid->zones[i].feed.zone, name) == 0)
            return &grid->zones[i];
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/routes_grid.h"

#include <string.h>

#include "daemon/grid_watch.h"
#include "grid/archive.h"

#define HOURS_STANDARD 48
#define HOURS_MAX      INT64_C(9600)

static const char *kind_of(const struct config *config, const char *provider)
{
    for (size_t i = 0; i < config->provider_count; i++)
        if (strcmp(config->providers[i].name, provider) == 0)
            return config->providers[i].kind;
    return provider;
}

static void add_level(struct text *json, const char *key, const struct series *series,
                      instant when, int digits)
{
    int64_t level;

    if (series && series_level(series, when, &level, NULL) == 0)
        json_add_scaled(json, key, level, digits);
    else
        json_add_null(json, key);
}

static void add_plan(struct text *json, const struct config *config,
                     const struct grid_plan *plan, instant now)
{
    const struct forecast *forecast = plan->forecast;

    json_add_text(json, "provider", plan->provider);
    json_add_text(json, "kind", kind_of(config, plan->provider));
    json_add_bool(json, "blended", strcmp(forecast->provider, BLEND_NAME) == 0);
    json_add_text(json, "signal", signal_name(forecast->signal));
    json_add_bool(json, "synthetic", forecast->synthetic);
    json_add_instant(json, "issued", forecast->issued);
    json_add_instant(json, "fetched", plan->fetched);
    json_add_number(json, "age", now > plan->fetched ? now - plan->fetched : 0);
    json_add_instant(json, "covers_until", series_ends(forecast->intensity));
    add_level(json, "now_g", forecast->intensity, now, 3);
    add_level(json, "renewable_now", forecast->renewable, now, 1);
}

static void add_no_plan(struct text *json)
{
    static const char *const members[] = {
        "provider", "kind", "blended",      "signal", "synthetic",     "issued",
        "fetched",  "age",  "covers_until", "now_g",  "renewable_now",
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_add_null(json, members[i]);
}

static void add_source(struct text *json, const struct feed_source *source,
                       const struct budget *budget, instant now)
{
    instant allowed = budget_next(budget, now);
    bool is_open = budget_is_open(budget, now);
    instant next = source->next_try;

    /* What is under way holds others up for no time worth telling. */
    if (allowed != INSTANT_MAX && allowed > next)
        next = allowed;
    json_begin_object(json, NULL);
    json_add_text(json, "provider", source->provider);
    json_add_text(json, "wanted", reading_kind_name(source->wanted));
    json_add_instant(json, "last_success", source->last_success);
    json_add_instant(json, "next_try", next);
    json_add_number(json, "failures", source->failures);
    json_add_number(json, "fetched", source->fetched_count);
    json_add_number(json, "refused", source->refused_count);
    json_add_number(json, "failed", source->failed_count);
    json_add_name(json, "error", source->last_error);
    json_add_instant(json, "held_until", is_open ? budget->open_until : 0);
    if (budget->hourly > 0)
        json_add_number(json, "budget_left", budget_left(budget, now));
    else
        json_add_null(json, "budget_left");
    json_end_object(json);
}

static void add_zone(struct text *json, const struct daemon *daemon,
                     const struct grid_zone *zone, instant now)
{
    const struct feed *feed = &zone->feed;

    json_begin_object(json, NULL);
    json_add_text(json, "zone", feed->zone);
    json_add_text(json, "rung", feed_rung_name(zone->plan.rung));
    json_add_text(json, "planned_by", signal_name(zone->signal));
    if (zone->plan.forecast)
        add_plan(json, daemon->config, &zone->plan, now);
    else
        add_no_plan(json);
    json_begin_array(json, "sources");
    for (size_t i = 0; i < feed->source_count; i++)
        add_source(json, &feed->sources[i],
                   grid_watch_budget(daemon->grid, feed->sources[i].provider), now);
    json_end_array(json);
    json_end_object(json);
}

void routes_grid_add_zones(struct text *json, const struct daemon *daemon, instant now)
{
    json_begin_array(json, "zones");
    for (size_t i = 0; i < grid_watch_count(daemon->grid); i++)
        add_zone(json, daemon, grid_watch_zone(daemon->grid, i), now);
    json_end_array(json);
}

void routes_grid_zones(const struct call *call)
{
    struct text json = TEXT_EMPTY;

    json_begin_object(&json, NULL);
    routes_grid_add_zones(&json, call->daemon, call->now);
    json_end_object(&json);
    call_answer(call, 200, &json);
}

/* The share of renewables in a stretch of time, as far as the series knows it. */
static void add_renewable(struct text *json, const struct series *series,
                          instant begins, instant ends)
{
    int64_t mean;

    if (series && series_mean(series, begins, ends - begins, &mean, NULL) == 0)
        json_add_scaled(json, "renewable", mean, 1);
    else
        json_add_null(json, "renewable");
}

/* The interval of a stretch of time, where it is known. */
static void add_interval(struct text *json, const struct forecast *forecast,
                         instant begins, instant ends)
{
    int64_t low, high;

    if (!forecast->low || !forecast->high
        || series_mean(forecast->low, begins, ends - begins, &low, NULL) < 0
        || series_mean(forecast->high, begins, ends - begins, &high, NULL) < 0)
        return;
    json_add_scaled(json, "low_g", low, 3);
    json_add_scaled(json, "high_g", high, 3);
}

static void add_points(struct text *json, const struct forecast *forecast, instant now,
                       instant until)
{
    const struct series *series = forecast->intensity;
    size_t count = series_count(series);

    json_begin_array(json, "points");
    for (size_t i = 0; i < count; i++) {
        struct series_sample sample = series_at(series, i);
        instant ends =
            i + 1 < count ? series_at(series, i + 1).begins : series_ends(series);

        if (ends <= now || sample.begins >= until)
            continue;
        json_begin_object(json, NULL);
        json_add_instant(json, "begins", sample.begins);
        json_add_instant(json, "ends", ends);
        json_add_scaled(json, "g", sample.level, 3);
        add_interval(json, forecast, sample.begins, ends);
        add_renewable(json, forecast->renewable, sample.begins, ends);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_actuals(struct text *json, const struct call *call,
                        const struct config_zone *zone)
{
    struct actuals actuals = {.count = 0};

    json_begin_array(json, "actuals");
    if (archive_load_actuals(call->daemon->reader, zone->name,
                             zone->actuals[0] ? zone->actuals : NULL, call->now - DAY,
                             call->now, &actuals, NULL)
        == 0) {
        for (size_t i = 0; i < actuals.count; i++) {
            json_begin_object(json, NULL);
            json_add_instant(json, "begins", actuals.items[i].begins);
            json_add_instant(json, "ends", actuals.items[i].ends);
            json_add_scaled(json, "g", actuals.items[i].level, 3);
            json_end_object(json);
        }
        actuals_release(&actuals);
    }
    json_end_array(json);
}

static void add_cleanest(struct text *json, const struct series *series, instant now,
                         instant until)
{
    struct series_window window;

    if (series_lowest(series, HOUR, now, until, &window, NULL) < 0) {
        json_add_null(json, "cleanest");
        return;
    }
    json_begin_object(json, "cleanest");
    json_add_instant(json, "begins", window.begins);
    json_add_instant(json, "ends", window.ends);
    json_add_scaled(json, "g", window.mean, 3);
    json_end_object(json);
}

static void show_forecast(const struct call *call, const struct config_zone *zone,
                          const struct grid_plan *plan, int64_t hours)
{
    const struct forecast *forecast = plan->forecast;
    struct text json = TEXT_EMPTY;
    instant until = call->now + hours * HOUR;
    instant ends = series_ends(forecast->intensity);

    json_begin_object(&json, NULL);
    json_add_text(&json, "zone", zone->name);
    json_add_text(&json, "provider", plan->provider);
    json_add_text(&json, "rung", feed_rung_name(plan->rung));
    json_add_bool(&json, "blended", strcmp(forecast->provider, BLEND_NAME) == 0);
    json_add_text(&json, "signal", signal_name(forecast->signal));
    json_add_text(&json, "unit", FORECAST_UNIT);
    json_add_bool(&json, "synthetic", forecast->synthetic);
    json_add_instant(&json, "issued", forecast->issued);
    json_add_instant(&json, "fetched", plan->fetched);
    json_add_number(&json, "age",
                    call->now > plan->fetched ? call->now - plan->fetched : 0);
    json_add_instant(&json, "now", call->now);
    add_level(&json, "now_g", forecast->intensity, call->now, 3);
    add_points(&json, forecast, call->now, until);
    add_actuals(&json, call, zone);
    add_cleanest(&json, forecast->intensity, call->now, until < ends ? until : ends);
    json_end_object(&json);
    call_answer(call, 200, &json);
}

static const struct config_zone *find_zone(const struct config *config,
                                           const char *name)
{
    for (size_t i = 0; i < config->zone_count; i++)
        if (strcmp(config->zones[i].name, name) == 0)
            return &config->zones[i];
    return NULL;
}

void routes_grid_forecast(const struct call *call)
{
    const char *name = call->words.items[0];
    const struct config_zone *section = find_zone(call->daemon->config, name);
    const struct grid_zone *zone = grid_watch_find(call->daemon->grid, name);
    struct error err = {ERROR_NONE, "", ""};
    int64_t hours = HOURS_STANDARD;

    if (!section || !zone)
        error_set(&err, ERROR_MISSING, "there is no zone '%.64s'", name);
    else if (!zone->plan.forecast)
        error_set(&err, ERROR_MISSING, "there is no forecast for %s that covers now",
                  name);
    else if (query_number(&call->query, "hours", 1, HOURS_MAX, &hours, &err) == 0) {
        show_forecast(call, section, &zone->plan, hours);
        return;
    }
    call_fail(call, &err);
}

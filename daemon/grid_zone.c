/* SPDX-License-Identifier: MIT */
#include "daemon/grid_zone.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "grid/yearly.h"
#include "setup/grid.h"

/* How far a yearly mean is told of; it is made anew before that. */
#define YEARLY_SPAN (2 * DAY)

static int add_source(struct grid_zone *zone, const struct config *config,
                      const char *name, enum reading_kind wanted, struct error *err)
{
    const struct config_provider *provider = config_find_provider(config, name);
    duration cadence = provider->every == CONFIG_NOT_SET
                           ? provider_find(provider->kind)->cadence
                           : provider->every;

    return feed_add_source(&zone->feed, name, wanted, cadence, err);
}

static int add_provider(struct grid_zone *zone, const struct config *config,
                        const char *name, struct error *err)
{
    const struct config_provider *provider = config_find_provider(config, name);

    if (!provider) {
        zone->uses_history = zone->uses_history || strcmp(name, CONFIG_HISTORY) == 0;
        return 0;
    }
    grid_learner_add(zone->learner, name);
    if (add_source(zone, config, name, READING_FORECAST, err) < 0)
        return -1;
    if (!provider->renewable || !provider_find(provider->kind)->has_renewable)
        return 0;
    return add_source(zone, config, name, READING_RENEWABLE, err);
}

int grid_zone_init(struct grid_zone *zone, const struct config *config,
                   const struct config_zone *section, struct error *err)
{
    memset(zone, 0, sizeof(*zone));
    /* Told apart by their names, so that zones spread their calls, always alike. */
    feed_init(&zone->feed, section->name,
              text_hash(section->name, strlen(section->name)));
    zone->signal = setup_zone_signal(config, section);
    zone->learner = grid_learner_create(section->name, zone->signal, section->actuals);
    zone->plan.rung = FEED_NONE;
    zone->yearly_is_set = section->yearly_average != CONFIG_AUTO;
    zone->yearly = section->yearly_average;
    if (!zone->yearly_is_set && !yearly_find(section->name, &zone->yearly))
        zone->yearly = -1;
    (void)text_copy(zone->actuals, sizeof(zone->actuals), section->actuals);
    for (size_t i = 0; i < section->providers.count; i++)
        if (add_provider(zone, config, section->providers.items[i], err) < 0)
            return -1;
    if (!config_find_provider(config, section->actuals))
        return 0;
    return add_source(zone, config, section->actuals, READING_ACTUALS, err);
}

void grid_zone_release(struct grid_zone *zone)
{
    feed_release(&zone->feed);
    grid_learner_destroy(zone->learner);
    forecast_destroy(zone->plan.forecast);
    zone->learner = NULL;
    zone->plan.forecast = NULL;
}

int grid_zone_take(struct grid_zone *zone, int source, struct reading *reading,
                   instant now, bool *is_new, struct error *err)
{
    *is_new = false;
    if (reading->forecast && reading->forecast->signal != zone->signal)
        return error_set(
            err, ERROR_INVALID, "its figures are %s, and the zone is planned by %s",
            signal_name(reading->forecast->signal), signal_name(zone->signal));
    if (reading->actuals.count && strcmp(reading->actuals.provider, zone->actuals) != 0)
        actuals_release(&reading->actuals);
    if (reading->actuals.count) {
        grid_learner_observe(zone->learner, &reading->actuals);
        *is_new = zone->uses_history;
    }
    if (reading->forecast) {
        forecast_destroy(grid_learner_issue(zone->learner, reading->forecast, now));
        feed_take_forecast(&zone->feed, source, reading->forecast);
        reading->forecast = NULL;
        *is_new = true;
    }
    if (reading->renewable) {
        *is_new = feed_take_renewable(&zone->feed, source, reading->renewable);
        reading->renewable = NULL;
    }
    return 0;
}

static struct forecast *make_yearly(const struct grid_zone *zone, instant now)
{
    const struct series_sample sample = {now - now % HOUR, zone->yearly};
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));

    (void)text_copy(forecast->zone, sizeof(forecast->zone), zone->feed.zone);
    (void)text_copy(forecast->provider, sizeof(forecast->provider), GRID_ZONE_YEARLY);
    forecast->signal = zone->yearly_is_set ? zone->signal : SIGNAL_AVERAGE_LIFECYCLE;
    forecast->issued = now;
    forecast->fetched = now;
    forecast->intensity =
        series_create(&sample, 1, sample.begins + YEARLY_SPAN, INTENSITY_MAX, NULL);
    return forecast;
}

/* Of a provider's forecast, with what was learnt of it if the zone says so. */
static struct forecast *make_of(struct grid_zone *zone, const struct forecast *forecast,
                                instant now)
{
    struct forecast *made = NULL;

    if (zone->uses_history && grid_learner_is_loaded(zone->learner))
        made = grid_learner_issue(zone->learner, forecast, now);
    return made || !forecast ? made : forecast_copy(forecast);
}

static struct grid_plan make_plan(struct grid_zone *zone, struct feed_choice choice,
                                  instant now)
{
    struct grid_plan plan = {.rung = choice.rung, .fetched = now, .hour = now / HOUR};
    const char *provider = "";

    plan.forecast = make_of(zone, choice.forecast, now);
    if (choice.forecast) {
        provider = choice.forecast->provider;
        plan.fetched = choice.forecast->fetched;
    } else if (plan.forecast) {
        provider = BLEND_HISTORY_NAME;
        plan.rung = FEED_HISTORY;
    } else if (zone->yearly >= 0) {
        provider = GRID_ZONE_YEARLY;
        plan.rung = FEED_YEARLY;
        plan.forecast = make_yearly(zone, now);
    }
    (void)text_copy(plan.provider, sizeof(plan.provider), provider);
    return plan;
}

/* Whether what is planned by still stands. */
static bool is_same(const struct grid_zone *zone, struct feed_choice choice,
                    instant now)
{
    const struct grid_plan *plan = &zone->plan;

    if (plan->forecast && !forecast_covers(plan->forecast, now))
        return false;
    if (choice.forecast)
        return plan->rung == choice.rung
               && strcmp(plan->provider, choice.forecast->provider) == 0
               && (!zone->uses_history || plan->hour == now / HOUR);
    if (plan->rung == FEED_HISTORY)
        return plan->hour == now / HOUR;
    /* The past may have come to suffice, with a new hour. */
    return plan->rung > FEED_HISTORY
           && (!zone->uses_history || plan->hour == now / HOUR)
           && (plan->rung == FEED_YEARLY || zone->yearly < 0);
}

bool grid_zone_choose(struct grid_zone *zone, instant now, bool is_new, bool *is_moved)
{
    struct feed_choice choice = feed_choose(&zone->feed, now);
    struct grid_plan plan;

    *is_moved = false;
    if (!is_new && is_same(zone, choice, now))
        return false;
    plan = make_plan(zone, choice, now);
    *is_moved =
        plan.rung != zone->plan.rung || strcmp(plan.provider, zone->plan.provider) != 0;
    forecast_destroy(zone->plan.forecast);
    zone->plan = plan;
    return true;
}

const struct forecast *grid_zone_forecast(const struct grid_zone *zone)
{
    return zone->plan.rung < FEED_YEARLY ? zone->plan.forecast : NULL;
}

void grid_zone_describe(const struct grid_zone *zone, char *text, size_t size)
{
    const struct grid_plan *plan = &zone->plan;
    const char *name = zone->feed.zone;
    const char *made_up = plan->forecast && plan->forecast->synthetic
                              ? " (SYNTHETIC: made-up power)"
                              : "";
    char fetched[INSTANT_TEXT_SIZE], ends[INSTANT_TEXT_SIZE];

    assert(plan->rung == FEED_NONE || plan->forecast);
    switch (plan->rung) {
    case FEED_LIVE:
        snprintf(text, size, "zone %s: planning by the forecast of %s%s", name,
                 plan->provider, made_up);
        break;
    case FEED_LAST:
        snprintf(text, size,
                 "zone %s: %s gives no new forecast; planning by its last one, of %s, "
                 "which reaches until %s%s",
                 name, plan->provider, instant_format(plan->fetched, fetched),
                 instant_format(series_ends(plan->forecast->intensity), ends), made_up);
        break;
    case FEED_HISTORY:
        snprintf(text, size,
                 "zone %s: no provider's forecast covers now; planning by the zone's "
                 "own past%s",
                 name, made_up);
        break;
    case FEED_YEARLY:
        snprintf(text, size,
                 "zone %s: no forecast covers now; jobs do not wait, and count by the "
                 "yearly mean of %d g/kWh",
                 name, (int)((zone->yearly + 500) / 1000));
        break;
    default:
        snprintf(text, size, "zone %s: no forecast covers now; jobs do not wait", name);
        break;
    }
}

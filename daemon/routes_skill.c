/* SPDX-License-Identifier: MIT */
#include "daemon/routes_skill.h"

#include <math.h>
#include <string.h>

#include "daemon/grid_watch.h"

/* A ratio with so many digits behind the point; null if there is nothing to divide by.
 */
static void add_ratio(struct text *json, const char *key, double sum, double count,
                      int digits)
{
    if (count > 0)
        json_add_scaled(json, key, llround(sum / count * pow(10, digits)), digits);
    else
        json_add_null(json, key);
}

static void add_skill(struct text *json, const struct blend *blend,
                      enum blend_source source, int day)
{
    struct skill skill = blend_skill(blend, source, day);

    json_begin_object(json, blend_source_name(source));
    json_add_scaled(json, "hours", llround(skill.count * 10), 1);
    add_ratio(json, "mae_g", skill.absolute_sum / 1000, skill.count, 1);
    add_ratio(json, "bias_g", skill.signed_sum / 1000, skill.count, 1);
    add_ratio(json, "mape_percent", 100 * skill.share_sum, skill.share_count, 1);
    add_ratio(json, "rank_correlation", skill.rank_sum, skill.days, 3);
    if (source == BLEND_ISSUED)
        add_ratio(json, "inside_percent", 100 * skill.inside, skill.banded, 1);
    json_end_object(json);
}

static void add_day(struct text *json, const struct blend *blend, int day)
{
    json_begin_object(json, NULL);
    json_add_number(json, "day", day + 1);
    for (int i = 0; i < BLEND_SOURCES; i++)
        add_skill(json, blend, (enum blend_source)i, day);
    json_add_scaled(json, "history_weight",
                    llround(1000 * blend_history_weight(blend, day * 24 + 12)), 3);
    json_end_object(json);
}

static void add_provider(struct text *json, const struct grid_learner *learner,
                         const char *provider)
{
    const struct blend *blend = grid_learner_find(learner, provider);

    if (!blend)
        return;
    json_begin_object(json, NULL);
    json_add_text(json, "provider", provider);
    json_begin_array(json, "days");
    for (int day = 0; day < BLEND_DAYS; day++)
        add_day(json, blend, day);
    json_end_array(json);
    json_end_object(json);
}

static void show(const struct call *call, const struct grid_zone *zone)
{
    const struct feed *feed = &zone->feed;
    struct text json = TEXT_EMPTY;

    json_begin_object(&json, NULL);
    json_add_text(&json, "zone", feed->zone);
    json_add_text(&json, "signal", signal_name(zone->signal));
    json_add_name(&json, "actuals", zone->actuals);
    json_add_number(&json, "interval_percent", FORECAST_BAND);
    json_add_number(&json, "half_life_days", BLEND_HALF_LIFE);
    json_begin_array(&json, "providers");
    for (size_t i = 0; i < feed->source_count; i++)
        if (feed->sources[i].wanted == READING_FORECAST)
            add_provider(&json, zone->learner, feed->sources[i].provider);
    add_provider(&json, zone->learner, BLEND_HISTORY_NAME);
    json_end_array(&json);
    json_end_object(&json);
    call_answer(call, 200, &json);
}

void routes_skill(const struct call *call)
{
    const struct grid_zone *zone =
        grid_watch_find(call->daemon->grid, call->words.items[0]);
    struct error err = {ERROR_NONE, "", ""};

    if (zone) {
        show(call, zone);
        return;
    }
    error_set(&err, ERROR_MISSING, "there is no zone '%.64s'", call->words.items[0]);
    call_fail(call, &err);
}

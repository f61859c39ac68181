/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/grid_zone.h"
#include "setup/grid.h"
#include "tests/support/world.h"

/*
 * All providers of a zone fail for a day: the zone goes down the ladder rung by rung,
 * says so, and its jobs go on being released. Everything but the network is real: the
 * config, the feed, what is learnt, the engine and its store, under a virtual clock.
 */

#define STEP    (10 * MINUTE)
#define HORIZON (6 * HOUR) /* of what the providers say */

#define WITH_PROVIDERS(names)                                                          \
    "[provider first]\nkind = synthetic\n[provider second]\nkind = synthetic\n"        \
    "[zone GB]\nproviders = " names "\nactuals = first\nyearly_average = 268\n"        \
    "[pool lab]\nzone = GB\ngpus = 1\n[queue q]\npolicy = cleanest\n"

struct outage {
    struct world *world;
    struct config *config;
    struct grid_zone zone;
    bool is_down;
    int moves; /* from rung to rung, or provider to provider */
};

static void start(struct outage *outage, struct world *world, const char *text)
{
    static struct config_faults faults;

    *outage = (struct outage){.world = world};
    outage->config = config_parse(text, strlen(text), &faults);
    assert_non_null(outage->config);
    assert_int_equal(0, grid_zone_init(&outage->zone, outage->config,
                                       &outage->config->zones[0], NULL));
    while (!grid_learner_is_loaded(outage->zone.learner))
        assert_int_equal(0, grid_learner_load(outage->zone.learner, world->reader,
                                              world->clock.time, NULL));
}

static void finish(struct outage *outage)
{
    grid_zone_release(&outage->zone);
    config_destroy(outage->config);
}

/* What a provider says that looks no further than some hours ahead. */
static void shorten(struct forecast *forecast)
{
    struct series_sample samples[HORIZON / HOUR];
    struct series *shorter;

    for (size_t i = 0; i < HORIZON / HOUR; i++)
        samples[i] = series_at(forecast->intensity, i);
    shorter = series_create(samples, HORIZON / HOUR, samples[0].begins + HORIZON,
                            INTENSITY_MAX, NULL);
    series_destroy(forecast->intensity);
    series_destroy(forecast->renewable);
    forecast->intensity = shorter;
    forecast->renewable = NULL;
}

static bool answer(struct outage *outage, int source, instant now)
{
    const struct feed_source *asked = &outage->zone.feed.sources[source];
    const struct config_provider *section =
        config_find_provider(outage->config, asked->provider);
    const struct provider_settings settings = setup_provider(section);
    const struct provider_body body = {"", 0, ""};
    struct reading reading = {0};
    bool is_new;

    assert_int_equal(
        0, provider_find(section->kind)
               ->parse(&settings, "GB", asked->wanted, &body, now, &reading, NULL));
    if (reading.forecast)
        shorten(reading.forecast);
    assert_int_equal(
        0, grid_zone_take(&outage->zone, source, &reading, now, &is_new, NULL));
    reading_release(&reading);
    feed_succeeded(&outage->zone.feed, source, now);
    return is_new;
}

/* Ask what is due, choose, plan, and start what is to start. */
static void live(struct outage *outage)
{
    instant now = outage->world->clock.time;
    bool is_new = false;
    bool is_moved;
    int source;

    while ((source = feed_due(&outage->zone.feed, NULL, now)) >= 0) {
        feed_started(&outage->zone.feed, source);
        if (outage->is_down)
            feed_failed(&outage->zone.feed, source, now, 0, false, "answered 503");
        else
            is_new = answer(outage, source, now) || is_new;
    }
    if (grid_zone_choose(&outage->zone, now, is_new, &is_moved))
        engine_set_forecast(outage->world->engine, "GB",
                            grid_zone_forecast(&outage->zone));
    outage->moves += is_moved;
    world_run(outage->world);
}

static void live_for(struct outage *outage, duration length)
{
    for (duration passed = 0; passed < length; passed += STEP) {
        live(outage);
        world_wait(outage->world, STEP);
    }
}

/* A job that may wait for four hours, of ten minutes. */
static int64_t submit(struct outage *outage)
{
    return world_take(outage->world, WORLD_JOB(", \"time\": 600, \"max_wait\": 14400"));
}

/* Jobs that were submitted during the outage. */
struct jobs {
    int64_t ids[8];
    instant submitted[8];
    bool has_ended[8];
    size_t count;
};

static void submit_another(struct outage *outage, struct jobs *jobs)
{
    jobs->submitted[jobs->count] = outage->world->clock.time;
    jobs->ids[jobs->count++] = submit(outage);
}

/* End those that have been started, each within what it may wait. */
static void end_started(struct outage *outage, struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        if (jobs->has_ended[i] || world_count_orders(outage->world, jobs->ids[i]) == 0)
            continue;
        assert_true(world_job(outage->world, jobs->ids[i]).started
                    <= jobs->submitted[i] + 4 * HOUR + STEP);
        world_report(outage->world, jobs->ids[i], EXECUTOR_ENDED, 0);
        jobs->has_ended[i] = true;
    }
}

static void a_days_outage_goes_down_the_ladder_and_up_again(void **state)
{
    /* Hours into the outage, and the rung that the zone is on by then. */
    static const struct {
        duration hours;
        enum feed_rung rung;
        const char *provider;
    } expected[] = {
        {1, FEED_LIVE, "first"},       {4, FEED_LAST, "first"},
        {7, FEED_HISTORY, "history"},  {12, FEED_HISTORY, "history"},
        {20, FEED_HISTORY, "history"}, {24, FEED_HISTORY, "history"},
    };
    struct outage outage;
    struct jobs jobs = {.count = 0};
    duration passed = 0;

    start(&outage, *state, WITH_PROVIDERS("first, second, history"));
    live_for(&outage, 3 * DAY);
    assert_int_equal(FEED_LIVE, outage.zone.plan.rung);
    assert_string_equal("blend", outage.zone.plan.forecast->provider);
    outage.is_down = true;
    outage.moves = 0;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        submit_another(&outage, &jobs);
        live_for(&outage, expected[i].hours * HOUR - passed);
        passed = expected[i].hours * HOUR;
        end_started(&outage, &jobs);
        assert_int_equal(expected[i].rung, outage.zone.plan.rung);
        assert_string_equal(expected[i].provider, outage.zone.plan.provider);
        assert_int_equal(SIGNAL_AVERAGE_DIRECT, outage.zone.plan.forecast->signal);
        assert_true(outage.zone.plan.forecast->synthetic);
    }
    live_for(&outage, 5 * HOUR);
    end_started(&outage, &jobs);
    for (size_t i = 0; i < jobs.count; i++)
        assert_true(jobs.has_ended[i]);
    /* From live to last to history: it does not come and go. */
    assert_int_equal(2, outage.moves);
    outage.is_down = false;
    live_for(&outage, HOUR);
    assert_int_equal(FEED_LIVE, outage.zone.plan.rung);
    assert_string_equal("first", outage.zone.plan.provider);
    finish(&outage);
}

static void without_a_past_jobs_do_not_wait_at_all(void **state)
{
    struct outage outage;
    int64_t id;

    start(&outage, *state, WITH_PROVIDERS("first"));
    live_for(&outage, 3 * HOUR);
    assert_int_equal(FEED_LIVE, outage.zone.plan.rung);
    outage.is_down = true;
    live_for(&outage, 7 * HOUR);
    assert_int_equal(FEED_YEARLY, outage.zone.plan.rung);
    assert_int_equal(G_PER_KWH(268),
                     series_at(outage.zone.plan.forecast->intensity, 0).level);
    assert_null(grid_zone_forecast(&outage.zone));
    id = submit(&outage);
    live(&outage);
    assert_int_equal(1, world_count_orders(outage.world, id));
    outage.is_down = false;
    live_for(&outage, 31 * MINUTE);
    assert_int_equal(FEED_LIVE, outage.zone.plan.rung);
    finish(&outage);
}

static void a_second_provider_stands_in_for_the_first(void **state)
{
    struct outage outage;
    struct feed *feed = &outage.zone.feed;
    instant now;

    start(&outage, *state, WITH_PROVIDERS("first, second"));
    live_for(&outage, HOUR);
    assert_string_equal("first", outage.zone.plan.provider);
    /* The first one stays silent. */
    for (size_t i = 0; i < feed->source_count; i++)
        if (strcmp(feed->sources[i].provider, "first") == 0)
            feed->sources[i].next_try = outage.world->clock.time + DAY;
    live_for(&outage, 3 * HOUR);
    assert_string_equal("second", outage.zone.plan.provider);
    assert_int_equal(FEED_LIVE, outage.zone.plan.rung);
    now = outage.world->clock.time;
    for (size_t i = 0; i < feed->source_count; i++)
        if (strcmp(feed->sources[i].provider, "first") == 0)
            feed->sources[i].next_try = now;
    live(&outage);
    assert_string_equal("first", outage.zone.plan.provider);
    finish(&outage);
}

static void figures_of_another_signal_are_not_taken(void **state)
{
    struct outage outage;
    struct reading reading = {0};
    struct error err;
    bool is_new;

    start(&outage, *state, WITH_PROVIDERS("first, history"));
    live(&outage);
    reading.forecast = forecast_copy(outage.zone.feed.forecasts[0]);
    reading.forecast->signal = SIGNAL_MARGINAL_DIRECT;
    assert_int_equal(-1, grid_zone_take(&outage.zone, 0, &reading,
                                        outage.world->clock.time, &is_new, &err));
    assert_non_null(strstr(err.text, "marginal/direct"));
    assert_non_null(strstr(err.text, "average/direct"));
    assert_non_null(outage.zone.feed.forecasts[0]);
    reading_release(&reading);
    finish(&outage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_days_outage_goes_down_the_ladder_and_up_again),
        TEST(without_a_past_jobs_do_not_wait_at_all),
        TEST(a_second_provider_stands_in_for_the_first),
        TEST(figures_of_another_signal_are_not_taken),
    };

    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}

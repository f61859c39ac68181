/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"
#include "tests/support/world.h"

/* What a world's grid is going to be. */

void world_set_forecast(struct world *world, instant clean)
{
    instant begins = world->clock.time - world->clock.time % HOUR;
    const struct series_sample samples[] = {
        {begins, G_PER_KWH(400)},
        {clean, G_PER_KWH(100)},
        {clean + 3 * HOUR, G_PER_KWH(400)},
    };
    bool clean_now = clean <= begins;
    struct forecast forecast = {
        .zone = "GB", .provider = "test", .issued = begins, .fetched = begins};

    forecast.intensity = series_create(samples + clean_now, clean_now ? 2 : 3,
                                       begins + 2 * DAY, INTENSITY_MAX, NULL);
    assert_non_null(forecast.intensity);
    engine_set_forecast(world->engine, "GB", &forecast);
    series_destroy(forecast.intensity);
}

void world_set_levels(struct world *world, const int *levels, size_t count)
{
    instant begins = world->clock.time - world->clock.time % HOUR;
    struct series_sample samples[96];
    struct forecast forecast = {
        .zone = "GB", .provider = "test", .issued = begins, .fetched = begins};

    assert_true(count <= 96);
    for (size_t i = 0; i < count; i++)
        samples[i] =
            (struct series_sample){begins + (instant)i * HOUR, G_PER_KWH(levels[i])};
    forecast.intensity = series_create(samples, count, begins + (instant)count * HOUR,
                                       INTENSITY_MAX, NULL);
    assert_non_null(forecast.intensity);
    engine_set_forecast(world->engine, "GB", &forecast);
    series_destroy(forecast.intensity);
}

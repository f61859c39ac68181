/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "scheduler/plan_band.h"
#include "tests/support/planning.h"

#define START ((instant)1800000000)
#define HOURS 24

/* A forecast of an hour per level, so far off below and above, all in g/kWh. */
static struct forecast make_forecast(const int levels[HOURS], int below, int above)
{
    struct forecast forecast = {.zone = "GB", .issued = START, .fetched = START};
    struct series_sample samples[3][HOURS];
    struct series **made[] = {&forecast.low, &forecast.intensity, &forecast.high};

    for (int i = 0; i < HOURS; i++) {
        instant begins = START + (instant)i * HOUR;

        samples[0][i] = (struct series_sample){begins, G_PER_KWH(levels[i] - below)};
        samples[1][i] = (struct series_sample){begins, G_PER_KWH(levels[i])};
        samples[2][i] = (struct series_sample){begins, G_PER_KWH(levels[i] + above)};
    }
    for (int i = 0; i < 3; i++) {
        *made[i] =
            series_create(samples[i], HOURS, START + DAY, SERIES_LEVEL_MAX, NULL);
        assert_non_null(*made[i]);
    }
    return forecast;
}

static void forget(struct forecast *forecast)
{
    series_destroy(forecast->low);
    series_destroy(forecast->intensity);
    series_destroy(forecast->high);
    *forecast = (struct forecast){.zone = ""};
}

/* Dirty, but clean from the tenth hour to the fourteenth. */
static const int noon[HOURS] = {
    300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 100, 100,
    100, 100, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300,
};

/* A kilowatt without losses: an hour at 1 g/kWh is a gram. */
static struct plan_band_run run_of(const struct forecast *forecast, int begins,
                                   int ends)
{
    return (struct plan_band_run){forecast, 1000, 1000000, START + begins * HOUR,
                                  START + ends * HOUR};
}

static void errors_add_up_over_hours_and_combine_in_quadrature(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct plan_band_run at_once = run_of(&forecast, 0, 4);
    struct plan_band_run planned = run_of(&forecast, 10, 14);
    struct plan_band band = plan_band_find(&at_once, &planned, 1, 800);

    (void)state;
    assert_true(band.has_levels);
    assert_int_equal(G_PER_KWH(70), band.low);
    assert_int_equal(G_PER_KWH(140), band.high);
    assert_true(band.has_saving);
    assert_int_equal(800 - 200, band.saving_low); /* 4 x 30 and 4 x 40: 120, 160 */
    assert_int_equal(800 + 200, band.saving_high);
    forget(&forecast);
}

static void what_a_job_draws_and_the_losses_scale_its_band(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct plan_band_run at_once = run_of(&forecast, 0, 4);
    struct plan_band_run planned = run_of(&forecast, 10, 14);
    struct plan_band band;

    (void)state;
    at_once.watts = planned.watts = 2000;
    at_once.pue_ppm = planned.pue_ppm = 1500000;
    band = plan_band_find(&at_once, &planned, 1, 2400);
    assert_int_equal(2400 - 600, band.saving_low);
    assert_int_equal(2400 + 600, band.saving_high);
    forget(&forecast);
}

static void hours_in_both_runs_cancel(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct plan_band_run at_once = run_of(&forecast, 8, 12);
    struct plan_band_run planned = run_of(&forecast, 9, 13);
    struct plan_band band = plan_band_find(&at_once, &planned, 1, 200);

    (void)state;
    assert_int_equal(200 - 50, band.saving_low); /* one hour on either side */
    assert_int_equal(200 + 50, band.saving_high);
    band = plan_band_find(&at_once, &at_once, 1, 0);
    assert_true(band.has_saving);
    assert_int_equal(0, band.saving_low);
    assert_int_equal(0, band.saving_high);
    forget(&forecast);
}

static void of_hours_in_both_runs_only_what_one_draws_more_counts(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct plan_band_run at_once = run_of(&forecast, 0, 4);
    struct plan_band_run planned = at_once;
    struct plan_band band;

    (void)state;
    at_once.pue_ppm = 1500000;
    band = plan_band_find(&at_once, &planned, 1, 600);
    assert_int_equal(600 - 60, band.saving_low);
    assert_int_equal(600 + 80, band.saving_high);
    band = plan_band_find(&planned, &at_once, 1, -600);
    assert_int_equal(-600 - 80, band.saving_low);
    assert_int_equal(-600 + 60, band.saving_high);
    forget(&forecast);
}

static void the_same_hours_of_two_zones_do_not_cancel(void **state)
{
    struct forecast here = make_forecast(noon, 30, 30);
    struct forecast there = make_forecast(noon, 40, 40);
    struct plan_band_run at_once = run_of(&here, 0, 4);
    struct plan_band_run planned = run_of(&there, 0, 4);
    struct plan_band band = plan_band_find(&at_once, &planned, 1, 0);

    (void)state;
    assert_int_equal(-200, band.saving_low);
    assert_int_equal(200, band.saving_high);
    forget(&here);
    forget(&there);
}

static void pieces_count_as_one_sum(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct plan_band_run at_once = run_of(&forecast, 0, 4);
    const struct plan_band_run pieces[] = {
        run_of(&forecast, 3, 4), /* cancels with the last hour of the run at once */
        run_of(&forecast, 10, 11),
        run_of(&forecast, 12, 14),
    };
    struct plan_band band = plan_band_find(&at_once, pieces, 3, 600);

    (void)state;
    assert_int_equal(G_PER_KWH(150 - 30), band.low);
    assert_int_equal(G_PER_KWH(150 + 40), band.high);
    assert_int_equal(600 - 150, band.saving_low); /* 3 x 30 and 3 x 40 */
    assert_int_equal(600 + 150, band.saving_high);
    forget(&forecast);
}

static void a_small_saving_may_be_a_loss(void **state)
{
    struct forecast forecast = make_forecast(noon, 60, 80);
    struct plan_band_run at_once = run_of(&forecast, 0, 1);
    struct plan_band_run planned = run_of(&forecast, 1, 2);
    struct plan_band band = plan_band_find(&at_once, &planned, 1, 20);

    (void)state;
    assert_int_equal(-80, band.saving_low);
    assert_int_equal(120, band.saving_high);
    forget(&forecast);
}

static void a_level_outside_its_band_is_at_the_end_of_it(void **state)
{
    struct forecast forecast = make_forecast(noon, -10, 40);
    struct plan_band_run at_once = run_of(&forecast, 0, 1);
    struct plan_band_run planned = run_of(&forecast, 10, 11);
    struct plan_band band = plan_band_find(&at_once, &planned, 1, 200);

    (void)state;
    assert_int_equal(200 - 40, band.saving_low);
    assert_int_equal(200 + 40, band.saving_high);
    forget(&forecast);
}

static void
nothing_is_known_where_a_forecast_has_no_band_or_does_not_cover(void **state)
{
    struct forecast forecast = make_forecast(noon, 30, 40);
    struct forecast bare = {.intensity = forecast.intensity};
    struct plan_band_run here = run_of(&forecast, 0, 4);
    struct plan_band_run beyond = run_of(&forecast, 22, 26);
    struct plan_band_run unsure = run_of(&bare, 0, 4);
    struct plan_band_run nowhere = run_of(NULL, 0, 4);
    const struct plan_band_run pieces[] = {here, beyond};
    struct plan_band_run *unknown[] = {&beyond, &unsure, &nowhere};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct plan_band band = plan_band_find(&here, unknown[i], 1, 0);

        assert_false(band.has_levels || band.has_saving);
        band = plan_band_find(unknown[i], &here, 1, 0);
        assert_true(band.has_levels);
        assert_false(band.has_saving);
    }
    assert_false(plan_band_find(&here, pieces, 2, 0).has_levels);
    assert_true(plan_band_find(NULL, &here, 1, 0).has_levels);
    assert_false(plan_band_find(NULL, &here, 1, 0).has_saving);
    forget(&forecast);
}

/* Runs at whole minutes: grams that are half-bands come to fractions, too. */
static void the_numbers_of_every_band_add_up(void **state)
{
    size_t apart = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        uint64_t random = seed;
        int below = (int)planning_between(&random, 0, 99);
        int above = (int)planning_between(&random, 0, 99);
        struct forecast forecast = make_forecast(noon, below, above);
        duration length = planning_between(&random, 1, 359) * MINUTE;
        duration wait = planning_between(&random, 0, 720) * MINUTE;
        duration both = length > wait ? length - wait : 0;
        struct plan_band_run at_once = run_of(&forecast, 0, 1);
        struct plan_band_run pieces[2];
        struct plan_band band, halved;
        double low_side = (double)below * (double)(length - both) / HOUR;
        double high_side = (double)above * (double)(length - both) / HOUR;
        double squares = low_side * low_side + high_side * high_side;
        double off;

        at_once.ends = at_once.begins + length;
        pieces[0] = at_once;
        pieces[0].begins += wait;
        pieces[0].ends += wait;
        band = plan_band_find(&at_once, pieces, 1, 1000);
        off = (double)(1000 - band.saving_low);
        assert_true(band.has_saving && band.low <= band.high);
        assert_true(band.saving_low <= 1000 && 1000 <= band.saving_high);
        assert_int_equal(1000 - band.saving_low, band.saving_high - 1000);
        assert_true((off - 0.51) * (off - 0.51) <= squares || off < 0.51);
        assert_true((off + 0.51) * (off + 0.51) >= squares);
        apart += both == 0;

        /* In two pieces without a gap it is the same run. */
        pieces[1] = pieces[0];
        pieces[0].ends = pieces[1].begins += length / 2;
        halved = plan_band_find(&at_once, pieces, 2, 1000);
        assert_int_equal(band.low, halved.low);
        assert_int_equal(band.high, halved.high);
        assert_int_equal(band.saving_low, halved.saving_low);
        assert_int_equal(band.saving_high, halved.saving_high);
        forget(&forecast);
    }
    assert_in_range(apart, 200, 1800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_add_up_over_hours_and_combine_in_quadrature),
        cmocka_unit_test(what_a_job_draws_and_the_losses_scale_its_band),
        cmocka_unit_test(hours_in_both_runs_cancel),
        cmocka_unit_test(of_hours_in_both_runs_only_what_one_draws_more_counts),
        cmocka_unit_test(the_same_hours_of_two_zones_do_not_cancel),
        cmocka_unit_test(pieces_count_as_one_sum),
        cmocka_unit_test(a_small_saving_may_be_a_loss),
        cmocka_unit_test(a_level_outside_its_band_is_at_the_end_of_it),
        cmocka_unit_test(
            nothing_is_known_where_a_forecast_has_no_band_or_does_not_cover),
        cmocka_unit_test(the_numbers_of_every_band_add_up),
    };

    return cmocka_run_group_tests_name("plan_band", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "grid/foresight.h"

#define START ((instant)1800000000 / DAY * DAY)
#define HOURS 1440 /* of 60 days */
#define DAYS  40

static struct actual actuals[HOURS];
static struct forecast issues[DAYS];
static struct forecast *issued[DAYS];
static struct recording recording;

/* Days that are alike, 10 g more each hour; each midnight they are forecast a tenth too
 * high, for two days. */
static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < HOURS; i++)
        actuals[i] = (struct actual){START + i * HOUR, START + (i + 1) * HOUR,
                                     G_PER_KWH(100 + 10 * (i % 24))};
    for (int day = 0; day < DAYS; day++) {
        struct series_sample samples[48];
        instant begins = START + (10 + day) * DAY;

        for (int i = 0; i < 48; i++)
            samples[i] = (struct series_sample){begins + (duration)i * HOUR,
                                                G_PER_KWH(110 + 11 * (i % 24))};
        issues[day] = (struct forecast){.issued = begins, .fetched = begins};
        issues[day].intensity =
            series_create(samples, 48, begins + 48 * HOUR, INTENSITY_MAX, NULL);
        issued[day] = &issues[day];
    }
    recording = (struct recording){actuals, HOURS, issued, DAYS};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int day = 0; day < DAYS; day++)
        series_destroy(issues[day].intensity);
    return 0;
}

static intensity ask(struct foresight *foresight, instant now, duration ahead)
{
    struct forecast *forecast = foresight_ask(foresight, now);
    intensity level = -1;

    if (forecast)
        series_level(forecast->intensity, now + ahead, &level, NULL);
    forecast_destroy(forecast);
    return level;
}

static void perfect_foresight_knows_what_comes(void **state)
{
    struct foresight *foresight = foresight_create(FORESIGHT_PERFECT, &recording);

    (void)state;
    assert_int_equal(G_PER_KWH(170), ask(foresight, START + 3 * HOUR, 4 * HOUR));
    assert_int_equal(0, foresight_error_ppm(foresight));
    foresight_destroy(foresight);
}

static void raw_is_the_last_forecast_that_was_issued(void **state)
{
    struct foresight *foresight = foresight_create(FORESIGHT_RAW, &recording);
    instant second = START + 11 * DAY;

    (void)state;
    assert_int_equal(-1, ask(foresight, START + 10 * DAY - 1, 0));
    issues[1].issued = second + HOUR;
    assert_int_equal(G_PER_KWH(132), ask(foresight, second, 2 * HOUR));
    assert_int_equal(G_PER_KWH(110), ask(foresight, second, 0));
    /* It ends where the one before the next one ends. */
    assert_int_equal(-1, ask(foresight, second, 25 * HOUR));
    assert_int_equal(G_PER_KWH(132), ask(foresight, second + HOUR, 25 * HOUR));
    foresight_destroy(foresight);
}

static void a_forecast_that_is_a_tenth_off_is_so_judged(void **state)
{
    struct foresight *foresight = foresight_create(FORESIGHT_RAW, &recording);

    (void)state;
    assert_int_equal(-1, foresight_error_ppm(foresight));
    ask(foresight, START + 12 * DAY, 0);
    assert_int_equal(100000, foresight_error_ppm(foresight));
    foresight_destroy(foresight);
}

static void history_knows_no_more_than_what_was_measured(void **state)
{
    struct foresight *foresight = foresight_create(FORESIGHT_HISTORY, &recording);
    instant now = START + 30 * DAY;
    intensity before;

    (void)state;
    before = ask(foresight, now, 5 * HOUR);
    foresight_destroy(foresight);
    for (int i = 30 * 24; i < HOURS; i++)
        actuals[i].level = G_PER_KWH(2000);
    foresight = foresight_create(FORESIGHT_HISTORY, &recording);
    assert_int_equal(before, ask(foresight, now, 5 * HOUR));
    assert_in_range(before, G_PER_KWH(149), G_PER_KWH(151));
    foresight_destroy(foresight);
}

static void the_blend_has_learnt_from_all_that_went_before(void **state)
{
    struct foresight *foresight = foresight_create(FORESIGHT_BLEND, &recording);

    (void)state;
    /* Asked for the first time: that the forecasts are a tenth too high is known. */
    assert_in_range(ask(foresight, START + 40 * DAY, 5 * HOUR), G_PER_KWH(148),
                    G_PER_KWH(152));
    foresight_destroy(foresight);
}

static void kinds_are_known_by_their_names(void **state)
{
    enum foresight_kind kind;
    struct error err;

    (void)state;
    for (int i = 0; i < FORESIGHT_KINDS; i++) {
        assert_int_equal(
            0, foresight_kind_parse(foresight_kind_name((enum foresight_kind)i), &kind,
                                    &err));
        assert_int_equal(i, kind);
    }
    assert_int_equal(-1, foresight_kind_parse("crystal", &kind, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(perfect_foresight_knows_what_comes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(raw_is_the_last_forecast_that_was_issued, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_forecast_that_is_a_tenth_off_is_so_judged,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(history_knows_no_more_than_what_was_measured,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_blend_has_learnt_from_all_that_went_before,
                                        setup, teardown),
        cmocka_unit_test(kinds_are_known_by_their_names),
    };

    return cmocka_run_group_tests_name("foresight", tests, NULL, NULL);
}

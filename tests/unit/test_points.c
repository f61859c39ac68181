/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "grid/providers/points.h"

static const instant noon = 1700006400;
static const struct points_origin origin = {"GB", "neso", SIGNAL_AVERAGE_DIRECT, false};

/* Hours from noon; a level of -1 is a gap, a length of 0 an open end. */
struct hours {
    int64_t begins;
    int64_t length_min;
    int64_t g;
};

static int add(struct points *points, struct hours hours, struct error *err)
{
    struct point point = {
        .begins = noon + hours.begins * HOUR,
        .ends = POINT_OPEN,
        .level = hours.g < 0 ? POINT_NONE : G_PER_KWH(hours.g),
        .renewable = POINT_NONE,
    };

    if (hours.length_min)
        point.ends = point.begins + hours.length_min * MINUTE;
    return points_add(points, point, err);
}

static struct reading make(const struct hours *hours, size_t count,
                           enum reading_kind wanted, instant now, struct error *err)
{
    struct points points = POINTS_EMPTY;
    struct reading reading = {0};

    for (size_t i = 0; i < count; i++)
        assert_int_equal(0, add(&points, hours[i], NULL));
    points_make_reading(&points, &origin, wanted, now, &reading, err);
    points_release(&points);
    return reading;
}

static void a_forecast_begins_with_the_point_that_holds_now(void **state)
{
    const struct hours hours[] = {{-2, 60, 1}, {-1, 60, 2}, {0, 60, 3}, {1, 60, 4}};
    struct reading reading = make(hours, 4, READING_FORECAST, noon + 59 * MINUTE, NULL);

    (void)state;
    assert_int_equal(noon, series_begins(reading.forecast->intensity));
    assert_int_equal(noon + 2 * HOUR, series_ends(reading.forecast->intensity));
    assert_int_equal(2, series_count(reading.forecast->intensity));
    assert_string_equal("GB", reading.forecast->zone);
    assert_string_equal("neso", reading.forecast->provider);
    assert_int_equal(noon + 59 * MINUTE, reading.forecast->issued);
    assert_null(reading.forecast->renewable);
    reading_release(&reading);
}

static void a_short_gap_is_held_over_and_a_long_one_ends_the_forecast(void **state)
{
    const struct hours hours[] = {{0, 60, 1}, {1, 60, -1}, {2, 60, -1},
                                  {3, 60, 2}, {6, 60, 3},  {10, 60, 4}};
    struct reading reading = make(hours, 5, READING_FORECAST, noon, NULL);
    int64_t level;

    (void)state;
    assert_int_equal(noon + 7 * HOUR, series_ends(reading.forecast->intensity));
    assert_int_equal(
        0, series_level(reading.forecast->intensity, noon + 2 * HOUR, &level, NULL));
    assert_int_equal(G_PER_KWH(1), level);
    assert_int_equal(
        0, series_level(reading.forecast->intensity, noon + 5 * HOUR, &level, NULL));
    assert_int_equal(G_PER_KWH(2), level);
    reading_release(&reading);

    reading = make(hours, 6, READING_FORECAST, noon, NULL);
    assert_int_equal(noon + 7 * HOUR, series_ends(reading.forecast->intensity));
    reading_release(&reading);
}

static void a_gap_around_now_is_held_over_too(void **state)
{
    const struct hours hours[] = {{-9, 60, 9}, {-2, 60, 1}, {1, 60, 2}};
    struct reading reading = make(hours, 3, READING_FORECAST, noon, NULL);
    int64_t level;

    (void)state;
    assert_int_equal(noon - 2 * HOUR, series_begins(reading.forecast->intensity));
    assert_int_equal(0, series_level(reading.forecast->intensity, noon, &level, NULL));
    assert_int_equal(G_PER_KWH(1), level);
    reading_release(&reading);
}

static void a_forecast_of_the_past_or_the_far_future_is_missing(void **state)
{
    const struct hours past[] = {{-3, 60, 1}, {-2, 60, 2}};
    const struct hours future[] = {{3, 60, 1}, {4, 60, 2}};
    struct error err = {0};

    (void)state;
    assert_null(make(past, 2, READING_FORECAST, noon, &err).forecast);
    assert_int_equal(ERROR_MISSING, err.code);
    err.code = ERROR_NONE;
    assert_null(make(future, 2, READING_FORECAST, noon, &err).forecast);
    assert_int_equal(ERROR_MISSING, err.code);
    err.code = ERROR_NONE;
    assert_null(make(past, 0, READING_FORECAST, noon, &err).forecast);
    assert_int_equal(ERROR_MISSING, err.code);
}

static void actuals_have_ended_and_are_recent(void **state)
{
    const struct hours hours[] = {{-80, 60, 1}, {-70, 60, 2}, {-3, 60, -1},
                                  {-1, 60, 3},  {0, 60, 4},   {1, 60, 5}};
    struct reading reading = make(hours, 6, READING_ACTUALS, noon + 59 * MINUTE, NULL);
    struct error err = {0};

    (void)state;
    assert_int_equal(2, reading.actuals.count);
    assert_int_equal(noon - 70 * HOUR, reading.actuals.items[0].begins);
    assert_int_equal(noon, reading.actuals.items[1].ends);
    assert_int_equal(G_PER_KWH(3), reading.actuals.items[1].level);
    assert_string_equal("GB", reading.actuals.zone);
    reading_release(&reading);

    assert_int_equal(0, make(hours + 4, 2, READING_ACTUALS, noon, &err).actuals.count);
    assert_int_equal(ERROR_MISSING, err.code);
}

static void points_out_of_step_are_refused_by_index(void **state)
{
    static const struct {
        struct hours hours[2];
        const char *why;
    } cases[] = {
        {{{0, 60, 1}, {0, 60, 1}}, "point 1: the same time twice"},
        {{{1, 60, 1}, {0, 60, 1}}, "point 1: out of order"},
        {{{0, 60, 1}, {1, 25, 1}}, "point 1: its length does not divide an hour"},
        {{{0, 60, 1}, {1, 120, 1}}, "point 1: its length does not divide an hour"},
        {{{0, 60, 1}, {1, -60, 1}}, "point 1: its length does not divide an hour"},
        {{{0, 60, 1}, {-9999999, 60, 1}}, "point 1: not between 1970 and 9999"},
        {{{0, 60, 1}, {99999999, 60, 1}}, "point 1: not between 1970 and 9999"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct points points = POINTS_EMPTY;
        struct error err = {0};

        assert_int_equal(0, add(&points, cases[i].hours[0], NULL));
        assert_int_equal(-1, add(&points, cases[i].hours[1], &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_string_equal(cases[i].why, err.text);
        assert_int_equal(1, points.count);
        points_release(&points);
    }
}

static void points_that_overlap_are_refused(void **state)
{
    struct points points = POINTS_EMPTY;
    struct point second = {noon + 59 * MINUTE, noon + 89 * MINUTE, 1, POINT_NONE};
    struct error err = {0};

    (void)state;
    assert_int_equal(0, add(&points, (struct hours){0, 60, 1}, NULL));
    assert_int_equal(-1, points_add(&points, second, &err));
    assert_string_equal("point 1: overlaps the one before it", err.text);
    points_release(&points);
}

static void open_ends_close_where_the_next_point_begins(void **state)
{
    static const struct {
        const char *name;
        instant begins[4]; /* minutes; -1: no more */
        instant lengths[4];
        const char *why;
    } cases[] = {
        {"even", {0, 30, 60, -1}, {30, 30, 30}, NULL},
        {"from half-hours to hours", {0, 30, 60, 120}, {30, 30, 60, 60}, NULL},
        {"a gap", {0, 60, 240, 300}, {60, 60, 60, 60}, NULL},
        {"a gap at first", {0, 180, 240, 300}, {60, 60, 60, 60}, NULL},
        {"alone", {0, -1}, {0}, "a single point has no length"},
        {"days", {0, 1440, -1}, {0}, "the step between points does not divide an hour"},
        {"odd", {0, 7, -1}, {0}, "the step between points does not divide an hour"},
        {"shifted",
         {0, 30, 60, 110},
         {0},
         "point 2: its length does not divide an hour"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct points points = POINTS_EMPTY;
        struct error err = {0};

        for (size_t j = 0; j < 4 && cases[i].begins[j] >= 0; j++) {
            struct point point = {noon + cases[i].begins[j] * MINUTE, POINT_OPEN, 1,
                                  POINT_NONE};

            assert_int_equal(0, points_add(&points, point, NULL));
        }
        if (points_close(&points, &err) < 0 && !cases[i].why)
            fail_msg("%s: %s", cases[i].name, err.text);
        if (cases[i].why)
            assert_string_equal(cases[i].why, err.text);
        for (size_t j = 0; !cases[i].why && j < points.count; j++)
            assert_int_equal(cases[i].lengths[j] * MINUTE,
                             points.items[j].ends - points.items[j].begins);
        points_release(&points);
    }
}

static void a_forecast_longer_than_a_series_may_be_is_cut(void **state)
{
    struct points points = POINTS_EMPTY;
    struct reading reading = {0};

    (void)state;
    for (int64_t hour = 0; hour < 401 * DAY / HOUR; hour++)
        assert_int_equal(0, add(&points, (struct hours){hour, 60, 7}, NULL));
    assert_int_equal(0, points_make_reading(&points, &origin, READING_FORECAST, noon,
                                            &reading, NULL));
    assert_int_equal(noon + SERIES_SPAN_MAX, series_ends(reading.forecast->intensity));
    reading_release(&reading);
    points_release(&points);
}

static void too_many_points_are_refused(void **state)
{
    struct points points = POINTS_EMPTY;
    struct point point = {0, 0, 1, POINT_NONE};
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < SERIES_SAMPLES_MAX; i++) {
        point.ends = point.begins + 60;
        assert_int_equal(0, points_add(&points, point, NULL));
        point.begins += 60;
    }
    point.ends = point.begins + 60;
    assert_int_equal(-1, points_add(&points, point, &err));
    assert_string_equal("more than 120000 points", err.text);
    points_release(&points);
}

static void figures_are_scaled_and_kept_within_reason(void **state)
{
    struct points points = POINTS_EMPTY;
    int64_t figure = -7;

    (void)state;
    assert_int_equal(0, points_level(&points, 211.5, &figure, NULL));
    assert_int_equal(211500, figure);
    assert_int_equal(0, points_renewable(&points, 101.74, &figure, NULL));
    assert_int_equal(1017, figure);
    assert_int_equal(-1, points_level(&points, -0.1, &figure, NULL));
    assert_int_equal(-1, points_level(&points, 3001, &figure, NULL));
    assert_int_equal(-1, points_renewable(&points, 1e300, &figure, NULL));
    assert_int_equal(1017, figure);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forecast_begins_with_the_point_that_holds_now),
        cmocka_unit_test(a_short_gap_is_held_over_and_a_long_one_ends_the_forecast),
        cmocka_unit_test(a_gap_around_now_is_held_over_too),
        cmocka_unit_test(a_forecast_of_the_past_or_the_far_future_is_missing),
        cmocka_unit_test(actuals_have_ended_and_are_recent),
        cmocka_unit_test(points_out_of_step_are_refused_by_index),
        cmocka_unit_test(points_that_overlap_are_refused),
        cmocka_unit_test(open_ends_close_where_the_next_point_begins),
        cmocka_unit_test(a_forecast_longer_than_a_series_may_be_is_cut),
        cmocka_unit_test(too_many_points_are_refused),
        cmocka_unit_test(figures_are_scaled_and_kept_within_reason),
    };

    return cmocka_run_group_tests_name("points", tests, NULL, NULL);
}

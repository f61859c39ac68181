/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>

#include "grid/series.h"

/* A day in four steps: a windy night, a morning peak, a sunny noon, an evening peak. */
static const struct series_sample day[] = {
    {0 * HOUR, G_PER_KWH(100)},
    {6 * HOUR, G_PER_KWH(400)},
    {12 * HOUR, G_PER_KWH(200)},
    {18 * HOUR, G_PER_KWH(500)},
};

static int make_day(void **state)
{
    *state = series_create(day, 4, DAY, INTENSITY_MAX, NULL);
    return *state ? 0 : -1;
}

static int drop_day(void **state)
{
    series_destroy(*state);
    return 0;
}

static void a_level_holds_until_the_next_sample(void **state)
{
    static const struct {
        instant when;
        int64_t level; /* -1: not covered */
    } cases[] = {
        {-1, -1},
        {0, G_PER_KWH(100)},
        {6 * HOUR - 1, G_PER_KWH(100)},
        {6 * HOUR, G_PER_KWH(400)},
        {DAY - 1, G_PER_KWH(500)},
        {DAY, -1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t level = -1;

        series_level(*state, cases[i].when, &level, NULL);
        assert_int_equal(cases[i].level, level);
    }
}

static void a_mean_weighs_each_step_by_its_share_of_the_window(void **state)
{
    int64_t mean;

    /* Two hours at 100, two at 400. */
    assert_int_equal(0, series_mean(*state, 4 * HOUR, 4 * HOUR, &mean, NULL));
    assert_int_equal(G_PER_KWH(250), mean);
    /* Within one step; and the whole of it. */
    assert_int_equal(0, series_mean(*state, 13 * HOUR + 7, 11, &mean, NULL));
    assert_int_equal(G_PER_KWH(200), mean);
    assert_int_equal(0, series_mean(*state, 0, DAY, &mean, NULL));
    assert_int_equal(G_PER_KWH(300), mean);
}

static void an_integral_is_level_times_seconds(void **state)
{
    int64_t area;

    assert_int_equal(0, series_integral(*state, 5 * HOUR, 6 * HOUR + 10, &area, NULL));
    assert_int_equal(HOUR * G_PER_KWH(100) + 10 * G_PER_KWH(400), area);
    assert_int_equal(0, series_integral(*state, HOUR, HOUR, &area, NULL));
    assert_int_equal(0, area);
}

static void the_lowest_window_is_found(void **state)
{
    static const struct {
        const char *name;
        duration length;
        instant earliest, deadline;
        instant begins;
        int64_t mean;
    } cases[] = {
        {"now, when now is lowest", 2 * HOUR, 0, DAY, 0, G_PER_KWH(100)},
        {"wait for noon", 2 * HOUR, 7 * HOUR, DAY, 12 * HOUR, G_PER_KWH(200)},
        {"no slack, no choice", 2 * HOUR, 7 * HOUR, 9 * HOUR, 7 * HOUR, G_PER_KWH(400)},
        {"cut short", 4 * HOUR, 7 * HOUR, 14 * HOUR, 10 * HOUR, G_PER_KWH(300)},
        {"over a step", 8 * HOUR, 7 * HOUR, DAY, 10 * HOUR, G_PER_KWH(250)},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct series_window found = {0};

        if (series_lowest(*state, cases[i].length, cases[i].earliest, cases[i].deadline,
                          &found, NULL)
            < 0)
            fail_msg("%s: no window", cases[i].name);
        if (found.begins != cases[i].begins || found.mean != cases[i].mean
            || found.ends != found.begins + cases[i].length)
            fail_msg("%s: begins at %ld h", cases[i].name, (long)(found.begins / HOUR));
    }
}

/* A small generator of our own, so that a failure can be repeated. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

/* Steps of uneven lengths in seconds, with levels from so few that many are equal. */
static struct series *make_uneven(uint32_t *seed, instant *ends)
{
    struct series_sample samples[12];
    size_t count = 1 + draw(seed, 12);
    instant at = draw(seed, 20);

    for (size_t i = 0; i < count; i++) {
        samples[i] = (struct series_sample){at, draw(seed, 4)};
        at += 1 + draw(seed, 9);
    }
    *ends = at;
    return series_create(samples, count, at, 3, NULL);
}

static int64_t area_by_adding_seconds(const struct series *series, instant begins,
                                      instant ends)
{
    int64_t area = 0;

    for (instant when = begins; when < ends; when++) {
        int64_t level;

        assert_int_equal(0, series_level(series, when, &level, NULL));
        area += level;
    }
    return area;
}

/* The claim in series.c, that only bends matter, held against every single start. */
static void the_lowest_window_agrees_with_trying_every_second(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < 400; round++) {
        instant ends;
        struct series *series = make_uneven(&seed, &ends);
        instant begins = series_begins(series);
        instant earliest = begins + draw(&seed, (uint32_t)(ends - begins));
        duration length = 1 + draw(&seed, (uint32_t)(ends - earliest));
        instant deadline =
            earliest + length + draw(&seed, (uint32_t)(ends - earliest - length + 1));
        struct series_window found;
        instant best = earliest;
        int64_t lowest = area_by_adding_seconds(series, earliest, earliest + length);

        for (instant from = earliest + 1; from + length <= deadline; from++) {
            int64_t area = area_by_adding_seconds(series, from, from + length);

            if (area < lowest) {
                lowest = area;
                best = from;
            }
        }
        assert_int_equal(
            0, series_lowest(series, length, earliest, deadline, &found, NULL));
        assert_int_equal(best, found.begins);
        assert_int_equal(lowest / length, found.mean);
        series_destroy(series);
    }
}

static void time_not_covered_is_missing_not_guessed(void **state)
{
    struct series_window found;
    struct error err = {0};
    int64_t level;

    assert_int_equal(-1, series_lowest(*state, HOUR, 0, DAY + 1, &found, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_int_equal(-1, series_mean(*state, -1, HOUR, &level, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_int_equal(-1, series_mean(*state, DAY - 1, INT64_MAX, &level, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_int_equal(-1, series_integral(*state, 0, DAY + 1, &level, &err));
    assert_int_equal(ERROR_MISSING, err.code);
}

static void a_window_without_room_is_invalid(void **state)
{
    struct series_window found;
    struct error err = {0};

    assert_int_equal(-1, series_lowest(*state, 2 * HOUR, HOUR, 2 * HOUR, &found, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_int_equal(-1, series_lowest(*state, HOUR, 2 * HOUR, HOUR, &found, &err));
    assert_int_equal(ERROR_INVALID, err.code);
}

static void slots_are_means_and_later_ones_repeat_the_last_day(void **state)
{
    int64_t levels[14];

    /* Four-hour slots from 20:00 on: one is covered, the rest repeat. */
    assert_int_equal(1, series_fill_slots(*state, 20 * HOUR, 4 * HOUR, levels, 14));
    assert_int_equal(G_PER_KWH(500), levels[0]);
    assert_int_equal(G_PER_KWH(100), levels[1]);
    assert_int_equal(G_PER_KWH(250), levels[2]);
    assert_int_equal(G_PER_KWH(400), levels[3]);
    for (size_t i = 6; i < 14; i++)
        assert_int_equal(levels[i - 6], levels[i]);
}

static void a_slot_over_the_end_repeats_the_day_before(void **state)
{
    int64_t levels[3];

    /* The slot from 23:00 to 01:00 takes the level of 00:00 to 01:00. */
    assert_int_equal(1, series_fill_slots(*state, 21 * HOUR, 2 * HOUR, levels, 3));
    assert_int_equal(G_PER_KWH(500), levels[0]);
    assert_int_equal(G_PER_KWH(100), levels[1]);
    assert_int_equal(G_PER_KWH(100), levels[2]);
}

static void a_series_of_less_than_a_day_repeats_its_last_level(void **state)
{
    struct series *series = series_create(day, 2, 8 * HOUR, INTENSITY_MAX, NULL);
    int64_t levels[40];

    (void)state;
    assert_int_equal(8, series_fill_slots(series, 0, HOUR, levels, 40));
    assert_int_equal(G_PER_KWH(100), levels[5]);
    for (size_t i = 6; i < 40; i++)
        assert_int_equal(G_PER_KWH(400), levels[i]);
    series_destroy(series);
}

static void the_first_slot_takes_what_is_covered_of_it(void **state)
{
    int64_t levels[2];

    assert_int_equal(1, series_fill_slots(*state, -HOUR, 2 * HOUR, levels, 1));
    assert_int_equal(G_PER_KWH(100), levels[0]);
    assert_int_equal(1, series_fill_slots(*state, DAY - 60, HOUR, levels, 2));
    assert_int_equal(G_PER_KWH(500), levels[0]);
    assert_int_equal(G_PER_KWH(100), levels[1]);
}

static void no_slot_is_written_if_the_first_is_not_covered(void **state)
{
    int64_t level = -7;

    assert_int_equal(0, series_fill_slots(*state, DAY, HOUR, &level, 1));
    assert_int_equal(0, series_fill_slots(*state, -HOUR, HOUR, &level, 1));
    assert_int_equal(-7, level);
}

static void a_copy_outlives_the_original(void **state)
{
    struct series *original = series_create(day, 4, DAY, INTENSITY_MAX, NULL);
    struct series *copy = series_copy(original);

    (void)state;
    series_destroy(original);
    assert_int_equal(4, series_count(copy));
    assert_int_equal(0, series_begins(copy));
    assert_int_equal(DAY, series_ends(copy));
    assert_int_equal(12 * HOUR, series_at(copy, 2).begins);
    assert_int_equal(G_PER_KWH(200), series_at(copy, 2).level);
    series_destroy(copy);
}

static void bad_samples_are_refused_by_name(void **state)
{
    static const struct {
        struct series_sample samples[2];
        size_t count;
        instant ends;
        const char *text;
    } cases[] = {
        {{{0, 0}}, 0, DAY, "no samples"},
        {{{HOUR, 0}, {0, 0}}, 2, DAY, "sample 0: out of order"},
        {{{HOUR, 0}, {HOUR, 0}}, 2, DAY, "sample 0: out of order"},
        {{{0, 0}, {HOUR, 0}}, 2, HOUR, "sample 1: out of order"},
        {{{0, 0}, {HOUR, 11}}, 2, DAY, "sample 1: out of range"},
        {{{0, 0}, {HOUR, -1}}, 2, DAY, "sample 1: out of range"},
        {{{INT64_MIN, 0}}, 1, DAY, "sample 0: not between 1970 and 9999"},
        {{{0, 0}}, 1, INT64_MAX, "sample 0: not between 1970 and 9999"},
        {{{0, 0}}, 1, SERIES_SPAN_MAX + 1, "samples span more than 400 days"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};

        assert_null(
            series_create(cases[i].samples, cases[i].count, cases[i].ends, 10, &err));
        assert_int_equal(ERROR_INVALID, err.code);
        assert_string_equal(cases[i].text, err.text);
    }
}

static void the_largest_series_does_not_overflow(void **state)
{
    const struct series_sample sample = {0, SERIES_LEVEL_MAX};
    struct series *series =
        series_create(&sample, 1, SERIES_SPAN_MAX, SERIES_LEVEL_MAX, NULL);
    int64_t mean;

    (void)state;
    assert_int_equal(0, series_mean(series, 0, SERIES_SPAN_MAX, &mean, NULL));
    assert_int_equal(SERIES_LEVEL_MAX, mean);
    series_destroy(series);
}

static void too_many_samples_are_refused(void **state)
{
    size_t count = SERIES_SAMPLES_MAX + 1;
    struct series_sample *samples = calloc(count, sizeof(*samples));
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < count; i++)
        samples[i].begins = (instant)i;
    assert_null(series_create(samples, count, (instant)count, 10, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    free(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_holds_until_the_next_sample),
        cmocka_unit_test(a_mean_weighs_each_step_by_its_share_of_the_window),
        cmocka_unit_test(an_integral_is_level_times_seconds),
        cmocka_unit_test(the_lowest_window_is_found),
        cmocka_unit_test(the_lowest_window_agrees_with_trying_every_second),
        cmocka_unit_test(time_not_covered_is_missing_not_guessed),
        cmocka_unit_test(a_window_without_room_is_invalid),
        cmocka_unit_test(slots_are_means_and_later_ones_repeat_the_last_day),
        cmocka_unit_test(a_slot_over_the_end_repeats_the_day_before),
        cmocka_unit_test(a_series_of_less_than_a_day_repeats_its_last_level),
        cmocka_unit_test(the_first_slot_takes_what_is_covered_of_it),
        cmocka_unit_test(no_slot_is_written_if_the_first_is_not_covered),
        cmocka_unit_test(a_copy_outlives_the_original),
        cmocka_unit_test(bad_samples_are_refused_by_name),
        cmocka_unit_test(the_largest_series_does_not_overflow),
        cmocka_unit_test(too_many_samples_are_refused),
    };

    return cmocka_run_group_tests_name("series", tests, make_day, drop_day);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "cli/chart.h"

static const struct terminal ascii = {.width = 80};
static const struct terminal blocks = {.width = 80, .unicode = true};

static instant utc(const char *text)
{
    instant when;

    assert_int_equal(0, instant_parse(text, &when, NULL));
    return when;
}

static int live_in_berlin(void **state)
{
    (void)state;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    return 0;
}

static void a_timeline_takes_the_finest_step_that_fits(void **state)
{
    static const struct {
        duration span;
        size_t most;
        duration step;
        size_t columns;
    } cases[] = {
        {48 * HOUR, 72, HOUR, 48},        {48 * HOUR, 192, 15 * MINUTE, 192},
        {48 * HOUR, 52, HOUR, 48},        {48 * HOUR, 40, 2 * HOUR, 24},
        {24 * HOUR, 72, 20 * MINUTE, 72}, {HOUR, 72, 5 * MINUTE, 12},
        {96 * HOUR, 47, 3 * HOUR, 32},    {400 * HOUR, 10, DAY, 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        instant begins = utc("2026-11-20T23:00:00Z");
        struct timeline timeline =
            timeline_fit(begins, begins + cases[i].span, cases[i].most);

        assert_int_equal(cases[i].step, timeline.step);
        assert_int_equal(cases[i].columns, timeline.columns);
        assert_true(timeline.begins <= begins);
    }
}

static void columns_begin_at_round_local_times(void **state)
{
    instant begins = utc("2026-11-21T20:37:12Z");
    struct timeline timeline = timeline_fit(begins, begins + 3 * DAY, 12);

    (void)state;
    /* Twelve hours from noon, or midnight, by clocks in Berlin. */
    assert_int_equal(12 * HOUR, timeline.step);
    assert_int_equal(utc("2026-11-21T11:00:00Z"), timeline.begins);
}

static void hours_are_local_and_midnight_is_a_day(void **state)
{
    const struct timeline timeline = {utc("2026-11-21T20:00:00Z"), HOUR, 18};
    struct text text = TEXT_EMPTY;

    (void)state;
    timeline_format(&timeline, &ascii, 2, &text);
    assert_string_equal("  ---+-----+-----+--\n"
                        "     Sun   06    12\n",
                        text.bytes);
    text_release(&text);
}

static void the_hour_that_clocks_skip_is_not_labelled(void **state)
{
    const struct timeline timeline = {utc("2026-03-28T23:00:00Z"), 15 * MINUTE, 24};
    struct text text = TEXT_EMPTY;

    (void)state;
    timeline_format(&timeline, &ascii, 0, &text);
    assert_string_equal("+-----------+-------+---\n"
                        "Sun         04      06\n",
                        text.bytes);
    text_release(&text);
}

static void a_column_is_the_mean_of_what_it_covers(void **state)
{
    const struct timeline timeline = {0, HOUR, 4};
    const struct chart_point points[] = {
        {0, 30 * MINUTE, 100},
        {30 * MINUTE, 90 * MINUTE, 200},
        {90 * MINUTE, 2 * HOUR, NAN},
        {2 * HOUR, 3 * HOUR, 0},
    };
    double levels[4];

    (void)state;
    chart_fill(&timeline, points, 4, levels);
    assert_true(fabs(levels[0] - 150) < 1e-9);
    assert_true(fabs(levels[1] - 200) < 1e-9);
    assert_true(fabs(levels[2]) < 1e-9);
    assert_true(isnan(levels[3]));
}

static void a_chart_begins_at_nothing_and_ends_at_a_round_number(void **state)
{
    const struct timeline timeline = {0, HOUR, 5};
    const double levels[] = {0, 50, 150, 190, NAN};
    struct text text = TEXT_EMPTY;

    (void)state;
    assert_true(fabs(chart_top(levels, 5) - 200) < 1e-9);
    chart_format(&timeline, &ascii, levels, 2, NULL, &text);
    assert_string_equal("  200 |  :# \n"
                        "  100 |.:## \n",
                        text.bytes);
    text_clear(&text);
    chart_format(&timeline, &blocks, levels, 2, NULL, &text);
    assert_string_equal("  200 │  ▄▇ \n"
                        "  100 │▁▄██ \n",
                        text.bytes);
    text_release(&text);
}

static void the_top_of_a_scale_is_round(void **state)
{
    static const double cases[][2] = {
        {0, 1},      {1, 1},     {7, 8},       {97, 100},
        {98.5, 100}, {312, 400}, {1001, 1200}, {0.04, 0.04},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(fabs(chart_top(&cases[i][0], 1) - cases[i][1]) < 1e-9);
}

static void a_sparkline_stays_within_its_row(void **state)
{
    const struct timeline timeline = {0, HOUR, 6};
    const double levels[] = {0, 25, 50, 100, 150, NAN};
    struct text text = TEXT_EMPTY;

    (void)state;
    chart_format_spark(&timeline, &blocks, levels, 100, NULL, &text);
    assert_string_equal("▁▂▄██ ", text.bytes);
    text_release(&text);
}

static void marks_stand_below_their_columns(void **state)
{
    const struct timeline timeline = {0, HOUR, 8};
    const struct chart_mark mark = {5 * HOUR, 7 * HOUR};
    const struct chart_mark none = {0, 0};
    struct text text = TEXT_EMPTY;

    (void)state;
    chart_format_marks(&timeline, &ascii, HOUR, &mark, 2, &text);
    assert_string_equal("   ^   ==\n", text.bytes);
    text_clear(&text);
    chart_format_marks(&timeline, &ascii, HOUR, &none, 2, &text);
    assert_string_equal("   ^\n", text.bytes);
    text_release(&text);
}

static void a_bar_covers_its_time_and_no_more(void **state)
{
    const struct timeline timeline = {DAY, HOUR, 8};
    static const struct {
        struct timeline_bar bar;
        const char *shown;
    } cases[] = {
        {{DAY + 2 * HOUR, DAY + 4 * HOUR, 0, false, {{0}}, 0}, "  ==    "},
        {{DAY + 2 * HOUR, DAY + 4 * HOUR, DAY + 6 * HOUR, true, {{0}}, 0}, "  ##  | "},
        {{DAY - 2 * HOUR, DAY + HOUR, 0, true, {{0}}, 0}, "#       "},
        {{DAY + 7 * HOUR, DAY + 20 * HOUR, DAY + 30 * HOUR, false, {{0}}, 0},
         "       ="},
        {{DAY + 9 * HOUR, DAY + 10 * HOUR, DAY, false, {{0}}, 0}, "|       "},
        {{0, HOUR, 0, true, {{0}}, 0}, "        "},
        {{DAY + HOUR,
          DAY + 7 * HOUR,
          0,
          false,
          {{DAY + 2 * HOUR, DAY + 4 * HOUR}, {DAY + 5 * HOUR + 1, DAY + 6 * HOUR}},
          2},
         " =  === "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = TEXT_EMPTY;

        timeline_format_bar(&timeline, &ascii, &cases[i].bar, &text);
        assert_string_equal(cases[i].shown, text.bytes);
        text_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeline_takes_the_finest_step_that_fits),
        cmocka_unit_test(columns_begin_at_round_local_times),
        cmocka_unit_test(hours_are_local_and_midnight_is_a_day),
        cmocka_unit_test(the_hour_that_clocks_skip_is_not_labelled),
        cmocka_unit_test(a_column_is_the_mean_of_what_it_covers),
        cmocka_unit_test(a_chart_begins_at_nothing_and_ends_at_a_round_number),
        cmocka_unit_test(the_top_of_a_scale_is_round),
        cmocka_unit_test(a_sparkline_stays_within_its_row),
        cmocka_unit_test(marks_stand_below_their_columns),
        cmocka_unit_test(a_bar_covers_its_time_and_no_more),
    };

    return cmocka_run_group_tests(tests, live_in_berlin, NULL);
}

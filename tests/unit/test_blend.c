/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "grid/blend.h"
#include "grid/blend_weights.h"

#define FIRST ((int64_t)480000) /* an hour that begins a day */
#define MONTH ((int64_t)720)    /* hours */

static bool is_near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

/* How it truly was: days that are alike but for a level that wanders. */
static double truth(int64_t hour)
{
    int64_t day = hour / 24;

    return 200000 + 80000 * sin((double)(hour % 24) / 24 * 6.2831853)
           + 30000 * sin((double)day * 1.3) + 20000 * sin((double)hour * 0.71);
}

static void observe(struct blend *blend, int64_t from, int64_t until)
{
    struct actual *items = xcalloc((size_t)(until - from) + 1, sizeof(*items));
    struct actuals actuals = {.signal = SIGNAL_AVERAGE_DIRECT, .items = items};

    for (int64_t hour = from; hour < until; hour++)
        items[actuals.count++] =
            (struct actual){hour * HOUR, (hour + 1) * HOUR, llround(truth(hour))};
    blend_observe(blend, &actuals);
    free(items);
}

/* What a provider says of an hour, as a multiple of the truth plus something. */
struct provider_model {
    double factor;
    double offset;
    double noise; /* that is different in each forecast */
};

static struct forecast *say(const struct provider_model *model, instant issued,
                            size_t hours, duration step)
{
    size_t count = hours * (size_t)(HOUR / step);
    struct series_sample *samples = xcalloc(count, sizeof(*samples));
    struct forecast *forecast = xcalloc(1, sizeof(*forecast));
    instant begins = issued - issued % step;

    for (size_t i = 0; i < count; i++) {
        instant at = begins + (instant)i * step;
        int64_t hour = at / HOUR, made = issued / HOUR;
        double noise = sin((double)hour * 2.9 + (double)made * 1.7);
        double level =
            model->factor * truth(hour) + model->offset + model->noise * noise;

        samples[i] = (struct series_sample){at, llround(fmax(level, 0))};
    }
    strcpy(forecast->zone, "XX");
    strcpy(forecast->provider, "them");
    forecast->signal = SIGNAL_AVERAGE_DIRECT;
    forecast->issued = issued;
    forecast->fetched = issued;
    forecast->intensity = series_create(samples, count, begins + (instant)count * step,
                                        INTENSITY_MAX, NULL);
    free(samples);
    return forecast;
}

/* Let it learn: days of actuals, then days of forecasts every `spacing` hours. */
static struct blend *teach(const struct provider_model *model, int64_t days,
                           int64_t spacing)
{
    struct blend *blend = blend_create("XX", SIGNAL_AVERAGE_DIRECT);

    observe(blend, FIRST - MONTH, FIRST);
    for (int64_t hour = FIRST; hour < FIRST + days * 24; hour += spacing) {
        struct forecast *said = say(model, hour * HOUR, 48, HOUR);

        forecast_destroy(blend_issue(blend, said, hour * HOUR));
        forecast_destroy(said);
        observe(blend, hour, hour + spacing);
    }
    return blend;
}

static double level_at(const struct series *series, int64_t hour)
{
    int64_t mean;

    assert_int_equal(0, series_mean(series, hour * HOUR, HOUR, &mean, NULL));
    return (double)mean;
}

/* The mean absolute error of the forecast made at an hour, over `hours` from it. */
static double error_of(const struct forecast *forecast, int64_t first, int hours)
{
    double sum = 0;

    for (int i = 0; i < hours; i++)
        sum += fabs(level_at(forecast->intensity, first + i) - truth(first + i));
    return sum / hours;
}

static void without_actuals_it_says_what_the_provider_says(void **state)
{
    const struct provider_model model = {1.2, 0, 0};
    struct blend *blend = blend_create("XX", SIGNAL_AVERAGE_DIRECT);
    struct forecast *said = say(&model, FIRST * HOUR + 20 * MINUTE, 10, 30 * MINUTE);
    struct forecast *made = blend_issue(blend, said, FIRST * HOUR + 25 * MINUTE);

    (void)state;
    assert_non_null(made);
    assert_int_equal(FIRST * HOUR, series_begins(made->intensity));
    assert_int_equal((FIRST + 10) * HOUR, series_ends(made->intensity));
    assert_int_equal(20, series_count(made->intensity));
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(series_at(said->intensity, i).level,
                         series_at(made->intensity, i).level);
    assert_string_equal("blend", made->provider);
    assert_int_equal(said->issued, made->issued);
    assert_non_null(made->low);
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

static void with_neither_there_is_nothing(void **state)
{
    struct blend *blend = blend_create("XX", SIGNAL_AVERAGE_DIRECT);
    const struct provider_model model = {1, 0, 0};
    struct forecast *said = say(&model, FIRST * HOUR, 5, HOUR);

    (void)state;
    assert_null(blend_issue(blend, NULL, FIRST * HOUR));
    assert_null(blend_issue(blend, said, (FIRST + 5) * HOUR));
    forecast_destroy(said);
    blend_destroy(blend);
}

static void without_a_provider_history_speaks_and_says_so(void **state)
{
    struct blend *blend = blend_create("XX", SIGNAL_AVERAGE_DIRECT);
    struct forecast *made;

    (void)state;
    observe(blend, FIRST - MONTH, FIRST);
    made = blend_issue(blend, NULL, FIRST * HOUR + 1);
    assert_string_equal("history", made->provider);
    assert_string_equal("XX", made->zone);
    assert_int_equal(FIRST * HOUR, series_begins(made->intensity));
    assert_int_equal((FIRST + 96) * HOUR, series_ends(made->intensity));
    assert_true(error_of(made, FIRST, 24) < 40000);
    forecast_destroy(made);
    blend_destroy(blend);
}

static void beyond_the_providers_horizon_history_goes_on(void **state)
{
    const struct provider_model model = {1, 0, 0};
    struct blend *blend = teach(&model, 3, 6);
    int64_t first = FIRST + 72;
    struct forecast *said = say(&model, first * HOUR, 10, 15 * MINUTE);
    struct forecast *made = blend_issue(blend, said, first * HOUR);
    struct forecast *history;

    (void)state;
    assert_int_equal((first + 96) * HOUR, series_ends(made->intensity));
    assert_int_equal(40 + 86, series_count(made->intensity));
    history = blend_issue(blend, NULL, first * HOUR);
    for (int i = 10; i < 96; i++)
        assert_true(is_near(level_at(history->intensity, first + i),
                            level_at(made->intensity, first + i), 1));
    forecast_destroy(history);
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

static void a_provider_that_is_always_right_is_believed(void **state)
{
    const struct provider_model model = {1, 0, 0};
    struct blend *blend = teach(&model, 10, 6);
    int64_t first = FIRST + 240;
    struct forecast *said = say(&model, first * HOUR, 48, HOUR);
    struct forecast *made = blend_issue(blend, said, first * HOUR);

    (void)state;
    assert_true(error_of(made, first, 48) < 1500);
    assert_true(blend_history_weight(blend, 24) < 0.05);
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

static void a_bias_is_taken_off(void **state)
{
    const struct provider_model model = {0.8, 0, 0};
    struct blend *blend = teach(&model, 11, 6);
    int64_t first = FIRST + 264;
    struct forecast *said = say(&model, first * HOUR, 48, HOUR);
    struct forecast *made = blend_issue(blend, said, first * HOUR);

    (void)state;
    assert_true(error_of(said, first, 48) > 35000);
    assert_true(error_of(made, first, 48) < error_of(said, first, 48) / 10);
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

static void a_provider_that_knows_nothing_loses_its_say(void **state)
{
    const struct provider_model model = {0, 200000, 150000};
    struct blend *blend = teach(&model, 20, 6);
    int64_t first = FIRST + 480;
    struct forecast *said = say(&model, first * HOUR, 48, HOUR);
    struct forecast *made = blend_issue(blend, said, first * HOUR);

    (void)state;
    assert_true(blend_history_weight(blend, 24) > 0.7);
    assert_true(error_of(made, first, 48) < error_of(said, first, 48) / 2);
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

static void two_that_err_apart_are_better_together(void **state)
{
    const struct provider_model model = {1, 0, 25000};
    struct blend *blend = teach(&model, 20, 24);
    struct skill provider, history, issued;

    (void)state;
    provider = blend_skill(blend, BLEND_PROVIDER, 0);
    history = blend_skill(blend, BLEND_HISTORY, 0);
    issued = blend_skill(blend, BLEND_ISSUED, 0);
    assert_true(provider.count > 200);
    assert_true(is_near(provider.count, issued.count, 1e-6));
    assert_true(issued.share_sum < provider.share_sum);
    assert_true(issued.share_sum < history.share_sum);
    assert_true(issued.days > 9);
    assert_true(issued.rank_sum / issued.days > 0.7);
    assert_true(issued.inside / issued.banded > 0.6);
    blend_destroy(blend);
}

static void what_will_be_measured_changes_nothing_that_was_said(void **state)
{
    const struct provider_model model = {1, 0, 25000};
    struct blend *knows = teach(&model, 5, 24);
    struct blend *waits = teach(&model, 5, 24);
    int64_t first = FIRST + 120;
    struct forecast *said = say(&model, first * HOUR, 48, HOUR);
    struct forecast *a = blend_issue(knows, said, first * HOUR);
    struct forecast *b;

    (void)state;
    b = blend_issue(waits, said, first * HOUR);
    observe(knows, first, first + 48);
    for (int i = 0; i < 48; i++)
        assert_true(is_near(level_at(a->intensity, first + i),
                            level_at(b->intensity, first + i), 0.5));
    forecast_destroy(a);
    forecast_destroy(b);
    forecast_destroy(said);
    blend_destroy(knows);
    blend_destroy(waits);
}

static void actuals_that_come_twice_teach_nothing_anew(void **state)
{
    const struct provider_model model = {1, 0, 25000};
    struct blend *blend = teach(&model, 5, 24);
    struct skill before = blend_skill(blend, BLEND_ISSUED, 0);
    struct skill after;

    (void)state;
    observe(blend, FIRST + 72, FIRST + 120);
    after = blend_skill(blend, BLEND_ISSUED, 0);
    assert_true(is_near(before.count, after.count, 1e-9));
    assert_true(is_near(before.absolute_sum, after.absolute_sum, 1e-6));
    blend_destroy(blend);
}

/* Every quarter of an hour or once in six hours: the same days are learnt from. */
static void many_forecasts_a_day_weigh_no_more_than_a_few(void **state)
{
    const struct provider_model model = {1, 0, 25000};
    struct blend *often = blend_create("XX", SIGNAL_AVERAGE_DIRECT);
    struct blend *seldom = teach(&model, 10, 6);
    struct skill of_often, of_seldom;

    (void)state;
    observe(often, FIRST - MONTH, FIRST);
    for (int64_t i = 0; i < 960; i++) {
        instant now = FIRST * HOUR + i * (15 * MINUTE);
        struct forecast *said = say(&model, now, 48, 15 * MINUTE);

        forecast_destroy(blend_issue(often, said, now));
        forecast_destroy(said);
        if (i % 4 == 3)
            observe(often, FIRST + i / 4, FIRST + i / 4 + 1);
    }
    of_often = blend_skill(often, BLEND_PROVIDER, 0);
    of_seldom = blend_skill(seldom, BLEND_PROVIDER, 0);
    assert_true(is_near(of_often.count, of_seldom.count, 0.1 * of_seldom.count));
    assert_true(is_near(of_often.share_sum / of_often.share_count,
                        of_seldom.share_sum / of_seldom.share_count, 0.03));
    blend_destroy(often);
    blend_destroy(seldom);
}

static void the_interval_lies_around_the_forecast(void **state)
{
    const struct provider_model model = {1, 0, 25000};
    struct blend *blend = teach(&model, 20, 24);
    int64_t first = FIRST + 480;
    struct forecast *said = say(&model, first * HOUR, 48, HOUR);
    struct forecast *made = blend_issue(blend, said, first * HOUR);

    (void)state;
    for (int i = 0; i < 96; i++) {
        double level = level_at(made->intensity, first + i);

        assert_true(level_at(made->low, first + i) <= level);
        assert_true(level_at(made->high, first + i) >= level);
        assert_true(level_at(made->high, first + i) < 2 * level);
    }
    forecast_destroy(made);
    forecast_destroy(said);
    blend_destroy(blend);
}

/* Errors of two without correlation: weights by the inverse of their squares. */
static void weights_are_as_bates_and_granger_have_them(void **state)
{
    double moments[WEIGHTS_MAX][WEIGHTS_MAX] = {
        {1, 0, 0, 0}, {0, 4, 0, 0}, {0, 0, 1e9, 0}, {0, 0, 0, 1e9}};
    const bool two[WEIGHTS_MAX] = {true, true, false, false};
    const bool none[WEIGHTS_MAX] = {false, false, false, false};
    double weights[WEIGHTS_MAX];

    (void)state;
    assert_true(weights_find(moments, two, weights));
    assert_true(is_near(0.8, weights[0], 1e-12));
    assert_true(is_near(0.2, weights[1], 1e-12));
    assert_true(is_near(0, weights[2] + weights[3], 1e-12));
    assert_false(weights_find(moments, none, weights));
    assert_true(is_near(0, weights[0], 1e-12));
}

/* The second is the first and more: with a weight below 0 it would do, with 0 it must.
 */
static void no_weight_is_below_zero(void **state)
{
    double moments[WEIGHTS_MAX][WEIGHTS_MAX] = {
        {1, 2, 0, 0}, {2, 5, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    const bool two[WEIGHTS_MAX] = {true, true, false, false};
    double weights[WEIGHTS_MAX];

    (void)state;
    assert_true(weights_find(moments, two, weights));
    assert_true(is_near(1, weights[0], 1e-12));
    assert_true(is_near(0, weights[1], 1e-12));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_actuals_it_says_what_the_provider_says),
        cmocka_unit_test(with_neither_there_is_nothing),
        cmocka_unit_test(without_a_provider_history_speaks_and_says_so),
        cmocka_unit_test(beyond_the_providers_horizon_history_goes_on),
        cmocka_unit_test(a_provider_that_is_always_right_is_believed),
        cmocka_unit_test(a_bias_is_taken_off),
        cmocka_unit_test(a_provider_that_knows_nothing_loses_its_say),
        cmocka_unit_test(two_that_err_apart_are_better_together),
        cmocka_unit_test(what_will_be_measured_changes_nothing_that_was_said),
        cmocka_unit_test(actuals_that_come_twice_teach_nothing_anew),
        cmocka_unit_test(many_forecasts_a_day_weigh_no_more_than_a_few),
        cmocka_unit_test(the_interval_lies_around_the_forecast),
        cmocka_unit_test(weights_are_as_bates_and_granger_have_them),
        cmocka_unit_test(no_weight_is_below_zero),
    };

    return cmocka_run_group_tests_name("blend", tests, NULL, NULL);
}

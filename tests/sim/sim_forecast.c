/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <math.h>
#include <stdlib.h>

#include "tests/support/vintages.h"

/* Half a year of six grids, as it was forecast; left out without the recordings. */

static struct vintages_result results[VINTAGES_ZONES];

static int measure_all(void **state)
{
    const char *directory = getenv("PENSTOCK_DATA");

    (void)state;
    for (size_t i = 0; directory && i < VINTAGES_ZONES; i++)
        results[i] = vintages_measure(directory, vintages_zones[i]);
    return 0;
}

static void need_recordings(void)
{
    if (!getenv("PENSTOCK_DATA"))
        skip();
}

static double better(const struct vintages_result *result, int day)
{
    return fmin(result->mape[BLEND_PROVIDER][day], result->mape[BLEND_HISTORY][day]);
}

static void the_blend_is_on_the_whole_no_worse_than_the_better_of_both(void **state)
{
    struct vintages_result all = vintages_pool(results, VINTAGES_ZONES);

    (void)state;
    need_recordings();
    for (int day = 0; day < BLEND_DAYS; day++)
        assert_true(all.mape[BLEND_ISSUED][day] <= better(&all, day));
}

static void
the_blend_is_nowhere_five_per_cent_worse_than_the_better_of_both(void **state)
{
    (void)state;
    need_recordings();
    for (size_t i = 0; i < VINTAGES_ZONES; i++)
        for (int day = 0; day < BLEND_DAYS; day++)
            assert_true(results[i].mape[BLEND_ISSUED][day]
                        <= 1.05 * better(&results[i], day));
}

static void the_blend_beats_both_on_the_first_day_in_most_zones(void **state)
{
    int wins = 0;

    (void)state;
    need_recordings();
    for (size_t i = 0; i < VINTAGES_ZONES; i++)
        wins += results[i].mape[BLEND_ISSUED][0] < better(&results[i], 0) ? 1 : 0;
    assert_true(wins >= 4);
}

static void four_in_five_actuals_lie_within_the_interval(void **state)
{
    (void)state;
    need_recordings();
    for (size_t i = 0; i < VINTAGES_ZONES; i++)
        for (int day = 0; day < BLEND_DAYS; day++)
            assert_true(results[i].inside[day] >= 75 && results[i].inside[day] <= 85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_blend_is_on_the_whole_no_worse_than_the_better_of_both),
        cmocka_unit_test(
            the_blend_is_nowhere_five_per_cent_worse_than_the_better_of_both),
        cmocka_unit_test(the_blend_beats_both_on_the_first_day_in_most_zones),
        cmocka_unit_test(four_in_five_actuals_lie_within_the_interval),
    };

    return cmocka_run_group_tests_name("forecast", tests, measure_all, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/vintages.h"

/*
 * How good the blend is: six grids, July to December 2021. By zone and day of lead the
 * mean absolute percentage error and the rank correlation within the day of provider,
 * history and blend, and what part of the actuals lay within the blend's interval.
 * PENSTOCK_DATA names the directory of the recordings.
 */

static void print_rows(const char *zone, const struct vintages_result *result)
{
    for (int day = 0; day < BLEND_DAYS; day++)
        printf("%-6s %d  %6.2f %6.2f %6.2f   %5.3f %5.3f %5.3f   %5.1f %6.1f\n", zone,
               day + 1, result->mape[BLEND_PROVIDER][day],
               result->mape[BLEND_HISTORY][day], result->mape[BLEND_ISSUED][day],
               result->rank[BLEND_PROVIDER][day], result->rank[BLEND_HISTORY][day],
               result->rank[BLEND_ISSUED][day], result->inside[day],
               result->width[day]);
}

int main(void)
{
    const char *directory = getenv("PENSTOCK_DATA");
    struct vintages_result results[VINTAGES_ZONES];
    struct vintages_result all;

    if (!directory) {
        fprintf(stderr, "bench_forecast: PENSTOCK_DATA is not set: left out\n");
        return 0;
    }
    printf("zone  day    MAPE in %%              rank correlation     80%% interval\n"
           "           prov.  hist.  blend   prov. hist. blend   holds  width\n");
    for (size_t i = 0; i < VINTAGES_ZONES; i++) {
        results[i] = vintages_measure(directory, vintages_zones[i]);
        print_rows(vintages_zones[i], &results[i]);
    }
    all = vintages_pool(results, VINTAGES_ZONES);
    print_rows("all", &all);
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "ledger/forecast_error.h"

#include <assert.h>

/* To the nearest; halves away from 0. */
static int64_t divide(int64_t number, int64_t by)
{
    return (number + (number < 0 ? -by : by) / 2) / by;
}

static void add_interval(struct forecast_error *sum, intensity forecast,
                         intensity actual)
{
    int64_t off = forecast - actual, distance = off < 0 ? -off : off, ppm;

    sum->count++;
    sum->signed_sum += off;
    sum->absolute_sum += distance;
    if (actual == 0)
        return;
    ppm = divide(distance * 1000000, actual);
    sum->share_count++;
    sum->share_sum += ppm < FORECAST_ERROR_PPM_MAX ? ppm : FORECAST_ERROR_PPM_MAX;
}

void forecast_error_add(struct forecast_error *sum, const struct forecast *forecast,
                        const struct actuals *actuals, instant begins, instant ends)
{
    assert(!actuals->count || forecast->signal == actuals->signal);

    for (size_t i = 0; i < actuals->count; i++) {
        const struct actual *actual = &actuals->items[i];
        duration length = actual->ends - actual->begins;
        int64_t area;

        if (actual->begins < begins || actual->ends > ends || length <= 0)
            continue;
        if (series_integral(forecast->intensity, actual->begins, actual->ends, &area,
                            NULL)
            < 0)
            continue;
        add_interval(sum, divide(area, length), actual->level);
    }
    if (sum->count == 0)
        return;
    sum->mean_absolute = divide(sum->absolute_sum, (int64_t)sum->count);
    sum->mean_signed = divide(sum->signed_sum, (int64_t)sum->count);
    if (sum->share_count)
        sum->mape_ppm = divide(sum->share_sum, (int64_t)sum->share_count);
}

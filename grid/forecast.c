/* SPDX-License-Identifier: MIT */
#include "grid/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const signal_names[SIGNALS] = {
    [SIGNAL_AVERAGE_DIRECT] = "average/direct",
    [SIGNAL_AVERAGE_LIFECYCLE] = "average/lifecycle",
    [SIGNAL_MARGINAL_DIRECT] = "marginal/direct",
    [SIGNAL_MARGINAL_LIFECYCLE] = "marginal/lifecycle",
};

const char *signal_name(enum signal signal)
{
    return signal_names[signal];
}

int signal_parse(const char *name, enum signal *signal, struct error *err)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (strcmp(name, signal_names[i]) == 0) {
            *signal = (enum signal)i;
            return 0;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "\"%.32s\" is not average/direct, average/lifecycle, "
                     "marginal/direct or marginal/lifecycle",
                     name);
}

struct forecast *forecast_copy(const struct forecast *forecast)
{
    struct forecast *copy = xmemdup(forecast, sizeof(*forecast));

    copy->intensity = series_copy(forecast->intensity);
    if (forecast->renewable)
        copy->renewable = series_copy(forecast->renewable);
    if (forecast->low && forecast->high) {
        copy->low = series_copy(forecast->low);
        copy->high = series_copy(forecast->high);
    }
    return copy;
}

void forecast_destroy(struct forecast *forecast)
{
    if (!forecast)
        return;
    series_destroy(forecast->intensity);
    series_destroy(forecast->renewable);
    series_destroy(forecast->low);
    series_destroy(forecast->high);
    free(forecast);
}

bool forecast_covers(const struct forecast *forecast, instant now)
{
    return series_begins(forecast->intensity) <= now
           && now < series_ends(forecast->intensity);
}

void actuals_release(struct actuals *actuals)
{
    free(actuals->items);
    actuals->items = NULL;
    actuals->count = 0;
}

/* SPDX-License-Identifier: MIT */
#include "grid/providers/providers.h"

#include <string.h>

const struct provider *const providers[] = {
    &neso_provider,     &energy_charts_provider,    &electricity_maps_provider,
    &watttime_provider, &carbon_aware_sdk_provider, &http_json_provider,
    &file_provider,     &synthetic_provider,        NULL,
};

const struct provider *provider_find(const char *kind)
{
    for (size_t i = 0; providers[i]; i++)
        if (strcmp(providers[i]->kind, kind) == 0)
            return providers[i];
    return NULL;
}

void reading_release(struct reading *reading)
{
    forecast_destroy(reading->forecast);
    reading->forecast = NULL;
    actuals_release(&reading->actuals);
    series_destroy(reading->renewable);
    reading->renewable = NULL;
}

const char *reading_kind_name(enum reading_kind kind)
{
    static const char *const names[READING_KINDS] = {
        [READING_FORECAST] = "forecast",
        [READING_ACTUALS] = "actuals",
        [READING_RENEWABLE] = "renewable",
    };

    return names[kind];
}

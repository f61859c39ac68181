/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_PROVIDERS_H
#define GRID_PROVIDERS_PROVIDERS_H

#include "grid/provider.h"

/* Great Britain's system operator: half-hours, 48 hours ahead, also by region. */
extern const struct provider neso_provider;

/* Fraunhofer ISE: some forty European countries until the end of the known day. */
extern const struct provider energy_charts_provider;

/* Electricity Maps: most of the world, with a token; also renewable shares. */
extern const struct provider electricity_maps_provider;

/* WattTime: marginal figures of most of the world, with an account. */
extern const struct provider watttime_provider;

/* The WebAPI of the Green Software Foundation's Carbon Aware SDK, run by the site. */
extern const struct provider carbon_aware_sdk_provider;

/* Any service that answers with JSON, by paths in the config. */
extern const struct provider http_json_provider;

/* A file of the operator's, CSV or JSON. */
extern const struct provider file_provider;

/* A grid made up from a seed, for trying things out. */
extern const struct provider synthetic_provider;

#endif

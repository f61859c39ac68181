/* SPDX-License-Identifier: MIT */
#ifndef GRID_PROVIDERS_PROVIDERS_H
#define GRID_PROVIDERS_PROVIDERS_H

#include "grid/provider.h"

/* Great Britain's system operator: half-hours, 48 hours ahead, also by region. */
extern const struct provider neso_provider;

/* Fraunhofer ISE: some forty European countries until the end of the known day. */
extern const struct provider energy_charts_provider;

/* A file of the operator's, CSV or JSON. */
extern const struct provider file_provider;

/* A grid made up from a seed, for trying things out. */
extern const struct provider synthetic_provider;

#endif

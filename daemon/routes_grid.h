/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_GRID_H
#define DAEMON_ROUTES_GRID_H

#include "daemon/call.h"

/* What is known of the grid. */
void routes_grid_zones(const struct call *call);
void routes_grid_forecast(const struct call *call);

/* Add the member "zones": each zone, its forecast and its sources. */
void routes_grid_add_zones(struct text *json, const struct daemon *daemon, instant now);

#endif

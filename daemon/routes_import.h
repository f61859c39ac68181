/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_IMPORT_H
#define DAEMON_ROUTES_IMPORT_H

#include "daemon/call.h"

/*
 * POST /v1/zones/{zone}/actuals and /forecasts: what was measured and forecast in the
 * past, for the zone to be learnt from. Administrators only; answered when it is
 * stored.
 */
call_handle routes_import_actuals;
call_handle routes_import_forecasts;

/* Points in one request, all forecasts together. */
#define IMPORT_POINTS_MAX 5000

#endif

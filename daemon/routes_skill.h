/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_SKILL_H
#define DAEMON_ROUTES_SKILL_H

#include "daemon/call.h"

/* GET /v1/zones/{zone}/skill: how good forecasts have been, by day of lead. */
call_handle routes_skill;

#endif

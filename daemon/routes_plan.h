/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_PLAN_H
#define DAEMON_ROUTES_PLAN_H

#include "daemon/call.h"

/* What is planned, and where jobs run. */
void routes_plan(const struct call *call);
void routes_plan_drain(const struct call *call);
void routes_plan_resume(const struct call *call);

#endif

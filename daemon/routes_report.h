/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_REPORT_H
#define DAEMON_ROUTES_REPORT_H

#include "daemon/call.h"

/* GET /v1/report: what was used and saved. */
void routes_report(const struct call *call);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_STATUS_H
#define DAEMON_ROUTES_STATUS_H

#include "daemon/call.h"

/* GET /v1/status: how the daemon does. */
void routes_status(const struct call *call);

#endif

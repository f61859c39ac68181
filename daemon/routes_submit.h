/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_SUBMIT_H
#define DAEMON_ROUTES_SUBMIT_H

#include "daemon/call.h"

/* POST /v1/jobs. */
void routes_submit(const struct call *call);

#endif

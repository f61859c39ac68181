/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include "daemon/call.h"

/* GET /metrics: figures for Prometheus, which name nobody. */
void metrics_show(const struct call *call);

#endif

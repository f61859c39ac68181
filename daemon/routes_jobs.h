/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_JOBS_H
#define DAEMON_ROUTES_JOBS_H

#include "daemon/call.h"

/* What there is to see of jobs, and to do to them. */
void routes_jobs_list(const struct call *call);
void routes_jobs_show(const struct call *call);
void routes_jobs_events(const struct call *call);
void routes_jobs_cancel(const struct call *call);
void routes_jobs_hold(const struct call *call);
void routes_jobs_release(const struct call *call);
void routes_jobs_update(const struct call *call);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_JOB_LOG_H
#define DAEMON_JOB_LOG_H

#include "scheduler/engine.h"

/* The engine's on_event, with the daemon as context: one line for each event of a job.
 */
void job_log_event(const struct engine_event *event, void *context);

#endif

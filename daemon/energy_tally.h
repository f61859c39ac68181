/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ENERGY_TALLY_H
#define DAEMON_ENERGY_TALLY_H

#include "daemon/daemon.h"

/*
 * Counters of energy and carbon since the daemon's start, for /metrics, and the way of
 * idle energy into the store. With PUE; the carbon is by the forecast in force at the
 * end, and so a first figure: reports have the settled one.
 */

#define ENERGY_TALLY_PERIOD_MS                                                         \
    60000 /* how often idle energy is stored for its own sake */
#define ENERGY_TALLY_ALONG_MS 5000 /* and along with something else */

/* Tell what measures what a GPU draws when idle, by the pools. */
void energy_tally_start(struct daemon *daemon);

/* What has happened to a job, and is stored. */
void energy_tally_event(struct daemon *daemon, const struct engine_event *event);

/* Put what GPUs drew without a job into the engine's batch, if it is time for that. */
void energy_tally_idle(struct daemon *daemon);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ROUTES_NODES_H
#define DAEMON_ROUTES_NODES_H

#include "daemon/call.h"

/* GET /v1/nodes: the pools, and what runs in them. */
void routes_nodes(const struct call *call);

/*
 * The milliwatts that a pool draws now, PUE left out: what works, and what idles.
 * `*is_measured` says whether all of that was measured.
 */
int64_t routes_nodes_draw(const struct daemon *daemon, const struct engine_job *jobs,
                          size_t count, int32_t index, bool *is_measured);

/* Add "name", "user" and "slurm" of a job; null if the store does not know it yet. */
void routes_nodes_add_names(struct text *json, const struct daemon *daemon, int64_t id);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_VIEW_H
#define DAEMON_POOL_VIEW_H

#include "daemon/call.h"

/* Whether jobs may start in a pool, as several answers tell it. */

/* Add "drained", "drained_reason", "sleep" and "sleep_trouble". What commands said is
 * left out of public answers. */
void pool_view_add_state(struct text *json, const struct call *call, size_t pool);

/* Add "pools": name and state of each. */
void pool_view_add_states(struct text *json, const struct call *call);

#endif

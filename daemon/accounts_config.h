/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_CONFIG_H
#define DAEMON_ACCOUNTS_CONFIG_H

#include "config/config.h"
#include "daemon/accounts.h"
#include "scheduler/engine.h"

/* What accounts need to know of the pools and zones that are set up. */

/* Copies of all pools and zones, for a question, which may go to another thread. */
struct pool *accounts_copy_pools(const struct engine *engine, size_t *count);
struct accounts_zone *accounts_copy_zones(const struct config *config, size_t *count);

/* Millionths of a kWh. */
int64_t accounts_kwh(int64_t joules);

#endif

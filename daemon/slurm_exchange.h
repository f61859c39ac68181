/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_EXCHANGE_H
#define DAEMON_SLURM_EXCHANGE_H

#include "grid/providers/http.h"
#include "nodes/slurm/exchange.h"

/*
 * Lends slurmrestd's door the daemon's HTTP client. `url` is "unix:/PATH" or
 * "http://HOST:PORT", as the config has checked. The client must outlive it, and it
 * the door.
 */
struct slurm_exchange *slurm_exchange_create(struct http *http, const char *url);
void slurm_exchange_destroy(struct slurm_exchange *exchange);

#endif

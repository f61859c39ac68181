/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLEEPERS_H
#define DAEMON_SLEEPERS_H

#include "daemon/daemon.h"

/*
 * Puts pools to sleep and wakes them, by their sleep_command and wake_command, as
 * scheduler/rest.h decides. Which sleep is kept in STATE/asleep.POOL, from before a
 * pool is put to sleep until it is awake again, for a daemon that is started meanwhile.
 */
struct sleepers;

/* Look after the pools of the config that have commands. The engine is loaded. */
struct sleepers *sleepers_start(struct daemon *daemon);

/* What went wrong with the pool's last command; "" when nothing did. `sleepers` may be
 * NULL. */
const char *sleepers_trouble(const struct sleepers *sleepers, size_t pool);

/* What runs runs on. Its memory is freed when the loop has closed its handles. */
void sleepers_stop(struct sleepers *sleepers);

#endif

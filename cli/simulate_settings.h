/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMULATE_SETTINGS_H
#define CLI_SIMULATE_SETTINGS_H

#include "base/options.h"
#include "config/config.h"

/*
 * A config of one zone, one pool and one queue with the defaults that are shipped, and
 * with settings of [planner] and [queue] on top, as "key=value". The caller destroys
 * it. EXIT_WELL, or EXIT_USAGE with all that is wrong told.
 */
int simulate_settings_load(const struct option_strings *set, struct config **config);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SETUP_GRID_H
#define SETUP_GRID_H

#include "config/config.h"
#include "grid/provider.h"

/* From what operators write of the grid to what grid/ understands, for both shells. */

/* The settings of a provider; strings are borrowed, the secret and session are "". */
struct provider_settings setup_provider(const struct config_provider *config);

/* The signal that a zone is planned by: its own, or that of the first provider. */
enum signal setup_zone_signal(const struct config *config,
                              const struct config_zone *zone);

/*
 * Add the faults of a config that only providers can tell: settings that their requests
 * refuse, signals they do not have, tokens and accounts that are not named, and zones
 * whose providers have different signals. The config itself is sound.
 */
void setup_check_grid(const struct config *config, struct config_faults *faults);

/* config_load(), and setup_check_grid(): NULL with at least one fault. */
struct config *setup_load_config(const char *path, struct config_faults *faults);

#endif

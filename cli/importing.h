/* SPDX-License-Identifier: MIT */
#ifndef CLI_IMPORTING_H
#define CLI_IMPORTING_H

#include "cli/client.h"
#include "cli/import_file.h"

/* Sends past figures to the daemon, some thousand points in a request. */

#define IMPORTING_POINTS_MAX 5000 /* what the daemon takes at once */

/* Strings are borrowed. */
struct importing {
    struct client *client;
    const char *zone;
    const char *signal;
    const char *actuals_of;
    const char *forecasts_of;
    bool shows_progress;
};

/*
 * Send all; shows how far it is on a terminal. Returns the exit status: when a request
 * fails it is told what was stored before it.
 */
int importing_send(const struct importing *importing, const struct import_file *file);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ASSEMBLY_H
#define DAEMON_ASSEMBLY_H

#include "daemon/daemon.h"

/* Puts the daemon together from its config, and takes it apart. */

/* Load the config; NULL after printing every fault as FILE:LINE: what is wrong. */
struct config *assembly_load_config(const char *path);

/*
 * Open the store, set the clock, make the engine and the executor, load the open jobs.
 * On failure what was opened stays for assembly_close().
 */
int assembly_open(struct daemon *daemon, struct error *err);

/* Close what assembly_open() opened; the loop has nothing left to run. */
void assembly_close(struct daemon *daemon);

/* Read the config again. A broken one, or one that wants a restart, changes nothing. */
void assembly_reload(struct daemon *daemon);

#endif

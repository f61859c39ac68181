/* SPDX-License-Identifier: MIT */
#ifndef QUEUE_SQLITE_LOCK_H
#define QUEUE_SQLITE_LOCK_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A directory that one process has to itself, by a lock on "penstock.lock" in it. The
 * kernel takes the lock away when the process ends, however it does.
 */

/* The lock's descriptor, for the caller to close; -1 with ERROR_CONFLICT if another
 * has it. */
int lock_directory(const char *directory, struct error *err);

/*
 * ERROR_INVALID if the directory is on a network file system: there neither locks nor
 * the shared memory of a WAL can be trusted. ERROR_MISSING if it is none.
 */
int lock_check_directory(const char *directory, struct error *err);

/* The name of a network file system by its number (statfs(2)); NULL for others. */
const char *lock_network_name(long type);

#endif

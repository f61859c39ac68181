/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_HOSTLIST_H
#define NODES_SLURM_HOSTLIST_H

#include <stddef.h>

#include "base/error.h"

#define HOSTLIST_NAME_SIZE 256 /* bytes of a host's name, with a NUL */

/*
 * Call `on_host` with each host of "login,cn[1-3,007-010],r[1-2]n[01-04]", in no order.
 * ERROR_INVALID, and some may have been told, if it is no such list; ERROR_TOO_LARGE
 * above `most` hosts.
 */
int hostlist_each(const char *list, size_t most,
                  void (*on_host)(const char *name, void *context), void *context,
                  struct error *err);

#endif

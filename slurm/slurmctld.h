/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SLURM_SLURMCTLD_H
#define SLURM_SLURMCTLD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What plugins need of slurmctld and no public header declares. It is exported under
 * these names by every release from 22.05 on; nothing is linked.
 */

/* What its side calls by name; everything else of a plugin is hidden. */
#define PLUGIN_SYMBOL __attribute__((visibility("default")))

/* Zeroed if `clear`; NULL instead of an abort if `may_fail`. */
void *slurm_xcalloc(size_t count, size_t size, bool clear, bool may_fail,
                    const char *file, int line, const char *function);
void slurm_xfree(void **memory);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SLURM_OPTIONS_H
#define SLURM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "nodes/slurm/wish.h"

/*
 * The options that the SPANK plugin adds to sbatch, salloc and srun. Slurm hands them
 * to slurmctld among the variables of prologs as
 * _SLURM_SPANK_OPTION_penstock_NAME=VALUE, with each '-' as it is or as '_'. Of a
 * deadline there is also the moment, PENSTOCK_DEADLINE=2026-11-22T08:00:00Z, as the
 * user's machine has read it by its clock and in the user's local time.
 */

#define OPTION_PLUGIN            "penstock"
#define OPTION_DEADLINE_VARIABLE "PENSTOCK_DEADLINE"

enum option {
    OPTION_DEADLINE,
    OPTION_MAX_WAIT,
    OPTION_CHOICE,
    OPTION_INTERRUPTIBLE, /* has no value */
    OPTIONS
};

const char *option_name(enum option option); /* "carbon-deadline", ... */

/* Take the value of one over into `wish`, if it is about waiting. ERROR_INVALID, naming
 * neither. */
int option_parse(enum option option, const char *value, instant now, struct wish *wish,
                 struct error *err);

/* Take over all that are among `count` variables, which may be NULL; of a deadline the
 * moment, where there is one. ERROR_INVALID. */
int options_find(const char *const *variables, uint32_t count, instant now,
                 struct wish *wish, struct error *err);

/* Whether OPTION_INTERRUPTIBLE is among them. */
bool options_are_interruptible(const char *const *variables, uint32_t count);

#endif

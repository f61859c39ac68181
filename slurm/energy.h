/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SLURM_ENERGY_H
#define SLURM_ENERGY_H

#include <stdbool.h>

#include "nodes/slurm/joules.h"

/*
 * Reads the counters of a step's GPUs and leaves them in a file. NVIDIA's driver may
 * hang and a directory may be on a network, so both are done on a thread that is given
 * up after a while: no job waits for its meter.
 */

#define ENERGY_PATIENCE 5 /* seconds */

/*
 * Fill in the GPUs of `joules` and what they counted so far, and write it. `gpus` lists
 * indices or UUIDs, "0,1". False if there is no NVML, no directory that is only this
 * process's user's to write, or no answer in time; then `joules` is untouched.
 */
bool energy_begin(struct joules *joules, const char *gpus, const char *directory);

/* The same at its end: the same GPUs are counted, and it is written again. */
bool energy_end(struct joules *joules, const char *directory);

#endif

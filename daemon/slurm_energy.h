/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_ENERGY_H
#define DAEMON_SLURM_ENERGY_H

#include "daemon/daemon.h"

/*
 * Reports of jobs that Slurm ran, with what the SPANK plugin measured of their GPUs: it
 * is read from [slurm] energy_dir on the thread pool, before the end is reported. What
 * was not measured of all of a job's GPUs counts as not measured. Old records are
 * removed there every hour, as joule_files_sweep() has it.
 */

/* An executor's on_report, with the daemon as context. */
void slurm_energy_on_report(const struct executor_report *report, void *daemon);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_FAULT_H
#define NODES_SLURM_FAULT_H

#include "base/error.h"

/*
 * What Slurm says went wrong, as an error that one can act on. Its commands tell faults
 * apart by text alone, and its services by texts and numbers of which the texts last
 * longer.
 *
 * Sets `err` to the text, its first line that tells something, printable and cut to
 * fit, with `what` before it, and returns -1:
 *
 *   ERROR_MISSING      it knows no such job (or task)
 *   ERROR_CONFLICT     the job has ended, ends, or is in no state for this
 *   ERROR_FORBIDDEN    we may not
 *   ERROR_UNAVAILABLE  slurmctld, or what it needs to know us, does not answer
 *   ERROR_INVALID      it does not understand what it was asked
 *   ERROR_IO           anything else, or it says nothing
 */
int slurm_fault(const char *what, const char *text, struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_KEY_H
#define CLI_SLURM_KEY_H

#include <stdint.h>

#include "base/error.h"

/*
 * Finds jobs of Slurm by the key in their comment: a submission that was not answered
 * may have happened.
 */

/* How sure a "no" must be: that of a second listing after some seconds, in which what
 * slurmctld had in hand has been done; or of one. */
enum slurm_key_care { SLURM_KEY_QUICK, SLURM_KEY_SURE };

/* The id of the job, or array, with that key; 0: there is none. -1: nobody can tell. */
int slurm_key_find(const char *key, enum slurm_key_care care, int64_t *id,
                   struct error *err);

/* Cancel what bears the key besides that job: it was submitted twice after all. */
void slurm_key_keep_one(const char *key, int64_t id);

#endif

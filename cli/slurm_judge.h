/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_JUDGE_H
#define CLI_SLURM_JUDGE_H

#include "cli/findings.h"
#include "cli/slurm_facts.h"

/*
 * What is well with a cluster, what is missing for Penstock to work with it, and what
 * would make it work better. Pure. Where slurmctld does not answer there is nothing
 * more to say.
 */
void slurm_judge(const struct slurm_facts *facts, struct findings *findings);

/* The parts of it that tell of pools and what they have. */
void slurm_judge_pools(const struct slurm_facts *facts, struct findings *findings);
void slurm_judge_idle(const struct slurm_facts *facts, struct findings *findings);

/* What part, in parts per million, of the GPUs of all pools that are up is idle now, or
 * of the CPUs where there are no GPUs; -1 if nothing is up. */
int64_t slurm_judge_idle_now(const struct slurm_facts *facts, bool *is_of_gpus);

/* The same of the last 7 days; -1 if it is not known. */
int64_t slurm_judge_idle_week(const struct slurm_facts *facts);

#endif

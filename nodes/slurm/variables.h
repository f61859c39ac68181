/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_VARIABLES_H
#define NODES_SLURM_VARIABLES_H

/*
 * The environment that Slurm's commands run in: what they write does not depend on
 * ours. "NAME=value", NULL after the last. With "" they look for slurm.conf themselves.
 */
char **slurm_variables_create(const char *slurm_conf);
void slurm_variables_destroy(char **variables);

#endif

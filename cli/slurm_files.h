/* SPDX-License-Identifier: MIT */
#ifndef CLI_SLURM_FILES_H
#define CLI_SLURM_FILES_H

#include "cli/slurm_facts.h"

/* The files of a cluster that concern us, as they are on this machine. */

/* job_submit_penstock.so in one of the directories "a:b". */
enum slurm_fact_file slurm_files_find_plugin(const char *directories);

/* job_submit.lua beside slurm.conf: other if nothing of ours is in it. */
enum slurm_fact_file slurm_files_find_script(const char *slurm_conf);

/* plugstack.conf, "" for the one beside slurm.conf, with what it includes: whether
 * spank_penstock is in it. */
enum slurm_fact_file slurm_files_find_spank(const char *plugstack,
                                            const char *slurm_conf);

/* Unless it is good `err` says why. */
enum slurm_fact_file slurm_files_read_lease(const char *path, struct lease *lease,
                                            struct error *err);

/* The token of slurmrestd, and its socket if the URL is "unix:PATH". */
int slurm_files_check_rest(const char *token_file, const char *url, struct error *err);

/* A variable of the process that a file names, which is the caller's: "" if it has
 * none; NULL if that is not ours to read. */
char *slurm_files_find_variable(const char *pid_file, const char *name);

/* Whether somebody, who is not root, cannot come to a file because of a directory. */
bool slurm_files_is_closed(const char *path, int64_t uid);

#endif

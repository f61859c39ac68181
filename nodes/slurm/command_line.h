/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_COMMAND_LINE_H
#define NODES_SLURM_COMMAND_LINE_H

#include "nodes/slurm/backend.h"

/* An order in the words of Slurm's commands. */

#define COMMAND_LINE_WORDS 6

struct command_line {
    const char *words[COMMAND_LINE_WORDS]; /* the first is the command's name; NULL
                                              after the last; into what follows */
    char target[SLURM_TARGET_MAX + 16];
    char value[48];
};

/*
 * ERROR_INVALID for a target that is no job, task or list of tasks, or a begin time or
 * signal that there is not; ERROR_TOO_LARGE for a target above SLURM_TARGET_MAX. Must
 * not be copied.
 */
int command_line_format(const struct slurm_order *order, struct command_line *line,
                        struct error *err);

/* The same of a target and a time alone, for whoever says it in other words. */
int slurm_target_check(const char *target, struct error *err);

/* "2026-11-21T23:00:00", of UTC. */
#define SLURM_TIME_SIZE 20
int slurm_time_format(instant when, char text[SLURM_TIME_SIZE], struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ASK_H
#define NODES_SLURM_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "nodes/slurm/backend.h"

/*
 * Slurm for whoever may wait, such as a command of the command line: one question at a
 * time, and its answer before the call returns. It asks as commands.h does, with the
 * same time-outs and errors.
 */
struct slurm_ask;

struct slurm_ask_settings {
    const char *directory;  /* of the commands; "": as PATH says */
    const char *slurm_conf; /* "": where they look for it themselves */
    int64_t timeout_ms;     /* of each question */
};

/* The settings are copied. ERROR_INVALID if a path is not absolute. */
struct slurm_ask *slurm_ask_open(const struct slurm_ask_settings *settings,
                                 struct error *err);

/* Everything that was started is gone then. NULL does nothing. */
void slurm_ask_close(struct slurm_ask *ask);

/* How many targets one order may name. */
size_t slurm_ask_targets_max(const struct slurm_ask *ask);

/* What is listed is the caller's to release. */
int slurm_ask_jobs(struct slurm_ask *ask, struct slurm_listing *listing,
                   struct error *err);
int slurm_ask_nodes(struct slurm_ask *ask, struct slurm_nodes *nodes,
                    struct error *err);

int slurm_ask_order(struct slurm_ask *ask, const struct slurm_order *order,
                    struct error *err);

/*
 * Run one of Slurm's commands, without a shell: its name and arguments, at most
 * ASK_WORDS_MAX, NULL after the last. What it writes is added to `output`. Unless it
 * ends with 0 that fails as slurm_fault() has it; ERROR_MISSING if there is no such
 * command.
 */
#define ASK_WORDS_MAX  12
#define ASK_OUTPUT_MAX (16 << 20) /* bytes */
int slurm_ask_command(struct slurm_ask *ask, const char *const *words,
                      struct text *output, struct error *err);

#endif

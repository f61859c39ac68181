/* SPDX-License-Identifier: MIT */
#ifndef CLI_SBATCH_RUN_H
#define CLI_SBATCH_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/sbatch_words.h"

/* Runs Slurm's sbatch as the user, without a shell, and bounded in time and output. */

#define SBATCH_OUTPUT_MAX (1 << 20) /* bytes of either output */

struct sbatch_order {
    const struct words *words;     /* the first is looked for in our PATH */
    const struct words *arguments; /* after the script */
    const struct words *environment;
    const struct text *script;
    int64_t timeout_ms;
};

struct sbatch_result {
    struct text output;
    struct text complaint; /* of its standard error */
    int status;            /* -1: by a signal, or its time was up */
    bool is_late;          /* its time was up */
};

/* ERROR_MISSING if there is no such program, ERROR_IO. The caller releases. */
int sbatch_run(const struct sbatch_order *order, struct sbatch_result *result,
               struct error *err);
void sbatch_result_release(struct sbatch_result *result);

/* The id in what `sbatch --parsable` writes, "17" or "17;cluster"; 0: there is none. */
int64_t sbatch_result_id(const struct sbatch_result *result);

/* Whether it failed, and slurmctld may have taken the job all the same. */
bool sbatch_result_is_doubtful(const struct sbatch_result *result);

/* Of a doubtful one: whether slurmctld was not reached, and has taken nothing. */
bool sbatch_result_is_unsent(const struct sbatch_result *result);

#endif

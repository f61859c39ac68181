/* SPDX-License-Identifier: MIT */
#ifndef CLI_SBATCH_WORDS_H
#define CLI_SBATCH_WORDS_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/submit_options.h"

/* How a submission becomes a command line of Slurm's sbatch. Pure. */

/* On what terms: what the daemon's preview says in `sbatch`, and the job's key. */
struct sbatch_terms {
    const char *partition;
    int64_t minutes;  /* its time limit */
    int64_t time;     /* seconds that it is expected to run */
    int64_t begin;    /* seconds from now until its own begin; 0: none */
    int64_t wait;     /* seconds that it may wait after that; 0: not at all */
    instant deadline; /* 0: none */
    const char *key;
};

/* A list of words; NULL after the last. */
struct words {
    char **items;
    size_t count, room;
};

#define WORDS_NONE ((struct words){NULL, 0, 0})

void words_release(struct words *words);

/* Append the strings of an array; NULL has none. */
void words_add_all(struct words *words, const json_t *strings);

/* ERROR_INVALID names an option that sbatch has no equal for, and what to do instead.
 */
int sbatch_words_check(const struct submit_options *options, struct error *err);

/*
 * Give the job its name, as Slurm is to be told it: `body` is that of
 * submit_options_to_json().
 */
void sbatch_words_name(json_t *body);

/* Make "sbatch --parsable ...", without the script. The caller releases. */
void sbatch_words_make(const json_t *body, const struct sbatch_terms *terms,
                       struct words *words);

/* Make the environment that sbatch, and so the job, is to have. The caller releases. */
void sbatch_words_make_environment(const json_t *body, struct words *words);

/* Add the script, which runs the command if `body` has no script. */
void sbatch_words_add_script(const json_t *body, struct text *script);

#endif

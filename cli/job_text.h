/* SPDX-License-Identifier: MIT */
#ifndef CLI_JOB_TEXT_H
#define CLI_JOB_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/terminal.h"

/* Jobs of the daemon's answers in words. Pure, given TZ. */

/* The state as people are told it: what we hold for Slurm's sake waits there. */
const char *job_text_state(const json_t *job);

/* How a state stands out in a table. */
enum style job_text_style(const char *state);

/* Whether a state is one of the ends. */
bool job_text_is_ended(const char *state);

/* Add how an ended job ended: "exit status 3", "killed by signal 9", "lost". */
void job_text_add_end(const json_t *job, struct text *text);

/* Add "GPUs idle 2h30m" if the job leaves its GPUs idle. Whether it does. */
bool job_text_add_idle(const json_t *job, instant now, struct text *text);

/* Add "2-8" for a job that waits for as many GPUs; else how many it has, or had. */
void job_text_add_gpus(const json_t *job, struct text *text);

/* Add why a job is where it is, and what would change that: one paragraph. */
void job_text_add_why(const json_t *job, instant now, struct text *text);

#endif

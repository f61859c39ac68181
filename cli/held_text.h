/* SPDX-License-Identifier: MIT */
#ifndef CLI_HELD_TEXT_H
#define CLI_HELD_TEXT_H

#include <jansson.h>

#include "base/text.h"

/*
 * Add why a held job waits, to follow its name: until somebody releases it, or for
 * Slurm, and then what is in its way there. `job` is as GET /v1/jobs/{id} answers.
 */
void held_text_add(const json_t *job, struct text *text);

#endif

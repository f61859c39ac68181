/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_TEXT_H
#define CLI_RUN_TEXT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"

/* What is said of a job that has a run, or had one. It is as GET /v1/jobs/{id} answers.
 */

/* Add how it ended, and of what could not start or was lost also why that was. */
void run_text_add_end(const json_t *job, struct text *text);

/* Add all that `why` says of a job that has ended. */
void run_text_add_ended(const json_t *job, instant now, struct text *text);

/* The same of one that is starting or running. */
void run_text_add_active(const json_t *job, instant now, struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_PAUSE_TEXT_H
#define CLI_PAUSE_TEXT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"

/* What is said of a job that dirty hours have stopped. */

/*
 * Add the beginning of why a paused job waits, "is paused at 312 g/kWh since 14:10
 * after 2h10m of work, and "; of one that waits after a pause how much it has done;
 * else nothing. `job` is as GET /v1/jobs/{id} answers.
 */
void pause_text_add(const json_t *job, instant now, struct text *text);

/* Add all that there is to say of a job that was told to pause and still runs. */
void pause_text_add_told(const json_t *job, instant now, struct text *text);

/* That it is to run in several pieces, and until when; nothing for one in one. */
void pause_text_add_pieces(const json_t *plan, instant now, struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_PLAN_TEXT_H
#define CLI_PLAN_TEXT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"

/*
 * Add what else a plan says of a job: which start would have been the next best, how
 * often it has moved and why, and that nobody waits because all is busy. `plan` is as
 * in GET /v1/jobs/{id}.
 */
void plan_text_add(const json_t *plan, instant now, struct text *text);

/*
 * Add ", which saves 1.2 kg (55 %), in four of five cases 400 g to 2.0 kg": what the
 * plan is expected to save, and how sure that is, where it is known.
 */
void plan_text_add_saving(const json_t *plan, struct text *text);

#endif

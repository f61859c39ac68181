/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROMISE_TEXT_H
#define CLI_PROMISE_TEXT_H

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"

/*
 * What a submission was answered with, as a line, and one more for each thing to mind:
 * "job 7 (train): planned Sun 02:30, latest start 06:00, saves 1.2 kg (55 %)". Pure,
 * given TZ.
 */
void promise_text_add(const json_t *job, instant now, struct text *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_EVENT_TEXT_H
#define CLI_EVENT_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/text.h"

/*
 * Add what an event of a job's life was, in words: "deadline set to tomorrow 08:00",
 * "ended with exit status 1". What an update set is known of the last one of its kind
 * only, for which `is_last` is true: it is what the job has now.
 */
void event_text_add(const json_t *job, const json_t *event, bool is_last, instant now,
                    struct text *text);

#endif

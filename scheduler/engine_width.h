/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_ENGINE_WIDTH_H
#define SCHEDULER_ENGINE_WIDTH_H

#include "scheduler/engine_internal.h"

/*
 * How many GPUs an elastic job has.
 *
 * It waits with the least that it asked for, so that its place is as sure as anybody's;
 * when it starts it has more, as far as nobody else wants them by the plan. While a
 * plan is made or adopted, or jobs have no place yet, it is not known who will: the
 * start is put off until that is done, or the job goes without if that would be too
 * late.
 */

/* What a job waits with, whatever it has. */
struct resources engine_least(const struct job *job);

/* Put the start of a job that is due off if it is to wait for the plan: it is stalled
 * then, and tried again once all have their places. */
bool engine_put_off(struct engine *engine, const struct engine_entry *entry,
                    instant now);
void engine_retry_put_off(struct engine *engine);

/* How many GPUs it has if it starts now: those that it has while it waits, or more. */
int32_t engine_find_width(const struct engine *engine, const struct engine_entry *entry,
                          instant now);

#endif

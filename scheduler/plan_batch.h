/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_PLAN_BATCH_H
#define SCHEDULER_PLAN_BATCH_H

#include "scheduler/plan.h"

/*
 * The jobs that a plan is to be made for, and their reservations, packed: 20 bytes a
 * job, and what many have in common once. Seconds count from the plan's first slot, in
 * 32 bits: 68 years, and what is later is never.
 */
struct plan_batch;

#define PLAN_JOBS_MAX (INT64_C(1) << 24)

/* For so many jobs at most, which a plan that is as of `now` shall hold. */
struct plan_batch *plan_batch_create(const struct plan *plan, size_t room, instant now);
struct plan_batch *plan_batch_copy(const struct plan_batch *batch);
void plan_batch_destroy(struct plan_batch *batch);

/* Add a job, and the reservation that it has, RESERVATION_NONE if it has none. */
void plan_batch_add(struct plan_batch *batch, const struct plan_job *job,
                    const struct reservation *reservation);

size_t plan_batch_count(const struct plan_batch *batch);

/*
 * The i-th that was added: the job but for its id, and with an `earliest` that is past
 * as one of long ago; and its reservation, which plan_run() changes, and whose end is
 * that which the job's time would have now.
 */
struct plan_job plan_batch_job(const struct plan_batch *batch, size_t i);
struct reservation plan_batch_reservation(const struct plan_batch *batch, size_t i);

bool plan_batch_has(const struct plan_batch *batch, size_t i);

/* The same reservation, which from then on is none. */
struct reservation plan_batch_take(struct plan_batch *batch, size_t i);

/*
 * Plan all jobs anew. `plan` holds what runs and no reservations; on return it holds
 * the new ones too. Keeps what is and mends what no longer fits, or plans from scratch,
 * least flexible first, that is ascending (latest start - now) / (time x watts):
 * whichever is better, but never a plan that makes a job late that the other does not.
 * In both a job leaves its start only for one that is better by more than the
 * hysteresis, or to make room. A start at hand, less than a slot away, is not put off
 * unless it no longer fits. A start that is due keeps its `start` until its slot has
 * passed, and is then planned as beginning `now`. Of a batch once.
 */
void plan_run(struct plan *plan, struct plan_batch *batch);

#endif

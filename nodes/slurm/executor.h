/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_EXECUTOR_H
#define NODES_SLURM_EXECUTOR_H

#include "base/clock.h"
#include "base/error.h"
#include "nodes/executor.h"
#include "nodes/slurm/orders.h"
#include "nodes/slurm/paper.h"
#include "nodes/slurm/unit.h"

/*
 * Lets jobs run that Slurm has already. To start one is to move its begin time to now;
 * when it then runs is Slurm's to say. What becomes of jobs is known by listings alone:
 * an order that was answered, or was not, may have been carried out or not. So an order
 * is given again as long as listings show that it is needed, and giving it twice does
 * no harm.
 *
 * A job that two listings in a row do not have is no longer known to slurmctld: if an
 * attempt of it was under way, that is lost, unless something else is yet to tell of
 * it.
 */
struct slurm_executor;

/* `clock`'s rate converts Slurm's times, which are real. Nothing is ever asked of Slurm
 * if `orders` is NULL. The executor owns neither. */
struct slurm_executor *slurm_executor_create(const struct clock *clock,
                                             struct slurm_orders *orders,
                                             executor_on_report *on_report,
                                             void *context);
/* Keep orders on paper, which outlives the executor: in a dry run, whose listings have
 * gone through it. */
void slurm_executor_use_paper(struct slurm_executor *executor,
                              struct slurm_paper *paper);
/* Order nothing from now on: the orders go. */
void slurm_executor_rest(struct slurm_executor *executor);
void slurm_executor_destroy(struct slurm_executor *executor);

struct executor *slurm_executor_port(struct slurm_executor *executor);

/* How a job of ours is called there. */
struct slurm_identity {
    int64_t job_id; /* ours */
    int64_t id;     /* of the unit; so for the next */
    int32_t task;
    instant submitted; /* by Slurm's word, in real time */
    bool is_dry;       /* it was taken in by a dry run */
};

/* To be told before the job is started or adopted. */
void slurm_executor_know(struct slurm_executor *executor,
                         const struct slurm_identity *identity);

/* Our job that is this unit, submitted then; 0: none is known. */
int64_t slurm_executor_find(const struct slurm_executor *executor,
                            const struct slurm_unit *unit);

/* The unit of a job of ours; false: it has none. */
bool slurm_executor_identify(const struct slurm_executor *executor, int64_t job_id,
                             struct slurm_identity *identity);

/* What Slurm called its record last: of a task not what the array is called. 0: it was
 * in no listing. */
int64_t slurm_executor_record(const struct slurm_executor *executor, int64_t job_id);

/* Whether we have asked for the unit to start, so that its begin time is not its own.
 */
bool slurm_executor_has_released(const struct slurm_executor *executor, int64_t job_id);

/* Let Slurm start a job at that moment of real time by itself, and not before. */
void slurm_executor_defer(struct slurm_executor *executor, int64_t job_id,
                          instant begin);

/*
 * The same for one that begins later than that, and only then: it is left as it is if
 * somebody has it begin sooner meanwhile.
 */
void slurm_executor_hasten(struct slurm_executor *executor, int64_t job_id,
                           instant begin);

/* The begin time that we ordered last for a job, in real time; 0: none since the daemon
 * has started. */
instant slurm_executor_ordered(const struct slurm_executor *executor, int64_t job_id);

/*
 * First of a listing: add to its units tasks of ours that were cancelled in Slurm while
 * they waited, as it keeps no record of such a task: the array's own one no longer
 * names it. What is added goes with the next call, or the executor.
 */
void slurm_executor_see_absent(struct slurm_executor *executor,
                               const struct slurm_listing *listing,
                               struct slurm_units *units);

/*
 * A listing: report what has become of attempts, order again what is needed, and forget
 * jobs that Slurm has forgotten and of which no attempt is under way: for these
 * `on_gone` is called, which may be NULL.
 */
void slurm_executor_see(struct slurm_executor *executor,
                        const struct slurm_units *units,
                        void (*on_gone)(int64_t job_id, void *context), void *context);

/*
 * Whether something may yet be told of a job that listings no longer have: it is then
 * neither lost nor gone. Asked with each listing.
 */
typedef bool slurm_on_missing(const struct slurm_identity *identity, void *context);
void slurm_executor_on_missing(struct slurm_executor *executor,
                               slurm_on_missing *on_missing, void *context);

/* What something else has to tell of a job that listings no longer have. */
void slurm_executor_see_missing(struct slurm_executor *executor, int64_t job_id,
                                const struct slurm_job *record);

/* Report an attempt as dropped, for a reason; false: none is under way. */
bool slurm_executor_drop(struct slurm_executor *executor, int64_t job_id,
                         const char *why);

/* What a moment of Slurm's time is by the clock, and the other way round. */
instant slurm_to_clock(const struct clock *clock, instant real);
instant slurm_from_clock(const struct clock *clock, instant when);

/* An executor's answer from the orders: their on_answer, with the executor. */
void slurm_executor_on_answer(const struct slurm_change *change,
                              const struct error *failure, void *executor);

/* Why the last order failed; "" if it did not. */
const char *slurm_executor_trouble(const struct slurm_executor *executor);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_PAPER_H
#define NODES_SLURM_PAPER_H

#include "nodes/slurm/orders.h"
#include "nodes/slurm/unit.h"

/*
 * A dry run: what Slurm would say of jobs if it did what it is ordered. Orders are kept
 * on paper, and listings are told as they would be: a job waits until its begin time,
 * or until it is ordered to start, and then runs for as long as Slurm's own run of it
 * takes, whenever that was. So a job's end is known when both are over. It ends as that
 * run ended; one that was cancelled there before it had begun here has never run.
 *
 * Only jobs that were deferred here are on paper; of others listings are as they come.
 * All times are real ones. It is kept in memory: with the process it is gone.
 */
struct slurm_paper;

struct slurm_paper *slurm_paper_create(void);
void slurm_paper_destroy(struct slurm_paper *paper);

/* Do it on paper. An order for a job that is not there is ignored, but DEFER, which
 * puts it there. */
void slurm_paper_order(struct slurm_paper *paper, const struct slurm_change *order,
                       instant now);

/*
 * Turn the units of a listing into what they would be. A job that Slurm has forgotten
 * is added if it is known how long it ran, until its end here has been told once. Until
 * the next call or the end of the listing, `units` also borrow from `paper`.
 */
void slurm_paper_see(struct slurm_paper *paper, struct slurm_units *units, instant now);

/* How many jobs are on it. */
size_t slurm_paper_count(const struct slurm_paper *paper);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_FAREWELL_H
#define NODES_SLURM_FAREWELL_H

#include "base/clock.h"
#include "nodes/slurm/record.h"

/*
 * What becomes of a job when Penstock lets go of a cluster: one that waits because of
 * us is eligible now, or from its user's own begin time on. Holds, and begin times that
 * somebody else has set, stay. Pure.
 */
enum farewell_verdict {
    FAREWELL_NOT_OURS,  /* no mark of ours, and it does not ask, or it waits no more */
    FAREWELL_ELIGIBLE,  /* ours, and its begin time keeps it from nothing */
    FAREWELL_HELD,      /* somebody holds it; its begin time stays, too */
    FAREWELL_ELSEWHERE, /* its begin time was, or may have been, set by others */
    FAREWELL_RETURN,    /* it is to begin at its user's own begin time again */
    FAREWELL_RELEASE,   /* it is to be eligible now */
    FAREWELL_VERDICTS
};

struct farewell {
    enum farewell_verdict verdict;
    instant begin; /* of RETURN */
};

/*
 * `wait` is how long jobs of its partition wait that do not say; -1: not known. Where
 * there is no mark, the user's comment alone has to tell whose the begin time is: ours
 * is the one that follows from it, and any if it says that the job may start early.
 */
struct farewell farewell_decide(const struct slurm_job *job, duration wait,
                                instant now);

/* What orders call the record as a whole: "12", "12_3", "12_[0-9]". NULL for what goes
 * with another one: a later part of a heterogeneous job. The caller's to free. */
char *farewell_target(const struct slurm_job *job);

#endif

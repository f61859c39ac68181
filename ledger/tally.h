/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_TALLY_H
#define LEDGER_TALLY_H

#include "grid/series.h"
#include "queue/trace.h"

/*
 * What a policy made of a trace: told of all runs, it says what they emitted by the
 * actuals, how long jobs waited, and what came late.
 */
struct tally;

/* What there is to count by. Borrowed, and outlives the tally. */
struct tally_terms {
    const struct trace *trace; /* in UTC; each says its power */
    const struct series *truth;
    duration slot;
    int64_t pue_ppm;
};

struct tally_sums {
    double grams;
    double mean_wait;      /* hours */
    double p95_wait;       /* hours, nearest rank */
    size_t missed;         /* jobs */
    int64_t largest_start; /* GPUs that started in one slot */
    int64_t peak;          /* GPUs in use at once */
    size_t runs;           /* more than jobs, if some were paused */
};

/* One job. */
struct tally_job {
    instant start; /* of its first run */
    instant end;   /* of its last */
    duration ran;
    double grams;
};

struct tally *tally_create(const struct tally_terms *terms);
void tally_destroy(struct tally *tally);

/*
 * A job has run over [begins, ends); each job at least once, and its runs in order.
 * ERROR_MISSING, naming the hour, if the actuals do not cover it.
 */
int tally_add(struct tally *tally, size_t job, instant begins, instant ends,
              struct error *err);

/*
 * All runs together. The wait of a job is the time from its arrival to its end in which
 * it did not run; it missed if it ended after its deadline or, without one, more than
 * its max_wait later than it would have, had it run at once and in one piece.
 */
struct tally_sums tally_close(const struct tally *tally);

const struct tally_job *tally_jobs(const struct tally *tally);

#endif

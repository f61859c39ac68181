/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMULATE_REPORT_H
#define CLI_SIMULATE_REPORT_H

#include "cli/simulate_run.h"
#include "cli/terminal.h"

/* What a simulation has found, for people and for machines. */

struct simulate_outcome {
    struct simulate_policy policy;
    struct tally *tally;
    struct tally_sums sums;
};

struct simulate_findings {
    struct simulate_outcome queue; /* first come first served with EASY backfill */
    struct simulate_outcome policies[SIMULATE_POLICIES_MAX];
    size_t count;
    bool has_optimum;
    double optimum;      /* grams, of runs in one piece */
    bool has_preemptive; /* ... and in pieces, if a policy may cut them */
    double preemptive_optimum;
};

void simulate_report_table(const struct scenario *scenario,
                           const struct simulate_findings *findings,
                           const struct terminal *terminal, struct text *text);
void simulate_report_json(const struct scenario *scenario,
                          const struct simulate_findings *findings, struct text *text);

/* Write a table of all jobs under all policies. */
int simulate_report_jobs(const struct scenario *scenario,
                         const struct simulate_findings *findings, const char *path,
                         struct error *err);

#endif

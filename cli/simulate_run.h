/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMULATE_RUN_H
#define CLI_SIMULATE_RUN_H

#include "cli/simulate_scenario.h"
#include "ledger/tally.h"
#include "scheduler/baseline.h"

/* A policy that is tried, and what came of it. */

#define SIMULATE_NAME_SIZE    32
#define SIMULATE_POLICIES_MAX 16

struct simulate_policy {
    char name[SIMULATE_NAME_SIZE];
    bool is_ours; /* by the engine; else a baseline */
    bool pauses;
    enum baseline baseline;
    int percentile; /* of BASELINE_THRESHOLD */
};

/* "immediate,threshold:30,cleanest"; writes up to SIMULATE_POLICIES_MAX. */
int simulate_policies_parse(const char *list, struct simulate_policy *policies,
                            size_t *count, struct error *err);

/* Whether jobs may run in pieces. */
bool simulate_is_preemptive(const struct simulate_policy *policy);

/* Called now and then; `part` from 0 to 1. May be NULL. */
typedef void simulate_on_progress(const struct simulate_policy *policy, double part);

/*
 * Try a policy. A baseline's runs join a queue, first come first served with EASY
 * backfill (ledger/counterfactual.h), when it wants them to start; a piece of a job
 * not before the piece before it has ended. Returns a new tally, the caller's to
 * destroy, or NULL with an error.
 */
struct tally *simulate_run(struct scenario *scenario,
                           const struct simulate_policy *policy,
                           simulate_on_progress *on_progress, struct error *err);

/*
 * Grams that no policy can go below, with every job started, or done, within its wait;
 * `upper`: what some policy took that kept to it.
 */
double simulate_bound(const struct scenario *scenario, bool preemptive, double upper);

#endif

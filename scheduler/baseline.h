/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_BASELINE_H
#define SCHEDULER_BASELINE_H

#include <stdbool.h>

#include "grid/series.h"

/*
 * When other tools would run a job, as their authors define it, to be held against.
 * Each looks at one job, when it comes, and at the forecast; none knows of capacity.
 *
 * lowest-slot, lowest-window, carbon-time, ecovisor and wait-awhile are those of GAIA
 * (Hanafy et al., "Going Green for Less Green", ASPLOS 2024), of which ecovisor goes
 * back to Souza et al. (ASPLOS 2023) and wait-awhile to Wiesner et al. (Middleware
 * 2021).
 */
enum baseline {
    BASELINE_IMMEDIATE,
    BASELINE_LOWEST_SLOT,        /* in the clock hour with the lowest intensity */
    BASELINE_LOWEST_WINDOW,      /* by the mean length of its class of jobs */
    BASELINE_LOWEST_WINDOW_TRUE, /* by its own length */
    BASELINE_CARBON_TIME,        /* most carbon saved for the time until it is done */
    BASELINE_ECOVISOR,           /* runs below a percentile, else spends its wait */
    BASELINE_WAIT_AWHILE,        /* in the lowest hours of all, in pieces */
    BASELINE_THRESHOLD,          /* in the first slot below a percentile */
    BASELINES
};

/* "lowest-slot", ... */
const char *baseline_name(enum baseline baseline);

/* Whether it may run a job in pieces. */
bool baseline_is_preemptive(enum baseline baseline);

/* What a baseline knows of a job. All lengths are whole slots. */
struct baseline_job {
    instant arrives;
    duration length;
    duration expected; /* mean length of its class */
    duration max_wait;
};

struct baseline_piece {
    instant begins;
    instant ends;
};

/* What there is to decide by. */
struct baseline_grid {
    const struct series *intensity; /* forecast; beyond its end its last day repeats */
    duration step;                  /* of the intensity: its "hours" */
    duration slot;
    int percentile; /* of THRESHOLD; that of ecovisor is 30 */
};

#define BASELINE_PERCENTILE 30

/*
 * When a job runs, in pieces that ascend, do not touch and have its length in all.
 * Writes a new array, the caller's to free, and returns how many. Pure.
 *
 * Offsets are from the arrival and at most the wait. LOWEST_SLOT tries the arrival and
 * each boundary of a step; LOWEST_WINDOW and CARBON_TIME whole hours after the arrival;
 * of equal ones the earliest is taken. ECOVISOR walks the steps from the arrival on and
 * runs below the 30th percentile (linear interpolation over slots) of the 24 hours from
 * the arrival; above it waits while there is wait left. WAIT_AWHILE fills the lowest
 * steps of [arrival, arrival + length + wait) first. THRESHOLD starts in the first slot
 * at or below the percentile of the 24 hours from that slot on, or at the end of its
 * wait.
 */
size_t baseline_run(enum baseline baseline, const struct baseline_grid *grid,
                    const struct baseline_job *job, struct baseline_piece **pieces);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_REPORT_H
#define LEDGER_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger/emissions.h"

/*
 * Sums over jobs: energy, emissions, what they would have been, and how sure that is.
 */

enum report_by {
    REPORT_BY_NOTHING, /* the total only */
    REPORT_BY_USER,
    REPORT_BY_PROJECT,
    REPORT_BY_QUEUE,
    REPORT_BY_POOL,
    REPORT_BY_ZONE,
    REPORT_BY_DAY, /* of the end, in UTC */
    REPORT_BYS
};

/* "total", "user", "project", ... */
const char *report_by_name(enum report_by by);
int report_by_parse(const char *name, enum report_by *by, struct error *err);

/* Where figures of energy are from; a sum of both kinds is neither. */
enum report_energy {
    REPORT_ESTIMATED,
    REPORT_MEASURED,
    REPORT_PARTLY_MEASURED,
    REPORT_ENERGIES
};

/* "estimated", "measured", "partly measured". */
const char *report_energy_name(enum report_energy energy);

/* What a sum of `count` figures is called, of which so many were measured. */
enum report_energy report_energy_of(size_t measured, size_t count);

/*
 * One ended job, or what has run of one so far. Strings are borrowed; NULL is taken as
 * "", and what a key has no room for is cut.
 */
#define REPORT_KEY_MAX 64

struct report_item {
    const char *user;
    const char *project;
    const char *queue;
    const char *pool;
    const char *zone;
    instant ended;
    duration waited; /* from eligible to start */
    int64_t joules;
    int64_t idle_joules; /* of it, what its GPUs would have drawn anyhow */
    struct emissions actual;
    struct emissions shadow; /* first come first served */
    enum signal signal;
    bool synthetic; /* its grid was made up */
    bool dry_run;   /* it was planned only, and ran when it would have without us */
    enum report_energy energy;
    bool shadow_provisional; /* an earlier job has not ended yet */
    bool missed;             /* started after its latest start */
};

struct report_line {
    char key[REPORT_KEY_MAX + 1]; /* "" for the total; a day as 2026-11-21 */
    size_t jobs;
    int64_t joules;
    int64_t idle_joules;
    int64_t milligrams;
    int64_t shadow_milligrams;
    enum emissions_label label; /* the worst of all, actual and shadow */
    bool provisional;           /* any shadow is */
    enum report_energy energy;
    duration waited_mean; /* to the nearest second */
    duration waited_p95;  /* what 95 % waited no longer than: nearest rank */
    size_t missed;
};

/*
 * A part for each signal that there are items of, for real and made-up grids, and for
 * jobs and dry runs: their figures are never summed. In it a line per key, in order of
 * bytes, so days ascend.
 */
struct report_part {
    enum signal signal;
    bool synthetic; /* its grid was made up: nothing here is to be believed */
    bool dry_run;   /* what would have been: nothing here was saved */
    struct report_line total;
    struct report_line *lines;
    size_t count;
};

struct report {
    struct report_part parts[4 * SIGNALS];
    size_t part_count;
};

void report_make(struct report *report, const struct report_item *items, size_t count,
                 enum report_by by);
void report_release(struct report *report);

#endif

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
    REPORT_BY_NOTHING, /* one line: the total */
    REPORT_BY_USER,
    REPORT_BY_PROJECT,
    REPORT_BY_QUEUE,
    REPORT_BY_POOL,
    REPORT_BY_ZONE,
    REPORT_BY_DAY, /* of the end, in UTC */
    REPORT_BYS
};

const char *report_by_name(enum report_by by);
int report_by_parse(const char *name, enum report_by *by, struct error *err);

/* One ended job, or what has run of one so far. Strings are borrowed. */
struct report_item {
    const char *user;
    const char *project;
    const char *queue;
    const char *pool;
    const char *zone;
    enum signal signal;
    bool synthetic; /* its grid was made up */
    instant ended;
    int64_t joules;
    bool energy_measured; /* else estimated */
    struct emissions actual;
    struct emissions shadow; /* first come first served */
    bool shadow_provisional; /* an earlier job has not ended yet */
    duration waited;         /* from eligible to start */
    bool missed;             /* started after its latest start */
};

struct report_line {
    char key[65]; /* "" for the total */
    size_t jobs;
    int64_t joules;
    int64_t milligrams;
    int64_t shadow_milligrams;
    enum emissions_label label;
    bool provisional; /* any shadow is */
    bool estimated;   /* any energy is */
    bool synthetic;
    duration waited_mean;
    duration waited_p95;
    size_t missed;
};

/* A line per signal and key: figures of different signals are never summed. */
struct report {
    struct {
        enum signal signal;
        struct report_line total;
        struct report_line *lines;
        size_t count;
    } parts[SIGNALS];
    size_t part_count;
};

void report_make(struct report *report, const struct report_item *items, size_t count,
                 enum report_by by);
void report_release(struct report *report);

/* How far forecasts were off, over intervals that have both. */
struct forecast_error {
    size_t count;
    int64_t mean_absolute; /* mg/kWh */
    int64_t mean_signed;   /* forecast - actual */
    int64_t
        mape_ppm; /* mean absolute percentage error, intervals of level 0 left out */
};

/* Compare a forecast with actuals over [begins, ends). count 0: nothing to compare. */
void forecast_error_add(struct forecast_error *sum, const struct forecast *forecast,
                        const struct actuals *actuals, instant begins, instant ends);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIMULATE_SCENARIO_H
#define CLI_SIMULATE_SCENARIO_H

#include "base/options.h"
#include "cli/import_file.h"
#include "config/config.h"
#include "grid/foresight.h"
#include "queue/trace.h"

/*
 * What is simulated: jobs, a grid, machines and settings, the same for all policies.
 */

/* As the command line has it. */
struct simulate_options {
    const char *jobs;
    const char *jobs_unit;
    const char *jobs_from;
    const char *jobs_hours;
    const char *max_gpus;
    const char *carbon;
    const char *forecasts;
    const char *forecast;
    const char *start;
    const char *hours;
    const char *capacity;
    const char *max_wait;
    const char *policy;
    struct option_strings set;
    const char *slot;
    const char *seed;
    const char *per_job;
    bool optimum;
    bool json;
};

#define SCENARIO_UNLIMITED INT64_MAX

struct scenario {
    struct trace trace; /* in UTC, cut to slots; each says its power */
    struct trace past;  /* of the week before, likewise */
    duration span;      /* that was asked for of its arrivals; 0: up to the last */
    duration *expected; /* for each job the mean length of its class, in slots */
    duration slot;
    int64_t capacity; /* GPUs, or SCENARIO_UNLIMITED */
    struct config *config;
    struct import_file carbon;
    struct series *truth; /* from the hour of the first arrival on */
    duration step;        /* of the truth */
    struct forecast **issues;
    size_t issue_count;
    enum foresight_kind kind;
    struct foresight *foresight;
    instant begins;              /* the hour of the first arrival */
    struct forecast **forecasts; /* as they were asked for, by the hour from there on */
    size_t forecast_count;
    size_t forecast_room;
};

/*
 * Read and check all that the options name. EXIT_WELL; else what is wrong has been
 * told, each fault with its file and line. Release it whatever the result.
 */
int scenario_load(const struct simulate_options *options, struct scenario *scenario);

/* The part of it that is about the grid. */
int scenario_load_grid(const struct simulate_options *options,
                       struct scenario *scenario);
void scenario_release(struct scenario *scenario);

/*
 * What was expected at a full hour; NULL: nothing was known. Hours that were not asked
 * for yet are to be asked for in order. Borrowed.
 */
const struct forecast *scenario_ask(struct scenario *scenario, instant hour);

/* How long a job may wait. */
duration scenario_wait(const struct scenario *scenario, size_t job);

/* What all jobs ask for. */
double scenario_gpu_hours(const struct scenario *scenario);

#endif

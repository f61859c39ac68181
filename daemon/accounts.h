/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_H
#define DAEMON_ACCOUNTS_H

#include "grid/archive.h"
#include "ledger/forecast_error.h"
#include "ledger/report.h"
#include "nodes/pool.h"
#include "queue/store.h"

/*
 * What jobs used and saved, from what the store knows: it brings together the ledger,
 * which reckons, with the archive of the grid and the history of the pools. It asks a
 * reader and nothing else, so it may run on any thread.
 */

struct accounts_zone {
    char name[ZONE_NAME_MAX + 1];
    char actuals[PROVIDER_NAME_MAX + 1]; /* by whom emissions are booked; "": any */
    duration settle;                     /* how old actuals are before they are final */
};

/* What one job used. */
struct accounts_energy {
    int64_t joules;
    int64_t idle_joules;   /* of it, what its GPUs would have drawn anyhow */
    int64_t watts_per_gpu; /* as measured, without PUE; 0: not measured */
    enum report_energy source;
    struct emissions emissions;
    enum signal signal;
    bool synthetic;
    bool is_known; /* else nothing is known of the grid, or it has only just begun */
};

#define ACCOUNTS_SPAN_MAX (400 * DAY)
#define ACCOUNTS_JOBS_MAX 500000

/* Jobs this long before the period are looked at too: they filled the shadow queue. */
#define ACCOUNTS_LOOK_BACK (7 * DAY)

/* Which account is wanted; the arrays are the caller's. */
struct accounts_question {
    const struct pool *pools;
    size_t pool_count;
    const struct accounts_zone *zones;
    size_t zone_count;
    instant from; /* jobs that ended in [from, to) */
    instant to;
    instant now;
    enum report_by by;
    int64_t uid; /* only of this user's jobs; -1: of all */
};

/*
 * What a job used in all its attempts until it ended, or until now. Of the question,
 * the pools, the zones and `now` are asked for. ERROR_MISSING if it has not run in any
 * of these pools. Attempts whose figures differ in kind have no mass.
 */
int accounts_book(const struct job *job, const struct accounts_question *question,
                  struct store_reader *reader, struct accounts_energy *energy,
                  struct error *err);

/* How good the forecasts of a zone were. */
struct accounts_skill {
    char zone[ZONE_NAME_MAX + 1];
    char provider[PROVIDER_NAME_MAX + 1]; /* of the last of them */
    struct forecast_error error;
};

/* What the GPUs of a pool drew while no job had them, with PUE. */
struct accounts_idle {
    char pool[POOL_NAME_MAX + 1];
    char zone[ZONE_NAME_MAX + 1];
    int64_t joules;
    struct emissions emissions;
    enum signal signal;
    bool synthetic;
    bool is_known; /* else nothing is known of the grid, or of several kinds */
};

struct accounts {
    struct report report;
    struct accounts_idle *idles; /* one for each pool of which it was measured */
    size_t idle_count;
    struct accounts_skill *skills; /* one for each zone that has any */
    size_t skill_count;
};

/*
 * Make the account, in which the attempts of a job that ran in the zone of its last one
 * count. What GPUs without a job drew is told to all who may see any of it.
 * ERROR_INVALID if the period is empty or too long, ERROR_TOO_LARGE if more than
 * ACCOUNTS_JOBS_MAX jobs were open in it. Jobs that ran in a pool that is none of the
 * question's are left out. The caller releases.
 */
int accounts_make(const struct accounts_question *question, struct store_reader *reader,
                  struct accounts *accounts, struct error *err);
void accounts_release(struct accounts *accounts);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_JOBS_H
#define DAEMON_ACCOUNTS_JOBS_H

#include "daemon/accounts.h"
#include "daemon/accounts_attempts.h"
#include "daemon/names.h"

/* The jobs of an account, and their shadows: for accounts.c and accounts_jobs.c alone.
 */

struct accounts_job {
    struct job job;
    const char *user; /* kept in names */
    const char *project;
    const char *queue;
    size_t pool;  /* in the question */
    bool dry_run; /* planned only */
    instant eligible;
    instant begins;       /* its first attempt */
    duration useful;      /* how long it would run in one piece */
    instant ends;         /* when it ended, or would by its estimate */
    instant shadow_start; /* where first come first served would have put it */
};

struct accounts_jobs {
    struct accounts_job *items; /* by pool, eligible, id */
    size_t count;
    size_t room;
    instant waiting_since; /* the soonest that one not yet started was eligible */
    struct names names;
    struct accounts_attempts attempts;
};

int accounts_jobs_load(struct accounts_jobs *jobs,
                       const struct accounts_question *question,
                       struct store_reader *reader, struct error *err);
void accounts_jobs_release(struct accounts_jobs *jobs);

#endif

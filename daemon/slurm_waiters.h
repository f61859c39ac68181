/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_WAITERS_H
#define DAEMON_SLURM_WAITERS_H

#include "daemon/daemon.h"
#include "daemon/slurm_lease.h"
#include "nodes/slurm/executor.h"
#include "nodes/slurm/wish.h"

/*
 * Requests that wait until a job of Slurm has been taken in: whoever has submitted it
 * there asks for what is planned for it. Each is answered with the promise of the job,
 * or of all tasks of the array, once they are stored; with ERROR_MISSING when two
 * listings do not have it, or it is not ours; with ERROR_UNAVAILABLE after
 * SLURM_WAITERS_SECONDS.
 */
struct call;
struct slurm_waiters;

#define SLURM_WAITERS_MAX      64
#define SLURM_WAITERS_USER_MAX 16 /* of one user */
#define SLURM_WAITERS_SECONDS  30

/* Which job: only who has submitted it knows its key. */
struct slurm_wanted {
    int64_t id;
    char key[WISH_KEY_SIZE];
};

struct slurm_waiters *slurm_waiters_create(struct daemon *daemon,
                                           const struct slurm_executor *executor);

/* Answer all that wait: the daemon stops. */
void slurm_waiters_stop(struct slurm_waiters *waiters);

/* When the loop has closed its handles. NULL does nothing. */
void slurm_waiters_destroy(struct slurm_waiters *waiters);

/* Have a request wait. ERROR_TOO_LARGE if too many of its user do, administrators too;
 * ERROR_UNAVAILABLE if too many of all do. */
int slurm_waiters_add(struct slurm_waiters *waiters, const struct slurm_wanted *wanted,
                      const struct call *call, struct error *err);

/* A listing, after the intake has seen it. */
void slurm_waiters_see(struct slurm_waiters *waiters, const struct slurm_units *units,
                       const struct slurm_terms *terms);

/* A submission of units with that id was stored, or failed. */
void slurm_waiters_settle(struct slurm_waiters *waiters, int64_t id,
                          const struct error *failure);

/* Whether any waits for a listing. */
bool slurm_waiters_any(const struct slurm_waiters *waiters);

#endif

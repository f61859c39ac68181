/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_LEFTOVERS_H
#define NODES_LOCAL_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "nodes/local/run_process.h"

/*
 * What is left of an attempt whose runner is gone: processes of its session, and those
 * that carry its token in their environment.
 *
 * The files that name the session and the token are the job owner's, who may have
 * written anything there; so only processes of that owner are ever touched, and never
 * our own session.
 */
struct leftovers {
    uid_t uid;
    struct run_process runner; /* whose session it was; pid 0: not known */
    const char *token;         /* "": not known */
};

/*
 * Stop all, again until no new ones appear, which a fork bomb could otherwise make
 * faster than we find them; then send SIGKILL to all. Returns to how many, and SIZE_MAX
 * if not all could be looked at: call it again until there are none.
 */
size_t leftovers_kill(const struct leftovers *leftovers);

/* Whether a process belongs to the user. */
bool leftovers_is_owned(pid_t pid, uid_t uid);

#endif

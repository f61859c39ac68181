/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_ERRAND_H
#define NODES_LOCAL_RUNNER_ERRAND_H

#include "base/error.h"

/*
 * What the daemon has done with a run of another user, which it may not touch itself:
 * the launcher starts us as that user. The directory's files may say anything, so
 * nothing happens here but what its owner could do anyhow.
 *
 *   stop, pause  tell the runner that holds the lock; if there is none yet, once it has
 *   sweep        end the processes that are left of it
 *   remove       empty the directory, whatever is in it
 *
 * ERROR_MISSING if the runner is gone, ERROR_UNAVAILABLE if it takes too long,
 * ERROR_INVALID for another verb.
 */
int runner_errand(const char *verb, const char *path, struct error *err);

#endif

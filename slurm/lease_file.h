/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SLURM_LEASE_FILE_H
#define SLURM_LEASE_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "nodes/slurm/lease.h"

/*
 * The lease as a file, read again only when it was replaced. Any number of threads may
 * read at once: one that would have to wait for another reads for itself instead.
 */

#ifndef LEASE_FILE_PATH
#define LEASE_FILE_PATH "/run/penstock/slurm.lease"
#endif

struct lease_file {
    const char *path;
    pthread_mutex_t lock; /* of what follows, and only ever tried */
    bool is_known;
    struct stat seen; /* of the file that `lease` is of */
    struct lease lease;
};

#define LEASE_FILE(path)                                                               \
    {                                                                                  \
        path, PTHREAD_MUTEX_INITIALIZER, false, {0},                                   \
        {                                                                              \
            0                                                                          \
        }                                                                              \
    }

/*
 * ERROR_MISSING without a file, ERROR_INVALID if it is no regular file, others may
 * write it, or it is no lease; ERROR_IO else. Never waits, and reads LEASE_SIZE_MAX at
 * most. Whether the lease is fresh is the caller's to ask.
 */
int lease_file_read(struct lease_file *file, struct lease *lease, struct error *err);

#endif

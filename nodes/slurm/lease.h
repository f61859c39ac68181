/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_LEASE_H
#define NODES_SLURM_LEASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * What slurmctld's plugin may do while the daemon is alive: a small text file that the
 * daemon replaces atomically, and again long before it goes stale. Without it, or with
 * a stale one, the plugin touches no job, so deleting it switches the plugin off.
 *
 *   penstock-lease 1
 *   written 1795292100          seconds since the epoch
 *   valid 180                   for so many seconds from then on
 *   margin 120                  how long a job may take to start once it may, where
 *                               no partition says it
 *   tell yes                    users are told that their job may wait
 *   wake /run/penstock/wake     the daemon's datagram socket, or -
 *   default main                the partition of jobs that name none, or -
 *   partition all 14400 86400 90 main
 *   account ask 0 172800 physics
 *   any ask 3600 86400 -
 *   end 3                       the number of rows: proves that the file is whole
 *
 * A row has its mode, its waits, of a partition its margin, and its name. The first row
 * that fits a job is its row. This is linked into the plugin: nothing
 * here allocates, aborts, or keeps anything between calls.
 */

#define LEASE_SIZE_MAX  16384 /* bytes of the file */
#define LEASE_ROWS_MAX  64
#define LEASE_NAME_SIZE 64  /* with the NUL, so for the next */
#define LEASE_PATH_SIZE 108 /* of sun_path */
#define LEASE_VALID_MAX HOUR
#define LEASE_WAIT_MAX  (31 * DAY)

/* How far ahead of the reader's clock `written` may be. */
#define LEASE_AHEAD_MAX MINUTE

enum lease_kind {
    LEASE_PARTITION,
    LEASE_QOS,
    LEASE_ACCOUNT,
    LEASE_ANY, /* every job; its name is "" */
    LEASE_KINDS
};

const char *lease_kind_name(enum lease_kind kind); /* "partition", ... */

struct lease_row {
    enum lease_kind kind;
    bool must_ask; /* only jobs wait whose user asked; else all that do not refuse */
    duration
        wait_default;  /* of a job that names neither a wait nor a carbon deadline */
    duration wait_max; /* whatever its user asks for */
    duration margin;   /* of a partition; else 0 */
    char name[LEASE_NAME_SIZE];
};

struct lease {
    instant written;
    duration valid;
    duration margin;
    bool tells_users;
    char wake[LEASE_PATH_SIZE]; /* "": there is none; so for the next */
    char default_partition[LEASE_NAME_SIZE];
    struct lease_row rows[LEASE_ROWS_MAX];
    size_t row_count;
};

/*
 * The file as a string. ERROR_TOO_LARGE if it does not fit `size`, which it always does
 * with LEASE_SIZE_MAX; ERROR_INVALID if a member is outside its limits, or a name or
 * the path has control characters, or is one that the file says by other means.
 */
int lease_format(const struct lease *lease, char *text, size_t size, struct error *err);

/* ERROR_INVALID unless it is a whole lease within all limits; it may hold NULs. */
int lease_parse(const char *bytes, size_t size, struct lease *lease, struct error *err);

bool lease_is_fresh(const struct lease *lease, instant now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_IDLE_H
#define DAEMON_ACCOUNTS_IDLE_H

#include "daemon/accounts_grid.h"

/* What GPUs drew while no job had them, pool by pool. For accounts.c alone. */

struct accounts_hour {
    size_t pool; /* in the question */
    instant begins;
    int64_t joules; /* without PUE */
};

struct accounts_hours {
    struct accounts_hour *items; /* by pool's name and time */
    size_t count;
    size_t room;
    struct accounts_idle *idles; /* one for each pool of the question */
};

/* Load the hours that begin in the question's time. The caller releases. */
int accounts_idle_load(struct accounts_hours *hours,
                       const struct accounts_question *question,
                       struct store_reader *reader, struct error *err);
void accounts_idle_release(struct accounts_hours *hours);

/* Book those of the pools in the grid's zone. */
void accounts_idle_book(struct accounts_hours *hours,
                        const struct accounts_question *question,
                        struct accounts_grid *grid);

/* The pools that have any, now the caller's to free; the rest is released. */
struct accounts_idle *accounts_idle_take(struct accounts_hours *hours,
                                         const struct accounts_question *question,
                                         size_t *count);

#endif

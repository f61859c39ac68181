/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_MARGIN_H
#define NODES_SLURM_MARGIN_H

#include <stddef.h>

#include "base/clock.h"

/*
 * How long jobs queue in Slurm from when they may start to when they do: the 95th
 * percentile of the last ones, as a latest start has to leave that long. A begin time
 * reserves nothing, so it is no more than what was usual.
 */

#define MARGIN_KEPT     128
#define MARGIN_LEAST    20 /* fewer teach nothing */
#define MARGIN_STANDARD (5 * MINUTE)
#define MARGIN_MAX      DAY

struct margin {
    duration waits[MARGIN_KEPT]; /* the newest ones, in no order */
    size_t count;                /* of all that were ever added */
};

/* A wait below 0 counts as none. */
void margin_add(struct margin *margin, duration wait);

/* MARGIN_STANDARD until MARGIN_LEAST are known; from a second to MARGIN_MAX. */
duration margin_find(const struct margin *margin);

/* The same, but `least` until they are known, and never below that. */
duration margin_find_above(const struct margin *margin, duration least);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_REFUSALS_H
#define DAEMON_SLURM_REFUSALS_H

#include <stdbool.h>

#include "base/clock.h"
#include "nodes/slurm/unit.h"

/*
 * Jobs of Slurm that are ours by their mark or comment, but that the engine has
 * refused: each listing has them, and nobody needs to be told of them each time. They
 * are tried again after a while, for the reason may have been a full queue. What a
 * listing no longer has is forgotten. Pure; times are real.
 */
struct slurm_refusals;

#define SLURM_REFUSALS_MAX   256 /* those beyond are tried at each listing, quietly */
#define SLURM_REFUSALS_AGAIN (10 * MINUTE)

struct slurm_refusals *slurm_refusals_create(void);
void slurm_refusals_destroy(struct slurm_refusals *refusals);

/* Why the unit was refused, borrowed until the next call; NULL: it is to be tried. */
const char *slurm_refusals_find(struct slurm_refusals *refusals,
                                const struct slurm_unit *unit, instant now);

/* It was refused, with all tasks up to `last_task`. Whether this is to be told. */
bool slurm_refusals_add(struct slurm_refusals *refusals, const struct slurm_unit *unit,
                        int32_t last_task, const char *why, instant now);

/* The end of a listing: forget what was not asked for since the last one. */
void slurm_refusals_sweep(struct slurm_refusals *refusals);

#endif

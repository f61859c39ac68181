/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_SHADOW_RELEASES_H
#define LEDGER_SHADOW_RELEASES_H

#include <stddef.h>

#include "base/clock.h"
#include "nodes/pool.h"

/*
 * When running jobs are expected to give back what they hold, in ascending order of
 * time. Kept in blocks with a sum each, so that adding, removing and looking ahead stay
 * cheap with a hundred thousand of them.
 */
struct shadow_releases;

struct shadow_release {
    instant at;
    size_t job; /* tells releases of the same time apart */
    struct resources held;
};

struct shadow_releases *shadow_releases_create(void);
void shadow_releases_destroy(struct shadow_releases *releases);

void shadow_releases_add(struct shadow_releases *releases,
                         const struct shadow_release *release);

/* Remove the one with this time and job, which must be there. */
void shadow_releases_remove(struct shadow_releases *releases, instant at, size_t job);

/*
 * The first release after which `wanted`, which does not fit into `room` yet, fits into
 * it and all that was released by then; INSTANT_MAX if it never does. Room below 0 is
 * overdrawn. On return `room` is what there is at that time.
 */
instant shadow_releases_until(const struct shadow_releases *releases,
                              const struct resources *wanted, struct resources *room);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_CLUSTER_H
#define TESTS_SUPPORT_CLUSTER_H

#include "tests/support/world.h"

/* A world whose pool 1 is "cluster", which another scheduler runs. */

extern const struct resources cluster_whole; /* all that it has */

/* Setup of cmocka, for world_teardown(): its grid is clean three hours from now. */
int cluster_setup(void **state);

/* What others hold of the whole of it; and let the engine heed that. */
void cluster_set_use(struct world *world, const struct engine_use *uses, size_t count);

/* What has become of a job there, by uid 1000. */
void cluster_tell(struct world *world, int64_t id, enum engine_fate fate);

/* Where a job is planned, until the next call. */
const struct reservation *cluster_reservation(struct world *world, int64_t id);

#endif

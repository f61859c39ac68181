/* SPDX-License-Identifier: MIT */
#include "tests/support/cluster.h"

#include "tests/support/cmocka.h"

const struct resources cluster_whole = {4, 16, 65536};

void cluster_set_use(struct world *world, const struct engine_use *uses, size_t count)
{
    engine_set_use(world->engine, 1, &cluster_whole, uses, count);
    world_run(world);
}

void cluster_tell(struct world *world, int64_t id, enum engine_fate fate)
{
    const struct engine_told told = {
        .fate = fate,
        .actor = 1000,
        .text = "said the cluster",
    };

    engine_tell(world->engine, id, &told);
    world_run(world);
}

int cluster_setup(void **state)
{
    world_setup_cluster(state);
    world_set_forecast(*state, WORLD_START + 3 * HOUR);
    cluster_set_use(*state, NULL, 0);
    return 0;
}

const struct reservation *cluster_reservation(struct world *world, int64_t id)
{
    static struct engine_job found;

    assert_true(engine_find(world->engine, id, &found));
    return found.reservation;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_config.h"

#include <string.h>

#include "base/alloc.h"

static struct accounts_zone make_zone(const struct config_zone *config)
{
    struct accounts_zone zone = {.settle = config->settle};

    _Static_assert(sizeof(zone.name) == sizeof(config->name), "names are of one size");
    _Static_assert(sizeof(zone.actuals) == sizeof(config->actuals), "so are these");
    memcpy(zone.name, config->name, sizeof(zone.name));
    memcpy(zone.actuals, config->actuals, sizeof(zone.actuals));
    return zone;
}

struct pool *accounts_copy_pools(const struct engine *engine, size_t *count)
{
    struct pool *pools;

    *count = engine_pool_count(engine);
    pools = xcalloc(*count + 1, sizeof(*pools));
    for (size_t i = 0; i < *count; i++)
        pools[i] = *engine_pool(engine, i);
    return pools;
}

struct accounts_zone *accounts_copy_zones(const struct config *config, size_t *count)
{
    struct accounts_zone *zones;

    *count = config->zone_count;
    zones = xcalloc(*count + 1, sizeof(*zones));
    for (size_t i = 0; i < *count; i++)
        zones[i] = make_zone(&config->zones[i]);
    return zones;
}

int64_t accounts_kwh(int64_t joules)
{
    /* 3.6 million joules make one kWh. */
    return (joules / 18) * 5 + (joules % 18) * 5 / 18;
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "nodes/slurm/cluster_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_config(const char *text)
{
    struct cluster_config config;

    if (cluster_config_parse(text, &config, NULL) < 0)
        return;
    if (config.count == 0 || config.count > CLUSTER_SETTINGS_MAX)
        abort();
    for (size_t i = 0; i < config.count; i++) {
        const char *name = config.items[i].name;

        if (strlen(cluster_config_find(&config, name)) > strlen(text)
            || cluster_config_number(&config, name) < -1)
            abort();
        cluster_config_lists(&config, name, "lua");
    }
    cluster_config_release(&config);
}

static void try_partitions(const char *text)
{
    struct cluster_partitions partitions;

    if (cluster_partitions_parse(text, &partitions, NULL) < 0)
        return;
    for (size_t i = 0; i < partitions.count; i++) {
        const struct cluster_partition *item = &partitions.items[i];

        if (!cluster_partitions_find(&partitions, item->name) || item->nodes < 0
            || item->default_time < 0 || item->default_time > DURATION_MAX
            || item->max_time < 0 || item->max_time > DURATION_MAX)
            abort();
    }
    cluster_partitions_release(&partitions);
}

static void try_use(const char *text)
{
    struct cluster_use use;

    if (cluster_use_parse(text, &use, NULL) == 0
        && (use.allocated < 0 || use.idle < 0 || use.allocated > INT64_MAX - use.idle))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 1, 1);

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    try_config(text);
    try_partitions(text);
    try_use(text);
    free(text);
    return 0;
}

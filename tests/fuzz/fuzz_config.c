/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes are a config or have faults, in order and as strings; never both. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_faults faults;
    struct config *config = config_parse((const char *)data, size, &faults);
    char what[64];

    assert((config != NULL) == (faults.count == 0));
    for (size_t i = 0; i < faults.count && i < CONFIG_FAULTS_MAX; i++) {
        assert(i == 0 || faults.items[i].line >= faults.items[i - 1].line);
        assert(strlen(faults.items[i].text) > 0);
    }
    if (config) {
        assert(config->pool_count > 0 && config->queue_count > 0);
        assert(config_find_queue(config, config->daemon.default_queue));
        for (size_t i = 0; i < config->pool_count; i++)
            assert(config_find_zone(config, config->pools[i].zone));
        assert(config_can_reload(config, config, what, sizeof(what)));
    }
    config_destroy(config);
    return 0;
}

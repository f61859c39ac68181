/* SPDX-License-Identifier: MIT */
#include "grid/providers/providers.h"
#include "tests/support/bodies.h"
#include "tests/support/fuzz_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_settings settings = bodies_settings("fuzzed");
    const struct provider_body body = {(const char *)data, size, ""};
    char told[200];

    settings.signal = SIGNAL_AVERAGE_LIFECYCLE;
    electricity_maps_provider.explain(&settings, "DE", 401, &body, told, sizeof(told));
    return fuzz_provider(&electricity_maps_provider, &settings, data, size);
}

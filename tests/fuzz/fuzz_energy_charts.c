/* SPDX-License-Identifier: MIT */
#include "grid/providers/providers.h"
#include "tests/support/fuzz_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct provider_settings settings = {
        .name = "fuzzed",
        .kind = "energy-charts",
        .url = "",
        .region = "",
        .country = "",
        .path = "",
        .actuals_path = "",
    };

    return fuzz_provider(&energy_charts_provider, &settings, data, size);
}

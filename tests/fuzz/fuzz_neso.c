/* SPDX-License-Identifier: MIT */
#include "grid/providers/providers.h"
#include "tests/support/fuzz_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_settings settings = {
        .name = "fuzzed",
        .kind = "neso",
        .url = "",
        .region = "",
        .country = "",
        .path = "",
        .actuals_path = "",
    };

    fuzz_provider(&neso_provider, &settings, data, size);
    settings.region = "13";
    return fuzz_provider(&neso_provider, &settings, data, size);
}

/* SPDX-License-Identifier: MIT */
#include "grid/providers/providers.h"
#include "tests/support/bodies.h"
#include "tests/support/fuzz_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_settings settings = bodies_settings("fuzzed");
    const struct provider_body body = {(const char *)data, size, ""};
    struct provider_session session;
    char told[200];

    settings.signal = SIGNAL_MARGINAL_DIRECT;
    (void)watttime_provider.parse_session(&settings, &body, FUZZ_NOW, &session, NULL);
    watttime_provider.explain(&settings, "DE", 403, &body, told, sizeof(told));
    return fuzz_provider(&watttime_provider, &settings, data, size);
}

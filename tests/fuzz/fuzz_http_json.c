/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "grid/providers/json_path.h"
#include "grid/providers/providers.h"
#include "tests/support/bodies.h"
#include "tests/support/fuzz_provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct provider_settings settings = bodies_settings("fuzzed");
    /* The path comes first, up to a newline; then the body. */
    char path[64];
    size_t length = 0;

    while (length < size && length < sizeof(path) - 1 && data[length] != '\n')
        length++;
    memcpy(path, data, length);
    path[length] = '\0';
    if (length < size)
        length++;
    settings.json_points = json_path_check(path, NULL) == 0 ? path : "";
    settings.json_time = "t";
    settings.json_value = "v";
    settings.json_renewable = "r";
    return fuzz_provider(&http_json_provider, &settings, data + length, size - length);
}

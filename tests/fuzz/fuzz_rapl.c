/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nodes/local/cpu_time.h"
#include "nodes/local/rapl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);
    int64_t number;

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    if (rapl_number_parse(bytes, RAPL_RANGE_MAX, &number, NULL) == 0
        && (number < 0 || number > RAPL_RANGE_MAX
            || rapl_step(number, 0, RAPL_RANGE_MAX) < 0))
        abort();
    /* A directory's name, and behind its NUL the zone's. */
    if (strlen(bytes) < size)
        rapl_kind_of(bytes, bytes + strlen(bytes) + 1);
    rapl_kind_of(bytes, "package-0");
    if (cpu_time_parse(bytes, 100, &number, NULL) == 0 && number < 0)
        abort();
    free(bytes);
    return 0;
}

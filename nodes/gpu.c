/* SPDX-License-Identifier: MIT */
#include "nodes/gpu.h"

static const char *const health_names[GPU_HEALTHS] = {
    [GPU_WELL] = "well",
    [GPU_SILENT] = "silent",
    [GPU_BROKEN] = "broken",
    [GPU_LOST] = "lost",
};

const char *gpu_health_name(enum gpu_health health)
{
    return health_names[health];
}

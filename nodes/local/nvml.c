/* SPDX-License-Identifier: MIT */
#include "nodes/local/nvml.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* Where a function is kept, and its names, the one that is liked best first. */
struct symbol {
    size_t offset;
    const char *names[3];
};

#define SYMBOL(member, ...)                                                            \
    {                                                                                  \
        offsetof(struct nvml, member),                                                 \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }

static const struct symbol required[] = {
    SYMBOL(init, "nvmlInit_v2", "nvmlInit"),
    SYMBOL(shutdown, "nvmlShutdown"),
    SYMBOL(count, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount"),
    SYMBOL(by_index, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex"),
    SYMBOL(by_uuid, "nvmlDeviceGetHandleByUUID"),
    SYMBOL(uuid, "nvmlDeviceGetUUID"),
};

/* The layout of nvmlDeviceGetPciInfo before _v3 is another, so it is no second choice.
 */
static const struct symbol optional[] = {
    SYMBOL(error_string, "nvmlErrorString"),
    SYMBOL(driver_version, "nvmlSystemGetDriverVersion"),
    SYMBOL(name, "nvmlDeviceGetName"),
    SYMBOL(pci, "nvmlDeviceGetPciInfo_v3"),
    SYMBOL(memory, "nvmlDeviceGetMemoryInfo"),
    SYMBOL(power_limit, "nvmlDeviceGetEnforcedPowerLimit",
           "nvmlDeviceGetPowerManagementLimit"),
    SYMBOL(power, "nvmlDeviceGetPowerUsage"),
    SYMBOL(energy, "nvmlDeviceGetTotalEnergyConsumption"),
    SYMBOL(utilization, "nvmlDeviceGetUtilizationRates"),
    SYMBOL(compute, "nvmlDeviceGetComputeRunningProcesses_v3",
           "nvmlDeviceGetComputeRunningProcesses_v2"),
    SYMBOL(compute_v1, "nvmlDeviceGetComputeRunningProcesses"),
    SYMBOL(graphics, "nvmlDeviceGetGraphicsRunningProcesses_v3",
           "nvmlDeviceGetGraphicsRunningProcesses_v2"),
    SYMBOL(graphics_v1, "nvmlDeviceGetGraphicsRunningProcesses"),
    SYMBOL(ecc_errors, "nvmlDeviceGetTotalEccErrors"),
    SYMBOL(remapped_rows, "nvmlDeviceGetRemappedRows"),
};

_Static_assert(sizeof(void *) == sizeof(int (*)(void)), "dlsym gives functions");

/* False if the library has it by none of its names. */
static bool find(struct nvml *nvml, void *library, const struct symbol *symbol)
{
    void *function = NULL;

    for (size_t i = 0; i < 3 && symbol->names[i] && !function; i++)
        function = dlsym(library, symbol->names[i]);
    if (function)
        memcpy((char *)nvml + symbol->offset, &function, sizeof(function));
    return function;
}

int nvml_open(struct nvml *nvml, struct error *err)
{
    void *library = dlopen(NVML_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    struct nvml found = {.library = library};

    if (!library)
        return error_set(err, ERROR_MISSING, "there is no " NVML_LIBRARY);
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
        if (!find(&found, library, &required[i])) {
            dlclose(library);
            return error_set(err, ERROR_INVALID, NVML_LIBRARY " has no %s",
                             required[i].names[0]);
        }
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
        find(&found, library, &optional[i]);
    if (found.compute)
        found.compute_v1 = NULL;
    if (found.graphics)
        found.graphics_v1 = NULL;
    *nvml = found;
    return 0;
}

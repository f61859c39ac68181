/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_NVML_H
#define NODES_LOCAL_NVML_H

#include <stddef.h>

#include "base/error.h"

/*
 * The part of NVIDIA's management library that is used here, found at run time: nothing
 * of NVIDIA is needed to build, and a machine without it is no error. Names, values and
 * layouts are those of the public nvml.h; the assertions below are what keeps them so.
 *
 * Every call may block for as long as the driver likes, so none is for the loop. What
 * calls write is not to be trusted more than a file: strings may lack their end.
 */

#define NVML_LIBRARY "libnvidia-ml.so.1"

/* nvmlReturn_t, as far as it is told apart. */
enum nvml_return {
    NVML_SUCCESS = 0,
    NVML_ERROR_UNINITIALIZED = 1,
    NVML_ERROR_INVALID_ARGUMENT = 2,
    NVML_ERROR_NOT_SUPPORTED = 3,
    NVML_ERROR_NO_PERMISSION = 4,
    NVML_ERROR_NOT_FOUND = 6,
    NVML_ERROR_INSUFFICIENT_SIZE = 7,
    NVML_ERROR_INSUFFICIENT_POWER = 8,
    NVML_ERROR_DRIVER_NOT_LOADED = 9,
    NVML_ERROR_TIMEOUT = 10,
    NVML_ERROR_IRQ_ISSUE = 11,
    NVML_ERROR_GPU_IS_LOST = 15,
    NVML_ERROR_RESET_REQUIRED = 16,
    NVML_ERROR_GPU_NOT_FOUND = 28,
    NVML_ERROR_UNKNOWN = 999,
};

/* Sizes of the buffers that the calls fill. */
#define NVML_UUID_SIZE   80 /* nvmlDeviceGetUUID writes up to 80 bytes, 96 in its v2 */
#define NVML_NAME_SIZE   96
#define NVML_DRIVER_SIZE 80

/* nvmlProcessInfo's usedGpuMemory when the driver does not say. */
#define NVML_VALUE_NOT_AVAILABLE (~0ULL)

#define NVML_MEMORY_ERROR_TYPE_UNCORRECTED 1
#define NVML_VOLATILE_ECC                  0 /* counted since the driver was loaded */

/* nvmlDevice_t points to it; what is in it is the library's own. */
struct nvml_device;

/* nvmlMemory_t, in bytes. */
struct nvml_memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};

_Static_assert(sizeof(struct nvml_memory) == 24, "as in nvml.h");
_Static_assert(offsetof(struct nvml_memory, total) == 0, "as in nvml.h");
_Static_assert(offsetof(struct nvml_memory, free) == 8, "as in nvml.h");
_Static_assert(offsetof(struct nvml_memory, used) == 16, "as in nvml.h");

/* nvmlUtilization_t, in per cent of the last sampling period, a second or less. */
struct nvml_utilization {
    unsigned int gpu;
    unsigned int memory;
};

_Static_assert(sizeof(struct nvml_utilization) == 8, "as in nvml.h");
_Static_assert(offsetof(struct nvml_utilization, gpu) == 0, "as in nvml.h");
_Static_assert(offsetof(struct nvml_utilization, memory) == 4, "as in nvml.h");

/* nvmlPciInfo_t of nvmlDeviceGetPciInfo_v3. */
struct nvml_pci {
    char bus_id_legacy[16];
    unsigned int domain;
    unsigned int bus;
    unsigned int device;
    unsigned int device_id;
    unsigned int subsystem_id;
    char bus_id[32];
};

_Static_assert(sizeof(struct nvml_pci) == 68, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, domain) == 16, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, bus) == 20, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, device) == 24, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, device_id) == 28, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, subsystem_id) == 32, "as in nvml.h");
_Static_assert(offsetof(struct nvml_pci, bus_id) == 36, "as in nvml.h");

/* nvmlProcessInfo_v1_t, of the functions without a version. */
struct nvml_process_v1 {
    unsigned int pid;
    unsigned long long memory; /* bytes */
};

_Static_assert(sizeof(struct nvml_process_v1) == 16, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process_v1, pid) == 0, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process_v1, memory) == 8, "as in nvml.h");

/* nvmlProcessInfo_v2_t, of the functions _v2 and _v3. */
struct nvml_process {
    unsigned int pid;
    unsigned long long memory; /* bytes */
    unsigned int gpu_instance;
    unsigned int compute_instance;
};

_Static_assert(sizeof(struct nvml_process) == 24, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process, pid) == 0, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process, memory) == 8, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process, gpu_instance) == 16, "as in nvml.h");
_Static_assert(offsetof(struct nvml_process, compute_instance) == 20, "as in nvml.h");

/*
 * The largest entry that any driver writes in a list of processes: some of the series
 * 535 made _v3 longer by eight bytes. A list's buffer has that much per entry.
 */
#define NVML_PROCESS_SIZE_MAX 32

/*
 * The functions, by what they do; each returns an enum nvml_return as an int. The first
 * group is always there, any other is NULL where the driver has none.
 */
struct nvml {
    void *library; /* of dlopen; NULL: the functions are somebody else's */
    int (*init)(void);
    int (*shutdown)(void);
    int (*count)(unsigned int *count);
    int (*by_index)(unsigned int index, struct nvml_device **device);
    int (*by_uuid)(const char *uuid, struct nvml_device **device);
    int (*uuid)(struct nvml_device *device, char *uuid, unsigned int size);

    const char *(*error_string)(int result);
    int (*driver_version)(char *version, unsigned int size);
    int (*name)(struct nvml_device *device, char *name, unsigned int size);
    int (*pci)(struct nvml_device *device, struct nvml_pci *pci);
    int (*memory)(struct nvml_device *device, struct nvml_memory *memory);
    int (*power_limit)(struct nvml_device *device, unsigned int *milliwatts);
    int (*power)(struct nvml_device *device, unsigned int *milliwatts);
    int (*energy)(struct nvml_device *device, unsigned long long *millijoules);
    int (*utilization)(struct nvml_device *device, struct nvml_utilization *rates);
    /* `count` is the room, then how many there are. Of each two at most one is set. */
    int (*compute)(struct nvml_device *device, unsigned int *count,
                   struct nvml_process *processes);
    int (*compute_v1)(struct nvml_device *device, unsigned int *count,
                      struct nvml_process_v1 *processes);
    int (*graphics)(struct nvml_device *device, unsigned int *count,
                    struct nvml_process *processes);
    int (*graphics_v1)(struct nvml_device *device, unsigned int *count,
                       struct nvml_process_v1 *processes);
    int (*ecc_errors)(struct nvml_device *device, int error_type, int counter_type,
                      unsigned long long *count);
    int (*remapped_rows)(struct nvml_device *device, unsigned int *corrected,
                         unsigned int *uncorrected, unsigned int *is_pending,
                         unsigned int *has_failed);
};

/*
 * Find the library and its functions; calls none of them. ERROR_MISSING if there is no
 * library, ERROR_INVALID if it lacks a function of the first group; then `nvml` is
 * untouched. Nothing ever closes it: a call that hangs may still be in it.
 */
int nvml_open(struct nvml *nvml, struct error *err);

#endif

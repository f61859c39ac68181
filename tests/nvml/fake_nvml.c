/* SPDX-License-Identifier: MIT */

/*
 * A libnvidia-ml.so.1 of GPUs that a text file makes up: the one that the environment
 * variable PENSTOCK_FAKE_NVML names, read anew in every call. A line is a GPU:
 *
 *   uuid=GPU-1 name=Fake_A100 bus=1 memory=81920 limit=400 power=55 energy=1000 rate=55
 *   utilisation=7 pids=4711,4712 draws=815 state=well
 *
 * (in one line; memory in MiB, limit and power in W, energy in J, no spaces in a name).
 * The counter of energy advances with CLOCK_MONOTONIC by `rate` watts: since the
 * library was first asked or, whoever loads it, since the millisecond `since`. What is
 * not said is not supported. States:
 *
 *   well, lost, gone (its UUID is not found), error (an unknown one), reset (needed),
 *   ecc (it has uncorrected errors), rows (it could not remap some),
 *   hang (every call for it waits until the file says otherwise)
 *
 * Lines that begin with # are nothing. Without the file no driver is loaded.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nodes/local/nvml.h"

#define GPUS_MAX  64
#define LINE_SIZE 1024

struct nvml_device {
    char uuid[NVML_UUID_SIZE];
    unsigned long long counted; /* mJ, by the rate alone */
    long long counted_ms;
};

static struct nvml_device devices[GPUS_MAX];

/* They are found by their names; nobody calls them by a prototype. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static FILE *open_file(void)
{
    const char *path = getenv("PENSTOCK_FAKE_NVML");

    return path ? fopen(path, "re") : NULL;
}

/* The value of `key` in a line, with its end; false if there is none. */
static bool find(const char *line, const char *key, char *value, size_t size)
{
    size_t length = strlen(key);

    for (const char *at = line; *at;) {
        size_t word = strcspn(at, " \t\n");

        if (strncmp(at, key, length) == 0 && at[length] == '=') {
            snprintf(value, size, "%.*s", (int)(word - length - 1), at + length + 1);
            return true;
        }
        at += word;
        at += strspn(at, " \t\n");
    }
    return false;
}

/* The line of GPU number `index`, or that of `uuid` if it is not NULL. */
static bool find_line(int index, const char *uuid, char line[LINE_SIZE])
{
    FILE *file = open_file();
    char value[NVML_UUID_SIZE];
    bool found = false;
    int number = 0;

    while (file && !found && fgets(line, LINE_SIZE, file)) {
        if (line[0] == '#' || !find(line, "uuid", value, sizeof(value)))
            continue;
        found = uuid ? strcmp(uuid, value) == 0 : number == index;
        number++;
    }
    if (file)
        fclose(file);
    return found;
}

static int judge(const char *line)
{
    char state[16];

    if (!find(line, "state", state, sizeof(state)))
        return NVML_SUCCESS;
    if (strcmp(state, "lost") == 0)
        return NVML_ERROR_GPU_IS_LOST;
    if (strcmp(state, "gone") == 0)
        return NVML_ERROR_NOT_FOUND;
    if (strcmp(state, "error") == 0)
        return NVML_ERROR_UNKNOWN;
    if (strcmp(state, "reset") == 0)
        return NVML_ERROR_RESET_REQUIRED;
    return NVML_SUCCESS;
}

static bool is_in_state(const char *line, const char *name)
{
    char state[16];

    return find(line, "state", state, sizeof(state)) && strcmp(state, name) == 0;
}

/* The line of a GPU, once it does not hang any more. */
static int load(const char *uuid, char line[LINE_SIZE])
{
    const struct timespec nap = {.tv_nsec = 10000000};

    while (find_line(0, uuid, line)) {
        if (!is_in_state(line, "hang"))
            return judge(line);
        nanosleep(&nap, NULL);
    }
    return NVML_ERROR_NOT_FOUND;
}

static int load_number(struct nvml_device *device, const char *key,
                       unsigned long long *number)
{
    char line[LINE_SIZE];
    char value[32];
    int result = load(device->uuid, line);

    if (result != NVML_SUCCESS)
        return result;
    if (!find(line, key, value, sizeof(value)))
        return NVML_ERROR_NOT_SUPPORTED;
    *number = strtoull(value, NULL, 10);
    return NVML_SUCCESS;
}

static int load_milli(struct nvml_device *device, const char *key, unsigned int *milli)
{
    unsigned long long number = 0;
    int result = load_number(device, key, &number);

    if (result == NVML_SUCCESS)
        *milli = (unsigned int)number * 1000;
    return result;
}

int nvmlInit_v2(void)
{
    FILE *file = open_file();

    if (!file)
        return NVML_ERROR_DRIVER_NOT_LOADED;
    fclose(file);
    return NVML_SUCCESS;
}

int nvmlShutdown(void)
{
    return NVML_SUCCESS;
}

const char *nvmlErrorString(int result)
{
    switch (result) {
    case NVML_SUCCESS:
        return "Success";
    case NVML_ERROR_DRIVER_NOT_LOADED:
        return "Driver Not Loaded";
    case NVML_ERROR_GPU_IS_LOST:
        return "GPU is lost";
    case NVML_ERROR_NOT_FOUND:
        return "Not Found";
    case NVML_ERROR_RESET_REQUIRED:
        return "GPU requires reset";
    default:
        return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *version, unsigned int size)
{
    snprintf(version, size, "570.00");
    return NVML_SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
    char line[LINE_SIZE];
    int number = 0;

    while (number < GPUS_MAX && find_line(number, NULL, line))
        number++;
    *count = (unsigned int)number;
    return nvmlInit_v2();
}

/* A handle is a UUID's for good. */
static struct nvml_device *find_device(const char *uuid)
{
    struct nvml_device *device = devices;

    while (device < devices + GPUS_MAX - 1 && device->uuid[0]
           && strcmp(device->uuid, uuid) != 0)
        device++;
    snprintf(device->uuid, sizeof(device->uuid), "%s", uuid);
    return device;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, struct nvml_device **device)
{
    char line[LINE_SIZE];
    int result = nvmlInit_v2();

    if (result == NVML_SUCCESS)
        result = load(uuid, line);
    if (result == NVML_SUCCESS)
        *device = find_device(uuid);
    return result;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, struct nvml_device **device)
{
    char line[LINE_SIZE];
    char uuid[NVML_UUID_SIZE];

    if (!find_line((int)index, NULL, line))
        return NVML_ERROR_INVALID_ARGUMENT;
    find(line, "uuid", uuid, sizeof(uuid));
    return nvmlDeviceGetHandleByUUID(uuid, device);
}

int nvmlDeviceGetUUID(struct nvml_device *device, char *uuid, unsigned int size)
{
    if (strlen(device->uuid) >= size)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    memcpy(uuid, device->uuid, strlen(device->uuid) + 1);
    return NVML_SUCCESS;
}

int nvmlDeviceGetName(struct nvml_device *device, char *name, unsigned int size)
{
    char line[LINE_SIZE];
    int result = load(device->uuid, line);

    if (result == NVML_SUCCESS && !find(line, "name", name, size))
        return NVML_ERROR_NOT_SUPPORTED;
    return result;
}

int nvmlDeviceGetPciInfo_v3(struct nvml_device *device, struct nvml_pci *pci)
{
    unsigned long long bus = 0;
    int result = load_number(device, "bus", &bus);

    if (result == NVML_SUCCESS)
        *pci = (struct nvml_pci){.bus = (unsigned int)bus};
    return result;
}

int nvmlDeviceGetMemoryInfo(struct nvml_device *device, struct nvml_memory *memory)
{
    unsigned long long mib = 0;
    int result = load_number(device, "memory", &mib);

    if (result == NVML_SUCCESS)
        *memory = (struct nvml_memory){.total = mib << 20, .free = mib << 20};
    return result;
}

int nvmlDeviceGetEnforcedPowerLimit(struct nvml_device *device,
                                    unsigned int *milliwatts)
{
    return load_milli(device, "limit", milliwatts);
}

int nvmlDeviceGetPowerUsage(struct nvml_device *device, unsigned int *milliwatts)
{
    return load_milli(device, "power", milliwatts);
}

int nvmlDeviceGetTotalEnergyConsumption(struct nvml_device *device,
                                        unsigned long long *millijoules)
{
    unsigned long long joules = 0;
    unsigned long long rate = 0;
    unsigned long long since = 0;
    long long now = now_ms();
    int result = load_number(device, "energy", &joules);

    if (result != NVML_SUCCESS)
        return result;
    if (load_number(device, "since", &since) == NVML_SUCCESS) {
        device->counted_ms = (long long)since;
        device->counted = 0;
    }
    if (device->counted_ms && load_number(device, "rate", &rate) == NVML_SUCCESS)
        device->counted += rate * (unsigned long long)(now - device->counted_ms);
    device->counted_ms = now;
    *millijoules = joules * 1000 + device->counted;
    return NVML_SUCCESS;
}

int nvmlDeviceGetUtilizationRates(struct nvml_device *device,
                                  struct nvml_utilization *rates)
{
    unsigned long long percent = 0;
    int result = load_number(device, "utilisation", &percent);

    if (result == NVML_SUCCESS)
        *rates = (struct nvml_utilization){.gpu = (unsigned int)percent};
    return result;
}

static int list(struct nvml_device *device, const char *key, unsigned int *count,
                struct nvml_process *processes)
{
    char line[LINE_SIZE];
    char pids[LINE_SIZE] = "";
    unsigned int room = *count;
    int result = load(device->uuid, line);

    if (result != NVML_SUCCESS)
        return result;
    *count = 0;
    find(line, key, pids, sizeof(pids));
    for (char *at = pids; *at; at += *at == ',') {
        unsigned int pid = (unsigned int)strtoul(at, &at, 10);

        if (*count < room)
            processes[*count] =
                (struct nvml_process){pid, 512ULL << 20, 0xffffffff, 0xffffffff};
        ++*count;
        at += strcspn(at, ",");
    }
    return *count <= room ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

int nvmlDeviceGetComputeRunningProcesses_v3(struct nvml_device *device,
                                            unsigned int *count,
                                            struct nvml_process *processes)
{
    return list(device, "pids", count, processes);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(struct nvml_device *device,
                                             unsigned int *count,
                                             struct nvml_process *processes)
{
    return list(device, "draws", count, processes);
}

int nvmlDeviceGetTotalEccErrors(struct nvml_device *device, int error_type,
                                int counter_type, unsigned long long *count)
{
    char line[LINE_SIZE];
    int result = load(device->uuid, line);

    if (result != NVML_SUCCESS)
        return result;
    *count = is_in_state(line, "ecc") && counter_type == NVML_VOLATILE_ECC
                     && error_type == NVML_MEMORY_ERROR_TYPE_UNCORRECTED
                 ? 2
                 : 0;
    return NVML_SUCCESS;
}

int nvmlDeviceGetRemappedRows(struct nvml_device *device, unsigned int *corrected,
                              unsigned int *uncorrected, unsigned int *is_pending,
                              unsigned int *has_failed)
{
    char line[LINE_SIZE];
    int result = load(device->uuid, line);

    *corrected = 0;
    *uncorrected = 0;
    *is_pending = 0;
    *has_failed = result == NVML_SUCCESS && is_in_state(line, "rows");
    return result;
}

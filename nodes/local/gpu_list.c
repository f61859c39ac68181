/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_list.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "nodes/local/gpu_reader.h"

#define MIB (1ULL << 20)

/* What one list says, in the layout of all but the oldest drivers. */
struct listed {
    struct nvml_process *items;
    size_t count;
};

typedef int list_call(struct nvml_device *device, unsigned int *count,
                      struct nvml_process *processes);
typedef int list_call_v1(struct nvml_device *device, unsigned int *count,
                         struct nvml_process_v1 *processes);

static void widen(struct nvml_process *items, size_t count)
{
    const struct nvml_process_v1 *narrow = (const void *)items;

    /* From the end, for the wide ones reach further. */
    for (size_t i = count; i-- > 0;) {
        const struct nvml_process_v1 one = narrow[i];

        items[i] = (struct nvml_process){.pid = one.pid, .memory = one.memory};
    }
}

/*
 * The list at once with all the room that it may have: asked for its length first, it
 * would be another one by the second call. What does not answer, or has more than
 * anybody could have, is an empty list.
 */
static struct listed load(struct nvml_device *device, list_call *call,
                          list_call_v1 *call_v1)
{
    struct listed listed = {NULL, 0};
    unsigned int count = GPU_LISTED_MAX;
    int result;

    if (!call && !call_v1)
        return listed;
    listed.items = xcalloc(GPU_LISTED_MAX, NVML_PROCESS_SIZE_MAX);
    result = call ? call(device, &count, listed.items)
                  : call_v1(device, &count, (void *)listed.items);
    if (result == NVML_SUCCESS)
        listed.count = count < GPU_LISTED_MAX ? count : GPU_LISTED_MAX;
    if (!call)
        widen(listed.items, listed.count);
    return listed;
}

static bool is_known(const struct gpu_sample *sample, int64_t pid)
{
    for (size_t i = 0; i < sample->process_count && i < GPU_PROCESSES_MAX; i++)
        if (sample->processes[i].pid == pid)
            return true;
    return false;
}

static int64_t to_mib(unsigned long long bytes)
{
    if (bytes == NVML_VALUE_NOT_AVAILABLE || bytes / MIB > GPU_MEMORY_MAX)
        return GPU_UNKNOWN;
    return (int64_t)(bytes / MIB);
}

/* Foreign ones that there is no place for take that of one of ours: they matter more.
 */
static void add(struct gpu_sample *sample, const struct gpu_process *process)
{
    size_t place = sample->process_count++;

    sample->has_foreign = sample->has_foreign || process->foreign;
    if (place >= GPU_PROCESSES_MAX) {
        place = 0;
        while (place < GPU_PROCESSES_MAX && sample->processes[place].foreign)
            place++;
        if (!process->foreign || place == GPU_PROCESSES_MAX)
            return;
    }
    sample->processes[place] = *process;
}

static void add_listed(const struct listed *listed, bool draws, int gpu,
                       const struct gpu_holder *holders, size_t holder_count,
                       struct gpu_sample *sample)
{
    for (size_t i = 0; i < listed->count; i++) {
        struct gpu_process process = {
            .pid = listed->items[i].pid,
            .memory = to_mib(listed->items[i].memory),
            .draws = draws,
        };

        if (!is_known(sample, process.pid)
            && gpu_process_find(&process, gpu, holders, holder_count))
            add(sample, &process);
    }
}

void gpu_list_read(const struct nvml *nvml, struct nvml_device *device, int gpu,
                   const struct gpu_holder *holders, size_t holder_count,
                   struct gpu_sample *sample)
{
    struct listed listed = load(device, nvml->compute, nvml->compute_v1);

    add_listed(&listed, false, gpu, holders, holder_count, sample);
    free(listed.items);
    listed = load(device, nvml->graphics, nvml->graphics_v1);
    add_listed(&listed, true, gpu, holders, holder_count, sample);
    free(listed.items);
}

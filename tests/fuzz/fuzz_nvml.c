/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/local/gpu_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* NVML's functions answer from the input's bytes; when there are no more, with 0. */
static const uint8_t *bytes;
static size_t left;

static void take(void *to, size_t size)
{
    size_t given = size < left ? size : left;

    memset(to, 0, size);
    memcpy(to, bytes, given);
    bytes += given;
    left -= given;
}

/* Most often it worked, or nothing would get far. */
static int take_result(void)
{
    uint8_t byte;

    take(&byte, 1);
    return byte < 200 ? NVML_SUCCESS : byte == 255 ? NVML_ERROR_UNKNOWN : byte - 200;
}

static int no_argument(void)
{
    return take_result();
}

static int count(unsigned int *number)
{
    uint8_t byte;

    take(&byte, 1);
    *number = byte;
    return take_result();
}

static int by_index(unsigned int index, struct nvml_device **device)
{
    uint8_t byte;

    take(&byte, 1);
    (void)index;
    *device = byte == 1 ? NULL : (struct nvml_device *)&left;
    return take_result();
}

static int by_uuid(const char *uuid, struct nvml_device **device)
{
    assert(strlen(uuid) <= GPU_UUID_MAX);
    return by_index(0, device);
}

static int text(struct nvml_device *device, char *buffer, unsigned int size)
{
    uint8_t length;

    (void)device;
    take(&length, 1);
    take(buffer, length < size ? length : size);
    return take_result();
}

static int version(char *buffer, unsigned int size)
{
    return text(NULL, buffer, size);
}

static int pci(struct nvml_device *device, struct nvml_pci *place)
{
    (void)device;
    take(place, sizeof(*place));
    return take_result();
}

static int memory(struct nvml_device *device, struct nvml_memory *is)
{
    (void)device;
    take(is, sizeof(*is));
    return take_result();
}

static int milliwatts(struct nvml_device *device, unsigned int *is)
{
    (void)device;
    take(is, sizeof(*is));
    return take_result();
}

static int energy(struct nvml_device *device, unsigned long long *is)
{
    (void)device;
    take(is, sizeof(*is));
    return take_result();
}

static int utilization(struct nvml_device *device, struct nvml_utilization *is)
{
    (void)device;
    take(is, sizeof(*is));
    return take_result();
}

static int list(struct nvml_device *device, unsigned int *number,
                struct nvml_process *processes)
{
    uint8_t filled;

    (void)device;
    take(&filled, 1);
    take(processes, (filled < *number ? filled : *number) * sizeof(*processes));
    take(number, sizeof(*number));
    return take_result();
}

static int list_v1(struct nvml_device *device, unsigned int *number,
                   struct nvml_process_v1 *processes)
{
    uint8_t filled;

    (void)device;
    take(&filled, 1);
    take(processes, (filled < *number ? filled : *number) * sizeof(*processes));
    take(number, sizeof(*number));
    return take_result();
}

static int ecc_errors(struct nvml_device *device, int error_type, int counter_type,
                      unsigned long long *is)
{
    (void)error_type;
    (void)counter_type;
    return energy(device, is);
}

static int remapped_rows(struct nvml_device *device, unsigned int *corrected,
                         unsigned int *uncorrected, unsigned int *is_pending,
                         unsigned int *has_failed)
{
    (void)device;
    take(corrected, sizeof(*corrected));
    take(uncorrected, sizeof(*uncorrected));
    take(is_pending, sizeof(*is_pending));
    take(has_failed, sizeof(*has_failed));
    return take_result();
}

static void check(const struct gpu_sample *sample, int64_t energy_before)
{
    assert(sample->health < GPU_HEALTHS);
    assert(strlen(sample->uuid) <= GPU_UUID_MAX);
    assert(strspn(sample->uuid, "0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")
           == strlen(sample->uuid));
    assert(strlen(sample->model) <= GPU_MODEL_MAX);
    assert(strlen(sample->trouble) < sizeof(sample->trouble));
    assert((sample->trouble[0] != '\0') == (sample->health != GPU_WELL));
    assert(sample->memory >= GPU_UNKNOWN && sample->memory <= GPU_MEMORY_MAX);
    assert(sample->utilisation >= GPU_UNKNOWN && sample->utilisation <= 100);
    assert(sample->power_mw >= GPU_UNKNOWN);
    assert(sample->energy_mj >= energy_before);
}

/* What is remembered of GPUs, in a file. What is taken is what is stored. */
static void try_order(const uint8_t *data, size_t size)
{
    static const char boot_id[] = "boot";
    struct gpu_order order = {.count = 0};
    struct gpu_order again = {.count = 0};
    struct text text = TEXT_EMPTY;

    text_add_format(&text, "%s\n", boot_id);
    text_add_bytes(&text, data, size);
    if (gpu_order_parse(text.bytes, boot_id, &order, NULL) == 0) {
        text_clear(&text);
        gpu_order_format(&order, boot_id, &text);
        if (gpu_order_parse(text.bytes, boot_id, &again, NULL) < 0
            || again.count != order.count)
            abort();
    }
    text_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gpu_reading seen;
    static int64_t energies[GPU_COUNT_MAX];
    struct nvml nvml = {.init = no_argument,
                        .shutdown = no_argument,
                        .count = count,
                        .by_index = by_index,
                        .by_uuid = by_uuid,
                        .uuid = text,
                        .driver_version = version,
                        .name = text,
                        .pci = pci,
                        .memory = memory,
                        .power_limit = milliwatts,
                        .power = milliwatts,
                        .energy = energy,
                        .utilization = utilization,
                        .compute = list,
                        .graphics = list,
                        .ecc_errors = ecc_errors,
                        .remapped_rows = remapped_rows};
    const struct gpu_holder holder = {1, 0x5};
    struct gpu_reader *reader;
    uint8_t options;

    bytes = data;
    left = size;
    take(&options, 1);
    if (options & 1) {
        nvml.compute = NULL;
        nvml.compute_v1 = list_v1;
    }
    if (options & 2)
        nvml.pci = NULL;
    for (size_t i = 0; i < GPU_COUNT_MAX; i++)
        energies[i] = GPU_UNKNOWN;
    if (options & 4)
        try_order(bytes, left);
    reader = gpu_reader_create(&nvml);
    for (int64_t now = 0; now < 4 && (left > 0 || now == 0); now++) {
        if (gpu_reader_read(reader, &holder, 1, now * 2000, &seen, NULL) < 0)
            continue;
        assert(seen.count <= GPU_COUNT_MAX);
        for (size_t i = 0; i < seen.count; i++) {
            check(&seen.samples[i], energies[i]);
            energies[i] = seen.samples[i].energy_mj;
        }
    }
    gpu_reader_destroy(reader);
    return 0;
}

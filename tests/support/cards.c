/* SPDX-License-Identifier: MIT */
#include "tests/support/cards.h"

#include <stdio.h>
#include <string.h>

struct cards cards;

static int init(void)
{
    cards.inits++;
    return cards.init;
}

static int shut_down(void)
{
    cards.shutdowns++;
    return NVML_SUCCESS;
}

static int count(unsigned int *number)
{
    *number = cards.count;
    return NVML_SUCCESS;
}

static int by_index(unsigned int index, struct nvml_device **device)
{
    if (index >= CARDS_MAX)
        return NVML_ERROR_INVALID_ARGUMENT;
    *device = &cards.items[index];
    return cards.items[index].result;
}

static int by_uuid(const char *uuid, struct nvml_device **device)
{
    for (unsigned int i = 0; i < CARDS_MAX; i++) {
        if (strncmp(cards.items[i].uuid, uuid, NVML_UUID_SIZE) != 0)
            continue;
        *device = &cards.items[i];
        return cards.items[i].by_uuid;
    }
    return NVML_ERROR_NOT_FOUND;
}

static int uuid(struct nvml_device *device, char *buffer, unsigned int size)
{
    memcpy(buffer, device->uuid, size < NVML_UUID_SIZE ? size : NVML_UUID_SIZE);
    return device->result;
}

static int name(struct nvml_device *device, char *buffer, unsigned int size)
{
    memset(buffer, '\n', size);
    return device->result;
}

static int pci(struct nvml_device *device, struct nvml_pci *place)
{
    if (device->bus == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    memset(place, 0xff, sizeof(*place));
    place->domain = 0;
    place->bus = device->bus;
    place->device = 0;
    return device->result;
}

static int memory(struct nvml_device *device, struct nvml_memory *bytes)
{
    bytes->total = device->memory;
    return device->result;
}

static int power(struct nvml_device *device, unsigned int *milliwatts)
{
    if (cards.on_power)
        cards.on_power();
    *milliwatts = device->power;
    return device->result ? device->result : device->error_calls;
}

static int energy(struct nvml_device *device, unsigned long long *millijoules)
{
    *millijoules = device->energy;
    return device->result ? device->result : device->error_calls;
}

static int utilization(struct nvml_device *device, struct nvml_utilization *rates)
{
    rates->gpu = device->utilization;
    return device->result ? device->result : device->error_calls;
}

static int list(const unsigned int *pids, unsigned int length, unsigned int *number,
                struct nvml_process *processes)
{
    for (unsigned int i = 0; i < 8 && i < *number; i++)
        processes[i] = (struct nvml_process){pids[i], 1ULL << 30, 0, 0};
    *number = length;
    return NVML_SUCCESS;
}

static int compute(struct nvml_device *device, unsigned int *number,
                   struct nvml_process *processes)
{
    return list(device->pids, device->pid_count, number, processes);
}

static int graphics(struct nvml_device *device, unsigned int *number,
                    struct nvml_process *processes)
{
    return list(device->drawing, device->drawing_count, number, processes);
}

static int ecc_errors(struct nvml_device *device, int error_type, int counter_type,
                      unsigned long long *number)
{
    (void)error_type;
    (void)counter_type;
    *number = device->ecc;
    return device->result;
}

static int remapped_rows(struct nvml_device *device, unsigned int *corrected,
                         unsigned int *uncorrected, unsigned int *is_pending,
                         unsigned int *has_failed)
{
    *corrected = 0;
    *uncorrected = 0;
    *is_pending = 0;
    *has_failed = device->rows_failed;
    return device->result;
}

struct nvml cards_reset(void)
{
    cards = (struct cards){.count = 0};
    return (struct nvml){
        .init = init,
        .shutdown = shut_down,
        .count = count,
        .by_index = by_index,
        .by_uuid = by_uuid,
        .uuid = uuid,
        .name = name,
        .pci = pci,
        .memory = memory,
        .power_limit = power,
        .power = power,
        .energy = energy,
        .utilization = utilization,
        .compute = compute,
        .graphics = graphics,
        .ecc_errors = ecc_errors,
        .remapped_rows = remapped_rows,
    };
}

struct nvml cards_make(unsigned int number)
{
    struct nvml nvml = cards_reset();

    cards.count = number;
    for (unsigned int i = 0; i < number && i < CARDS_MAX; i++) {
        struct nvml_device *card = &cards.items[i];

        snprintf(card->uuid, sizeof(card->uuid), "GPU-%u", i + 1);
        card->bus = i + 1;
        card->memory = 80ULL << 30;
        card->power = 60000;
        card->energy = 1000000;
    }
    return nvml;
}

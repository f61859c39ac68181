/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/local/gpu_list.h"

#define MIB (1ULL << 20)

/* A counter may be read late by so much and still be believed. */
#define ENERGY_SLACK_MS 1000

/* A GPU that there was at the first read. */
struct known {
    char uuid[GPU_UUID_MAX + 1]; /* "": it could not say */
    char model[GPU_MODEL_MAX + 1];
    unsigned int nvml_index; /* at the first read */
    uint64_t place;          /* remembered, or after those on the bus */
    int64_t memory;
    int64_t power_limit;
    bool has_energy;
    unsigned long long energy_raw; /* as the counter was read last */
    int64_t energy_ms;
    int64_t energy_mj;
};

#define KNOWN_NOTHING                                                                  \
    ((struct known){.memory = GPU_UNKNOWN, .power_limit = GPU_UNKNOWN})

/* What is not remembered comes after what is. */
#define PLACE_NEW (UINT64_C(1) << 52)

struct gpu_reader {
    const struct nvml *nvml;
    struct gpu_order order;
    bool is_initialised;
    bool is_enumerated;
    char driver[NVML_DRIVER_SIZE];
    struct known known[GPU_COUNT_MAX];
    size_t count;
};

struct gpu_reader *gpu_reader_create(const struct nvml *nvml)
{
    struct gpu_reader *reader = xcalloc(1, sizeof(*reader));

    reader->nvml = nvml;
    return reader;
}

void gpu_reader_remember(struct gpu_reader *reader, const struct gpu_order *order)
{
    reader->order = *order;
}

void gpu_reader_destroy(struct gpu_reader *reader)
{
    free(reader);
}

const char *gpu_reader_driver(const struct gpu_reader *reader)
{
    return reader->driver;
}

/* NVML's words for a result. The texts are the library's, and so is their end. */
static void describe(const struct nvml *nvml, int result, char *text, size_t size)
{
    const char *words = nvml->error_string ? nvml->error_string(result) : NULL;
    size_t length = words ? strnlen(words, size - 1) : 0;

    snprintf(text, size, "NVML error %d", result);
    if (length > 0) {
        memcpy(text, words, length);
        text[length] = '\0';
    }
    for (char *at = text; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

/* What a driver wrote into `bytes`, for people: printable, and with an end. */
static void make_printable(char *bytes, size_t size)
{
    bytes[size - 1] = '\0';
    for (char *at = bytes; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

static bool is_known(const struct gpu_reader *reader, const char *uuid)
{
    for (size_t i = 0; i < reader->count; i++)
        if (strcmp(reader->known[i].uuid, uuid) == 0)
            return true;
    return false;
}

static void read_uuid(const struct gpu_reader *reader, struct nvml_device *device,
                      char uuid[GPU_UUID_MAX + 1])
{
    char buffer[NVML_UUID_SIZE] = "";

    _Static_assert(NVML_UUID_SIZE == GPU_UUID_MAX + 1, "a UUID fits");
    if (reader->nvml->uuid(device, buffer, sizeof(buffer)) != NVML_SUCCESS)
        return;
    buffer[sizeof(buffer) - 1] = '\0';
    if (gpu_order_is_uuid(buffer) && !is_known(reader, buffer))
        memcpy(uuid, buffer, sizeof(buffer));
}

static void read_model(const struct gpu_reader *reader, struct nvml_device *device,
                       char model[GPU_MODEL_MAX + 1])
{
    char buffer[NVML_NAME_SIZE] = "";

    _Static_assert(NVML_NAME_SIZE == GPU_MODEL_MAX + 1, "a name fits");
    if (reader->nvml->name
        && reader->nvml->name(device, buffer, sizeof(buffer)) == NVML_SUCCESS) {
        make_printable(buffer, sizeof(buffer));
        memcpy(model, buffer, sizeof(buffer));
    }
}

static void read_place(const struct gpu_reader *reader, struct nvml_device *device,
                       uint64_t *place)
{
    struct nvml_pci pci = {.domain = 0};

    if (reader->nvml->pci && reader->nvml->pci(device, &pci) == NVML_SUCCESS)
        *place = (uint64_t)pci.domain << 16 | (uint64_t)(pci.bus & 0xff) << 8
                 | (pci.device & 0xff);
}

static void insert(struct gpu_reader *reader, const struct known *found)
{
    size_t at = reader->count;

    if (reader->count == GPU_COUNT_MAX)
        return;
    for (; at > 0 && reader->known[at - 1].place > found->place; at--)
        reader->known[at] = reader->known[at - 1];
    reader->known[at] = *found;
    reader->count++;
}

/* NVML's own order is the bus's too: what does not say where it is, is where its
 * neighbour is. */
static void enumerate_one(struct gpu_reader *reader, unsigned int index, uint64_t *last)
{
    struct known found = KNOWN_NOTHING;
    struct nvml_device *device = NULL;
    int remembered;

    if (reader->nvml->by_index(index, &device) == NVML_SUCCESS && device) {
        read_uuid(reader, device, found.uuid);
        read_model(reader, device, found.model);
        read_place(reader, device, last);
    }
    /* One that cannot say who it is may be one that is remembered. */
    if (!found.uuid[0] && reader->order.count > 0)
        return;
    remembered = gpu_order_find(&reader->order, found.uuid);
    found.nvml_index = index;
    found.place = remembered >= 0 ? (uint64_t)remembered : PLACE_NEW + *last;
    insert(reader, &found);
}

static void add_missing(struct gpu_reader *reader)
{
    for (size_t i = 0; i < reader->order.count; i++) {
        struct known missing = KNOWN_NOTHING;

        if (is_known(reader, reader->order.uuids[i]))
            continue;
        memcpy(missing.uuid, reader->order.uuids[i], sizeof(missing.uuid));
        missing.place = i;
        insert(reader, &missing);
    }
}

static int fail(const struct gpu_reader *reader, int result, struct error *err)
{
    char words[96];

    describe(reader->nvml, result, words, sizeof(words));
    return error_set(err, ERROR_UNAVAILABLE, "NVML: %s", words);
}

static int initialise(struct gpu_reader *reader, struct error *err)
{
    const struct nvml *nvml = reader->nvml;
    unsigned int count = 0;
    uint64_t last = 0;
    int result;

    if (!reader->is_initialised && (result = nvml->init()) != NVML_SUCCESS)
        return fail(reader, result, err);
    reader->is_initialised = true;
    if (nvml->driver_version
        && nvml->driver_version(reader->driver, sizeof(reader->driver)) != NVML_SUCCESS)
        reader->driver[0] = '\0';
    make_printable(reader->driver, sizeof(reader->driver));
    if (reader->is_enumerated)
        return 0;
    if ((result = nvml->count(&count)) != NVML_SUCCESS)
        return fail(reader, result, err);
    for (unsigned int i = 0; i < count && i < GPU_COUNT_MAX; i++)
        enumerate_one(reader, i, &last);
    add_missing(reader);
    reader->is_enumerated = true;
    return 0;
}

static void set_trouble(const struct gpu_reader *reader, struct gpu_sample *sample,
                        enum gpu_health health, int result)
{
    if (sample->health >= health)
        return;
    sample->health = health;
    describe(reader->nvml, result, sample->trouble, sizeof(sample->trouble));
}

/*
 * Take note of what a call's failure says of the GPU; without an answer to an essential
 * one it is of no use. True if the call gave what it was asked for.
 */
static bool judge(const struct gpu_reader *reader, struct gpu_sample *sample,
                  bool essential, int result)
{
    switch (result) {
    case NVML_SUCCESS:
        return true;
    case NVML_ERROR_RESET_REQUIRED:
    case NVML_ERROR_INSUFFICIENT_POWER:
    case NVML_ERROR_IRQ_ISSUE:
        set_trouble(reader, sample, GPU_BROKEN, result);
        return false;
    case NVML_ERROR_GPU_IS_LOST:
    case NVML_ERROR_GPU_NOT_FOUND:
        set_trouble(reader, sample, GPU_LOST, result);
        return false;
    case NVML_ERROR_NOT_SUPPORTED:
    case NVML_ERROR_NO_PERMISSION:
        return false;
    default:
        if (essential)
            set_trouble(reader, sample, GPU_LOST, result);
        return false;
    }
}

static int64_t within(unsigned long long value, int64_t most)
{
    return value <= (unsigned long long)most ? (int64_t)value : GPU_UNKNOWN;
}

static void read_energy(struct known *known, unsigned long long raw, int64_t now_ms)
{
    unsigned long long most =
        (unsigned long long)GPU_POWER_W_MAX
        * (unsigned long long)(now_ms - known->energy_ms + ENERGY_SLACK_MS);
    unsigned long long more = raw - known->energy_raw;

    if (!known->has_energy)
        known->energy_mj = raw <= INT64_MAX / 2 ? (int64_t)raw : 0;
    else if (raw >= known->energy_raw && more <= most)
        known->energy_mj += (int64_t)more;
    known->has_energy = true;
    known->energy_raw = raw;
    known->energy_ms = now_ms;
}

static void read_figures(const struct gpu_reader *reader, struct known *known,
                         struct nvml_device *device, int64_t now_ms,
                         struct gpu_sample *sample)
{
    const struct nvml *nvml = reader->nvml;
    struct nvml_memory memory = {0, 0, 0};
    struct nvml_utilization rates = {0, 0};
    unsigned long long energy = 0;
    unsigned int milliwatts = 0;

    if (nvml->memory && judge(reader, sample, true, nvml->memory(device, &memory)))
        known->memory = within(memory.total / MIB, GPU_MEMORY_MAX);
    if (nvml->power_limit
        && judge(reader, sample, false, nvml->power_limit(device, &milliwatts)))
        known->power_limit = within(milliwatts / 1000, GPU_POWER_W_MAX);
    if (nvml->power && judge(reader, sample, false, nvml->power(device, &milliwatts)))
        sample->power_mw = within(milliwatts, GPU_POWER_W_MAX * 1000);
    if (nvml->utilization
        && judge(reader, sample, false, nvml->utilization(device, &rates)))
        sample->utilisation = within(rates.gpu, 100);
    if (nvml->energy && judge(reader, sample, false, nvml->energy(device, &energy)))
        read_energy(known, energy, now_ms);
}

static void read_errors(const struct gpu_reader *reader, struct nvml_device *device,
                        struct gpu_sample *sample)
{
    const struct nvml *nvml = reader->nvml;
    unsigned int rows[4] = {0, 0, 0, 0}; /* of these only the last, that it failed */
    unsigned long long errors = 0;

    if (nvml->ecc_errors
        && judge(reader, sample, false,
                 nvml->ecc_errors(device, NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
                                  NVML_VOLATILE_ECC, &errors))
        && errors > 0 && sample->health < GPU_BROKEN) {
        sample->health = GPU_BROKEN;
        snprintf(sample->trouble, sizeof(sample->trouble),
                 "uncorrected memory errors since the driver was loaded: %llu", errors);
    }
    if (nvml->remapped_rows
        && judge(reader, sample, false,
                 nvml->remapped_rows(device, &rows[0], &rows[1], &rows[2], &rows[3]))
        && rows[3] && sample->health < GPU_BROKEN) {
        sample->health = GPU_BROKEN;
        snprintf(sample->trouble, sizeof(sample->trouble),
                 "broken memory rows could not be replaced");
    }
}

/* One that could not say its UUID at first may by now. */
static int find_device(struct gpu_reader *reader, struct known *known,
                       struct nvml_device **device)
{
    int result;

    if (known->uuid[0])
        return reader->nvml->by_uuid(known->uuid, device);
    result = reader->nvml->by_index(known->nvml_index, device);
    if (result == NVML_SUCCESS && *device) {
        read_uuid(reader, *device, known->uuid);
        read_model(reader, *device, known->model);
    }
    return result;
}

/* Returns the result of the call for its handle. */
static int read_one(struct gpu_reader *reader, int gpu,
                    const struct gpu_holder *holders, size_t holder_count,
                    int64_t now_ms, struct gpu_sample *sample)
{
    struct known *known = &reader->known[gpu];
    struct nvml_device *device = NULL;
    int result = find_device(reader, known, &device);

    *sample = (struct gpu_sample){.at_ms = now_ms,
                                  .memory = GPU_UNKNOWN,
                                  .power_limit = GPU_UNKNOWN,
                                  .power_mw = GPU_UNKNOWN,
                                  .energy_mj = GPU_UNKNOWN,
                                  .utilisation = GPU_UNKNOWN};
    if (result == NVML_SUCCESS && !device)
        result = NVML_ERROR_UNKNOWN;
    if (judge(reader, sample, true, result)) {
        read_figures(reader, known, device, now_ms, sample);
        read_errors(reader, device, sample);
        if (sample->health != GPU_LOST)
            gpu_list_read(reader->nvml, device, gpu, holders, holder_count, sample);
    } else if (sample->health == GPU_WELL) {
        set_trouble(reader, sample, GPU_LOST, result);
    }
    memcpy(sample->uuid, known->uuid, sizeof(sample->uuid));
    memcpy(sample->model, known->model, sizeof(sample->model));
    sample->memory = known->memory;
    sample->power_limit = known->power_limit;
    if (known->has_energy)
        sample->energy_mj = known->energy_mj;
    return result;
}

int gpu_reader_read(struct gpu_reader *reader, const struct gpu_holder *holders,
                    size_t holder_count, int64_t now_ms, struct gpu_reading *reading,
                    struct error *err)
{
    if (initialise(reader, err) < 0)
        return -1;
    for (size_t i = 0; i < reader->count; i++) {
        int result = read_one(reader, (int)i, holders, holder_count, now_ms,
                              &reading->samples[i]);

        if (result == NVML_ERROR_UNINITIALIZED
            || result == NVML_ERROR_DRIVER_NOT_LOADED) {
            /* The driver went away under us, and with it all handles. */
            reader->nvml->shutdown();
            reader->is_initialised = false;
            return fail(reader, result, err);
        }
    }
    reading->count = reader->count;
    return 0;
}

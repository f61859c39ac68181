/* SPDX-License-Identifier: MIT */
#include "nodes/meter_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"

void meter_record_format(const struct meter_record *record, struct text *bytes)
{
    text_add_format(bytes,
                    "boot %s\njob %" PRId64 "\nattempt %d\ngpus %" PRId64
                    "\nbegun_ms %" PRId64 "\ngpu_mj %" PRId64 "\nidle_mj %" PRId64
                    "\ngpu_ms %" PRId64 "\ncpu_uj %" PRId64 "\ncpu_ms %" PRId64 "\n",
                    record->boot_id, record->job_id, (int)record->attempt,
                    (int64_t)record->gpu_mask, record->begun_ms, record->gpu_mj,
                    record->idle_mj, record->gpu_ms, record->cpu_uj, record->cpu_ms);
    for (size_t i = 0; i < METER_GPUS_MAX; i++) {
        const struct meter_reading *gpu = &record->gpus[i];

        if (!(record->gpu_mask >> i & 1))
            continue;
        text_add_format(bytes,
                        "at_ms %" PRId64 "\nenergy_mj %" PRId64 "\npower_mw %" PRId64
                        "\nuuid %s\n",
                        gpu->at_ms, gpu->energy_mj, gpu->power_mw, gpu->uuid);
    }
    text_add(bytes, "end\n");
}

/* The value of the next line, which must be of this key. */
static int read_value(const char **at, const char *key, char *value, size_t size,
                      struct error *err)
{
    size_t length = strlen(key);
    const char *begins = *at + length + 1;
    const char *ends;

    if (strncmp(*at, key, length) != 0 || (*at)[length] != ' ')
        return error_set(err, ERROR_INVALID, "a record of a meter without '%s'", key);
    ends = strchr(begins, '\n');
    if (!ends || (size_t)(ends - begins) >= size)
        return error_set(err, ERROR_INVALID, "'%s' of a meter is too long", key);
    memcpy(value, begins, (size_t)(ends - begins));
    value[ends - begins] = '\0';
    *at = ends + 1;
    return 0;
}

static int read_number(const char **at, const char *key, int64_t least, int64_t most,
                       int64_t *number, struct error *err)
{
    char value[NUMBER_TEXT_SIZE];

    if (read_value(at, key, value, sizeof(value), err) < 0)
        return -1;
    return number_parse(value, least, most, number, err);
}

/* UUIDs and boot ids: what could end up elsewhere must be harmless. */
static int read_name(const char **at, const char *key, char *value, size_t size,
                     struct error *err)
{
    if (read_value(at, key, value, size, err) < 0)
        return -1;
    if (value[0] != '\0' && !text_is_name(value, size - 1))
        return error_set(err, ERROR_INVALID, "'%s' of a meter is malformed", key);
    return 0;
}

static int read_gpu(const char **at, struct meter_reading *gpu, struct error *err)
{
    if (read_number(at, "at_ms", 0, METER_MS_MAX, &gpu->at_ms, err) < 0
        || read_number(at, "energy_mj", GPU_UNKNOWN, METER_MJ_MAX, &gpu->energy_mj, err)
               < 0
        || read_number(at, "power_mw", GPU_UNKNOWN, METER_MJ_MAX, &gpu->power_mw, err)
               < 0
        || read_name(at, "uuid", gpu->uuid, sizeof(gpu->uuid), err) < 0)
        return -1;
    return 0;
}

static int read_sums(const char **at, struct meter_record *record, struct error *err)
{
    const struct {
        const char *key;
        int64_t most;
        int64_t *number;
    } sums[] = {
        {"begun_ms", METER_MS_MAX, &record->begun_ms},
        {"gpu_mj", METER_MJ_MAX, &record->gpu_mj},
        {"idle_mj", METER_MJ_MAX, &record->idle_mj},
        {"gpu_ms", METER_GPUS_MAX * METER_MS_MAX, &record->gpu_ms},
        {"cpu_uj", INT64_MAX / 2, &record->cpu_uj},
        {"cpu_ms", METER_MS_MAX, &record->cpu_ms},
    };

    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
        if (read_number(at, sums[i].key, 0, sums[i].most, sums[i].number, err) < 0)
            return -1;
    return 0;
}

int meter_record_parse(const char *bytes, size_t size, struct meter_record *record,
                       struct error *err)
{
    struct meter_record read = {.job_id = 0};
    const char *at = bytes;
    int64_t attempt;
    int64_t mask;

    if (size > METER_RECORD_MAX || strlen(bytes) != size)
        return error_set(err, ERROR_INVALID, "a record of a meter is too long");
    if (read_name(&at, "boot", read.boot_id, sizeof(read.boot_id), err) < 0
        || read_number(&at, "job", 1, INT64_MAX, &read.job_id, err) < 0
        || read_number(&at, "attempt", 1, INT32_MAX, &attempt, err) < 0
        || read_number(&at, "gpus", INT64_MIN, INT64_MAX, &mask, err) < 0
        || read_sums(&at, &read, err) < 0)
        return -1;
    read.attempt = (int32_t)attempt;
    read.gpu_mask = (uint64_t)mask;
    for (size_t i = 0; i < METER_GPUS_MAX; i++)
        if ((read.gpu_mask >> i & 1) && read_gpu(&at, &read.gpus[i], err) < 0)
            return -1;
    if (strcmp(at, "end\n") != 0)
        return error_set(err, ERROR_INVALID, "a record of a meter does not end");
    *record = read;
    return 0;
}

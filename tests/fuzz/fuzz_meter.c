/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nodes/meter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BOOT "11111111-2222-3333-4444-555555555555"

/* What was taken once is taken again, and means the same. */
static void try_again(const struct meter_record *record)
{
    struct text first = TEXT_EMPTY;
    struct text second = TEXT_EMPTY;
    struct meter_record again;

    meter_record_format(record, &first);
    if (meter_record_parse(first.bytes, first.length, &again, NULL) < 0)
        abort();
    meter_record_format(&again, &second);
    if (strcmp(first.bytes, second.bytes) != 0)
        abort();
    text_release(&first);
    text_release(&second);
}

/* Whatever a record says, going on with it makes no nonsense. */
static void try_resume(const struct meter_record *record)
{
    const struct meter_cpu cpu = {INT64_C(5000000), 5000, 4};
    const struct meter_share share = {record->job_id, record->attempt, 1000};
    static struct gpu_sample gpus[METER_GPUS_MAX];
    struct meter *meter = meter_create(BOOT);
    struct energy_reading reading;
    struct meter_record saved;
    int64_t now = record->begun_ms + 1000;

    for (int i = 0; i < METER_GPUS_MAX; i++) {
        memcpy(gpus[i].uuid, record->gpus[i].uuid, sizeof(gpus[i].uuid));
        gpus[i].at_ms = now;
        gpus[i].power_limit = 300;
        gpus[i].power_mw = 100000;
        gpus[i].energy_mj = record->gpus[i].energy_mj;
    }
    meter_resume(meter, record);
    meter_sample_gpus(meter, gpus, METER_GPUS_MAX);
    meter_sample_cpu(meter, &cpu, &share, 1, now);
    if (meter_save(meter, record->job_id, record->attempt, &saved))
        try_again(&saved);
    if (!meter_end(meter, record->job_id, record->attempt, now, &reading)
        || reading.gpu < 0 || reading.cpu < 0 || reading.idle < 0)
        abort();
    meter_destroy(meter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meter_record record;
    char *bytes = malloc(size + 1);

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    if (meter_record_parse(bytes, size, &record, NULL) == 0) {
        try_again(&record);
        try_resume(&record);
    }
    free(bytes);
    return 0;
}

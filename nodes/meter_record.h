/* SPDX-License-Identifier: MIT */
#ifndef NODES_METER_RECORD_H
#define NODES_METER_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "nodes/gpu.h"

/*
 * What has been measured of an attempt so far, and by which figures it can be gone on
 * with. A daemon keeps it as a file, so that its restart leaves no hole: the counters
 * of GPUs go on without it.
 *
 * The file is text, a line per figure in a fixed order, and "end" last. What is
 * missing, out of order or out of its limits is ERROR_INVALID.
 */

#define METER_GPUS_MAX    64
#define METER_RECORD_MAX  16384 /* bytes of the file */
#define METER_BOOT_ID_MAX 36

/* Thirty years of uptime; 64 GPUs of 10 kW in that time. */
#define METER_MS_MAX INT64_C(1000000000000)
#define METER_MJ_MAX (INT64_C(640000) * METER_MS_MAX)

/* What a GPU showed at one moment. */
struct meter_reading {
    int64_t at_ms;     /* 0: it was not seen */
    int64_t energy_mj; /* GPU_UNKNOWN; so for the next */
    int64_t power_mw;
    char uuid[GPU_UUID_MAX + 1];
};

struct meter_record {
    char boot_id[METER_BOOT_ID_MAX + 1];
    int64_t job_id;
    int32_t attempt;
    uint64_t gpu_mask;
    int64_t begun_ms;
    int64_t gpu_mj; /* taken in the time that was seen */
    int64_t idle_mj;
    int64_t gpu_ms; /* that time, of all its GPUs together */
    int64_t cpu_uj;
    int64_t cpu_ms;
    struct meter_reading gpus[METER_GPUS_MAX]; /* of those that it holds */
};

void meter_record_format(const struct meter_record *record, struct text *bytes);

/* `bytes` end in a NUL that `size` does not count. */
int meter_record_parse(const char *bytes, size_t size, struct meter_record *record,
                       struct error *err);

#endif

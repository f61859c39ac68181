/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_READER_H
#define NODES_LOCAL_GPU_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nodes/gpu.h"
#include "nodes/local/gpu_order.h"
#include "nodes/local/gpu_process.h"
#include "nodes/local/nvml.h"

/*
 * Reads the GPUs of the machine through NVML, again and again. It blocks, so it belongs
 * on a thread of its own; it is one thread's at a time.
 *
 * The first read that succeeds fixes which GPUs there are: all that NVML knows, at most
 * GPU_COUNT_MAX, in the order of the PCI bus. From then on each keeps its index and is
 * asked for by its UUID. One that is not found any more is lost, and well again when it
 * is found again; one that comes later gets no index before the next start.
 *
 *   GPU_LOST    there is no handle to it, or a call says that it is lost, was not
 *               found, or ends in an unknown error where no answer is no choice
 *   GPU_BROKEN  a call says that it must be reset or has no power or interrupts, it
 *               counted memory errors that could not be corrected since the driver was
 *               loaded, or could not put spare rows in the place of broken ones
 *
 * What a driver does not tell is GPU_UNKNOWN or no process. Nothing that it says is
 * taken on trust: texts are made printable, counts cut to what there is room for, a
 * UUID that is none or another GPU's is no UUID.
 */
struct gpu_reader;

/* More than any GPU draws; an energy counter that runs faster is not believed. */
#define GPU_POWER_W_MAX INT64_C(5000)

/* The most memory that is believed: 16 TiB, in MiB. */
#define GPU_MEMORY_MAX (INT64_C(16) << 20)

/* Entries of a list of processes that are read. */
#define GPU_LISTED_MAX 1024

struct gpu_reading {
    struct gpu_sample samples[GPU_COUNT_MAX];
    size_t count;
};

/* `nvml` is borrowed. */
struct gpu_reader *gpu_reader_create(const struct nvml *nvml);

/*
 * Before the first read: these GPUs have these indices, whether they are there or not;
 * any others come after them.
 */
void gpu_reader_remember(struct gpu_reader *reader, const struct gpu_order *order);

/* Calls no function of NVML, so it is safe when one of them hangs no more. */
void gpu_reader_destroy(struct gpu_reader *reader);

/*
 * Read all GPUs. `now_ms` is monotonic and never before that of the last read. What is
 * said of the energy goes up by what the counter did since the last read; where the
 * counter went back (the driver was loaded anew) or leapt, by nothing.
 *
 * -1 if nothing at all could be read: ERROR_UNAVAILABLE with NVML's own words; what is
 * in `samples` is then of no use, and `count` as it was. The next read begins by
 * initialising NVML anew, as it must after the driver was reloaded.
 */
int gpu_reader_read(struct gpu_reader *reader, const struct gpu_holder *holders,
                    size_t holder_count, int64_t now_ms, struct gpu_reading *reading,
                    struct error *err);

/* The driver's version; "" if not known. Valid after a read that succeeded. */
const char *gpu_reader_driver(const struct gpu_reader *reader);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_ORDER_H
#define NODES_LOCAL_GPU_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "nodes/gpu.h"

/*
 * Which GPU has which index, remembered in a file of the daemon's own directory for as
 * long as the machine runs: jobs that outlive the daemon hold GPUs by index, and when
 * one of these is gone at the daemon's next start, the others must not move up. After a
 * boot, when nothing runs any more, they are counted anew.
 *
 * The file has the boot's id in its first line, then a UUID per line, from index 0 on.
 */
struct gpu_order {
    char uuids[GPU_COUNT_MAX][GPU_UUID_MAX + 1];
    size_t count;
};

#define GPU_ORDER_FILE "gpus"

/* Letters, digits and hyphens: it becomes a part of a job's environment. */
bool gpu_order_is_uuid(const char *uuid);

/* The index of a GPU; -1: there is none. */
int gpu_order_find(const struct gpu_order *order, const char *uuid);

/*
 * Parse a file's text, which is cut up. An order of another boot is one of no GPUs.
 * ERROR_INVALID if a line is no UUID or stands there twice, or there are too many.
 */
int gpu_order_parse(char *text, const char *boot_id, struct gpu_order *order,
                    struct error *err);
void gpu_order_format(const struct gpu_order *order, const char *boot_id,
                      struct text *text);

/* What is remembered in that directory; of no GPUs if that is nothing, or is broken. */
void gpu_order_load(const char *directory, struct gpu_order *order);

/* Remember the order of these GPUs, if each has a UUID. ERROR_IO. */
int gpu_order_store(const char *directory, const struct gpu_sample *samples,
                    size_t count, struct error *err);

#endif

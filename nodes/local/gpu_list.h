/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_GPU_LIST_H
#define NODES_LOCAL_GPU_LIST_H

#include "nodes/gpu.h"
#include "nodes/local/gpu_process.h"
#include "nodes/local/nvml.h"

/*
 * Fill in the processes of a sample, which has none yet, from NVML's lists of those
 * that compute and those that draw; one that is in both computes. Blocks.
 */
void gpu_list_read(const struct nvml *nvml, struct nvml_device *device, int gpu,
                   const struct gpu_holder *holders, size_t holder_count,
                   struct gpu_sample *sample);

#endif

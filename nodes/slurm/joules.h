/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_JOULES_H
#define NODES_SLURM_JOULES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * What the GPUs of one step of a Slurm job drew on one node, as the SPANK plugin leaves
 * it: the counters of each, in millijoules, when the step's tasks began and ended. The
 * steps of a job overlap, and a counter only grows, so what a job drew of a GPU is the
 * span of all its records. A file for each, JOB.STEP.NUMBER.joules, in a directory
 * that only root writes:
 *
 *   penstock-joules 1
 *   job 12
 *   step 4294967291             as Slurm numbers them: this is the batch script
 *   node 0 cn1                  its number within the job, and its host
 *   began 1795292100            seconds since the epoch
 *   ended 1795295700            0: it runs, or its node was lost
 *   gpu 1000000 1500000 GPU-5d0f...
 *   end 1                       the number of GPUs: proves that the file is whole
 *
 * This is linked into the plugin: nothing here allocates, aborts, or keeps anything.
 */

#define JOULES_SIZE_MAX  16384
#define JOULES_GPUS_MAX  64
#define JOULES_NAME_SIZE 80 /* of a node or a UUID, with the NUL */
#define JOULES_SUFFIX    ".joules"
#define JOULES_FILE_SIZE 64 /* of a file's name, with the NUL */
#define JOULES_MJ_MAX    (INT64_C(1) << 52)

struct joules_gpu {
    int64_t began_mj;
    int64_t ended_mj; /* what is lower than `began_mj` was reset meanwhile */
    char uuid[JOULES_NAME_SIZE];
};

struct joules {
    uint32_t job_id;
    uint32_t step_id;
    uint32_t node_id;
    char node[JOULES_NAME_SIZE];
    instant began;
    instant ended;
    struct joules_gpu gpus[JOULES_GPUS_MAX];
    size_t gpu_count;
};

/* ERROR_INVALID if a member is outside its limits; ERROR_TOO_LARGE if it does not fit.
 */
int joules_format(const struct joules *joules, char *text, size_t size,
                  struct error *err);

/* ERROR_INVALID unless it is a whole record within all limits. */
int joules_parse(const char *bytes, size_t size, struct joules *joules,
                 struct error *err);

/* "12.0.0.joules"; returns `name`. */
char *joules_file_name(const struct joules *joules, char name[JOULES_FILE_SIZE]);

/* What `count` records of one job make: of each GPU, by its UUID, the whole span. */
int64_t joules_total_mj(const struct joules *records, size_t count);

#endif

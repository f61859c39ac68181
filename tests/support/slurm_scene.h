/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SLURM_SCENE_H
#define TESTS_SUPPORT_SLURM_SCENE_H

#include "nodes/slurm/unit.h"

/* Listings for tests that need no Slurm. */

#define SCENE_JOBS_MAX 64

struct slurm_scene {
    struct slurm_job jobs[SCENE_JOBS_MAX]; /* strings are borrowed from the tests */
    struct slurm_listing listing;
    struct slurm_units units;
};

/* Add a pending job of one GPU, an hour's limit and partition "gpu", submitted at 1000;
 * its record, for the test to change. */
struct slurm_job *scene_add(struct slurm_scene *scene, int64_t id);

/* The record is a running one since `started`. */
void scene_run(struct slurm_job *record, instant started);

/* Make the units of what was added anew. */
const struct slurm_units *scene_list(struct slurm_scene *scene);
void scene_release(struct slurm_scene *scene);

#endif

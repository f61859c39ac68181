/* SPDX-License-Identifier: MIT */
#include "tests/support/slurm_scene.h"

#include <string.h>

#include "tests/support/cmocka.h"

static char nothing[] = "";

struct slurm_job *scene_add(struct slurm_scene *scene, int64_t id)
{
    static char partition[] = "gpu";
    struct slurm_job *record = &scene->jobs[scene->listing.count++];

    assert_true(scene->listing.count <= SCENE_JOBS_MAX);
    *record = (struct slurm_job){
        .job_id = id,
        .array_task = -1,
        .array_tasks = nothing,
        .uid = 1000,
        .user = nothing,
        .name = nothing,
        .account = nothing,
        .partition = partition,
        .qos = nothing,
        .comment = nothing,
        .admin_comment = nothing,
        .nodes = nothing,
        .state = SLURM_PENDING,
        .submitted = 1000,
        .begin = 1000,
        .limit = HOUR,
        .wanted = {1, 1, 1024},
        .requeue = true,
        .is_batch = true,
    };
    scene->listing.jobs = scene->jobs;
    return record;
}

void scene_run(struct slurm_job *record, instant started)
{
    record->state = SLURM_RUNNING;
    record->started = started;
}

const struct slurm_units *scene_list(struct slurm_scene *scene)
{
    slurm_units_release(&scene->units);
    assert_int_equal(0, slurm_units_make(&scene->listing, &scene->units, NULL));
    return &scene->units;
}

void scene_release(struct slurm_scene *scene)
{
    slurm_units_release(&scene->units);
}

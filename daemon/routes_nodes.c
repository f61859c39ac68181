/* SPDX-License-Identifier: MIT */
#include "daemon/routes_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/gpu_view.h"
#include "daemon/job_view.h"
#include "daemon/pool_view.h"
#include "daemon/slurm_watch.h"
#include "nodes/power.h"

#define BYTES_PER_MIB (INT64_C(1) << 20)

/* What only the store knows of a job that is shown. */
struct naming {
    struct text *json;
    int64_t id;
    bool is_found;
};

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct naming *naming = context;

    (void)err;
    if (row->job.id != naming->id)
        return 0;
    json_add_text(naming->json, "name", row->name);
    json_add_text(naming->json, "user", row->user);
    job_view_add_slurm(naming->json, row);
    naming->is_found = true;
    return 0;
}

void routes_nodes_add_names(struct text *json, const struct daemon *daemon, int64_t id)
{
    struct naming naming = {json, id, false};
    struct job_filter filter = {.uid = -1, .below = id + 1, .limit = 1};

    if (store_list(daemon->reader, &filter, on_row, &naming, NULL) == 0
        && naming.is_found)
        return;
    json_add_null(json, "name");
    json_add_null(json, "user");
    json_add_null(json, "slurm");
}

int64_t routes_nodes_draw(const struct daemon *daemon, const struct engine_job *jobs,
                          size_t count, int32_t index, bool *is_measured)
{
    const struct pool *pool = engine_pool(daemon->engine, (size_t)index);
    const struct gpu_draw draw = gpu_view_sum(daemon, pool);
    int64_t idle =
        pool->sleep == POOL_ASLEEP ? 0 : pool->capacity.gpus - pool->taken.gpus;
    int64_t watts = idle > 0 && !draw.is_measured ? idle * pool->idle_power : 0;

    *is_measured = draw.is_measured;
    for (size_t i = 0; i < count; i++) {
        const struct job *job = jobs[i].job;
        struct resources taken = {job->gpus, job->cpus, job->memory};

        if (jobs[i].pool != index || !job_is_active(job)
            || (draw.is_measured && job->gpus > 0))
            continue;
        watts += power_estimate(pool, &taken, job->power);
        *is_measured = false;
    }
    return watts * 1000 + (draw.is_measured ? draw.milliwatts : 0);
}

/* The jobs of a pool, one after the other. */
struct listing {
    const struct call *call;
    const struct engine_job *jobs;
    size_t count;
    int32_t pool;
};

static bool is_shown(const struct listing *listing, size_t i)
{
    const struct engine_job *job = &listing->jobs[i];

    return job->pool == listing->pool && job_is_active(job->job)
           && call_sees(listing->call, job->job->uid);
}

/* Which job has each GPU, where they are told apart. */
static void add_gpus(struct text *json, const struct listing *listing,
                     const struct pool *pool)
{
    int64_t holders[POOL_TRACKED_GPUS_MAX] = {0};

    for (size_t i = 0; i < listing->count; i++)
        for (int gpu = 0; gpu < POOL_TRACKED_GPUS_MAX; gpu++)
            if (is_shown(listing, i) && (listing->jobs[i].job->gpu_mask >> gpu & 1))
                holders[gpu] = listing->jobs[i].job->id;
    json_begin_array(json, "gpu");
    for (int gpu = 0;
         gpu < pool->capacity.gpus && pool->capacity.gpus <= POOL_TRACKED_GPUS_MAX;
         gpu++) {
        json_begin_object(json, NULL);
        json_add_number(json, "index", pool->first_gpu + gpu);
        gpu_view_add(json, listing->call, pool->first_gpu + gpu);
        if (holders[gpu])
            json_add_number(json, "job", holders[gpu]);
        else
            json_add_null(json, "job");
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_jobs(struct text *json, const struct listing *listing)
{
    json_begin_array(json, "jobs");
    for (size_t i = 0; i < listing->count; i++) {
        const struct job *job = listing->jobs[i].job;

        if (!is_shown(listing, i))
            continue;
        json_begin_object(json, NULL);
        json_add_number(json, "id", job->id);
        routes_nodes_add_names(json, listing->call->daemon, job->id);
        json_add_number(json, "gpus", job->gpus);
        json_add_number(json, "cpus", job->cpus);
        json_add_instant(json, "started", job->started);
        json_end_object(json);
    }
    json_end_array(json);
}

static void add_draw(struct text *json, const struct listing *listing,
                     const struct pool *pool)
{
    const struct daemon *daemon = listing->call->daemon;
    const struct gpu_draw draw = gpu_view_sum(daemon, pool);
    bool is_measured;
    int64_t milliwatts = routes_nodes_draw(daemon, listing->jobs, listing->count,
                                           listing->pool, &is_measured);

    json_add_scaled(json, "watts", (milliwatts + 50) / 100, 1);
    json_add_text(json, "power", is_measured ? "measured" : "estimated");
    if (draw.is_measured) {
        json_add_number(json, "gpus_idle", draw.idle);
        json_add_scaled(json, "watts_idle", (draw.idle_milliwatts + 50) / 100, 1);
    } else {
        json_add_null(json, "gpus_idle");
        json_add_null(json, "watts_idle");
    }
}

static void add_executor(struct text *json, const struct daemon *daemon,
                         const char *name)
{
    const struct config *config = daemon->config;
    const struct config_pool *pool = NULL;
    bool is_slurm;

    for (size_t i = 0; i < config->pool_count; i++)
        if (strcmp(config->pools[i].name, name) == 0)
            pool = &config->pools[i];
    is_slurm = pool && config_is_slurm(pool);
    json_add_text(json, "executor", pool ? pool->executor : NULL);
    json_add_name(json, "partition", is_slurm ? pool->partition : "");
    if (is_slurm)
        json_add_number(json, "start_margin", slurm_watch_margin(daemon->slurm, pool));
    else
        json_add_null(json, "start_margin");
}

static void add_pool(struct text *json, const struct listing *listing)
{
    const struct daemon *daemon = listing->call->daemon;
    const struct pool *pool = engine_pool(daemon->engine, (size_t)listing->pool);

    json_begin_object(json, NULL);
    json_add_text(json, "pool", pool->name);
    add_executor(json, daemon, pool->name);
    json_add_text(json, "zone", pool->zone);
    pool_view_add_state(json, listing->call, (size_t)listing->pool);
    json_add_number(json, "gpus", pool->capacity.gpus);
    json_add_number(json, "gpus_taken", pool->taken.gpus);
    json_add_number(json, "gpus_usable", pool_usable(pool).gpus);
    json_add_number(json, "cpus", pool->capacity.cpus);
    json_add_number(json, "cpus_taken", pool->taken.cpus);
    json_add_number(json, "memory", pool->capacity.memory * BYTES_PER_MIB);
    json_add_number(json, "memory_taken", pool->taken.memory * BYTES_PER_MIB);
    add_draw(json, listing, pool);
    json_add_scaled(json, "pue", pool->pue_ppm, 6);
    add_gpus(json, listing, pool);
    add_jobs(json, listing);
    json_end_object(json);
}

/* null: there is no NVML, and nothing is known of the GPUs but their number. */
static void add_driver(struct text *json, const struct daemon *daemon)
{
    const struct gpu_watch *watch =
        daemon->local ? local_executor_watch(daemon->local) : NULL;

    json_add_text(json, "driver", watch ? gpu_watch_driver(watch) : NULL);
}

void routes_nodes(const struct call *call)
{
    const struct engine *engine = call->daemon->engine;
    struct engine_job *jobs = xcalloc(LIST_LIMIT_MAX, sizeof(*jobs));
    struct listing listing = {.call = call, .jobs = jobs};
    struct text json = TEXT_EMPTY;

    /* What runs comes first. */
    listing.count = engine_list_plan(engine, jobs, LIST_LIMIT_MAX);
    json_begin_object(&json, NULL);
    add_driver(&json, call->daemon);
    json_begin_array(&json, "pools");
    for (size_t i = 0; i < engine_pool_count(engine); i++) {
        listing.pool = (int32_t)i;
        add_pool(&json, &listing);
    }
    json_end_array(&json);
    json_end_object(&json);
    free(jobs);
    call_answer(call, 200, &json);
}

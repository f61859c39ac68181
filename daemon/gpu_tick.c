/* SPDX-License-Identifier: MIT */
#include "daemon/gpu_tick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/actors.h"

struct gpu_state {
    struct gpu_sample sample; /* the last */
    int bad;                  /* samples in a row */
    int clear;                /* samples in a row without anybody else */
    bool is_drained;
    bool is_foreign;
    bool is_silent;
    int64_t well_ms; /* since when it is well again; 0: it is not */
    char trouble[128];
};

struct gpu_tick {
    struct gpu_state gpus[GPU_COUNT_MAX];
    size_t count;
    struct actors *actors; /* for the names of users */
};

/* A GPU and its place in a pool, while it is looked at. */
struct place {
    const struct daemon *daemon;
    const struct pool *pool;
    size_t pool_index;
    int gpu; /* of the machine */
};

/* "pool lab: GPU 3 (GPU-…)" */
#define NAME_SIZE 160

static const char *name_gpu(const struct place *place, char name[NAME_SIZE])
{
    const struct gpu_sample *sample = &place->daemon->gpus->gpus[place->gpu].sample;

    snprintf(name, NAME_SIZE, "pool %s: GPU %d (%s)", place->pool->name, place->gpu,
             sample->uuid[0] ? sample->uuid : "without a UUID");
    return name;
}

static int64_t find_holder(const struct place *place)
{
    return engine_find_holder(place->daemon->engine, place->pool_index,
                              place->gpu - place->pool->first_gpu);
}

static void drain(const struct place *place, struct gpu_state *state)
{
    const struct gpu_sample sample = state->sample;
    const char *health = gpu_health_name(sample.health);
    bool is_told = strstr(sample.trouble, health) != NULL; /* "GPU is lost" */
    int64_t holder = find_holder(place);
    char name[NAME_SIZE];

    state->is_drained = true;
    snprintf(state->trouble, sizeof(state->trouble), "%s%s%s", is_told ? "" : health,
             is_told ? "" : ": ", sample.trouble);
    if (holder)
        log_error("%s: %s; drained, job %lld ends as lost", name_gpu(place, name),
                  state->trouble, (long long)holder);
    else
        log_error("%s: %s; drained", name_gpu(place, name), state->trouble);
}

static void open_again(const struct place *place, struct gpu_state *state,
                       const char *why)
{
    char name[NAME_SIZE];

    state->is_drained = false;
    state->well_ms = 0;
    state->trouble[0] = '\0';
    log_notice("%s: %s; jobs start there again", name_gpu(place, name), why);
}

static void judge_health(const struct place *place, struct gpu_state *state)
{
    const struct gpu_sample *sample = &state->sample;
    bool was_silent = state->is_silent;
    char name[NAME_SIZE];

    state->is_silent = sample->health == GPU_SILENT;
    if (state->is_silent && !was_silent && !state->is_drained)
        log_warning("%s: %s; nothing starts there until it answers",
                    name_gpu(place, name), sample->trouble);
    if (sample->health == GPU_LOST || sample->health == GPU_BROKEN) {
        state->well_ms = 0;
        if (++state->bad == GPU_TICK_BAD_SAMPLES && !state->is_drained)
            drain(place, state);
        return;
    }
    state->bad = 0;
    if (sample->health != GPU_WELL) {
        state->well_ms = 0;
        return;
    }
    if (was_silent && !state->is_drained)
        log_notice("%s: it answers again", name_gpu(place, name));
    if (state->is_drained && state->well_ms == 0)
        state->well_ms = sample->at_ms;
    if (state->is_drained && sample->at_ms - state->well_ms >= GPU_TICK_WELL_MS)
        open_again(place, state, "well again for a minute");
}

static void log_foreign(const struct place *place, const struct gpu_state *state)
{
    const struct gpu_sample *sample = &state->sample;
    struct gpu_process found = {.pid = 0, .uid = UINT32_MAX};
    struct engine_actor actor = {.user = "somebody"};
    int64_t holder = find_holder(place);
    char name[NAME_SIZE];

    for (size_t i = sample->process_count; i-- > 0;)
        if (i < GPU_PROCESSES_MAX && sample->processes[i].foreign)
            found = sample->processes[i];
    if (found.uid != UINT32_MAX)
        actors_find(place->daemon->gpus->actors, found.uid, sample->at_ms, &actor);
    name_gpu(place, name);
    if (holder)
        log_warning("%s: pid %lld of %s is on it beside job %lld, which goes on", name,
                    (long long)found.pid, actor.user, (long long)holder);
    else
        log_notice("%s: pid %lld of %s is on it; not free until it ends", name,
                   (long long)found.pid, actor.user);
}

static void judge_foreign(const struct place *place, struct gpu_state *state)
{
    char name[NAME_SIZE];

    /* Of one that cannot be read nobody knows who is on it: as it was. */
    if (state->sample.health == GPU_SILENT || state->sample.health == GPU_LOST)
        return;
    if (state->sample.has_foreign) {
        state->clear = 0;
        if (!state->is_foreign)
            log_foreign(place, state);
        state->is_foreign = true;
    } else if (state->is_foreign && ++state->clear == GPU_TICK_CLEAR_SAMPLES) {
        state->is_foreign = false;
        log_notice("%s: nobody else is on it any more", name_gpu(place, name));
    }
}

/* How many GPUs of a pool are watched: from its first on. */
static int count_watched(const struct daemon *daemon, const struct pool *pool)
{
    int64_t left = (int64_t)daemon->gpus->count - pool->first_gpu;

    if (pool->delegated || pool->capacity.gpus > POOL_TRACKED_GPUS_MAX || left < 0)
        return 0;
    return (int)(pool->capacity.gpus < left ? pool->capacity.gpus : left);
}

static void judge_pool(struct daemon *daemon, size_t index)
{
    const struct pool *pool = engine_pool(daemon->engine, index);
    struct place place = {daemon, pool, index, pool->first_gpu};

    for (int i = count_watched(daemon, pool); i > 0; i--, place.gpu++) {
        judge_health(&place, &daemon->gpus->gpus[place.gpu]);
        judge_foreign(&place, &daemon->gpus->gpus[place.gpu]);
    }
}

/* What the engine is told of a pool's GPUs after each set of samples. True if that was
 * anything new. */
static bool tell_pool(struct daemon *daemon, size_t index)
{
    const struct pool *pool = engine_pool(daemon->engine, index);
    int count = count_watched(daemon, pool);
    uint64_t foreign = 0;
    uint64_t lost = 0;

    for (int i = 0; i < count; i++) {
        const struct gpu_state *state = &daemon->gpus->gpus[pool->first_gpu + i];

        if (state->is_drained)
            lost |= UINT64_C(1) << i;
        else if (state->is_foreign || state->is_silent || state->bad > 0)
            foreign |= UINT64_C(1) << i;
    }
    if (foreign == pool->foreign_gpus && lost == pool->lost_gpus)
        return false;
    engine_set_gpus(daemon->engine, index, foreign, lost);
    return true;
}

/* Where no job holds a GPU there is nobody to be idle, and no reason to wake. */
static void tell_use(struct daemon *daemon, size_t index)
{
    const struct pool *pool = engine_pool(daemon->engine, index);
    int count = count_watched(daemon, pool);
    int64_t utilisation[POOL_TRACKED_GPUS_MAX];

    if (pool->taken_gpus == 0)
        return;
    for (int i = 0; i < count; i++) {
        const struct gpu_sample *sample =
            &daemon->gpus->gpus[pool->first_gpu + i].sample;

        utilisation[i] = sample->health == GPU_WELL ? sample->utilisation : GPU_UNKNOWN;
    }
    engine_watch_use(daemon->engine, index, utilisation, (size_t)count);
    daemon_poke(daemon);
}

static void take_samples(struct gpu_tick *tick, const struct gpu_sample *samples,
                         size_t count)
{
    tick->count = count < GPU_COUNT_MAX ? count : GPU_COUNT_MAX;
    for (size_t i = 0; i < tick->count; i++)
        tick->gpus[i].sample = samples[i];
}

void gpu_tick_on_samples(const struct gpu_sample *samples, size_t count, void *context)
{
    struct daemon *daemon = context;

    if (!daemon->gpus || daemon->stopping)
        return;
    take_samples(daemon->gpus, samples, count);
    for (size_t i = 0; i < engine_pool_count(daemon->engine); i++) {
        judge_pool(daemon, i);
        if (tell_pool(daemon, i))
            daemon_poke(daemon);
        tell_use(daemon, i);
    }
}

uint64_t gpu_tick_gpus_of(int64_t job_id, void *context)
{
    const struct daemon *daemon = context;
    struct engine_job found;
    const struct pool *pool;

    if (!daemon->engine || !engine_find(daemon->engine, job_id, &found)
        || found.pool < 0)
        return 0;
    pool = engine_pool(daemon->engine, (size_t)found.pool);
    return found.job->gpu_mask << pool->first_gpu;
}

/* The first samples were taken before it was known which jobs run: what is on their
 * GPUs is theirs until the next ones tell. */
static void start_pool(struct daemon *daemon, size_t index)
{
    const struct pool *pool = engine_pool(daemon->engine, index);
    struct gpu_tick *tick = daemon->gpus;
    int count = count_watched(daemon, pool);

    if (count < pool->capacity.gpus && !pool->delegated)
        log_warning("pool %s: NVML knows %d of its %lld GPUs; nobody watches the rest, "
                    "which is given to jobs by number",
                    pool->name, count, (long long)pool->capacity.gpus);
    for (int i = 0; i < count; i++)
        if (pool->taken_gpus >> i & 1)
            tick->gpus[pool->first_gpu + i].sample.has_foreign = false;
    judge_pool(daemon, index);
    tell_pool(daemon, index);
}

void gpu_tick_start(struct daemon *daemon, const struct gpu_sample *samples,
                    size_t count)
{
    daemon->gpus = xcalloc(1, sizeof(*daemon->gpus));
    daemon->gpus->actors = actors_create("");
    take_samples(daemon->gpus, samples, count);
    for (size_t i = 0; i < engine_pool_count(daemon->engine); i++)
        start_pool(daemon, i);
}

void gpu_tick_destroy(struct gpu_tick *tick)
{
    if (!tick)
        return;
    actors_destroy(tick->actors);
    free(tick);
}

void gpu_tick_resume(struct daemon *daemon, const char *name)
{
    for (size_t i = 0; daemon->gpus && i < engine_pool_count(daemon->engine); i++) {
        const struct pool *pool = engine_pool(daemon->engine, i);
        struct place place = {daemon, pool, i, pool->first_gpu};

        if (strcmp(pool->name, name) != 0)
            continue;
        for (int left = count_watched(daemon, pool); left > 0; left--, place.gpu++) {
            struct gpu_state *state = &daemon->gpus->gpus[place.gpu];

            if (state->is_drained && state->sample.health == GPU_WELL)
                open_again(&place, state, "the pool was resumed");
        }
        tell_pool(daemon, i);
    }
}

bool gpu_tick_find(const struct daemon *daemon, int gpu, struct gpu_view *view)
{
    const struct gpu_state *state;

    if (!daemon->gpus || gpu < 0 || (size_t)gpu >= daemon->gpus->count)
        return false;
    state = &daemon->gpus->gpus[gpu];
    *view = (struct gpu_view){
        .sample = &state->sample,
        .is_drained = state->is_drained,
        .trouble = state->is_drained ? state->trouble : state->sample.trouble,
    };
    return true;
}

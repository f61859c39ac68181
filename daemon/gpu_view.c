/* SPDX-License-Identifier: MIT */
#include "daemon/gpu_view.h"

#include "daemon/gpu_tick.h"

#define BYTES_PER_MIB (INT64_C(1) << 20)

static void add_known(struct text *json, const char *key, int64_t number)
{
    if (number == GPU_UNKNOWN)
        json_add_null(json, key);
    else
        json_add_number(json, key, number);
}

static int64_t to_bytes(int64_t mib)
{
    return mib == GPU_UNKNOWN ? GPU_UNKNOWN : mib * BYTES_PER_MIB;
}

static void add_process(struct text *json, const struct call *call,
                        const struct gpu_process *process)
{
    struct engine_actor owner;
    bool is_known = process->uid != UINT32_MAX && call_sees(call, process->uid);

    json_begin_object(json, NULL);
    json_add_number(json, "pid", process->pid);
    if (is_known)
        http_server_find_actor(call->daemon->server, process->uid, &owner);
    json_add_text(json, "user", is_known ? owner.user : NULL);
    add_known(json, "memory", to_bytes(process->memory));
    json_add_bool(json, "foreign", process->foreign);
    json_end_object(json);
}

static void add_nothing(struct text *json)
{
    static const char *const keys[] = {"uuid",  "model",       "memory", "power_limit",
                                       "watts", "utilisation", "health", "trouble"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        json_add_null(json, keys[i]);
    json_add_bool(json, "drained", false);
    json_begin_array(json, "processes");
    json_end_array(json);
}

void gpu_view_add(struct text *json, const struct call *call, int gpu)
{
    const struct gpu_sample *sample;
    struct gpu_view view;

    if (!gpu_tick_find(call->daemon, gpu, &view)) {
        add_nothing(json);
        return;
    }
    sample = view.sample;
    json_add_name(json, "uuid", sample->uuid);
    json_add_name(json, "model", sample->model);
    add_known(json, "memory", to_bytes(sample->memory));
    add_known(json, "power_limit", sample->power_limit);
    if (sample->power_mw == GPU_UNKNOWN)
        json_add_null(json, "watts");
    else
        json_add_scaled(json, "watts", (sample->power_mw + 50) / 100, 1);
    add_known(json, "utilisation", sample->utilisation);
    json_add_text(json, "health", gpu_health_name(sample->health));
    json_add_name(json, "trouble", view.trouble);
    json_add_bool(json, "drained", view.is_drained);
    json_begin_array(json, "processes");
    for (size_t i = 0; i < sample->process_count && i < GPU_PROCESSES_MAX; i++)
        add_process(json, call, &sample->processes[i]);
    json_end_array(json);
}

struct gpu_draw gpu_view_sum(const struct daemon *daemon, const struct pool *pool)
{
    struct gpu_draw draw = {.is_measured = pool->capacity.gpus > 0};

    if (pool->capacity.gpus > POOL_TRACKED_GPUS_MAX)
        return (struct gpu_draw){.is_measured = false};
    for (int i = 0; i < pool->capacity.gpus; i++) {
        const struct gpu_sample *sample;
        struct gpu_view view;

        if (!gpu_tick_find(daemon, pool->first_gpu + i, &view))
            return (struct gpu_draw){.is_measured = false};
        sample = view.sample;
        if (sample->health == GPU_LOST)
            continue;
        if (sample->power_mw == GPU_UNKNOWN)
            return (struct gpu_draw){.is_measured = false};
        draw.milliwatts += sample->power_mw;
        if ((pool->taken_gpus >> i & 1) || sample->has_foreign)
            continue;
        draw.idle++;
        draw.idle_milliwatts += sample->power_mw;
    }
    return draw;
}

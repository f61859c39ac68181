/* SPDX-License-Identifier: MIT */
#include "setup/engine.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define MIB (INT64_C(1) << 20)

struct engine_settings setup_engine(const struct config *config)
{
    const struct config_planner *planner = &config->planner;

    return (struct engine_settings){
        .plan =
            {
                .slot = planner->slot,
                .slots = (size_t)(planner->horizon / planner->slot),
                .hysteresis_ppm = planner->hysteresis_ppm,
                .ramp_ppm = planner->ramp_ppm,
            },
        .headroom_ppm =
            planner->headroom_ppm == CONFIG_AUTO ? ENGINE_AUTO : planner->headroom_ppm,
        .load_gate_ppm = planner->load_gate_ppm,
        .open_jobs_max = config->daemon.max_open_jobs,
    };
}

static void copy(char *array, size_t size, const char *name)
{
    bool fits = text_copy(array, size, name);

    assert(fits);
    (void)fits;
}

static int64_t or_not_set(int64_t value)
{
    return value == CONFIG_NOT_SET ? POLICY_NOT_SET : value;
}

static void copy_groups(struct policy *policy, const struct config_names *groups)
{
    struct text list = TEXT_EMPTY;

    for (size_t i = 0; i < groups->count; i++)
        text_add_format(&list, i > 0 ? ",%s" : "%s", groups->items[i]);
    copy(policy->groups, sizeof(policy->groups), list.bytes ? list.bytes : "");
    text_release(&list);
}

size_t setup_policies(const struct config *config, struct policy *policies)
{
    size_t count = config->queue_count;

    assert(count <= PLAN_CLASSES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct config_queue *queue = &config->queues[i];
        struct policy *policy = &policies[i];

        *policy = (struct policy){
            .time = queue->time,
            .time_limit = queue->time_limit == CONFIG_NOT_SET ? 0 : queue->time_limit,
            .max_wait = or_not_set(queue->max_wait),
            .memory = queue->memory == CONFIG_AUTO ? POLICY_NOT_SET
                                                   : (queue->memory + MIB - 1) / MIB,
            .scaling = (int32_t)(queue->scaling_ppm / 10000),
            .max_intensity = or_not_set(queue->max_intensity),
            .below_percentile = or_not_set(queue->below_percentile),
            .min_renewable = queue->min_renewable_ppm == CONFIG_NOT_SET
                                 ? POLICY_NOT_SET
                                 : queue->min_renewable_ppm / 1000,
            .min_saving_ppm = queue->min_saving_ppm,
            .patience_ppm = queue->patience_ppm,
            .allow_now = queue->allow_now,
            .interruptible_after = queue->interruptible_after,
            .restart_cost = queue->restart_cost,
            .max_jobs_per_user = or_not_set(queue->max_jobs_per_user),
            .max_gpus_per_user = or_not_set(queue->max_gpus_per_user),
            .idle_below = (int32_t)(queue->idle_below_ppm / 10000),
            .idle_after = or_not_set(queue->idle_after),
            .stops_idle = strcmp(queue->on_idle, "stop") == 0,
        };
        copy_groups(policy, &queue->groups);
        copy(policy->name, sizeof(policy->name), queue->name);
        /* The table of settings allows no other names. */
        (void)policy_kind_parse(queue->policy, &policy->kind, NULL);
    }
    return count;
}

static int64_t or_machine(int64_t configured, int64_t found)
{
    return configured == CONFIG_AUTO ? found : configured;
}

void setup_pool(const struct config_pool *config, const struct resources *machine,
                struct pool *pool)
{
    *pool = (struct pool){
        .capacity =
            {
                .gpus = or_machine(config->gpus, machine->gpus),
                .cpus = or_machine(config->cpus, machine->cpus),
                .memory = config->memory == CONFIG_AUTO ? machine->memory
                                                        : config->memory / MIB,
            },
        .gpu_power = config->gpu_power,
        .idle_power = config->idle_power,
        .cpu_power = config->cpu_power,
        .pue_ppm = config->pue_ppm,
        .delegated = config_is_slurm(config),
    };
    if (pool->delegated)
        pool->capacity = (struct resources){0, 0, 0};
    copy(pool->name, sizeof(pool->name), config->name);
    copy(pool->zone, sizeof(pool->zone), config->zone);
}

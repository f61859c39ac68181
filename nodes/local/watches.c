/* SPDX-License-Identifier: MIT */
#include "nodes/local/watches.h"

#include "nodes/local/machine.h"

static pid_t find_runner(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_OVER ? 0 : attempt->watched;
}

/* The attempts whose runner is known. What is left of others is nobody's. */
static size_t list_holders(struct gpu_holder *holders, size_t room, void *context)
{
    struct watches *watches = context;
    size_t count = 0;

    for (const struct attempt *attempt = *watches->attempts; attempt && count < room;
         attempt = attempt->next) {
        pid_t runner = find_runner(attempt);

        uint64_t gpus =
            runner > 0 ? watches->gpus_of(attempt->job_id, watches->context) : 0;

        if (gpus)
            holders[count++] = (struct gpu_holder){runner, gpus};
    }
    return count;
}

static pid_t runner_of(int64_t job_id, int32_t number, void *context)
{
    const struct watches *watches = context;

    for (const struct attempt *attempt = *watches->attempts; attempt;
         attempt = attempt->next)
        if (attempt->job_id == job_id && attempt->number == number)
            return find_runner(attempt);
    return 0;
}

static void on_samples(const struct gpu_sample *samples, size_t count, void *context)
{
    struct watches *watches = context;

    energy_watch_on_gpus(watches->energy, samples, count);
    watches->on_gpus(samples, count, watches->context);
}

void watches_start(struct watches *watches, const struct local_settings *settings,
                   const struct attempt_host *host, executor_on_report *on_measured,
                   void *executor)
{
    const struct gpu_watch_ports ports = {on_samples, list_holders, watches, NULL};
    struct energy_watch_settings energy = {
        .loop = host->loop,
        .state_dir = settings->state_dir,
        .runs = host->runs,
        .powercap = settings->powercap,
        .clock = settings->clock,
        .runner_of = runner_of,
        .runners = watches,
        .on_measured = on_measured,
        .context = executor,
    };

    watches->on_gpus = settings->on_gpus;
    watches->gpus_of = settings->gpus_of;
    if (watches->on_gpus)
        watches->gpus = machine_watch(host->loop, settings->state_dir, &ports);
    energy.gpus = watches->gpus;
    watches->energy = energy_watch_create(&energy);
}

void watches_stop(struct watches *watches)
{
    energy_watch_destroy(watches->energy);
    gpu_watch_stop(watches->gpus);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_energy.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "daemon/slurm_watch.h"
#include "nodes/slurm/executor.h"
#include "nodes/slurm/joule_files.h"

struct reading {
    uv_work_t work;
    struct daemon *daemon;
    struct executor_report report;
    char *directory;
    int64_t record_id;
    instant since; /* real; so for the next */
    instant now;
    bool sweeps;
    int64_t gpus;
    int64_t idle_power;
    struct joule_sum sum;
    struct error error;
    int result;
};

static void on_work(uv_work_t *work)
{
    struct reading *reading = work->data;

    reading->result = joule_files_load(reading->directory, reading->record_id,
                                       reading->since, &reading->sum, &reading->error);
    if (reading->sweeps)
        joule_files_sweep(reading->directory, reading->now);
}

static void take(struct reading *reading)
{
    const struct executor_report *report = &reading->report;
    int64_t rate = reading->daemon->clock->rate;
    duration length = report->ran > 0 ? report->ran : report->at - report->started;

    if (reading->result < 0 && reading->error.code != ERROR_MISSING)
        log_warning("%s; the energy of job %lld is estimated", reading->error.text,
                    (long long)report->job_id);
    if (reading->result < 0 || reading->sum.gpus < reading->gpus)
        return;
    reading->report.energy = (struct energy_reading){
        .gpu_measured = true,
        .gpu = reading->sum.joules * rate,
        .idle = reading->gpus * reading->idle_power * length,
    };
    if (reading->report.energy.idle > reading->report.energy.gpu)
        reading->report.energy.idle = reading->report.energy.gpu;
}

static void on_worked(uv_work_t *work, int status)
{
    struct reading *reading = work->data;

    (void)status;
    take(reading);
    daemon_on_report(&reading->report, reading->daemon);
    free(reading->directory);
    free(reading);
}

void slurm_energy_on_report(const struct executor_report *report, void *context)
{
    struct daemon *daemon = context;
    const char *directory = daemon->config->slurm.energy_dir;
    instant now = system_clock.now(&system_clock);
    struct engine_job found;
    struct reading *reading;

    if (!*directory || report->outcome != EXECUTOR_ENDED
        || !engine_find(daemon->engine, report->job_id, &found) || found.pool < 0
        || found.job->gpus == 0) {
        daemon_on_report(report, daemon);
        return;
    }
    reading = xcalloc(1, sizeof(*reading));
    *reading = (struct reading){
        .daemon = daemon,
        .report = *report,
        .directory = xstrdup(directory),
        .record_id = slurm_watch_record(daemon->slurm, report->job_id),
        .since = slurm_from_clock(
            daemon->clock, report->started > 0 ? report->started : found.job->started),
        .now = now,
        .sweeps = now >= daemon->energy_swept + HOUR,
        .gpus = found.job->gpus,
        .idle_power = engine_pool(daemon->engine, (size_t)found.pool)->idle_power,
    };
    if (reading->sweeps)
        daemon->energy_swept = now;
    reading->work.data = reading;
    uv_queue_work(&daemon->loop, &reading->work, on_work, on_worked);
}

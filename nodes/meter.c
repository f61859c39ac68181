/* SPDX-License-Identifier: MIT */
#include "nodes/meter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A GPU of the machine. */
struct meter_gpu {
    struct meter_reading last;
    int64_t idle_mw;
    bool has_learnt; /* else idle_mw is what we were told */
    int64_t freed_ms;
    int64_t spare_mj; /* taken without a job, and not asked for yet */
};

struct metered {
    struct meter_record sums;
    bool is_of_this_boot;
    /* Up to where its CPU time has been accounted for. */
    bool has_base;
    int64_t base_cpu_ms;
    int64_t base_at_ms;
    int64_t base_seen_ms;
    int64_t base_busy_ms;
    double base_active_uj;
};

struct meter {
    char boot_id[METER_BOOT_ID_MAX + 1];
    struct meter_gpu gpus[METER_GPUS_MAX];
    struct metered *attempts;
    size_t count;
    size_t room;
    bool has_cpu; /* the last sample was taken */
    struct meter_cpu cpu;
    int64_t cpu_at_ms;
    bool has_quiet;
    double quiet_mw; /* what the packages draw when nothing runs */
    /* Since the meter was made, over the spans that could be seen. */
    double active_uj;
    int64_t busy_ms;
    int64_t seen_ms;
};

struct meter *meter_create(const char *boot_id)
{
    struct meter *meter = xcalloc(1, sizeof(*meter));

    text_copy(meter->boot_id, sizeof(meter->boot_id), boot_id);
    return meter;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
    free(meter->attempts);
    free(meter);
}

void meter_set_idle(struct meter *meter, size_t gpu, int64_t watts)
{
    if (gpu < METER_GPUS_MAX && !meter->gpus[gpu].has_learnt)
        meter->gpus[gpu].idle_mw = watts * 1000;
}

int64_t meter_idle_mw(const struct meter *meter, size_t gpu)
{
    return gpu < METER_GPUS_MAX ? meter->gpus[gpu].idle_mw : 0;
}

static struct metered *find(const struct meter *meter, int64_t job_id, int32_t attempt)
{
    for (size_t i = 0; i < meter->count; i++)
        if (meter->attempts[i].sums.job_id == job_id
            && meter->attempts[i].sums.attempt == attempt)
            return &meter->attempts[i];
    return NULL;
}

static struct metered *find_holder(const struct meter *meter, size_t gpu)
{
    for (size_t i = 0; i < meter->count; i++)
        if (meter->attempts[i].sums.gpu_mask >> gpu & 1)
            return &meter->attempts[i];
    return NULL;
}

static struct metered *add(struct meter *meter, const struct meter_record *sums)
{
    struct metered *added = find(meter, sums->job_id, sums->attempt);

    if (!added) {
        meter->attempts = xgrow(meter->attempts, meter->count, &meter->room,
                                sizeof(*meter->attempts));
        added = &meter->attempts[meter->count++];
    }
    *added = (struct metered){.sums = *sums,
                              .is_of_this_boot = true,
                              .base_at_ms = sums->begun_ms,
                              .base_seen_ms = meter->seen_ms,
                              .base_busy_ms = meter->busy_ms,
                              .base_active_uj = meter->active_uj};
    return added;
}

void meter_begin(struct meter *meter, int64_t job_id, int32_t attempt,
                 uint64_t gpu_mask, int64_t now_ms)
{
    struct meter_record sums = {
        .job_id = job_id, .attempt = attempt, .gpu_mask = gpu_mask, .begun_ms = now_ms};

    add(meter, &sums)->has_base = true;
}

/* What a GPU took between two readings. False: that cannot be told. */
static bool measure(const struct meter_reading *from, const struct meter_reading *to,
                    int64_t limit, int64_t *mj)
{
    int64_t span = to->at_ms - from->at_ms;
    int64_t taken = to->energy_mj - from->energy_mj;

    if (from->at_ms == 0 || span <= 0 || strcmp(from->uuid, to->uuid) != 0)
        return false;
    if (from->energy_mj != GPU_UNKNOWN && to->energy_mj != GPU_UNKNOWN) {
        *mj = taken;
        return taken >= 0 && taken <= 2 * limit * span + METER_SLACK_MJ;
    }
    if (from->power_mw == GPU_UNKNOWN || to->power_mw == GPU_UNKNOWN
        || span > METER_GAP_MS)
        return false;
    *mj = ((from->power_mw + to->power_mw) * span + 1000) / 2000;
    return *mj <= 2 * limit * span + METER_SLACK_MJ;
}

/*
 * Give an attempt what a GPU took between two readings, in the part that it held it.
 * Returns how much that was.
 */
static int64_t give(struct metered *metered, int64_t mj,
                    const struct meter_reading *from, const struct meter_reading *to,
                    int64_t idle_mw)
{
    struct meter_record *sums = &metered->sums;
    int64_t span = to->at_ms - from->at_ms;
    int64_t held = to->at_ms - sums->begun_ms;
    int64_t part;
    int64_t idle_mj;

    held = held < 0 ? 0 : held > span ? span : held;
    part = (int64_t)llround((double)mj * (double)held / (double)span);
    idle_mj = idle_mw * held / 1000;
    sums->gpu_mj += part;
    sums->idle_mj += idle_mj < part ? idle_mj : part;
    sums->gpu_ms += held;
    return part;
}

void meter_resume(struct meter *meter, const struct meter_record *record)
{
    struct metered *added = add(meter, record);

    added->is_of_this_boot = strcmp(record->boot_id, meter->boot_id) == 0;
    for (size_t i = 0; i < METER_GPUS_MAX && added->is_of_this_boot; i++) {
        const struct meter_reading *left = &record->gpus[i];
        struct meter_gpu *gpu = &meter->gpus[i];
        int64_t mj;

        if (!(record->gpu_mask >> i & 1) || left->at_ms == 0)
            continue;
        /* It has been seen since: that span is the attempt's, which held it. */
        if (gpu->last.at_ms == 0)
            gpu->last = *left;
        else if (measure(left, &gpu->last, METER_POWER_MAX, &mj))
            give(added, mj, left, &gpu->last, gpu->idle_mw);
    }
}

bool meter_save(const struct meter *meter, int64_t job_id, int32_t attempt,
                struct meter_record *record)
{
    const struct metered *metered = find(meter, job_id, attempt);

    if (!metered || !metered->is_of_this_boot)
        return false;
    *record = metered->sums;
    memcpy(record->boot_id, meter->boot_id, sizeof(record->boot_id));
    for (size_t i = 0; i < METER_GPUS_MAX; i++) {
        record->gpus[i] = (struct meter_reading){.at_ms = 0};
        if (record->gpu_mask >> i & 1)
            record->gpus[i] = meter->gpus[i].last;
    }
    return true;
}

/* A smoothed mean of what the GPU draws while nobody has it. */
static void learn_idle(struct meter_gpu *gpu, int64_t mj, int64_t span)
{
    int64_t mw = mj * 1000 / span;
    int64_t weight = span < METER_SMOOTH_MS ? span : METER_SMOOTH_MS;

    if (gpu->has_learnt)
        gpu->idle_mw += (mw - gpu->idle_mw) * weight / METER_SMOOTH_MS;
    else
        gpu->idle_mw = mw;
    gpu->has_learnt = true;
}

static void sample_gpu(struct meter *meter, size_t index, const struct gpu_sample *seen)
{
    struct meter_gpu *gpu = &meter->gpus[index];
    struct metered *holder = find_holder(meter, index);
    struct meter_reading now = {seen->at_ms, seen->energy_mj, seen->power_mw, ""};
    int64_t limit = seen->power_limit > 0 && seen->power_limit < METER_POWER_MAX
                        ? seen->power_limit
                        : METER_POWER_MAX;
    int64_t span = seen->at_ms - gpu->last.at_ms;
    int64_t mj;

    if (now.energy_mj < 0 || now.energy_mj > METER_MJ_MAX)
        now.energy_mj = GPU_UNKNOWN;
    if (now.power_mw < 0 || now.power_mw > 1000 * METER_POWER_MAX)
        now.power_mw = GPU_UNKNOWN;
    if ((now.energy_mj == GPU_UNKNOWN && now.power_mw == GPU_UNKNOWN) || span <= 0)
        return;
    text_copy(now.uuid, sizeof(now.uuid), seen->uuid);
    if (measure(&gpu->last, &now, limit, &mj)) {
        gpu->spare_mj += mj;
        if (holder && holder->is_of_this_boot)
            gpu->spare_mj -= give(holder, mj, &gpu->last, &now, gpu->idle_mw);
        if (!holder && !seen->has_foreign
            && gpu->last.at_ms >= gpu->freed_ms + METER_SETTLE_MS)
            learn_idle(gpu, mj, span);
    }
    gpu->last = now;
}

void meter_sample_gpus(struct meter *meter, const struct gpu_sample *samples,
                       size_t count)
{
    for (size_t i = 0; i < count && i < METER_GPUS_MAX; i++)
        sample_gpu(meter, i, &samples[i]);
}

/* Take up the span since the last sample, if it can be told. */
static void sample_packages(struct meter *meter, const struct meter_cpu *cpu,
                            int64_t at_ms)
{
    int64_t span = at_ms - meter->cpu_at_ms;
    int64_t busy = cpu->busy_ms - meter->cpu.busy_ms;
    double taken = (double)cpu->energy_uj - (double)meter->cpu.energy_uj;
    double quiet;

    if (!meter->has_cpu || span <= 0 || span > METER_CPU_GAP_MS || busy < 0 || taken < 0
        || taken > 1000.0 * METER_CPU_POWER_MAX * (double)span)
        return;
    /* A job may well be too small to be seen among many CPUs. */
    if (meter->count == 0 && busy * 100 <= METER_QUIET_PERCENT * span * cpu->cpus) {
        double weight = meter->has_quiet ? (double)span / METER_SMOOTH_MS : 1;

        meter->quiet_mw += (taken / (double)span - meter->quiet_mw) * weight;
        meter->has_quiet = true;
    }
    quiet = meter->quiet_mw * (double)span;
    meter->active_uj += taken > quiet ? taken - quiet : 0;
    meter->busy_ms += busy;
    meter->seen_ms += span;
}

static void add_share(struct meter *meter, struct metered *metered, int64_t cpu_ms,
                      int64_t at_ms)
{
    int64_t seen = meter->seen_ms - metered->base_seen_ms;
    int64_t busy = meter->busy_ms - metered->base_busy_ms;
    int64_t worked = cpu_ms - metered->base_cpu_ms;
    double active = meter->active_uj - metered->base_active_uj;

    /* A process that is reaped while all are counted may be missing for a moment. */
    if (metered->has_base && worked < 0)
        return;
    if (metered->has_base) {
        if (worked > busy)
            worked = busy;
        if (busy > 0)
            metered->sums.cpu_uj +=
                (int64_t)llround(active * (double)worked / (double)busy);
        if (seen > at_ms - metered->base_at_ms)
            seen = at_ms - metered->base_at_ms;
        metered->sums.cpu_ms += seen;
    }
    metered->has_base = true;
    metered->base_cpu_ms = cpu_ms;
    metered->base_at_ms = at_ms;
    metered->base_seen_ms = meter->seen_ms;
    metered->base_busy_ms = meter->busy_ms;
    metered->base_active_uj = meter->active_uj;
}

void meter_sample_cpu(struct meter *meter, const struct meter_cpu *cpu,
                      const struct meter_share *shares, size_t count, int64_t at_ms)
{
    if (meter->has_cpu && at_ms < meter->cpu_at_ms)
        return;
    if (cpu) {
        sample_packages(meter, cpu, at_ms);
        meter->cpu = *cpu;
    }
    meter->has_cpu = cpu != NULL;
    meter->cpu_at_ms = at_ms;
    for (size_t i = 0; i < count; i++) {
        struct metered *metered = find(meter, shares[i].job_id, shares[i].attempt);

        if (metered && metered->is_of_this_boot && at_ms >= metered->base_at_ms)
            add_share(meter, metered, shares[i].cpu_ms, at_ms);
    }
}

/* Whether enough of a time was seen to speak of the whole. */
static bool is_covered(int64_t seen_ms, int64_t all_ms)
{
    return seen_ms > 0
           && seen_ms >= all_ms - all_ms * (100 - METER_COVERED_PERCENT) / 100;
}

/* What was taken in the part that was seen, in the whole; and in joules. */
static int64_t whole_of(int64_t taken, int64_t seen_ms, int64_t all_ms, double unit)
{
    double whole = (double)taken / unit;

    if (seen_ms < all_ms)
        whole *= (double)all_ms / (double)seen_ms;
    return (int64_t)llround(whole);
}

static struct energy_reading read_out(const struct meter_record *sums, int64_t now_ms)
{
    int64_t length = now_ms - sums->begun_ms;
    int64_t gpu_ms = 0;
    struct energy_reading reading = {
        .cpu_measured = length > 0 && is_covered(sums->cpu_ms, length),
    };

    for (size_t i = 0; i < METER_GPUS_MAX; i++)
        gpu_ms += sums->gpu_mask >> i & 1 ? length : 0;
    reading.gpu_measured = gpu_ms > 0 && is_covered(sums->gpu_ms, gpu_ms);
    if (reading.gpu_measured) {
        reading.gpu = whole_of(sums->gpu_mj, sums->gpu_ms, gpu_ms, 1e3);
        reading.idle = whole_of(sums->idle_mj, sums->gpu_ms, gpu_ms, 1e3);
    }
    if (reading.cpu_measured)
        reading.cpu = whole_of(sums->cpu_uj, sums->cpu_ms, length, 1e6);
    return reading;
}

bool meter_end(struct meter *meter, int64_t job_id, int32_t attempt, int64_t now_ms,
               struct energy_reading *reading)
{
    struct metered *metered = find(meter, job_id, attempt);

    if (!metered)
        return false;
    *reading = metered->is_of_this_boot ? read_out(&metered->sums, now_ms)
                                        : (struct energy_reading){.gpu = 0};
    for (size_t i = 0; i < METER_GPUS_MAX; i++)
        if (metered->sums.gpu_mask >> i & 1)
            meter->gpus[i].freed_ms = now_ms;
    *metered = meter->attempts[--meter->count];
    return true;
}

struct energy_reading meter_read_record(const struct meter *meter,
                                        const struct meter_record *record,
                                        int64_t ended_ms)
{
    if (strcmp(record->boot_id, meter->boot_id) != 0)
        return (struct energy_reading){.gpu = 0};
    return read_out(record, ended_ms);
}

int64_t meter_take_idle(struct meter *meter, size_t gpu)
{
    int64_t joules = gpu < METER_GPUS_MAX ? meter->gpus[gpu].spare_mj / 1000 : 0;

    if (joules > 0)
        meter->gpus[gpu].spare_mj -= joules * 1000;
    return joules;
}

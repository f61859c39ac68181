/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "nodes/local/energy_internal.h"

/* How often it is looked whether an end has waited long enough. */
#define PATIENCE_STEP_MS 100

struct watched *energy_find(const struct energy_watch *watch, int64_t job_id,
                            int32_t attempt)
{
    struct watched *at = watch->list;

    while (at && (at->job_id != job_id || at->attempt != attempt))
        at = at->next;
    return at;
}

static void drop(struct energy_watch *watch, struct watched *watched)
{
    struct watched **link = &watch->list;

    while (*link != watched)
        link = &(*link)->next;
    *link = watched->next;
    free(watched->record);
    free(watched);
}

static struct energy_reading scale(const struct energy_watch *watch,
                                   struct energy_reading reading)
{
    int64_t rate = watch->settings.clock->rate;

    reading.gpu *= rate;
    reading.cpu *= rate;
    reading.idle *= rate;
    return reading;
}

/* Read the meter out. What was found after its end is known by its record alone. */
static void read_out(struct energy_watch *watch, struct watched *watched, bool is_late)
{
    struct energy_reading reading = {.gpu = 0};

    meter_end(watch->meter, watched->job_id, watched->attempt, watched->ended_ms,
              &reading);
    if (is_late)
        reading = meter_read_record(watch->meter, watched->record, watched->ended_ms);
    watched->report.energy = scale(watch, reading);
}

static void finish(struct energy_watch *watch, struct watched *watched)
{
    struct executor_report report;

    read_out(watch, watched, false);
    report = watched->report;
    drop(watch, watched);
    watch->settings.on_measured(&report, watch->settings.context);
}

void energy_finish(struct energy_watch *watch, bool is_due)
{
    int64_t latest = monotonic_ms() - ENERGY_WATCH_PATIENCE_MS;
    struct watched *next;

    for (struct watched *at = watch->list; at; at = next) {
        next = at->next;
        if (at->is_ending
            && ((!at->wants_gpus && !at->wants_cpu)
                || (is_due && at->ended_ms <= latest)))
            finish(watch, at);
    }
}

static bool has_ending(const struct energy_watch *watch)
{
    for (const struct watched *at = watch->list; at; at = at->next)
        if (at->is_ending)
            return true;
    return false;
}

static void on_patience(uv_timer_t *timer)
{
    struct energy_watch *watch = timer->data;

    energy_finish(watch, true);
    if (!has_ending(watch))
        uv_timer_stop(timer);
}

void energy_add_endings(struct energy_watch *watch, const struct energy_look *look)
{
    for (struct watched *at = watch->list; at; at = at->next) {
        const struct meter_share share = {at->job_id, at->attempt, at->report.cpu_ms};

        if (!at->is_ending || look->at_ms < at->ended_ms)
            continue;
        at->wants_cpu = false;
        if (share.cpu_ms > 0 && look->error.code == ERROR_NONE)
            meter_sample_cpu(watch->meter, &look->cpu, &share, 1, look->at_ms);
    }
}

/* All samples come by energy_watch_on_gpus(): this one is asked for to be fresh. */
static void on_fresh(const struct gpu_sample *samples, size_t count, void *context)
{
    (void)samples;
    (void)count;
    (void)context;
}

bool energy_ask_gpus(struct energy_watch *watch, uint64_t gpu_mask)
{
    return gpu_mask && watch->settings.gpus
           && gpu_watch_now(watch->settings.gpus, on_fresh, watch, NULL) == 0;
}

/* When it ended, on the monotonic clock, as well as whole seconds can say. */
static int64_t find_end(const struct energy_watch *watch,
                        const struct executor_report *report)
{
    const struct clock *clock = watch->settings.clock;
    int64_t now = monotonic_ms();
    int64_t ago = clock->now(clock) - report->at;

    return ago <= 0 ? now : now - ago * 1000 / clock->rate;
}

bool energy_watch_end(struct energy_watch *watch, struct executor_report *report)
{
    struct watched *watched = energy_find(watch, report->job_id, report->attempt);
    int64_t now = monotonic_ms();
    int64_t ended;

    if (!watched)
        return false;
    watched->report = *report;
    watched->ended_ms = now;
    ended = find_end(watch, report);
    if (watched->record && now - ended > ENERGY_WATCH_LATE_MS) {
        watched->ended_ms = ended;
        read_out(watch, watched, true);
        *report = watched->report;
        drop(watch, watched);
        return false;
    }
    watched->is_ending = true;
    watched->wants_gpus = energy_ask_gpus(watch, watched->gpu_mask);
    watched->wants_cpu = watch->has_rapl;
    if (!watched->wants_gpus && !watched->wants_cpu) {
        read_out(watch, watched, false);
        *report = watched->report;
        drop(watch, watched);
        return false;
    }
    if (watched->wants_cpu)
        energy_look_at(watch, false);
    if (!uv_is_active((uv_handle_t *)&watch->patience))
        uv_timer_start(&watch->patience, on_patience, PATIENCE_STEP_MS,
                       PATIENCE_STEP_MS);
    return true;
}

void energy_watch_on_gpus(struct energy_watch *watch, const struct gpu_sample *samples,
                          size_t count)
{
    meter_sample_gpus(watch->meter, samples, count);
    for (struct watched *at = watch->list; at; at = at->next) {
        bool is_fresh = true;

        for (size_t i = 0; i < count && i < METER_GPUS_MAX; i++)
            if (at->gpu_mask >> i & 1 && samples[i].at_ms < at->ended_ms)
                is_fresh = false;
        if (at->is_ending && is_fresh)
            at->wants_gpus = false;
    }
    energy_finish(watch, false);
    energy_save(watch);
}

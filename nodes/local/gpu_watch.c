/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_watch.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "nodes/local/gpu_worker.h"

/* Somebody who waits for the next read. */
struct waiting {
    gpu_watch_on_samples *on_samples;
    void *context;
    bool is_served; /* by the read that is under way */
};

struct gpu_watch {
    struct gpu_watch_ports ports;
    struct gpu_worker *worker;
    uv_timer_t timer;
    uv_async_t done;
    int open_handles;
    bool is_reading;
    bool stopping;
    int64_t good_ms; /* when the last good read ended */
    struct error error;
    struct waiting *waiting;
    size_t waiting_count;
    size_t waiting_room;
    struct gpu_result result; /* of the last good read */
    struct gpu_result fresh;
    struct gpu_holder holders[GPU_HOLDERS_MAX];
};

static void on_closed(uv_handle_t *handle)
{
    struct gpu_watch *watch = handle->data;

    if (--watch->open_handles > 0)
        return;
    free(watch->waiting);
    free(watch);
}

void gpu_watch_stop(struct gpu_watch *watch)
{
    if (!watch)
        return;
    assert(!watch->stopping);
    watch->stopping = true;
    if (watch->worker)
        gpu_worker_destroy(watch->worker);
    uv_close((uv_handle_t *)&watch->timer, on_closed);
    uv_close((uv_handle_t *)&watch->done, on_closed);
}

static void order(struct gpu_watch *watch)
{
    size_t count = watch->ports.list_holders(watch->holders, GPU_HOLDERS_MAX,
                                             watch->ports.context);

    for (size_t i = 0; i < watch->waiting_count; i++)
        watch->waiting[i].is_served = true;
    watch->is_reading = true;
    gpu_worker_order(watch->worker, watch->holders, count);
}

/* Tell those that the read served, or all; whoever is told may ask again, or stop. */
static void serve(struct gpu_watch *watch, bool all)
{
    struct waiting *waiting = watch->waiting;
    size_t count = watch->waiting_count;

    watch->waiting = NULL;
    watch->waiting_count = 0;
    watch->waiting_room = 0;
    for (size_t i = 0; i < count && !watch->stopping; i++) {
        if (all || waiting[i].is_served) {
            waiting[i].on_samples(watch->result.reading.samples,
                                  watch->result.reading.count, waiting[i].context);
            continue;
        }
        watch->waiting = xgrow(watch->waiting, watch->waiting_count,
                               &watch->waiting_room, sizeof(*watch->waiting));
        watch->waiting[watch->waiting_count++] = waiting[i];
    }
    free(waiting);
}

static void give(struct gpu_watch *watch, bool all)
{
    watch->ports.on_samples(watch->result.reading.samples, watch->result.reading.count,
                            watch->ports.context);
    if (!watch->stopping)
        serve(watch, all);
}

/* Without a good read for so long, what is known is no longer true. */
void gpu_watch_age(struct gpu_watch *watch, int64_t elapsed_ms)
{
    struct gpu_reading *known = &watch->result.reading;
    enum gpu_health health = elapsed_ms > GPU_WATCH_LOST_MS ? GPU_LOST : GPU_SILENT;

    if (elapsed_ms <= GPU_WATCH_SILENT_MS)
        return;
    for (size_t i = 0; i < known->count; i++) {
        struct gpu_sample *sample = &known->samples[i];

        if (sample->health < health)
            sample->health = health;
        snprintf(sample->trouble, sizeof(sample->trouble), "%.60s for %lld s",
                 watch->error.code ? watch->error.text : "no answer",
                 (long long)(elapsed_ms / 1000));
        sample->power_mw = GPU_UNKNOWN;
        sample->utilisation = GPU_UNKNOWN;
    }
    give(watch, true);
}

/* False if there is nothing to take up. */
static bool take(struct gpu_watch *watch)
{
    if (!watch->is_reading || !gpu_worker_take(watch->worker, &watch->fresh))
        return false;
    watch->is_reading = false;
    watch->error = watch->fresh.error;
    if (watch->error.code == ERROR_NONE) {
        watch->good_ms = monotonic_ms();
        watch->result = watch->fresh;
    }
    return true;
}

static bool has_unserved(const struct gpu_watch *watch)
{
    for (size_t i = 0; i < watch->waiting_count; i++)
        if (!watch->waiting[i].is_served)
            return true;
    return false;
}

/* What failed at once would fail again and again: that waits for the timer. */
static void finish(struct gpu_watch *watch)
{
    if (!take(watch) || watch->error.code)
        return;
    give(watch, false);
    if (!watch->stopping && !watch->is_reading && has_unserved(watch))
        order(watch);
}

static void on_done(uv_async_t *done)
{
    struct gpu_watch *watch = done->data;

    if (!watch->stopping)
        finish(watch);
}

/* A daemon that was itself stopped for a while is not to take that for the driver's
 * silence: what has come meanwhile is taken up first, and only reads can be late. */
static void on_timer(uv_timer_t *timer)
{
    struct gpu_watch *watch = timer->data;

    finish(watch);
    if (!watch->stopping && (watch->is_reading || watch->error.code))
        gpu_watch_age(watch, monotonic_ms() - watch->good_ms);
    if (!watch->stopping && !watch->is_reading)
        order(watch);
}

int gpu_watch_now(struct gpu_watch *watch, gpu_watch_on_samples *on_samples,
                  void *context, struct error *err)
{
    assert(!watch->stopping);
    if (watch->waiting_count == GPU_WATCH_WAITING_MAX)
        return error_set(err, ERROR_TOO_LARGE, "%d wait for the GPUs to be read",
                         GPU_WATCH_WAITING_MAX);
    watch->waiting = xgrow(watch->waiting, watch->waiting_count, &watch->waiting_room,
                           sizeof(*watch->waiting));
    watch->waiting[watch->waiting_count++] =
        (struct waiting){on_samples, context, false};
    if (!watch->is_reading)
        order(watch);
    return 0;
}

const struct gpu_sample *gpu_watch_samples(const struct gpu_watch *watch, size_t *count)
{
    *count = watch->result.reading.count;
    return watch->result.reading.samples;
}

char *gpu_watch_format_devices(const struct gpu_watch *watch, uint64_t gpus)
{
    struct text devices = TEXT_EMPTY;

    for (size_t i = 0; watch && i < GPU_COUNT_MAX; i++) {
        const struct gpu_sample *sample = &watch->result.reading.samples[i];

        if (!(gpus >> i & 1))
            continue;
        if (i >= watch->result.reading.count || !sample->uuid[0]) {
            text_release(&devices);
            return NULL;
        }
        text_add_format(&devices, "%s%s", devices.length > 0 ? "," : "", sample->uuid);
    }
    return devices.length > 0 ? text_take(&devices) : NULL;
}

const char *gpu_watch_driver(const struct gpu_watch *watch)
{
    return watch->result.driver;
}

static int read_first(struct gpu_watch *watch, struct error *err)
{
    if (!watch->worker)
        return error_set(err, ERROR_UNAVAILABLE, "no thread to read GPUs with");
    order(watch);
    if (!gpu_worker_wait(watch->worker, GPU_WATCH_FIRST_MS))
        return error_set(err, ERROR_UNAVAILABLE, "NVML: no answer for %d s",
                         GPU_WATCH_FIRST_MS / 1000);
    take(watch);
    if (watch->error.code)
        return error_set(err, watch->error.code, "%s", watch->error.text);
    if (watch->result.reading.count == 0)
        return error_set(err, ERROR_MISSING, "NVML knows of no GPU");
    return 0;
}

struct gpu_watch *gpu_watch_start(uv_loop_t *loop, const struct nvml *nvml,
                                  const struct gpu_watch_ports *ports,
                                  struct error *err)
{
    struct gpu_watch *watch = xcalloc(1, sizeof(*watch));

    watch->ports = *ports;
    watch->ports.order = NULL;
    watch->timer.data = watch;
    watch->done.data = watch;
    watch->open_handles = 2;
    uv_timer_init(loop, &watch->timer);
    uv_async_init(loop, &watch->done, on_done);
    watch->worker = gpu_worker_create(nvml, ports->order, &watch->done);
    if (read_first(watch, err) < 0) {
        gpu_watch_stop(watch);
        return NULL;
    }
    uv_timer_start(&watch->timer, on_timer, GPU_WATCH_PERIOD_MS, GPU_WATCH_PERIOD_MS);
    return watch;
}

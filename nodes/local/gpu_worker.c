/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_worker.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum stage { STAGE_RESTING, STAGE_ORDERED, STAGE_READING, STAGE_DONE };

/* All but the reader, which is the thread's, is guarded by the mutex. */
struct gpu_worker {
    uv_mutex_t mutex;
    uv_cond_t changed;
    uv_async_t *done; /* NULL: nobody waits any more */
    enum stage stage;
    struct nvml nvml; /* whoever lent it may be gone before a read that hangs is back */
    struct gpu_reader *reader;
    struct gpu_holder holders[GPU_HOLDERS_MAX];
    size_t holder_count;
    struct gpu_result result;
};

static void destroy(struct gpu_worker *worker)
{
    gpu_reader_destroy(worker->reader);
    uv_cond_destroy(&worker->changed);
    uv_mutex_destroy(&worker->mutex);
    free(worker);
}

/* Called with the mutex held, and let go of while it reads. */
static void read_once(struct gpu_worker *worker, struct gpu_holder *holders,
                      struct gpu_result *result)
{
    size_t count = worker->holder_count;

    memcpy(holders, worker->holders, count * sizeof(*holders));
    worker->stage = STAGE_READING;
    uv_mutex_unlock(&worker->mutex);
    *result = (struct gpu_result){.driver = ""};
    if (gpu_reader_read(worker->reader, holders, count, monotonic_ms(),
                        &result->reading, &result->error)
        == 0)
        memcpy(result->driver, gpu_reader_driver(worker->reader),
               sizeof(result->driver));
    uv_mutex_lock(&worker->mutex);
    worker->result = *result;
    worker->stage = STAGE_DONE;
    uv_cond_signal(&worker->changed);
    /* Under the mutex, so that it is never sent to after it was taken away. */
    if (worker->done)
        uv_async_send(worker->done);
}

static void *work(void *context)
{
    struct gpu_worker *worker = context;
    struct gpu_holder *holders = xcalloc(GPU_HOLDERS_MAX, sizeof(*holders));
    struct gpu_result *result = xcalloc(1, sizeof(*result));

    uv_mutex_lock(&worker->mutex);
    while (worker->done) {
        if (worker->stage == STAGE_ORDERED)
            read_once(worker, holders, result);
        else
            uv_cond_wait(&worker->changed, &worker->mutex);
    }
    uv_mutex_unlock(&worker->mutex);
    free(holders);
    free(result);
    destroy(worker);
    return NULL;
}

/* Signals are the loop's: a thread that takes them inherits the mask of its maker. */
static int start_thread(struct gpu_worker *worker)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int result;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&thread, &attributes, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return result == 0 ? 0 : -1;
}

struct gpu_worker *gpu_worker_create(const struct nvml *nvml,
                                     const struct gpu_order *order, uv_async_t *done)
{
    struct gpu_worker *worker = xcalloc(1, sizeof(*worker));

    uv_mutex_init(&worker->mutex);
    uv_cond_init(&worker->changed);
    worker->done = done;
    worker->nvml = *nvml;
    worker->reader = gpu_reader_create(&worker->nvml);
    if (order)
        gpu_reader_remember(worker->reader, order);
    if (start_thread(worker) < 0) {
        destroy(worker);
        return NULL;
    }
    return worker;
}

void gpu_worker_order(struct gpu_worker *worker, const struct gpu_holder *holders,
                      size_t count)
{
    assert(count <= GPU_HOLDERS_MAX);
    uv_mutex_lock(&worker->mutex);
    assert(worker->stage == STAGE_RESTING);
    memcpy(worker->holders, holders, count * sizeof(*holders));
    worker->holder_count = count;
    worker->stage = STAGE_ORDERED;
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->mutex);
}

bool gpu_worker_wait(struct gpu_worker *worker, int64_t bound_ms)
{
    int64_t until = monotonic_ms() + bound_ms;
    int64_t left = bound_ms;
    bool is_done;

    uv_mutex_lock(&worker->mutex);
    for (; worker->stage != STAGE_DONE && left > 0; left = until - monotonic_ms())
        uv_cond_timedwait(&worker->changed, &worker->mutex, (uint64_t)left * 1000000);
    is_done = worker->stage == STAGE_DONE;
    uv_mutex_unlock(&worker->mutex);
    return is_done;
}

bool gpu_worker_take(struct gpu_worker *worker, struct gpu_result *result)
{
    bool is_done;

    uv_mutex_lock(&worker->mutex);
    is_done = worker->stage == STAGE_DONE;
    if (is_done) {
        *result = worker->result;
        worker->stage = STAGE_RESTING;
    }
    uv_mutex_unlock(&worker->mutex);
    return is_done;
}

void gpu_worker_destroy(struct gpu_worker *worker)
{
    uv_mutex_lock(&worker->mutex);
    worker->done = NULL;
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->mutex);
}

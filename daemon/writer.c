/* SPDX-License-Identifier: MIT */
#include "daemon/writer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"

/* Rows deleted in one step: some milliseconds, so that a batch never waits long. */
#define PRUNE_STEP 500

struct writer {
    uv_async_t written; /* wakes the loop */
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t work;
    struct store *store;
    writer_on_written *on_written;
    void *context;

    /* Under the mutex. */
    struct store_batch *batch; /* to be written */
    bool is_done;              /* a batch was written, and that is not reported yet */
    bool failed;
    struct error failure;
    bool stop;
    bool prune;
    instant jobs_before;
    instant grid_before;

    bool is_busy; /* the loop's own: a batch is out */
};

/* A little of what is too old, without the mutex: the store is this thread's alone. */
static void prune_some(struct writer *writer, instant jobs_before, instant grid_before)
{
    size_t deleted = 0;
    struct error err;

    if (store_prune(writer->store, jobs_before, grid_before, PRUNE_STEP, &deleted, &err)
        < 0)
        log_warning("cannot delete what is too old: %s; it stays until the next try",
                    err.text);
    uv_mutex_lock(&writer->mutex);
    if (deleted < PRUNE_STEP)
        writer->prune = false;
    uv_mutex_unlock(&writer->mutex);
}

/* What was written is freed here too, and after the report, as that takes a while. */
static void write_batch(struct writer *writer, struct store_batch *batch)
{
    struct error err = {.code = ERROR_NONE};
    int result = store_write(writer->store, batch, &err);

    uv_mutex_lock(&writer->mutex);
    writer->failed = result < 0;
    writer->failure = err;
    writer->is_done = true;
    uv_mutex_unlock(&writer->mutex);
    uv_async_send(&writer->written);
    store_batch_destroy(batch);
}

static void run(void *argument)
{
    struct writer *writer = argument;

    for (;;) {
        struct store_batch *batch;
        instant jobs_before;
        instant grid_before;
        bool prune;

        uv_mutex_lock(&writer->mutex);
        while (!writer->stop && !writer->prune && !writer->batch)
            uv_cond_wait(&writer->work, &writer->mutex);
        batch = writer->batch;
        writer->batch = NULL;
        prune = writer->prune && !writer->stop;
        jobs_before = writer->jobs_before;
        grid_before = writer->grid_before;
        uv_mutex_unlock(&writer->mutex);
        if (batch)
            write_batch(writer, batch);
        else if (prune)
            prune_some(writer, jobs_before, grid_before);
        else
            return;
    }
}

static void hand_back(struct writer *writer)
{
    struct error failure;
    bool is_done;
    bool failed;

    uv_mutex_lock(&writer->mutex);
    is_done = writer->is_done;
    failed = writer->failed;
    failure = writer->failure;
    writer->is_done = false;
    uv_mutex_unlock(&writer->mutex);
    if (!is_done)
        return;
    writer->is_busy = false;
    writer->on_written(failed ? &failure : NULL, writer->context);
}

static void on_async(uv_async_t *written)
{
    hand_back(written->data);
}

struct writer *writer_start(uv_loop_t *loop, struct store *store,
                            writer_on_written *on_written, void *context)
{
    struct writer *writer = xcalloc(1, sizeof(*writer));

    writer->store = store;
    writer->on_written = on_written;
    writer->context = context;
    writer->written.data = writer;
    if (uv_async_init(loop, &writer->written, on_async) < 0
        || uv_mutex_init(&writer->mutex) < 0 || uv_cond_init(&writer->work) < 0
        || uv_thread_create(&writer->thread, run, writer) < 0)
        abort();
    return writer;
}

void writer_write(struct writer *writer, struct store_batch *batch_taken)
{
    assert(!writer->is_busy);
    writer->is_busy = true;
    uv_mutex_lock(&writer->mutex);
    writer->batch = batch_taken;
    uv_cond_signal(&writer->work);
    uv_mutex_unlock(&writer->mutex);
}

bool writer_is_busy(const struct writer *writer)
{
    return writer->is_busy;
}

void writer_prune(struct writer *writer, instant jobs_before, instant grid_before)
{
    uv_mutex_lock(&writer->mutex);
    writer->jobs_before = jobs_before;
    writer->grid_before = grid_before;
    writer->prune = true;
    uv_cond_signal(&writer->work);
    uv_mutex_unlock(&writer->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct writer *writer = handle->data;

    uv_mutex_destroy(&writer->mutex);
    uv_cond_destroy(&writer->work);
    free(writer);
}

void writer_stop(struct writer *writer)
{
    if (!writer)
        return;
    uv_mutex_lock(&writer->mutex);
    writer->stop = true;
    uv_cond_signal(&writer->work);
    uv_mutex_unlock(&writer->mutex);
    uv_thread_join(&writer->thread);
    hand_back(writer);
    uv_close((uv_handle_t *)&writer->written, on_closed);
}

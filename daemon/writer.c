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
    uv_work_t checkpoint;
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
    bool wants_checkpoint;
    struct error failure;
    bool stop;
    bool prune;
    struct writer_ages ages;

    /* The loop's own. */
    bool is_busy; /* a batch is out */
    bool checkpoint_is_out;
    bool is_closed;
};

/* A little of what is too old, without the mutex: the store is this thread's alone. */
static void prune_some(struct writer *writer, const struct writer_ages *ages)
{
    size_t deleted = 0;
    size_t thinned = 0;
    struct error err;

    if (store_prune(writer->store, ages->jobs_before, ages->grid_before, PRUNE_STEP,
                    &deleted, &err)
            < 0
        || (deleted < PRUNE_STEP
            && store_thin(writer->store, ages->now, PRUNE_STEP, &thinned, &err) < 0))
        log_warning("cannot delete what is too old: %s; it stays until the next try",
                    err.text);
    uv_mutex_lock(&writer->mutex);
    if (deleted < PRUNE_STEP && thinned < PRUNE_STEP)
        writer->prune = false;
    uv_mutex_unlock(&writer->mutex);
}

/* What was written is freed here too, and after the report, as that takes a while. */
static void write_batch(struct writer *writer, struct store_batch *batch)
{
    struct error err = {.code = ERROR_NONE};
    int result = store_write(writer->store, batch, &err);
    bool wants_checkpoint = store_wants_checkpoint(writer->store);

    uv_mutex_lock(&writer->mutex);
    writer->wants_checkpoint = wants_checkpoint;
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
        struct writer_ages ages;
        bool prune;

        uv_mutex_lock(&writer->mutex);
        while (!writer->stop && !writer->prune && !writer->batch)
            uv_cond_wait(&writer->work, &writer->mutex);
        batch = writer->batch;
        writer->batch = NULL;
        prune = writer->prune && !writer->stop;
        ages = writer->ages;
        uv_mutex_unlock(&writer->mutex);
        if (batch)
            write_batch(writer, batch);
        else if (prune)
            prune_some(writer, &ages);
        else
            return;
    }
}

static void release(struct writer *writer)
{
    if (!writer->is_closed || writer->checkpoint_is_out)
        return;
    uv_mutex_destroy(&writer->mutex);
    uv_cond_destroy(&writer->work);
    free(writer);
}

static void on_checkpoint(uv_work_t *work)
{
    struct writer *writer = work->data;
    struct error err;

    if (store_checkpoint(writer->store, &err) < 0)
        log_warning("cannot shorten the log of the database: %s", err.text);
}

static void on_checkpoint_done(uv_work_t *work, int status)
{
    struct writer *writer = work->data;

    (void)status;
    writer->checkpoint_is_out = false;
    release(writer);
}

static void start_checkpoint(struct writer *writer)
{
    if (writer->checkpoint_is_out)
        return;
    writer->checkpoint_is_out = true;
    uv_queue_work(writer->written.loop, &writer->checkpoint, on_checkpoint,
                  on_checkpoint_done);
}

static void hand_back(struct writer *writer)
{
    bool wants_checkpoint;
    struct error failure;
    bool is_done;
    bool failed;

    uv_mutex_lock(&writer->mutex);
    is_done = writer->is_done;
    wants_checkpoint = writer->wants_checkpoint;
    failed = writer->failed;
    failure = writer->failure;
    writer->is_done = false;
    uv_mutex_unlock(&writer->mutex);
    if (!is_done)
        return;
    if (wants_checkpoint)
        start_checkpoint(writer);
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
    writer->checkpoint.data = writer;
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

void writer_prune(struct writer *writer, const struct writer_ages *ages)
{
    uv_mutex_lock(&writer->mutex);
    writer->ages = *ages;
    writer->prune = true;
    uv_cond_signal(&writer->work);
    uv_mutex_unlock(&writer->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct writer *writer = handle->data;

    writer->is_closed = true;
    release(writer);
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

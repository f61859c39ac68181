/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WRITER_H
#define DAEMON_WRITER_H

#include <uv.h>

#include "queue/store.h"

/*
 * The store thread: it owns the writing connection. One batch is written at a time;
 * while it commits, the next one gathers in the engine (group commit). Checkpoints run
 * beside it on a worker, so that no commit waits for one.
 */
struct writer;

typedef void writer_on_written(const struct error *failure, void *context);

/* Start the thread. on_written is called on the loop, failure NULL when all is well. */
struct writer *writer_start(uv_loop_t *loop, struct store *store,
                            writer_on_written *on_written, void *context);

/* Write a batch and destroy it; never while one is being written. */
void writer_write(struct writer *writer, struct store_batch *batch_taken);

bool writer_is_busy(const struct writer *writer);

/* What is too old. */
struct writer_ages {
    instant jobs_before;
    instant grid_before;
    instant now; /* for thinning */
};

/*
 * Delete a little of what is too old, as store_prune() and store_thin(), when the
 * writer is idle; goes on in further steps until nothing is left to delete.
 */
void writer_prune(struct writer *writer, const struct writer_ages *ages);

/*
 * Wait for what is being written, end the thread and close the handle. The store is in
 * use until the loop has run out.
 */
void writer_stop(struct writer *writer);

#endif

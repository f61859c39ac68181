/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_ERRAND_H
#define NODES_SLURM_ERRAND_H

#include <stdbool.h>
#include <uv.h>

#include "base/text.h"
#include "nodes/slurm/backend.h"

/* Inside of the backends: a question or an order, until it is answered. */

enum errand_kind {
    ERRAND_JOBS,
    ERRAND_NODES,
    ERRAND_ENDED,
    ERRAND_DEFAULT,
    ERRAND_ORDER
};

enum errand_document {
    ERRAND_DOCUMENT_JOBS,
    ERRAND_DOCUMENT_NODES,
    ERRAND_DOCUMENT_RESERVATIONS, /* in lines */
    ERRAND_DOCUMENT_RESERVATIONS_JSON,
    ERRAND_DOCUMENT_ACCOUNTING, /* in lines */
    ERRAND_DOCUMENT_PARTITIONS
};

struct errand {
    struct errand *next; /* the owner's; so for the next three */
    void *owner;
    void *call; /* what is under way for it */
    int step;
    enum errand_kind kind;
    struct slurm_order order; /* its target is a copy; of ENDED that alone */
    struct slurm_listing listing;
    struct slurm_nodes nodes;
    char *partition;        /* the default one; NULL: none was found */
    struct error failure;   /* ERROR_NONE: none so far */
    slurm_on_jobs *on_jobs; /* NULL: somebody else answers */
    slurm_on_nodes *on_nodes;
    slurm_on_default *on_default;
    slurm_on_done *on_done; /* NULL: somebody else answers */
    void *context;
    uv_work_t work;
    enum errand_document document;
    struct text bytes;
    void (*on_read)(struct errand *errand);
};

struct errand *errand_create(void *owner, enum errand_kind kind, void *context);
void errand_destroy(struct errand *errand);

/* A copy of an order, with its target. */
struct errand *errand_create_order(void *owner, const struct slurm_order *order,
                                   slurm_on_done *on_done, void *context);

/* A question for what has become of jobs. */
struct errand *errand_create_ended(void *owner, const char *target,
                                   slurm_on_jobs *on_jobs, void *context);

/*
 * Read a document, of which a copy is made, in libuv's pool of threads. `on_read` is
 * called later, from the loop and in any case; a fault is then the errand's.
 */
void errand_read(struct errand *errand, uv_loop_t *loop, enum errand_document document,
                 const char *bytes, size_t size,
                 void (*on_read)(struct errand *errand));

/* Call back with what has come of it. */
void errand_answer(struct errand *errand);

#endif

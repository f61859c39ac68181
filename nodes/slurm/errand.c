/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/errand.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "nodes/slurm/cluster_config.h"

struct errand *errand_create(void *owner, enum errand_kind kind, void *context)
{
    struct errand *errand = xcalloc(1, sizeof(*errand));

    errand->owner = owner;
    errand->kind = kind;
    errand->context = context;
    errand->bytes = TEXT_EMPTY;
    return errand;
}

struct errand *errand_create_order(void *owner, const struct slurm_order *order,
                                   slurm_on_done *on_done, void *context)
{
    struct errand *errand = errand_create(owner, ERRAND_ORDER, context);

    errand->order = *order;
    errand->order.target = xstrdup(order->target);
    errand->on_done = on_done;
    return errand;
}

struct errand *errand_create_ended(void *owner, const char *target,
                                   slurm_on_jobs *on_jobs, void *context)
{
    struct errand *errand = errand_create(owner, ERRAND_ENDED, context);

    errand->order.target = xstrdup(target);
    errand->on_jobs = on_jobs;
    return errand;
}

void errand_destroy(struct errand *errand)
{
    free((char *)(uintptr_t)errand->order.target);
    slurm_listing_release(&errand->listing);
    slurm_nodes_release(&errand->nodes);
    text_release(&errand->bytes);
    free(errand->partition);
    free(errand);
}

static int read_partitions(struct errand *errand)
{
    struct cluster_partitions partitions;

    if (cluster_partitions_parse(errand->bytes.bytes, &partitions, &errand->failure)
        < 0)
        return -1;
    for (size_t i = 0; i < partitions.count && !errand->partition; i++)
        if (partitions.items[i].is_default)
            errand->partition = xstrdup(partitions.items[i].name);
    cluster_partitions_release(&partitions);
    return 0;
}

static int read_document(struct errand *errand)
{
    const struct text *bytes = &errand->bytes;

    switch (errand->document) {
    case ERRAND_DOCUMENT_JOBS:
        return slurm_listing_parse(bytes->bytes, bytes->length, &errand->listing,
                                   &errand->failure);
    case ERRAND_DOCUMENT_NODES:
        return slurm_nodes_parse(bytes->bytes, bytes->length, &errand->nodes,
                                 &errand->failure);
    case ERRAND_DOCUMENT_RESERVATIONS:
        return slurm_reservations_parse(bytes->bytes, bytes->length, &errand->nodes,
                                        &errand->failure);
    case ERRAND_DOCUMENT_RESERVATIONS_JSON:
        return slurm_reservations_parse_json(bytes->bytes, bytes->length,
                                             &errand->nodes, &errand->failure);
    case ERRAND_DOCUMENT_ACCOUNTING:
        return slurm_accounting_parse(bytes->bytes, bytes->length, &errand->listing,
                                      &errand->failure);
    case ERRAND_DOCUMENT_PARTITIONS:
        return read_partitions(errand);
    }
    return -1;
}

static void on_work(uv_work_t *work)
{
    read_document(work->data);
}

static void on_worked(uv_work_t *work, int status)
{
    struct errand *errand = work->data;

    (void)status;
    text_release(&errand->bytes);
    errand->on_read(errand);
}

void errand_read(struct errand *errand, uv_loop_t *loop, enum errand_document document,
                 const char *bytes, size_t size, void (*on_read)(struct errand *errand))
{
    errand->document = document;
    errand->on_read = on_read;
    text_add_bytes(&errand->bytes, bytes, size);
    errand->work.data = errand;
    uv_queue_work(loop, &errand->work, on_work, on_worked);
}

void errand_answer(struct errand *errand)
{
    const struct error *failure =
        errand->failure.code == ERROR_NONE ? NULL : &errand->failure;

    switch (errand->kind) {
    case ERRAND_JOBS:
    case ERRAND_ENDED:
        if (errand->on_jobs)
            errand->on_jobs(failure ? NULL : &errand->listing, failure,
                            errand->context);
        return;
    case ERRAND_NODES:
        errand->on_nodes(failure ? NULL : &errand->nodes, failure, errand->context);
        return;
    case ERRAND_DEFAULT:
        errand->on_default(failure             ? NULL
                           : errand->partition ? errand->partition
                                               : "",
                           failure, errand->context);
        return;
    case ERRAND_ORDER:
        if (errand->on_done)
            errand->on_done(failure, errand->context);
        return;
    }
}

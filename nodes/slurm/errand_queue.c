/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/errand_queue.h"

#include <assert.h>

static void on_poke(uv_timer_t *timer)
{
    struct errand_queue *queue = timer->data;

    /* A callback in it may close the queue, or add more. */
    for (size_t i = 0; i < ERRANDS_AT_ONCE; i++) {
        struct errand *errand = queue->first;

        if (!errand || queue->is_closing)
            return;
        if (queue->running[i])
            continue;
        queue->first = errand->next;
        errand->next = NULL;
        queue->running[i] = errand;
        queue->begin(errand);
    }
}

void errand_queue_init(struct errand_queue *queue, uv_loop_t *loop,
                       void (*begin)(struct errand *errand))
{
    *queue = (struct errand_queue){.loop = loop, .begin = begin};
    uv_timer_init(loop, &queue->poke);
    queue->poke.data = queue;
}

void errand_queue_add(struct errand_queue *queue, struct errand *errand)
{
    assert(!queue->is_closing);
    if (queue->first)
        queue->last->next = errand;
    else
        queue->first = errand;
    queue->last = errand;
    uv_timer_start(&queue->poke, on_poke, 0, 0);
}

static void free_when_idle(struct errand_queue *queue)
{
    if (!queue->is_closed)
        return;
    for (size_t i = 0; i < ERRANDS_AT_ONCE; i++)
        if (queue->running[i])
            return;
    queue->free_owner(queue->owner);
}

void errand_queue_finish(struct errand_queue *queue, struct errand *errand)
{
    for (size_t i = 0; i < ERRANDS_AT_ONCE; i++)
        if (queue->running[i] == errand)
            queue->running[i] = NULL;
    if (queue->is_closing) {
        free_when_idle(queue);
    } else {
        uv_timer_start(&queue->poke, on_poke, 0, 0);
        errand_answer(errand);
    }
    errand_destroy(errand);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct errand_queue *queue = handle->data;

    queue->is_closed = true;
    free_when_idle(queue);
}

void errand_queue_close(struct errand_queue *queue,
                        void (*abandon)(struct errand *errand),
                        void (*free_owner)(void *owner), void *owner)
{
    queue->is_closing = true;
    queue->free_owner = free_owner;
    queue->owner = owner;
    while (queue->first) {
        struct errand *errand = queue->first;

        queue->first = errand->next;
        errand_destroy(errand);
    }
    for (size_t i = 0; i < ERRANDS_AT_ONCE; i++) {
        struct errand *errand = queue->running[i];

        if (!errand || !errand->call)
            continue;
        queue->running[i] = NULL;
        abandon(errand);
        errand_destroy(errand);
    }
    uv_close((uv_handle_t *)&queue->poke, on_timer_closed);
}

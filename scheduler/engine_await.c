/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/alloc.h"
#include "scheduler/engine_internal.h"

void engine_await(struct engine *engine, engine_on_answer *on_answer, void *context)
{
    struct changes *open = &engine->open;

    open->waiting = xgrow(open->waiting, open->waiting_count, &open->waiting_room,
                          sizeof(*open->waiting));
    open->waiting[open->waiting_count++] =
        (struct engine_request){.on_answer = on_answer, .context = context};
}

void engine_settle_waiting(struct changes *settled, const struct error *failure)
{
    for (size_t i = 0; i < settled->waiting_count; i++)
        engine_answer_one(&settled->waiting[i], failure);
    free(settled->waiting);
    settled->waiting = NULL;
    settled->waiting_count = settled->waiting_room = 0;
}

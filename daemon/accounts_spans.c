/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_spans.h"

#include <stdlib.h>

#include "base/alloc.h"

bool accounts_spans_are_several(const struct job *job)
{
    return job->ended && job->interruptible && job->ran > 0
           && (job->attempt > 1 || !job->started);
}

void accounts_spans_add(struct accounts_spans *spans, instant begins, instant ends)
{
    if (ends < begins)
        ends = begins;
    spans->items =
        xgrow(spans->items, spans->count, &spans->room, sizeof(*spans->items));
    spans->items[spans->count++] = (struct accounts_span){begins, ends};
    spans->length += ends - begins;
}

struct reading {
    struct accounts_spans *spans;
    instant begins; /* 0: it does not run */
};

static int on_event(const struct job_event *event, void *context, struct error *err)
{
    struct reading *reading = context;

    (void)err;
    switch (event->kind) {
    case JOB_EVENT_STARTED:
        reading->begins = event->at;
        break;
    case JOB_EVENT_PAUSED:
    case JOB_EVENT_FINISHED:
    case JOB_EVENT_BROKE:
    case JOB_EVENT_REQUEUED:
    case JOB_EVENT_CANCELLED:
        if (reading->begins)
            accounts_spans_add(reading->spans, reading->begins, event->at);
        reading->begins = 0;
        break;
    default:
        break;
    }
    return 0;
}

int accounts_spans_load(struct accounts_spans *spans, const struct job *job,
                        struct store_reader *reader, struct error *err)
{
    struct reading reading = {spans, 0};

    return store_load_events(reader, job->id, on_event, &reading, err);
}

void accounts_spans_release(struct accounts_spans *spans)
{
    free(spans->items);
    *spans = (struct accounts_spans){0};
}

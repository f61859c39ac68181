/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_ACCOUNTS_SPANS_H
#define DAEMON_ACCOUNTS_SPANS_H

#include <stdbool.h>

#include "queue/store.h"

/* When a job ran, where it did so more than once: for accounts*.c alone. */

struct accounts_span {
    instant begins;
    instant ends;
};

/* Begin with zeros. */
struct accounts_spans {
    struct accounts_span *items;
    size_t count;
    size_t room;
    duration length; /* of all of them */
};

/* Whether an ended job was paused, so that it ran in pieces of which the last is not
 * all, or none when it was cancelled while it was paused. */
bool accounts_spans_are_several(const struct job *job);

/* Add the runs of a job, as its events tell of them. The caller releases. */
int accounts_spans_load(struct accounts_spans *spans, const struct job *job,
                        struct store_reader *reader, struct error *err);
void accounts_spans_add(struct accounts_spans *spans, instant begins, instant ends);
void accounts_spans_release(struct accounts_spans *spans);

#endif

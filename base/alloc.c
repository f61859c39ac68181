/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(void *memory)
{
    if (!memory) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    return or_abort(calloc(count ? count : 1, size));
}

void *xgrow(void *items, size_t length, size_t *room, size_t size)
{
    if (length < *room)
        return items;
    *room = *room ? 2 * *room : 8;
    return or_abort(reallocarray(items, *room, size));
}

void *xresize(void *items, size_t count, size_t size)
{
    return or_abort(reallocarray(items, count ? count : 1, size));
}

char *xstrdup(const char *text)
{
    return text ? or_abort(strdup(text)) : NULL;
}

void *xmemdup(const void *bytes, size_t size)
{
    void *copy;

    if (!bytes)
        return NULL;
    copy = or_abort(malloc(size ? size : 1));
    memcpy(copy, bytes, size);
    return copy;
}

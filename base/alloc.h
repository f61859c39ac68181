/* SPDX-License-Identifier: MIT */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/*
 * Memory, or no process: the daemon recovers from its store, not from a lack of memory.
 * Code that runs inside another program, as slurm/ does, must not use these.
 */
void *xcalloc(size_t count, size_t size);

/* Make room for one more item after `length` of them. Returns the array, maybe moved.
 */
void *xgrow(void *items, size_t length, size_t *room, size_t size);

/* Resize an array to exactly `count` items; what is new is not cleared. */
void *xresize(void *items, size_t count, size_t size);

/* Copies that the caller frees. NULL stays NULL. */
char *xstrdup(const char *text);
void *xmemdup(const void *bytes, size_t size);

#endif

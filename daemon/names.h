/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_NAMES_H
#define DAEMON_NAMES_H

#include <stddef.h>

/* Names that many share, each kept once. */
struct names {
    char **items; /* a hash table, open addressing; NULL: empty */
    size_t room;  /* a power of two */
    size_t count;
};

#define NAMES_EMPTY ((struct names){NULL, 0, 0})

/* The kept copy of a name, valid until names_release(). NULL is "". */
const char *names_keep(struct names *names, const char *name);
void names_release(struct names *names);

#endif

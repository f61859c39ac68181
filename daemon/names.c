/* SPDX-License-Identifier: MIT */
#include "daemon/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

static size_t hash_of(const char *name)
{
    uint64_t hash = text_hash(name, strlen(name));

    return (size_t)(hash ^ hash >> 32);
}

/* Where a name is, or where it belongs. */
static char **find_place(const struct names *names, const char *name)
{
    size_t at = hash_of(name) & (names->room - 1);

    while (names->items[at] && strcmp(names->items[at], name) != 0)
        at = (at + 1) & (names->room - 1);
    return &names->items[at];
}

static void grow(struct names *names)
{
    struct names larger = {NULL, names->room ? 2 * names->room : 64, names->count};

    larger.items = xcalloc(larger.room, sizeof(*larger.items));
    for (size_t i = 0; i < names->room; i++)
        if (names->items[i])
            *find_place(&larger, names->items[i]) = names->items[i];
    free(names->items);
    *names = larger;
}

const char *names_keep(struct names *names, const char *name)
{
    char **place;

    if (!name)
        name = "";
    if (2 * names->count >= names->room)
        grow(names);
    place = find_place(names, name);
    if (!*place) {
        *place = xstrdup(name);
        names->count++;
    }
    return *place;
}

void names_release(struct names *names)
{
    for (size_t i = 0; i < names->room; i++)
        free(names->items[i]);
    free(names->items);
    *names = NAMES_EMPTY;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/mark.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEAD          "penstock:v1"
#define INTERRUPTIBLE ",interruptible"

/* Four members of at most 12 digits and their names. */
_Static_assert(sizeof(HEAD) + 4 * sizeof(",deadline=253402300799")
                       + sizeof(INTERRUPTIBLE)
                   <= MARK_TEXT_SIZE,
               "every mark fits");

static const struct {
    const char *name;
    size_t offset;
} members[] = {
    {",latest=", offsetof(struct mark, latest)},
    {",deadline=", offsetof(struct mark, deadline)},
    {",begin=", offsetof(struct mark, begin)},
    {",wait=", offsetof(struct mark, wait)},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

_Static_assert(sizeof(instant) == sizeof(int64_t)
                   && sizeof(duration) == sizeof(int64_t),
               "members are read and written as one type");

static int64_t within(int64_t number)
{
    if (number < 0)
        return 0;
    return number > INSTANT_MAX ? INSTANT_MAX : number;
}

char *mark_format(const struct mark *mark, char text[MARK_TEXT_SIZE])
{
    size_t used = sizeof(HEAD) - 1;

    memcpy(text, HEAD, sizeof(HEAD));
    for (size_t i = 0; i < MEMBERS; i++) {
        int64_t number;

        memcpy(&number, (const char *)mark + members[i].offset, sizeof(number));
        number = within(number);
        if (number > 0 || i == MEMBERS - 1)
            used += (size_t)snprintf(text + used, MARK_TEXT_SIZE - used, "%s%lld",
                                     members[i].name, (long long)number);
    }
    if (mark->interruptible)
        memcpy(text + used, INTERRUPTIBLE, sizeof(INTERRUPTIBLE));
    return text;
}

static bool is_separator(char c)
{
    return c == ';' || c == ' ' || c == '\0';
}

static const char *take_number(const char *at, int64_t *number)
{
    const char *start = at;
    int64_t value = 0;

    while (*at >= '0' && *at <= '9' && value <= INSTANT_MAX)
        value = 10 * value + (*at++ - '0');
    if (at == start || value > INSTANT_MAX)
        return NULL;
    *number = value;
    return at;
}

static bool ends(char c)
{
    return c == ',' || is_separator(c);
}

/* The members in the order in which they are written; what a later version adds after
 * them is passed over. */
static bool parse(const char *at, struct mark *mark)
{
    struct mark found = {0};
    bool has_wait = false;

    for (size_t i = 0; i < MEMBERS; i++) {
        size_t length = strlen(members[i].name);
        int64_t number;

        if (strncmp(at, members[i].name, length) != 0)
            continue;
        at = take_number(at + length, &number);
        if (!at)
            return false;
        memcpy((char *)&found + members[i].offset, &number, sizeof(number));
        has_wait = i == MEMBERS - 1;
    }
    if (!has_wait || !ends(*at))
        return false;
    found.interruptible = strncmp(at, INTERRUPTIBLE, sizeof(INTERRUPTIBLE) - 1) == 0
                          && ends(at[sizeof(INTERRUPTIBLE) - 1]);
    *mark = found;
    return true;
}

bool mark_find(const char *comment, struct mark *mark)
{
    bool is_found = false;

    for (const char *at = comment; at && (at = strstr(at, HEAD));) {
        bool is_apart = at == comment || is_separator(at[-1]);

        at += sizeof(HEAD) - 1;
        if (is_apart && parse(at, mark))
            is_found = true;
    }
    return is_found;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/hostlist.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/text.h"

#define DIGITS_MAX 9
#define REST_MAX   1024 /* bytes after a bracket, of which each number gets a copy */

/*
 * Patterns that are still to be told. One with brackets becomes one for each of its
 * first brackets' numbers, so that what has several is cut up step by step.
 */
struct patterns {
    char **items;
    size_t count;
    size_t room;
    size_t most;
};

static int no_list(const char *pattern, struct error *err)
{
    return error_set(err, ERROR_INVALID, "not a list of hosts: %.60s", pattern);
}

static int add_pattern(struct patterns *patterns, char *pattern, struct error *err)
{
    if (patterns->count == patterns->most) {
        free(pattern);
        return error_set(err, ERROR_TOO_LARGE, "a list of more than %zu hosts",
                         patterns->most);
    }
    patterns->items = xgrow(patterns->items, patterns->count, &patterns->room,
                            sizeof(*patterns->items));
    patterns->items[patterns->count++] = pattern;
    return 0;
}

/* Cut the list at its commas that are in no brackets. */
static int add_list(struct patterns *patterns, const char *list, struct error *err)
{
    while (*list) {
        size_t length = 0;
        bool inside = false;
        char *pattern;

        while (list[length] && (list[length] != ',' || inside)) {
            inside = list[length] == '[' || (inside && list[length] != ']');
            length++;
        }
        if (length == 0 || inside)
            return no_list(list, err);
        pattern = xmemdup(list, length + 1);
        pattern[length] = '\0';
        if (add_pattern(patterns, pattern, err) < 0)
            return -1;
        list += length;
        if (*list == ',' && *++list == '\0')
            return no_list("a comma at its end", err);
    }
    return 0;
}

/* A number of so many digits at `*at`, which is moved behind it; -1 if there is none.
 */
static int64_t take_number(const char **at, size_t *width)
{
    char digits[DIGITS_MAX + 1];
    int64_t number;

    *width = strspn(*at, "0123456789");
    if (*width == 0 || *width > DIGITS_MAX)
        return -1;
    memcpy(digits, *at, *width);
    digits[*width] = '\0';
    *at += *width;
    return number_parse(digits, 0, INT32_MAX, &number, NULL) < 0 ? -1 : number;
}

/* Replace the brackets by each number of "1-3,007"; `rest` comes behind them. */
static int add_numbers(struct patterns *patterns, const char *pattern, size_t prefix,
                       const char *rest, struct error *err)
{
    const char *at = pattern + prefix + 1;

    do {
        size_t width;
        size_t other;
        int64_t first = take_number(&at, &width);
        int64_t last = first;

        if (*at == '-') {
            at++;
            last = take_number(&at, &other);
        }
        if (first < 0 || last < first)
            return no_list(pattern, err);
        for (int64_t number = first; number <= last; number++) {
            struct text host = TEXT_EMPTY;

            text_add_bytes(&host, pattern, prefix);
            text_add_format(&host, "%0*lld%s", (int)width, (long long)number, rest);
            if (add_pattern(patterns, text_take(&host), err) < 0)
                return -1;
        }
    } while (*at++ == ',');
    return at == rest ? 0 : no_list(pattern, err);
}

/* Tell a host, or cut up what still has brackets. */
static int tell(struct patterns *patterns, const char *pattern,
                void (*on_host)(const char *name, void *context), void *context,
                struct error *err)
{
    size_t prefix = strcspn(pattern, "[]");
    const char *end = strchr(pattern, ']');

    if (prefix >= HOSTLIST_NAME_SIZE)
        return no_list(pattern, err);
    if (pattern[prefix] == '\0') {
        if (patterns->most == 0)
            return error_set(err, ERROR_TOO_LARGE, "a list of too many hosts");
        patterns->most--;
        on_host(pattern, context);
        return 0;
    }
    if (pattern[prefix] == ']' || !end || strlen(end) > REST_MAX)
        return no_list(pattern, err);
    return add_numbers(patterns, pattern, prefix, end + 1, err);
}

int hostlist_each(const char *list, size_t most,
                  void (*on_host)(const char *name, void *context), void *context,
                  struct error *err)
{
    struct patterns patterns = {.most = most};
    int status = add_list(&patterns, list, err);

    while (status == 0 && patterns.count > 0) {
        char *pattern = patterns.items[--patterns.count];

        status = tell(&patterns, pattern, on_host, context, err);
        free(pattern);
    }
    while (patterns.count > 0)
        free(patterns.items[--patterns.count]);
    free(patterns.items);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the routes ask of a target, all at once. */
static void ask(const struct query *query)
{
    static const char *const patterns[] = {
        "/v1/jobs",
        "/v1/jobs/{id}",
        "/v1/jobs/{id}/events",
        "/{a}/{b}",
    };
    struct path_words words;
    unsigned states;
    int64_t number;
    instant when;
    bool yes;

    query_check_names(query, "state user limit after", NULL);
    query_number(query, "limit", 1, 1000, &number, NULL);
    query_instant(query, "from", &when, NULL);
    query_switch(query, "dry_run", &yes, NULL);
    query_states(query, "state", &states, NULL);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        path_match(patterns[i], query->path, &words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *target = xcalloc(size + 1, 1);
    struct query query;

    if (size)
        memcpy(target, data, size);
    if (query_parse(&query, target, NULL) == 0) {
        ask(&query);
        query_release(&query);
    }
    free(target);
    return 0;
}

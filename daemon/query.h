/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_QUERY_H
#define DAEMON_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"

/*
 * What a request's target asks for: its path and the parameters after the '?', decoded.
 * Pure, and every byte is taken as hostile.
 */

#define QUERY_PARAMETERS_MAX 16
#define QUERY_TARGET_MAX     4096
#define QUERY_WORDS_MAX      2

struct query {
    char *text; /* what the others point into */
    const char *path;
    struct {
        const char *name;
        const char *value;
    } parameters[QUERY_PARAMETERS_MAX];
    size_t count;
};

/*
 * Decode a target, "/v1/jobs?state=open&limit=5". ERROR_INVALID for what is not
 * percent-encoding, for NUL bytes, for a path that does not begin with '/' and for a
 * parameter that comes twice; ERROR_TOO_LARGE for one that is too long.
 */
int query_parse(struct query *query, const char *target, struct error *err);
void query_release(struct query *query);

/* The value of a parameter, or NULL. */
const char *query_find(const struct query *query, const char *name);

/* ERROR_INVALID, naming it, if there is a parameter that is none of `names`, which are
 * separated by spaces. */
int query_check_names(const struct query *query, const char *names, struct error *err);

/*
 * A parameter as a number, a time, or a switch ("1", "0"); `*value` is left as it is
 * where it is not given. Errors name the parameter.
 */
int query_number(const struct query *query, const char *name, int64_t least,
                 int64_t most, int64_t *value, struct error *err);
int query_instant(const struct query *query, const char *name, instant *value,
                  struct error *err);
int query_switch(const struct query *query, const char *name, bool *value,
                 struct error *err);

/*
 * The states that a list is to show, as a bit per state for struct job_filter: "open",
 * "ended", "all", or names of states with commas.
 */
int query_states(const struct query *query, const char *name, unsigned *states,
                 struct error *err);

/* The words of a path that stand for the {…} of a pattern. */
struct path_words {
    char items[QUERY_WORDS_MAX][256];
    size_t count;
};

/* Whether a path is of the form of a pattern, "/v1/jobs/{id}/events". A word is not
 * empty, and ends at the next '/'. */
bool path_match(const char *pattern, const char *path, struct path_words *words);

#endif

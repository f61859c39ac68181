/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_ORDER_H
#define NODES_LOCAL_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "nodes/executor.h"
#include "nodes/local/run_files.h"

/*
 * From an order to what the runner reads. `token` marks the attempt's processes, `rate`
 * is the clock's. `devices` is how CUDA is to be told of the order's GPUs: their UUIDs,
 * separated by commas; NULL: by their numbers. ERROR_INVALID if an order is no order:
 * no command, an empty path, a path or a script over its limit.
 */
int order_format(const struct executor_order *order, const char *token, int64_t rate,
                 const char *devices, struct text *spec, struct error *err);

struct order_terms {
    int64_t rate;
    const char *devices; /* the same */
    bool is_shared;      /* the directory passes to somebody else */
};

/*
 * Make the run's directory `name` in `runs`, with its spec and script, for a runner of
 * ours or of whoever the directory passes to. ERROR_CONFLICT if there is one already;
 * on failure nothing is left.
 */
int order_store(const struct executor_order *order, int runs, const char *name,
                const struct order_terms *terms, struct error *err);

/* A new token: RUN_TOKEN_LENGTH random hexadecimal digits and a NUL. */
int order_make_token(char token[RUN_TOKEN_LENGTH + 1], struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_COMMAND_H
#define DAEMON_POOL_COMMAND_H

#include <uv.h>

#include "base/error.h"

/*
 * A command that an operator set for a pool, being run: without a shell, as the
 * daemon's user, in a session of its own, its environment PATH and PENSTOCK_POOL only.
 * One that takes too long is killed with all of its session that is left in its group.
 */
struct pool_command;

#define POOL_COMMAND_LINE_MAX 120 /* bytes that are kept of a line of output */

struct pool_command_order {
    const char *command; /* as words_parse() wants it */
    const char *pool;
    uint64_t limit_ms;
};

/*
 * Called on the loop, never from within pool_command_start(). `failure` is NULL if the
 * command ended with 0. `line` is the last line that it wrote, with '?' for what cannot
 * be printed; "" if it wrote none.
 */
typedef void pool_command_on_end(const struct error *failure, const char *line,
                                 void *context);

/* NULL with err if it cannot be run. It frees itself after its end. */
struct pool_command *pool_command_start(uv_loop_t *loop,
                                        const struct pool_command_order *order,
                                        pool_command_on_end *on_end, void *context,
                                        struct error *err);

/* Let it run on, and hear no more of it. */
void pool_command_abandon(struct pool_command *command);

#endif

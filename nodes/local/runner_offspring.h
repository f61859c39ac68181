/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_OFFSPRING_H
#define NODES_LOCAL_RUNNER_OFFSPRING_H

#include <stdint.h>

/*
 * What the command leaves behind. The runner is the subreaper of its job: however a
 * process of the job detached itself, it becomes our child when its parent ends.
 */

/*
 * Kill and reap all children, until there are none, at most until the monotonic time
 * `until_ms`: one that hangs in a driver cannot be waited for.
 */
void runner_offspring_end(int64_t until_ms);

#endif

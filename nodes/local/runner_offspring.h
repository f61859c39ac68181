/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_OFFSPRING_H
#define NODES_LOCAL_RUNNER_OFFSPRING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the command leaves behind. The runner is the subreaper of its job: however a
 * process of the job detached itself, it becomes our child when its parent ends.
 */

/*
 * Kill and reap all children and theirs, until there are none, at most until the
 * monotonic time `until_ms`: one that hangs in a driver cannot be waited for. `group`
 * is the open cgroup.kill of their cgroup, or -1. Without one they are stopped first,
 * again until no new ones appear, and killed then: a fork bomb makes new ones faster
 * than they could be found one by one. To whether none is left.
 */
bool runner_offspring_end(int group, int64_t until_ms);

#endif

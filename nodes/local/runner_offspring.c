/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_offspring.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "nodes/local/run_process.h"

/* How long to wait for word of a child's end before looking again for new ones. */
#define LOOK_AGAIN_MS 100

static void on_process(const struct run_process_stat *stat, void *context)
{
    const pid_t *runner = context;

    /* Nobody but us reaps it, so its pid cannot have passed to another. */
    if (stat->parent == *runner && stat->state != 'Z')
        kill(stat->pid, SIGKILL);
}

/* False when there are no children left. */
static bool reap(void)
{
    pid_t ended;

    do
        ended = waitpid(-1, NULL, WNOHANG);
    while (ended > 0 || (ended < 0 && errno == EINTR));
    return ended == 0;
}

void runner_offspring_end(int64_t until_ms)
{
    const struct timespec patience = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    pid_t runner = getpid();
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    while (reap() && monotonic_ms() < until_ms) {
        run_process_each(on_process, &runner, NULL);
        sigtimedwait(&ends, NULL, &patience);
    }
}

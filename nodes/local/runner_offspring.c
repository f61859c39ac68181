/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_offspring.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "nodes/local/run_process.h"

/* How long to wait for word of a child's end before looking again for new ones. */
#define LOOK_AGAIN_MS 100

/* How often to look for new ones before those that were found are killed. */
#define STOPS_MAX 200

struct family {
    struct run_process_stat *members;
    size_t count;
    size_t room;
};

static void on_process(const struct run_process_stat *stat, void *context)
{
    struct family *all = context;

    all->members = xgrow(all->members, all->count, &all->room, sizeof(*all->members));
    all->members[all->count++] = *stat;
}

static int compare_parents(const void *left, const void *right)
{
    const struct run_process_stat *a = left;
    const struct run_process_stat *b = right;

    return (a->parent > b->parent) - (a->parent < b->parent);
}

/* Where the children of a process begin in a list that is sorted by parents. */
static size_t find_children(const struct family *all, pid_t parent)
{
    size_t low = 0;
    size_t high = all->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all->members[middle].parent < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_children(const struct family *all, pid_t parent, struct family *ours)
{
    for (size_t i = find_children(all, parent);
         i < all->count && all->members[i].parent == parent; i++)
        on_process(&all->members[i], ours);
}

/* Signal all that descend from us, SIGSTOP only to those that are active. To how many.
 */
static size_t signal_family(int signal)
{
    struct family all = {0};
    struct family ours = {0};
    size_t count = 0;

    run_process_each(on_process, &all, NULL);
    if (all.count > 0)
        qsort(all.members, all.count, sizeof(*all.members), compare_parents);
    add_children(&all, getpid(), &ours);
    for (size_t i = 0; i < ours.count && ours.count <= all.count; i++) {
        add_children(&all, ours.members[i].pid, &ours);
        if ((signal == SIGSTOP ? run_process_is_active(&ours.members[i])
                               : ours.members[i].state != 'Z')
            && run_process_signal(&ours.members[i], signal, NULL) == 0)
            count++;
    }
    free(all.members);
    free(ours.members);
    return count;
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

static void kill_family(int group, int64_t until_ms)
{
    bool is_killed = group >= 0 && write(group, "1", 1) == 1;

    for (int i = 0; i < STOPS_MAX && !is_killed && monotonic_ms() < until_ms; i++)
        if (signal_family(SIGSTOP) == 0)
            break;
    signal_family(SIGKILL);
}

bool runner_offspring_end(int group, int64_t until_ms)
{
    const struct timespec patience = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    while (reap()) {
        if (monotonic_ms() >= until_ms)
            return false;
        kill_family(group, until_ms);
        sigtimedwait(&ends, NULL, &patience);
    }
    return true;
}

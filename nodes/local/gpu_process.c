/* SPDX-License-Identifier: MIT */
#include "nodes/local/gpu_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "nodes/local/run_process.h"

/* Parents that are followed. While we walk, the line may change under our feet. */
#define PARENTS_MAX 256

static bool holds(pid_t pid, int gpu, const struct gpu_holder *holders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (holders[i].runner == pid && (holders[i].gpus >> gpu & 1))
            return true;
    return false;
}

static bool is_ours(pid_t pid, int gpu, const struct gpu_holder *holders, size_t count)
{
    struct run_process_stat stat;

    for (int i = 0; i < PARENTS_MAX && pid > 1; i++) {
        if (holds(pid, gpu, holders, count))
            return true;
        if (run_process_stat(pid, &stat, NULL) < 0)
            return false;
        pid = stat.parent;
    }
    return false;
}

static uint32_t owner_of(pid_t pid)
{
    struct stat stat_of;
    char path[32];

    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return stat(path, &stat_of) == 0 ? stat_of.st_uid : UINT32_MAX;
}

static bool uses(const struct gpu_process *process)
{
    if (!process->draws)
        return true;
    return process->uid >= GPU_UID_USER_MIN
           && (process->memory == GPU_UNKNOWN
               || process->memory >= GPU_DRAWS_MEMORY_MIN);
}

bool gpu_process_find(struct gpu_process *process, int gpu,
                      const struct gpu_holder *holders, size_t holder_count)
{
    struct run_process_stat stat;
    pid_t pid = (pid_t)process->pid;

    if (pid <= 0 || pid != process->pid)
        return false;
    if (run_process_stat(pid, &stat, NULL) < 0) {
        /* With hidepid=2 all that is not ours looks as if it were not there. */
        if (kill(pid, 0) < 0 && errno != EPERM)
            return false;
        process->uid = UINT32_MAX;
        process->foreign = uses(process);
        return true;
    }
    if (stat.state == 'Z' || stat.state == 'X')
        return false;
    process->uid = owner_of(pid);
    process->foreign = !is_ours(pid, gpu, holders, holder_count) && uses(process);
    return true;
}

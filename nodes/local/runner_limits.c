/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_limits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

/* What is read of a file of a cgroup; they are some hundred bytes. */
#define FILE_SIZE 4096

struct cgroup runner_limits_find_cgroup(bool is_there)
{
    struct cgroup cgroup = CGROUP_NONE;

    if (!is_there || fcntl(CGROUP_PROCS_DESCRIPTOR, F_SETFD, FD_CLOEXEC) < 0
        || fcntl(CGROUP_DIRECTORY_DESCRIPTOR, F_SETFD, FD_CLOEXEC) < 0)
        return cgroup;
    cgroup.procs = CGROUP_PROCS_DESCRIPTOR;
    cgroup.directory = CGROUP_DIRECTORY_DESCRIPTOR;
    if (fcntl(CGROUP_KILL_DESCRIPTOR, F_SETFD, FD_CLOEXEC) == 0)
        cgroup.kill = CGROUP_KILL_DESCRIPTOR;
    return cgroup;
}

static bool has_controller(const struct cgroup *cgroup, const char *file)
{
    return cgroup->directory >= 0 && faccessat(cgroup->directory, file, F_OK, 0) == 0;
}

/* Never above what there is already. */
static int lower(__rlimit_resource_t kind, int64_t most)
{
    struct rlimit limit;

    if (getrlimit(kind, &limit) < 0)
        return -1;
    if (limit.rlim_max > (rlim_t)most)
        limit.rlim_max = (rlim_t)most;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(kind, &limit);
}

int runner_limits_apply(const struct run_spec *spec, const struct cgroup *cgroup)
{
    const struct clock clock = {.rate = spec->rate};
    int64_t seconds;

    if (cgroup->procs >= 0 && write(cgroup->procs, "0", 1) < 0)
        return -1;
    /* Not RLIMIT_AS: CUDA reserves addresses by the terabyte. */
    if (spec->memory > 0 && !has_controller(cgroup, "memory.max")
        && lower(RLIMIT_DATA, spec->memory << 20) < 0)
        return -1;
    if (spec->cpus <= 0 || spec->time_limit == 0 || has_controller(cgroup, "cpu.max"))
        return 0;
    seconds = clock_real_ms(&clock, spec->time_limit + spec->grace) / 1000 + 1;
    return lower(RLIMIT_CPU, spec->cpus * seconds);
}

/* The number behind `key` in lines of "key number"; -1: there is none. */
static int64_t find_number(const char *text, const char *key)
{
    size_t length = strlen(key);

    while (text) {
        if (strncmp(text, key, length) == 0 && text[length] == ' ')
            return strtoll(text + length, NULL, 10);
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return -1;
}

static int64_t read_number(const struct cgroup *cgroup, const char *name,
                           const char *key)
{
    char text[FILE_SIZE] = "";
    int file = cgroup->directory < 0
                   ? -1
                   : openat(cgroup->directory, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

    if (file >= 0)
        close(file);
    text[length < 0 ? 0 : length] = '\0';
    return find_number(text, key);
}

static int64_t to_ms(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_usec / 1000;
}

void runner_limits_measure(const struct cgroup *cgroup, struct run_exit *exit)
{
    int64_t microseconds = read_number(cgroup, "cpu.stat", "usage_usec");
    struct rusage usage;

    if (microseconds >= 0)
        exit->cpu_ms = microseconds / 1000;
    else if (getrusage(RUSAGE_CHILDREN, &usage) == 0)
        exit->cpu_ms = to_ms(&usage.ru_utime) + to_ms(&usage.ru_stime);
    if (exit->cpu_ms > RUN_CPU_MS_MAX)
        exit->cpu_ms = RUN_CPU_MS_MAX;
    exit->out_of_memory = read_number(cgroup, "memory.events", "oom_kill") > 0;
}

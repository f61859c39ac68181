/* SPDX-License-Identifier: MIT */
#include "nodes/local/removal.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/cgroup.h"
#include "nodes/local/launch_call.h"
#include "nodes/local/run_directory.h"

#define TRIES_MAX 60

static void on_emptied(const char *failure, int process, void *context)
{
    const struct attempt_host *host = context;

    (void)failure;
    (void)process;
    run_directory_sweep(host->runs);
}

/* Have it emptied by its owner, if it is still there. */
static void empty(struct attempt_host *host, int64_t job_id, int32_t number)
{
    char name[ATTEMPT_NAME_SIZE];
    char gone[NAME_MAX + 1];
    struct stat stat;
    struct launch_task task = {
        .verb = LAUNCH_REMOVE,
        .job_id = job_id,
        .attempt = number,
        .notice = -1,
        .cgroup = -1,
        .tries_max = TRIES_MAX,
    };

    attempt_format_name(job_id, number, name);
    snprintf(gone, sizeof(gone), "%s" RUN_DIRECTORY_GONE, name);
    if (!host->launcher || fstatat(host->runs, gone, &stat, AT_SYMLINK_NOFOLLOW) < 0
        || stat.st_uid == host->uid)
        return;
    task.uid = stat.st_uid;
    launch_call_start(host->launcher, &task, on_emptied, host);
}

void removal_start(struct attempt_host *host, int64_t job_id, int32_t number)
{
    char name[ATTEMPT_NAME_SIZE];

    attempt_format_name(job_id, number, name);
    run_directory_remove(host->runs, name);
    empty(host, job_id, number);
    cgroup_sweep(host->cgroups, host->runs);
}

/* "ID.NUMBER.gone": what we made of attempt_format_name()'s name. */
static bool parse_gone(const char *name, int64_t *job_id, int32_t *number)
{
    char *end;

    *job_id = strtoll(name, &end, 10);
    if (*end != '.')
        return false;
    *number = (int32_t)strtol(end + 1, &end, 10);
    return strcmp(end, RUN_DIRECTORY_GONE) == 0;
}

void removal_resume(struct attempt_host *host)
{
    int copy = openat(host->runs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;

    run_directory_sweep(host->runs);
    while (listing && (entry = readdir(listing))) {
        int64_t job_id;
        int32_t number;

        if (parse_gone(entry->d_name, &job_id, &number))
            empty(host, job_id, number);
    }
    if (listing)
        closedir(listing);
    else if (copy >= 0)
        close(copy);
    cgroup_sweep(host->cgroups, host->runs);
}

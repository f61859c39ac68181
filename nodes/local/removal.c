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

/* "ID.NUMBER" and `end`: what we made of attempt_format_name()'s name. */
static bool parse_name(const char *name, const char *end, int64_t *job_id,
                       int32_t *number)
{
    char made[ATTEMPT_NAME_SIZE];
    char *at;

    *job_id = strtoll(name, &at, 10);
    if (*at != '.')
        return false;
    *number = (int32_t)strtol(at + 1, &at, 10);
    attempt_format_name(*job_id, *number, made);
    return *job_id > 0 && *number > 0 && strcmp(at, end) == 0
           && strncmp(name, made, strlen(made)) == 0;
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

        if (parse_name(entry->d_name, RUN_DIRECTORY_GONE, &job_id, &number))
            empty(host, job_id, number);
    }
    if (listing)
        closedir(listing);
    else if (copy >= 0)
        close(copy);
    cgroup_sweep(host->cgroups, host->runs);
}

static bool is_among(const struct attempt *attempts, int64_t job_id, int32_t number)
{
    while (attempts && (attempts->job_id != job_id || attempts->number != number))
        attempts = attempts->next;
    return attempts != NULL;
}

static bool has_runner(int runs, const char *name)
{
    int run = launch_open_run(runs, name);
    char boot_id[RUN_BOOT_ID_LENGTH + 1];
    struct text bytes = TEXT_EMPTY;
    struct run_process_stat stat;
    struct run_lock lock;
    bool lives =
        run >= 0
        && run_directory_load(run, RUN_LOCK_FILE, RUN_RECORD_SIZE, &bytes, NULL) == 0
        && run_lock_parse(bytes.bytes, bytes.length, &lock, NULL) == 0
        && run_process_boot_id(boot_id, NULL) == 0
        && strcmp(boot_id, lock.holder.boot_id) == 0
        && run_process_stat((pid_t)lock.holder.pid, &stat, NULL) == 0
        && stat.state != 'Z' && stat.start_ticks == lock.holder.start_ticks;

    text_release(&bytes);
    if (run >= 0)
        close(run);
    return lives;
}

void removal_start_others(struct attempt_host *host, const struct attempt *attempts)
{
    int copy = openat(host->runs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;

    while (listing && (entry = readdir(listing))) {
        int64_t job_id;
        int32_t number;

        if (!parse_name(entry->d_name, "", &job_id, &number)
            || is_among(attempts, job_id, number)
            || has_runner(host->runs, entry->d_name))
            continue;
        run_directory_remove(host->runs, entry->d_name);
        empty(host, job_id, number);
    }
    if (listing)
        closedir(listing);
    else if (copy >= 0)
        close(copy);
    cgroup_sweep(host->cgroups, host->runs);
}

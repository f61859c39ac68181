/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/joule_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define MJ_PER_JOULE 1000

/* By which the clocks of nodes and of slurmctld may differ, in seconds. */
#define CLOCK_SLACK 5

static bool is_trusted(const struct stat *found)
{
    return (found->st_uid == 0 || found->st_uid == geteuid())
           && (found->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Whether it is called as joules_file_name() calls them, or drafts with a dot more. */
static bool is_record(const char *name)
{
    const char *at = name + (name[0] == '.');

    for (int i = 0; i < 3; i++) {
        size_t digits = strspn(at, "0123456789");

        if (digits == 0 || (i < 2 && at[digits] != '.'))
            return false;
        at += digits + (i < 2);
    }
    return strcmp(at, JOULES_SUFFIX) == 0;
}

/* Whether the name is of a record of that job. */
static bool is_of(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0 && is_record(name);
}

static bool load_record(int directory, const char *name, struct joules *record)
{
    int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char bytes[JOULES_SIZE_MAX];
    struct stat found;
    ssize_t size = -1;

    if (file < 0)
        return false;
    if (fstat(file, &found) == 0 && S_ISREG(found.st_mode) && is_trusted(&found))
        size = read(file, bytes, sizeof(bytes));
    close(file);
    return size > 0 && joules_parse(bytes, (size_t)size, record, NULL) == 0;
}

static bool is_counted(const struct joules *records, size_t count, const char *uuid)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < records[i].gpu_count; j++)
            if (strcmp(records[i].gpus[j].uuid, uuid) == 0)
                return true;
    return false;
}

static int64_t count_gpus(const struct joules *records, size_t count)
{
    int64_t gpus = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < records[i].gpu_count; j++)
            gpus += !is_counted(records, i, records[i].gpus[j].uuid);
    return gpus;
}

/* Whether it tells of a step that went on, or began, when the run had begun. */
static bool is_since(const struct joules *record, instant since)
{
    return (record->ended > 0 ? record->ended : record->began) + CLOCK_SLACK >= since;
}

static size_t load_records(DIR *directory, int64_t job_id, instant since,
                           struct joules *records)
{
    char prefix[32];
    size_t count = 0;
    const struct dirent *item;

    snprintf(prefix, sizeof(prefix), "%" PRId64 ".", job_id);
    while (count < JOULE_FILES_MAX && (item = readdir(directory)))
        if (is_of(item->d_name, prefix)
            && load_record(dirfd(directory), item->d_name, &records[count])
            && records[count].job_id == (uint64_t)job_id
            && is_since(&records[count], since))
            count++;
    return count;
}

int joule_files_load(const char *path, int64_t job_id, instant since,
                     struct joule_sum *sum, struct error *err)
{
    DIR *directory = opendir(path);
    struct joules *records = NULL;
    struct stat found;
    int result = -1;
    size_t count;

    if (!directory)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    if (fstat(dirfd(directory), &found) < 0 || !is_trusted(&found)) {
        error_set(err, ERROR_FORBIDDEN, "%s: others may write in it", path);
        goto done;
    }
    records = xcalloc(JOULE_FILES_MAX, sizeof(*records));
    count = load_records(directory, job_id, since, records);
    if (count == 0) {
        error_set(err, ERROR_MISSING, "nothing was measured of it");
        goto done;
    }
    sum->joules = (joules_total_mj(records, count) + MJ_PER_JOULE / 2) / MJ_PER_JOULE;
    sum->gpus = count_gpus(records, count);
    result = 0;

done:
    free(records);
    closedir(directory);
    return result;
}

static bool is_own(int directory)
{
    struct stat found;

    return fstat(directory, &found) == 0 && found.st_uid == geteuid()
           && is_trusted(&found);
}

/* Of a step that runs the record is written anew when it ends, removed or not. */
static bool is_old(int directory, const char *name, instant now)
{
    struct stat found;

    return is_record(name) && fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0
           && S_ISREG(found.st_mode) && found.st_mtime < now - JOULE_FILES_AGE_MAX;
}

int joule_files_sweep(const char *path, instant now)
{
    DIR *directory = opendir(path);
    const struct dirent *item;
    int swept = 0;

    if (!directory)
        return 0;
    while (is_own(dirfd(directory)) && swept < JOULE_FILES_SWEPT_MAX
           && (item = readdir(directory)))
        if (is_old(dirfd(directory), item->d_name, now)
            && unlinkat(dirfd(directory), item->d_name, 0) == 0)
            swept++;
    closedir(directory);
    return swept;
}

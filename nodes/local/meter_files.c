/* SPDX-License-Identifier: MIT */
#include "nodes/local/meter_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/attempt.h"
#include "nodes/local/run_directory.h"

#define NEW_SUFFIX ".new"

static void sweep(int directory, int runs)
{
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;

    while (listing && (entry = readdir(listing)))
        if (entry->d_name[0] != '.' && faccessat(runs, entry->d_name, F_OK, 0) < 0)
            unlinkat(directory, entry->d_name, 0);
    if (listing)
        closedir(listing);
    else if (again >= 0)
        close(again);
}

int meter_files_open(const char *state_dir, int runs, struct error *err)
{
    struct text path = TEXT_EMPTY;
    int directory = -1;

    text_add_format(&path, "%s/meters", state_dir);
    if (mkdir(path.bytes, 0700) == 0 || errno == EEXIST)
        directory = open(path.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory < 0)
        error_set(err, ERROR_IO, "%s: %s", path.bytes, strerror(errno));
    else
        sweep(directory, runs);
    text_release(&path);
    return directory;
}

int meter_files_store(int directory, const struct meter_record *record,
                      struct error *err)
{
    char name[ATTEMPT_NAME_SIZE];
    char fresh[ATTEMPT_NAME_SIZE + sizeof(NEW_SUFFIX)];
    struct text bytes = TEXT_EMPTY;
    int result;

    attempt_format_name(record->job_id, record->attempt, name);
    snprintf(fresh, sizeof(fresh), "%s" NEW_SUFFIX, name);
    meter_record_format(record, &bytes);
    unlinkat(directory, fresh, 0);
    result = run_directory_store(directory, fresh, 0600, &bytes, err);
    if (result == 0 && renameat(directory, fresh, directory, name) < 0)
        result = error_set(err, ERROR_IO, "%s: %s", name, strerror(errno));
    if (result < 0)
        unlinkat(directory, fresh, 0);
    text_release(&bytes);
    return result;
}

int meter_files_load(int directory, int64_t job_id, int32_t attempt,
                     struct meter_record *record, struct error *err)
{
    char name[ATTEMPT_NAME_SIZE];
    struct text bytes = TEXT_EMPTY;
    struct meter_record read;
    int result = -1;

    attempt_format_name(job_id, attempt, name);
    if (run_directory_load(directory, name, METER_RECORD_MAX, &bytes, err) < 0
        || meter_record_parse(bytes.bytes, bytes.length, &read, err) < 0)
        goto done;
    if (read.job_id != job_id || read.attempt != attempt) {
        error_set(err, ERROR_INVALID, "%s: a record of another attempt", name);
        goto done;
    }
    *record = read;
    result = 0;

done:
    text_release(&bytes);
    return result;
}

void meter_files_remove(int directory, int64_t job_id, int32_t attempt)
{
    char name[ATTEMPT_NAME_SIZE];

    attempt_format_name(job_id, attempt, name);
    unlinkat(directory, name, 0);
}

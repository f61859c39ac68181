/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nodes/local/run_directory.h"
#include "nodes/local/run_files.h"

int runner_record_open(struct runner_record *record, int directory, const char *name,
                       struct error *err)
{
    int problem;

    *record = (struct runner_record){.directory = directory, .name = name, .file = -1};
    snprintf(record->temporary, sizeof(record->temporary), "%s.%d", name,
             (int)getpid());
    unlinkat(directory, record->temporary, 0);
    record->file = openat(directory, record->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, RUN_FILE_MODE);
    if (record->file < 0)
        return error_set(err, ERROR_IO, "%s: %s", name, strerror(errno));
    problem = posix_fallocate(record->file, 0, RUN_RECORD_SIZE);
    if (problem == 0 && fsync(record->file) < 0)
        problem = errno;
    if (problem == 0)
        return 0;
    runner_record_close(record);
    return error_set(err, ERROR_IO, "no room for %s: %s", name, strerror(problem));
}

int runner_record_store(struct runner_record *record, const struct text *bytes,
                        struct error *err)
{
    ssize_t length;

    assert(bytes->length <= RUN_RECORD_SIZE);
    do
        length = pwrite(record->file, bytes->bytes, bytes->length, 0);
    while (length < 0 && errno == EINTR);
    if (length != (ssize_t)bytes->length || fsync(record->file) < 0
        || renameat(record->directory, record->temporary, record->directory,
                    record->name)
               < 0
        || fsync(record->directory) < 0)
        return error_set(err, ERROR_IO, "%s: %s", record->name, strerror(errno));
    close(record->file);
    record->file = -1;
    return 0;
}

void runner_record_close(struct runner_record *record)
{
    if (record->file < 0)
        return;
    unlinkat(record->directory, record->temporary, 0);
    close(record->file);
    record->file = -1;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/routes_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

/* A copy in the making, on a thread. */
struct backup {
    struct http_request *request;
    uv_work_t work;
    char directory[CONFIG_TEXT_MAX];
    int fd; /* -1: not there */
    uint64_t size;
    struct error error;
};

static void release(void *memory)
{
    struct backup *backup = memory;

    if (backup->fd >= 0)
        close(backup->fd);
    free(backup);
}

/* Open the copy, which has no name from then on. */
static int open_copy(struct backup *backup, const char *path, struct error *err)
{
    struct stat found;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &found) < 0) {
        error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    backup->fd = fd;
    backup->size = (uint64_t)found.st_size;
    return 0;
}

static int copy(struct backup *backup, struct error *err)
{
    char place[CONFIG_TEXT_MAX + 32];
    char path[sizeof(place) + 8];
    struct store_reader *reader = NULL;
    int result = -1;

    snprintf(place, sizeof(place), "%s/backup-XXXXXX", backup->directory);
    if (!mkdtemp(place))
        return error_set(err, ERROR_IO, "%s: %s", place, strerror(errno));
    snprintf(path, sizeof(path), "%s/copy", place);
    reader = store_reader_open(backup->directory, err);
    if (reader && store_backup(reader, path, err) == 0)
        result = open_copy(backup, path, err);
    store_reader_close(reader);
    unlink(path);
    rmdir(place);
    return result;
}

static void on_work(uv_work_t *work)
{
    struct backup *backup = work->data;

    copy(backup, &backup->error);
}

static void on_worked(uv_work_t *work, int status)
{
    struct backup *backup = work->data;
    struct error err = backup->error;
    int fd = backup->fd;

    (void)status;
    backup->fd = -1;
    if (fd < 0)
        http_answer_error(backup->request, &err);
    else
        http_answer_file(backup->request, "application/vnd.sqlite3", fd, backup->size);
}

void routes_backup(const struct call *call)
{
    struct error err = {ERROR_NONE, "", ""};
    struct backup *backup;

    if (call_check_admin(call, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    backup = xcalloc(1, sizeof(*backup));
    backup->request = call->request;
    backup->fd = -1;
    backup->work.data = backup;
    text_copy(backup->directory, sizeof(backup->directory),
              call->daemon->config->daemon.state_dir);
    http_attach(call->request, backup, release);
    uv_queue_work(&call->daemon->loop, &backup->work, on_work, on_worked);
}

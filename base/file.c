/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *path, const char *what, struct error *err)
{
    enum error_code code = ERROR_IO;

    if (errno == ENOENT || errno == ENOTDIR)
        code = ERROR_MISSING;
    if (errno == EACCES || errno == EPERM)
        code = ERROR_FORBIDDEN;
    return error_set(err, code, "cannot %s %s: %s", what, path, strerror(errno));
}

static int refuse_size(const char *path, size_t limit, struct error *err)
{
    return error_set(err, ERROR_TOO_LARGE, "%s has more than %zu bytes", path, limit);
}

/* A file may grow while it is read, so its size of before is not to be relied on. */
static int add_all(int fd, const char *path, size_t limit, struct text *contents,
                   struct error *err)
{
    char bytes[16384];
    size_t total = 0;

    for (;;) {
        ssize_t size = read(fd, bytes, sizeof(bytes));

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return refuse(path, "read", err);
        if (size == 0)
            return 0;
        total += (size_t)size;
        if (total > limit)
            return refuse_size(path, limit, err);
        text_add_bytes(contents, bytes, (size_t)size);
    }
}

int file_load(const char *path, size_t limit, struct text *contents, struct error *err)
{
    /* O_NONBLOCK, so that a pipe without a writer does not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct text added = TEXT_EMPTY;
    struct stat status;
    int result = -1;

    if (fd < 0)
        return refuse(path, "open", err);
    if (fstat(fd, &status) < 0) {
        refuse(path, "examine", err);
        goto done;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(err, ERROR_INVALID, "%s is not a regular file", path);
        goto done;
    }
    if (add_all(fd, path, limit, &added, err) < 0)
        goto done;
    text_add_bytes(contents, added.bytes, added.length);
    result = 0;
done:
    text_release(&added);
    close(fd);
    return result;
}

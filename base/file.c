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

/* Open a regular file, and say how it stands. -1, and the error is set. */
static int open_regular(const char *path, struct stat *status, struct error *err)
{
    /* O_NONBLOCK, so that a pipe without a writer does not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return refuse(path, "open", err);
    if (fstat(fd, status) < 0)
        refuse(path, "examine", err);
    else if (!S_ISREG(status->st_mode))
        error_set(err, ERROR_INVALID, "%s is not a regular file", path);
    else
        return fd;
    close(fd);
    return -1;
}

int file_load(const char *path, size_t limit, struct text *contents, struct error *err)
{
    struct text added = TEXT_EMPTY;
    struct stat status;
    int fd = open_regular(path, &status, err);
    int result;

    if (fd < 0)
        return -1;
    result = add_all(fd, path, limit, &added, err);
    if (result == 0)
        text_add_bytes(contents, added.bytes, added.length);
    text_release(&added);
    close(fd);
    return result;
}

/* The first and the last byte but one of what is no blank. */
static void trim(const struct text *text, size_t *first, size_t *end)
{
    *first = 0;
    *end = text->length;
    while (*end > 0 && strchr(" \t\r\n", text->bytes[*end - 1]))
        --*end;
    while (*first < *end && strchr(" \t", text->bytes[*first]))
        ++*first;
}

static int check_secret(const char *path, const struct text *text, size_t first,
                        size_t end, struct error *err)
{
    if (first == end)
        return error_set(err, ERROR_INVALID, "%s is empty", path);
    for (size_t i = first; i < end; i++)
        if ((unsigned char)text->bytes[i] < ' ' || text->bytes[i] == 127)
            return error_set(err, ERROR_INVALID,
                             "%s holds more than one line, or control characters",
                             path);
    return 0;
}

int file_load_secret(const char *path, size_t limit, struct text *contents,
                     struct error *err)
{
    struct text added = TEXT_EMPTY;
    struct stat status;
    int fd = open_regular(path, &status, err);
    size_t first, end;
    int result = -1;

    if (fd < 0)
        return -1;
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        error_set(err, ERROR_FORBIDDEN,
                  "%s may be read by others than its owner: chmod 600 it", path);
        goto done;
    }
    if (add_all(fd, path, limit, &added, err) < 0)
        goto done;
    trim(&added, &first, &end);
    result = check_secret(path, &added, first, end, err);
    if (result == 0)
        text_add_bytes(contents, added.bytes + first, end - first);
done:
    explicit_bzero(added.bytes, added.length);
    text_release(&added);
    close(fd);
    return result;
}

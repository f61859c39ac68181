/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

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

/* A descriptor of a regular file and what is known of it, or -1. */
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
    int result = -1;
    int fd = open_regular(path, &status, err);

    if (fd < 0)
        return -1;
    if (add_all(fd, path, limit, &added, err) < 0)
        goto done;
    text_add_bytes(contents, added.bytes, added.length);
    result = 0;
done:
    text_release(&added);
    close(fd);
    return result;
}

/* Fill `bytes`, as far as the file goes. The number of bytes, or -1. */
static ssize_t read_up_to(int fd, char *bytes, size_t room, const char *path,
                          struct error *err)
{
    size_t length = 0;

    while (length < room) {
        ssize_t size = read(fd, bytes + length, room - length);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return refuse(path, "read", err);
        if (size == 0)
            break;
        length += (size_t)size;
    }
    return (ssize_t)length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Add what lies between the blanks, without the end of the line. */
static int add_secret(const char *path, const char *bytes, size_t length,
                      struct text *contents, struct error *err)
{
    if (length > 0 && bytes[length - 1] == '\n') {
        length--;
        if (length > 0 && bytes[length - 1] == '\r')
            length--;
    }
    while (length > 0 && is_blank(bytes[length - 1]))
        length--;
    while (length > 0 && is_blank(bytes[0])) {
        bytes++;
        length--;
    }
    if (length == 0)
        return error_set(err, ERROR_INVALID, "%s is empty: put the secret into it",
                         path);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == '\x7f')
            return error_set(err, ERROR_INVALID,
                             "%s holds a control character: it must be one line of "
                             "text with nothing but the secret",
                             path);
    text_add_bytes(contents, bytes, length);
    return 0;
}

int file_load_secret(const char *path, size_t limit, struct text *contents,
                     struct error *err)
{
    struct stat status = {0};
    char *bytes = NULL;
    ssize_t length;
    int result = -1;
    int fd = open_regular(path, &status, err);

    if (fd < 0)
        return -1;
    if (status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) {
        error_set(err, ERROR_FORBIDDEN,
                  "others than its owner can read or write %s: chmod 600 it", path);
        goto done;
    }
    bytes = xcalloc(1, limit + 1);
    length = read_up_to(fd, bytes, limit + 1, path, err);
    if (length < 0)
        goto done;
    if ((size_t)length > limit) {
        refuse_size(path, limit, err);
        goto done;
    }
    result = add_secret(path, bytes, (size_t)length, contents, err);
done:
    if (bytes)
        explicit_bzero(bytes, limit + 1);
    free(bytes);
    close(fd);
    return result;
}

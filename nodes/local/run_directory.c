/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/launch.h"

/* Removed from one run at most: what we put there, and some that the job did. */
#define FILES_MAX 1000

static int fail(const char *name, struct error *err)
{
    enum error_code code = ERROR_IO;

    if (errno == ENOENT)
        code = ERROR_MISSING;
    else if (errno == EEXIST)
        code = ERROR_CONFLICT;
    else if (errno == ELOOP || errno == ENXIO || errno == EXDEV || errno == EAGAIN)
        code = ERROR_INVALID;
    else if (errno == EACCES || errno == EPERM)
        code = ERROR_FORBIDDEN;
    return error_set(err, code, "%s: %s", name, strerror(errno));
}

static int read_all(int file, size_t most, struct text *bytes)
{
    char piece[16384];
    ssize_t length;
    size_t total = 0;

    while ((length = read(file, piece, sizeof(piece))) != 0) {
        if (length < 0 && errno == EINTR)
            continue;
        if (length > 0)
            total += (size_t)length;
        if (total > most)
            errno = EFBIG;
        if (length < 0 || total > most)
            return -1;
        text_add_bytes(bytes, piece, (size_t)length);
    }
    return 0;
}

int run_directory_load(int directory, const char *name, size_t most, struct text *bytes,
                       struct error *err)
{
    struct stat stat;
    int result = -1;
    /* Without blocking, should it be a pipe, or leased. */
    int file =
        launch_open(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (file < 0)
        return fail(name, err);
    if (fstat(file, &stat) == 0 && !S_ISREG(stat.st_mode))
        error_set(err, ERROR_INVALID, "%s: not a plain file", name);
    else if (read_all(file, most, bytes) == 0)
        result = 0;
    else if (errno == EFBIG)
        error_set(err, ERROR_TOO_LARGE, "%s: over %zu bytes", name, most);
    else
        fail(name, err);
    close(file);
    return result;
}

static int write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t length = write(file, bytes, size);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -1;
        bytes += length;
        size -= (size_t)length;
    }
    return 0;
}

static int write_new(int directory, const char *name, unsigned int mode,
                     const struct text *bytes, bool durable)
{
    int file = openat(directory, name,
                      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    int result;

    if (file < 0)
        return -1;
    result = write_all(file, bytes->bytes, bytes->length);
    if (result == 0 && durable)
        result = fsync(file);
    if (close(file) < 0)
        result = -1;
    return result;
}

int run_directory_store(int directory, const char *name, unsigned int mode,
                        const struct text *bytes, struct error *err)
{
    return write_new(directory, name, mode, bytes, false) < 0 ? fail(name, err) : 0;
}

int run_directory_lock(int directory, const struct run_lock *lock, struct error *err)
{
    struct text bytes = TEXT_EMPTY;
    char name[64];
    int result = -1;

    /* link(2) fails where the lock is; a rename would take it away. */
    snprintf(name, sizeof(name), RUN_LOCK_FILE ".%d", (int)getpid());
    run_lock_format(lock, &bytes);
    unlinkat(directory, name, 0);
    if (write_new(directory, name, RUN_FILE_MODE, &bytes, true) < 0
        || linkat(directory, name, directory, RUN_LOCK_FILE, 0) < 0
        || fsync(directory) < 0)
        fail(RUN_LOCK_FILE, err);
    else
        result = 0;
    unlinkat(directory, name, 0);
    text_release(&bytes);
    return result;
}

bool run_directory_is_at(int directory, const char *path)
{
    struct stat held;
    struct stat found;

    return fstat(directory, &held) == 0 && stat(path, &found) == 0
           && held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

static bool is_others(int parent, const char *name)
{
    struct stat stat;

    return fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW) == 0
           && stat.st_uid != geteuid();
}

/* What its owner put there can take long to remove: that is the owner's to do. */
static void empty_and_remove(int parent, const char *name)
{
    int directory =
        openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *listing =
        is_others(parent, name) || directory < 0 ? NULL : fdopendir(directory);
    const struct dirent *entry;

    if (!listing && directory >= 0)
        close(directory);
    for (int i = 0; listing && i < FILES_MAX && (entry = readdir(listing)); i++)
        unlinkat(directory, entry->d_name, 0);
    if (listing)
        closedir(listing);
    unlinkat(parent, name, AT_REMOVEDIR);
}

void run_directory_remove(int parent, const char *name)
{
    char gone[NAME_MAX + 1];
    int length = snprintf(gone, sizeof(gone), "%s" RUN_DIRECTORY_GONE, name);

    if (length < 0 || (size_t)length >= sizeof(gone)
        || renameat(parent, name, parent, gone) < 0)
        return;
    empty_and_remove(parent, gone);
}

void run_directory_sweep(int parent)
{
    int directory = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = directory < 0 ? NULL : fdopendir(directory);
    const struct dirent *entry;

    while (listing && (entry = readdir(listing))) {
        const char *end = strstr(entry->d_name, RUN_DIRECTORY_GONE);

        if (end && end[sizeof(RUN_DIRECTORY_GONE) - 1] == '\0')
            empty_and_remove(parent, entry->d_name);
    }
    if (listing)
        closedir(listing);
    else if (directory >= 0)
        close(directory);
}

int run_directory_open_root(const char *path, bool is_shared, struct error *err)
{
    int runs;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    runs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (runs < 0 || (is_shared && fchmod(runs, 0711) < 0)) {
        error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        if (runs >= 0)
            close(runs);
        return -1;
    }
    return runs;
}

char *run_directory_absolute(const char *path)
{
    struct text whole = TEXT_EMPTY;
    char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);

    if (here)
        text_add_format(&whole, "%s/", here);
    free(here);
    text_add(&whole, path);
    return text_take(&whole);
}

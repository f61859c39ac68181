/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slurm/lease_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino
           && one->st_size == other->st_size
           && one->st_mtim.tv_sec == other->st_mtim.tv_sec
           && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec
           && one->st_ctim.tv_sec == other->st_ctim.tv_sec
           && one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

static bool find_known(struct lease_file *file, const struct stat *status,
                       struct lease *lease)
{
    bool is_found;

    if (pthread_mutex_trylock(&file->lock) != 0)
        return false;
    is_found = file->is_known && is_same(&file->seen, status);
    if (is_found)
        *lease = file->lease;
    pthread_mutex_unlock(&file->lock);
    return is_found;
}

static void keep(struct lease_file *file, const struct stat *status,
                 const struct lease *lease)
{
    if (pthread_mutex_trylock(&file->lock) != 0)
        return;
    file->seen = *status;
    file->lease = *lease;
    file->is_known = true;
    pthread_mutex_unlock(&file->lock);
}

static int check(const struct stat *status, struct error *err)
{
    if (!S_ISREG(status->st_mode))
        return error_set(err, ERROR_INVALID, "the lease is no regular file");
    if (status->st_mode & S_IWOTH)
        return error_set(err, ERROR_INVALID, "everybody may write the lease");
    if (status->st_size > LEASE_SIZE_MAX)
        return error_set(err, ERROR_INVALID, "the lease is larger than %d bytes",
                         LEASE_SIZE_MAX);
    return 0;
}

static int load(int descriptor, struct stat *status, struct lease *lease,
                struct error *err)
{
    char bytes[LEASE_SIZE_MAX + 1];
    ssize_t size;

    if (fstat(descriptor, status) < 0)
        return error_set(err, ERROR_IO, "the lease cannot be looked at");
    if (check(status, err) < 0)
        return -1;
    size = read(descriptor, bytes, sizeof(bytes));
    if (size < 0)
        return error_set(err, ERROR_IO, "the lease cannot be read");
    return lease_parse(bytes, (size_t)size, lease, err);
}

int lease_file_read(struct lease_file *file, struct lease *lease, struct error *err)
{
    struct stat status;
    int descriptor, result;

    /* Looked at before it is opened: opening alone does things to some devices. */
    if (stat(file->path, &status) < 0)
        return errno == ENOENT ? error_set(err, ERROR_MISSING, "there is no lease")
                               : error_set(err, ERROR_IO, "the lease is out of reach");
    if (find_known(file, &status, lease))
        return 0;
    if (check(&status, err) < 0)
        return -1;
    descriptor = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return error_set(err, ERROR_IO, "the lease cannot be opened");
    result = load(descriptor, &status, lease, err);
    close(descriptor);
    if (result == 0)
        keep(file, &status, lease);
    return result;
}

/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "queue/sqlite/database.h"

#define LOCK_FILE "penstock.lock"

const char *lock_network_name(long type)
{
    static const struct {
        unsigned long type;
        const char *name;
    } networks[] = {
        {0x6969, "NFS"},        {0x517b, "SMB"},       {0xff534d42, "CIFS"},
        {0xfe534d42, "SMB2"},   {0x01021997, "9p"},    {0x5346414f, "AFS"},
        {0x73757245, "Coda"},   {0x00c36400, "Ceph"},  {0x0bd00bd0, "Lustre"},
        {0x47504653, "GPFS"},   {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},
        {0x19830326, "BeeGFS"},
    };

    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++)
        if (networks[i].type == ((unsigned long)type & 0xffffffff))
            return networks[i].name;
    return NULL;
}

int lock_check_directory(const char *directory, struct error *err)
{
    struct statfs system;
    struct stat status;
    const char *network;

    if (stat(directory, &status) < 0 || statfs(directory, &system) < 0)
        return error_set(err, errno == ENOENT ? ERROR_MISSING : ERROR_IO,
                         "cannot use the directory %s: %s", directory, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INVALID, "%s is no directory", directory);
    network = lock_network_name((long)system.f_type);
    if (network)
        return error_set(err, ERROR_INVALID,
                         "%s is on %s: the store needs a file system of this machine",
                         directory, network);
    return 0;
}

static int fail_locked(int file, const char *directory, struct error *err)
{
    char pid[24];
    ssize_t size = read(file, pid, sizeof(pid) - 1);

    pid[size > 0 ? size : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    return error_set(err, ERROR_CONFLICT, "%s is in use by process %s", directory,
                     pid[0] ? pid : "unknown");
}

/* The pid is for people; the lock is what counts. */
static int write_pid(int file)
{
    char pid[24];
    int length = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());

    if (ftruncate(file, 0) < 0)
        return -1;
    return write(file, pid, (size_t)length) == length ? 0 : -1;
}

int lock_directory(const char *directory, struct error *err)
{
    char *path = database_path(directory, LOCK_FILE);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (file < 0) {
        error_set(err, ERROR_UNAVAILABLE, "cannot open %s: %s", path, strerror(errno));
        goto fail;
    }
    if (flock(file, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            fail_locked(file, directory, err);
        else
            error_set(err, ERROR_IO, "cannot lock %s: %s", path, strerror(errno));
        goto fail;
    }
    if (write_pid(file) < 0) {
        error_set(err, ERROR_UNAVAILABLE, "cannot write %s: %s", path, strerror(errno));
        goto fail;
    }
    free(path);
    return file;

fail:
    if (file >= 0)
        close(file);
    free(path);
    return -1;
}

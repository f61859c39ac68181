/* SPDX-License-Identifier: MIT */
#include "nodes/local/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_PREFIX "job-"
#define CPU_PERIOD  100000 /* microseconds, the kernel's own default */

static int write_file(int directory, const char *name, const char *text)
{
    int file = openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length = file < 0 ? -1 : write(file, text, strlen(text));

    if (file >= 0)
        close(file);
    return length < 0 ? -1 : 0;
}

/* A unit's own cgroup, into which systemd puts the unit's next process too. */
static bool is_unit(const char *path)
{
    static const char end[] = ".service";
    size_t length = strlen(path);

    return length >= sizeof(end) && strcmp(path + length - sizeof(end) + 1, end) == 0;
}

/* Our own cgroup, or the one above if we are in the child `name` already. */
static int open_own(const char *name, bool *is_shared)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    FILE *own = fopen("/proc/self/cgroup", "re");
    const struct mntent *mount = NULL;
    char line[PATH_MAX] = "";
    char path[2 * PATH_MAX] = "";
    char *last;

    while (own && strncmp(line, "0::/", 4) != 0 && fgets(line, sizeof(line), own))
        line[strcspn(line, "\n")] = '\0';
    while (mounts && (mount = getmntent(mounts)))
        if (strcmp(mount->mnt_type, "cgroup2") == 0)
            break;
    if (mount && strncmp(line, "0::/", 4) == 0)
        snprintf(path, sizeof(path), "%s%s", mount->mnt_dir, line + 3);
    *is_shared = is_unit(path);
    last = strrchr(path, '/');
    if (last && strcmp(last + 1, name) == 0)
        *last = '\0';
    if (mounts)
        endmntent(mounts);
    if (own)
        fclose(own);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int leave_for_child(int root, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/cgroup.procs", name);
    if (mkdirat(root, name, 0755) < 0 && errno != EEXIST)
        return -1;
    return write_file(root, path, "0");
}

int cgroup_open_root(const char *where, const char *name)
{
    static const char *const controllers[] = {"+cpu", "+memory", "+pids"};
    bool own = strcmp(where, "auto") == 0;
    bool is_shared = false;
    int root = -1;

    if (own)
        root = open_own(name, &is_shared);
    else if (strcmp(where, "none") != 0)
        root = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* The topmost one has no type, and was delegated to nobody. */
    if (root >= 0 && own
        && (faccessat(root, "cgroup.type", F_OK, 0) < 0
            || faccessat(root, "cgroup.procs", W_OK, AT_EACCESS) < 0
            || (!is_shared && leave_for_child(root, name) < 0))) {
        close(root);
        return -1;
    }
    for (size_t i = 0;
         root >= 0 && !is_shared && i < sizeof(controllers) / sizeof(*controllers); i++)
        write_file(root, "cgroup.subtree_control", controllers[i]);
    return root;
}

void cgroup_describe(int root, char *text, size_t size)
{
    char controllers[256] = "";
    int file = root < 0 ? -1
                        : openat(root, "cgroup.subtree_control",
                                 O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length = file < 0 ? 0 : read(file, controllers, sizeof(controllers) - 1);

    if (file >= 0)
        close(file);
    controllers[length > 0 ? length : 0] = '\0';
    controllers[strcspn(controllers, "\n")] = '\0';
    if (root < 0)
        snprintf(text, size, "process by process: no cgroup is delegated to us");
    else if (strstr(controllers, "memory") && strstr(controllers, "cpu"))
        snprintf(text, size, "by cgroups (%s)", controllers);
    else
        snprintf(text, size, "process by process: our cgroup has no controllers for %s",
                 strstr(controllers, "memory") ? "CPUs"
                 : strstr(controllers, "cpu")  ? "memory"
                                               : "memory and CPUs");
}

static void set_limits(int directory, const struct cgroup_limits *limits)
{
    char text[64];

    if (limits->memory > 0) {
        snprintf(text, sizeof(text), "%lld", (long long)limits->memory << 20);
        write_file(directory, "memory.max", text);
        write_file(directory, "memory.swap.max", "0");
        write_file(directory, "memory.oom.group", "1");
    }
    if (limits->cpus > 0) {
        snprintf(text, sizeof(text), "%lld %d", (long long)limits->cpus * CPU_PERIOD,
                 CPU_PERIOD);
        write_file(directory, "cpu.max", text);
    }
    if (limits->processes > 0) {
        snprintf(text, sizeof(text), "%lld", (long long)limits->processes);
        write_file(directory, "pids.max", text);
    }
}

int cgroup_make(int root, const char *name, const struct cgroup_limits *limits,
                struct cgroup *cgroup)
{
    char path[NAME_MAX + 1];

    *cgroup = CGROUP_NONE;
    snprintf(path, sizeof(path), NAME_PREFIX "%s", name);
    if (mkdirat(root, path, 0755) < 0 && errno != EEXIST)
        return -1;
    cgroup->directory =
        openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (cgroup->directory < 0)
        return -1;
    set_limits(cgroup->directory, limits);
    cgroup->kill = openat(cgroup->directory, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    cgroup->procs = openat(cgroup->directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (cgroup->procs >= 0)
        return 0;
    cgroup_close(cgroup);
    return -1;
}

void cgroup_close(struct cgroup *cgroup)
{
    if (cgroup->procs >= 0)
        close(cgroup->procs);
    if (cgroup->kill >= 0)
        close(cgroup->kill);
    if (cgroup->directory >= 0)
        close(cgroup->directory);
    *cgroup = CGROUP_NONE;
}

void cgroup_kill(int root, const char *name)
{
    char path[NAME_MAX + 32];

    snprintf(path, sizeof(path), NAME_PREFIX "%s/cgroup.kill", name);
    if (root >= 0)
        write_file(root, path, "1");
}

void cgroup_sweep(int root, int runs)
{
    int copy = root < 0 ? -1 : openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;

    while (listing && (entry = readdir(listing))) {
        const char *name = entry->d_name + strlen(NAME_PREFIX);

        if (strncmp(entry->d_name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0
            || faccessat(runs, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
            continue;
        cgroup_kill(root, name);
        unlinkat(root, entry->d_name, AT_REMOVEDIR);
    }
    if (listing)
        closedir(listing);
    else if (copy >= 0)
        close(copy);
}

/* SPDX-License-Identifier: MIT */
#include "nodes/local/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "nodes/local/run_files.h"

/* Above all that the runner is to find, so that none is overwritten before its turn. */
#define OUT_OF_THE_WAY 16

enum { INHERITED = 1 + CGROUP_DIRECTORY_DESCRIPTOR - RUN_NOTICE_DESCRIPTOR };

static void copy_files(const struct cgroup *cgroup, int notice, int copies[INHERITED])
{
    const int ours[INHERITED] = {notice, cgroup->procs, cgroup->kill,
                                 cgroup->directory};

    for (int i = 0; i < INHERITED; i++)
        copies[i] = ours[i] < 0 ? -1 : fcntl(ours[i], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
}

static int add_files(posix_spawn_file_actions_t *files, const int copies[INHERITED])
{
    int problem = 0;

    for (int i = 0; i <= STDERR_FILENO && problem == 0; i++)
        problem = posix_spawn_file_actions_addopen(files, i, "/dev/null", O_RDWR, 0);
    for (int i = 0; i < INHERITED && problem == 0; i++)
        problem =
            copies[i] < 0
                ? posix_spawn_file_actions_addclose(files, RUN_NOTICE_DESCRIPTOR + i)
                : posix_spawn_file_actions_adddup2(files, copies[i],
                                                   RUN_NOTICE_DESCRIPTOR + i);
    if (problem == 0)
        problem = posix_spawn_file_actions_addclosefrom_np(files, RUN_NOTICE_DESCRIPTOR
                                                                      + INHERITED);
    return problem;
}

static int add_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t ours;
    int problem;

    sigfillset(&all);
    /* Blocked until the runner takes them: one that came earlier would kill it. */
    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, RUN_PAUSE_SIGNAL);
    problem =
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF
                                                 | POSIX_SPAWN_SETSIGMASK);
    if (problem == 0)
        problem = posix_spawnattr_setsigdefault(attributes, &all);
    if (problem == 0)
        problem = posix_spawnattr_setsigmask(attributes, &ours);
    return problem;
}

static int spawn(char **arguments, const int copies[INHERITED], pid_t *runner)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    char *environment[] = {NULL};
    int problem;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    problem = add_files(&files, copies);
    if (problem == 0)
        problem = add_attributes(&attributes);
    if (problem == 0)
        problem = posix_spawn(runner, arguments[0], &files, &attributes, arguments,
                              environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

int spawn_runner(const char *program, const char *directory,
                 const struct cgroup *cgroup, pid_t *runner, int *notice,
                 struct error *err)
{
    char *arguments[] = {
        xstrdup(program),
        xstrdup("run"),
        xstrdup(directory),
        cgroup->procs < 0 ? NULL : xstrdup(CGROUP_ARGUMENT),
        NULL,
    };
    int copies[INHERITED];
    int ends[2];
    int problem;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        problem = errno;
    } else {
        copy_files(cgroup, ends[1], copies);
        problem = spawn(arguments, copies, runner);
        close(ends[1]);
        for (int i = 0; i < INHERITED; i++)
            if (copies[i] >= 0)
                close(copies[i]);
        if (problem == 0)
            *notice = ends[0];
        else
            close(ends[0]);
    }
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
        free(arguments[i]);
    return problem == 0 ? 0
                        : error_set(err, ERROR_IO, "cannot run %s: %s", program,
                                    strerror(problem));
}

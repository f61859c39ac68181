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

static int add_files(posix_spawn_file_actions_t *files, int notice)
{
    /* First, since the pipe may be one of the three below if ours were closed. */
    int problem =
        posix_spawn_file_actions_adddup2(files, notice, RUN_NOTICE_DESCRIPTOR);

    for (int i = 0; i <= STDERR_FILENO && problem == 0; i++)
        problem = posix_spawn_file_actions_addopen(files, i, "/dev/null", O_RDWR, 0);
    if (problem == 0)
        problem =
            posix_spawn_file_actions_addclosefrom_np(files, RUN_NOTICE_DESCRIPTOR + 1);
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

static int spawn(const char *program, const char *directory, int notice, pid_t *runner)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    char *arguments[] = {xstrdup(program), xstrdup(directory), NULL};
    char *environment[] = {NULL};
    int problem;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    problem = add_files(&files, notice);
    if (problem == 0)
        problem = add_attributes(&attributes);
    if (problem == 0)
        problem =
            posix_spawn(runner, program, &files, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    free(arguments[0]);
    free(arguments[1]);
    return problem;
}

int spawn_runner(const char *program, const char *directory, pid_t *runner, int *notice,
                 struct error *err)
{
    int ends[2];
    int problem;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno));
    problem = spawn(program, directory, ends[1], runner);
    close(ends[1]);
    if (problem == 0) {
        *notice = ends[0];
        return 0;
    }
    close(ends[0]);
    return error_set(err, ERROR_IO, "cannot run %s: %s", program, strerror(problem));
}

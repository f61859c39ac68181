/* SPDX-License-Identifier: MIT */
#include "nodes/local/launcher_command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nodes/local/cgroup.h"

#define NOTICE      3 /* RUN_NOTICE_DESCRIPTOR */
#define ABOVE_OURS  16
#define PROCS       (CGROUP_DIRECTORY_DESCRIPTOR + 1)
#define COMMAND_END (CGROUP_DIRECTORY_DESCRIPTOR + 2)

enum { FILES = COMMAND_END - NOTICE + 1 };

/* What is open for them now, out of the way of where it belongs. */
static void copy_files(int notice, int cgroup, const int ends[2], int copies[FILES])
{
    const int ours[FILES] = {
        notice,
        ends[0],
        openat(cgroup, "cgroup.kill", O_WRONLY | O_CLOEXEC),
        cgroup,
        /* The kernel goes by the rights of whoever opened it. */
        openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC),
        ends[1],
    };

    for (int i = 0; i < FILES; i++)
        copies[i] = fcntl(ours[i], F_DUPFD_CLOEXEC, ABOVE_OURS);
}

int launcher_command_arrange(int notice, int cgroup)
{
    int ends[2] = {-1, -1};
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int copies[FILES];

    if (cgroup >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    copy_files(notice, cgroup, ends, copies);
    if (dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0)
        return -1;
    close_range(NOTICE, ABOVE_OURS - 1, 0);
    for (int i = 0; i < FILES; i++)
        dup2(copies[i], NOTICE + i);
    close_range(NOTICE + FILES, ~0U, 0);
    return 0;
}

static _Noreturn void become_command(const char *program, char *const arguments[])
{
    char *environment[] = {NULL};
    char moved;

    setpgid(0, 0);
    close(PROCS);
    close(CGROUP_KILL_DESCRIPTOR);
    close(NOTICE);
    if (dup2(COMMAND_END, CGROUP_PROCS_DESCRIPTOR) < 0 || close(COMMAND_END) < 0
        || read(CGROUP_PROCS_DESCRIPTOR, &moved, 1) != 1)
        _exit(EXIT_FAILURE);
    execve(program, arguments, environment);
    _exit(EXIT_FAILURE);
}

pid_t launcher_command_fork(const char *program, char *const arguments[])
{
    char text[16];
    pid_t child = fork();
    int length;

    if (child == 0)
        become_command(program, arguments);
    close(COMMAND_END);
    length = snprintf(text, sizeof(text), "%d", (int)child);
    /* A child that nobody has waited for keeps its number, dead or alive. */
    if (child < 0 || write(PROCS, text, (size_t)length) != length
        || write(CGROUP_PROCS_DESCRIPTOR, "", 1) != 1)
        return -1;
    close(PROCS);
    return child;
}

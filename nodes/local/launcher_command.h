/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_LAUNCHER_COMMAND_H
#define NODES_LOCAL_LAUNCHER_COMMAND_H

#include <sys/types.h>

/*
 * The part of the launcher that sees to descriptors, and to the process that becomes a
 * job's command. Root's cgroup.procs moves whatever process it is told to, so no
 * program that its owner may debug ever has it open: the command's process is made, and
 * put into its cgroup, before the runner is the owner's.
 */

/*
 * Leave open what the runner finds (run_files.h, cgroup.h), with `cgroup` also what
 * launcher_command_fork() needs; standard files are /dev/null; all else is closed. -1
 * with errno.
 */
int launcher_command_arrange(int notice, int cgroup);

/*
 * In a process that has the owner's rights, but that the owner may not debug yet, as it
 * changed its user and has run no other program since: make a child in the cgroup, that
 * runs `program` with `arguments`. Its pid, or -1 with errno.
 */
pid_t launcher_command_fork(const char *program, char *const arguments[]);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RUNNER_COMMAND_H
#define NODES_LOCAL_RUNNER_COMMAND_H

#include <signal.h>
#include <sys/types.h>

#include "base/error.h"
#include "nodes/local/cgroup.h"
#include "nodes/local/run_files.h"

/*
 * The job's command as a child of the runner: in a process group of its own, in its
 * directory, with its files, nothing else open, signals as they are by default, and
 * dying with the runner.
 */
struct runner_command {
    pid_t pid;
    int failure; /* readable: see runner_command_began; -1 after that */
};

/*
 * `script` is the path of the job's script, when the spec says that it has one. Output
 * goes to plain files, pipes that somebody reads, terminals, and the devices null, zero
 * and full; to nothing else.
 */
int runner_command_start(struct runner_command *command, const struct run_spec *spec,
                         const char *script, const struct cgroup *cgroup,
                         struct error *err);

/*
 * The same by a child that is in the job's cgroup already, and waits at the other end
 * of `socket`, which is the command's from now on. See cgroup.h.
 */
int runner_command_wake(struct runner_command *command, pid_t waiting, int socket,
                        struct error *err);

/*
 * Be that child: wait for the runner's word, and become the command, or end. `spec`
 * NULL: it could not be read.
 */
_Noreturn void runner_command_await(const struct run_spec *spec, const char *script,
                                    const struct cgroup *cgroup, int socket);

/*
 * To be called once `failure` is readable or the command has ended: 0 if it runs or
 * ran. -1, and `err` says in a sentence for the job's owner what could not be had.
 */
int runner_command_began(struct runner_command *command, const struct run_spec *spec,
                         struct error *err);

/* Send a signal to the command and its process group, stopped ones included. */
void runner_command_signal(const struct runner_command *command, int signal);

#endif

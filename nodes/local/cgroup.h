/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_CGROUP_H
#define NODES_LOCAL_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

/*
 * A cgroup (version 2) for each job, in a directory that is ours to make them in. It
 * holds the job's command and whatever that starts, not its runner. Nothing but libc,
 * as the launcher uses it. The files are the kernel's: Documentation/admin-guide/
 * cgroup-v2.rst.
 *
 * Where there is none, or a controller is missing, jobs run without: see
 * runner_limits.h.
 */

/*
 * What a runner finds open when its arguments say CGROUP_ARGUMENT. Whoever has a file
 * of cgroup.procs moves processes by the rights of who opened it, the daemon. Of a
 * runner that the launcher started, the first is a socket instead: its other end is of
 * a child of the runner that is in the cgroup already, `penstock-runner command`, and
 * becomes the command when it is told by one byte. Its pid follows CGROUP_ARGUMENT.
 */
#define CGROUP_PROCS_DESCRIPTOR     4
#define CGROUP_KILL_DESCRIPTOR      5
#define CGROUP_DIRECTORY_DESCRIPTOR 6
#define CGROUP_ARGUMENT             "cgroup"
#define CGROUP_COMMAND_VERB         "command"

struct cgroup {
    int procs; /* cgroup.procs; -1: there is no cgroup */
    int kill;  /* cgroup.kill; -1: the kernel is older than 5.14 */
    int directory;
};

#define CGROUP_NONE ((struct cgroup){-1, -1, -1})

struct cgroup_limits {
    int64_t memory; /* MiB; 0: no limit */
    int32_t cpus;   /* 0: no limit */
    int64_t processes;
};

/*
 * The directory to make cgroups in: `where` is one, or "none", or "auto" for our own
 * cgroup if it was delegated to us. Then we move into a child of it, `name`, since
 * only a cgroup without processes may have children with controllers. We stay, and do
 * without controllers, in a unit's own cgroup: systemd before 254 could not start the
 * unit again while jobs run. -1: there is none.
 */
int cgroup_open_root(const char *where, const char *name);

/*
 * What jobs are held to there, in words that follow "jobs are held to their limits".
 * `root` may be -1.
 */
void cgroup_describe(int root, char *text, size_t size);

/* Make "job-NAME" with its limits. -1, with errno, and there is none. */
int cgroup_make(int root, const char *name, const struct cgroup_limits *limits,
                struct cgroup *cgroup);
void cgroup_close(struct cgroup *cgroup);

/* Kill all that is in "job-NAME". */
void cgroup_kill(int root, const char *name);

/* End all cgroups of runs whose directory in `runs` is no more. -1 is no root. */
void cgroup_sweep(int root, int runs);

#endif

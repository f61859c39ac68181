/* SPDX-License-Identifier: MIT */

/*
 * penstock-launcher, the only program that is root: it starts penstock-runner as the
 * owner of a run, and can do nothing else. See launch.h and docs/rights.md.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nodes/local/cgroup.h"
#include "nodes/local/launch.h"
#include "nodes/local/launcher_command.h"

#define LOOK_UP_S       60 /* for who a user is, asked of a directory in the network */
#define GROUPS_MAX      65536
#define DESCRIPTORS_MAX 4
#define NOTICE          3 /* RUN_NOTICE_DESCRIPTOR */
/* With a client that says nothing, and until ended children are looked for. */
static const struct timeval patience = {5, 0};

struct launcher {
    const char *socket, *path, *runner;
    uint64_t uid_min, processes_max;
    uid_t daemon;
    gid_t group;
    int state; /* the directory at `path` */
};

struct job {
    struct launch_request request;
    int notice, cgroup; /* that came with it; the second may be -1 */
    int runs, run;      /* directories: of all, and of this one */
};

static int complain(const char *what)
{
    int problem = errno;

    fprintf(stderr, "penstock-launcher: %s: %s\n", what, strerror(problem));
    return problem;
}

/* In the child: tell the daemon what cannot be had, and end. */
static _Noreturn void give_up(const char *what)
{
    char text[200];
    int length = snprintf(text, sizeof(text), "f%s: %s", what, strerror(errno));

    _exit(write(NOTICE, text, (size_t)length) < 0 ? 2 : EXIT_FAILURE);
}

/* Whatever ours are: systemd's, or those of an administrator's shell. */
static void set_limits(rlim_t processes)
{
    const rlim_t none = RLIM_INFINITY; /* cores and priorities stay 0 */
    const struct rlimit limits[RLIM_NLIMITS] = {
        [RLIMIT_NOFILE] = {1024, 524288},     [RLIMIT_NPROC] = {processes, processes},
        [RLIMIT_STACK] = {8 << 20, none},     [RLIMIT_MEMLOCK] = {8 << 20, 8 << 20},
        [RLIMIT_SIGPENDING] = {65536, 65536}, [RLIMIT_MSGQUEUE] = {819200, 819200},
        [RLIMIT_RTTIME] = {none, none},       [RLIMIT_CPU] = {none, none},
        [RLIMIT_FSIZE] = {none, none},        [RLIMIT_DATA] = {none, none},
        [RLIMIT_RSS] = {none, none},          [RLIMIT_AS] = {none, none},
        [RLIMIT_LOCKS] = {none, none},
    };

    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit = limits[i], now = limit;

        getrlimit((__rlimit_resource_t)i, &now); /* a container's root may not raise */
        limit.rlim_max = now.rlim_max < limit.rlim_max ? now.rlim_max : limit.rlim_max;
        if (limit.rlim_cur > limit.rlim_max)
            limit.rlim_cur = limit.rlim_max;
        if (setrlimit((__rlimit_resource_t)i, &limits[i]) < 0
            && setrlimit((__rlimit_resource_t)i, &limit) < 0)
            give_up("its limits");
    }
}

static bool is_subset(const gid_t *some, int count, const gid_t *all, int all_count)
{
    for (int i = 0, j; i < count; i++) {
        for (j = 0; j < all_count && all[j] != some[i]; j++)
            continue;
        if (j == all_count)
            return false;
    }
    return true;
}

/* Become the user, with all of the user's groups and none of ours, and prove it. */
static void drop_rights(uid_t uid)
{
    static gid_t wanted[GROUPS_MAX], found[GROUPS_MAX];
    int want = GROUPS_MAX, count;
    const struct passwd *user;
    id_t ids[3];

    errno = ENOENT;
    alarm(LOOK_UP_S);
    user = getpwuid(uid);
    if (!user || user->pw_uid != uid)
        give_up("there is no such user");
    assert(user);
    if (getgrouplist(user->pw_name, user->pw_gid, wanted, &want) < 0
        || initgroups(user->pw_name, user->pw_gid) < 0
        || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0
        || setresuid(uid, uid, uid) < 0)
        give_up("the rights and groups of the user");
    alarm(0);
    count = getgroups(GROUPS_MAX, found);
    errno = EPERM;
    if (getresuid(&ids[0], &ids[1], &ids[2]) < 0 || ids[0] != uid || ids[1] != uid
        || ids[2] != uid || getresgid(&ids[0], &ids[1], &ids[2]) < 0
        || ids[0] != user->pw_gid || ids[1] != ids[0] || ids[2] != ids[0]
        || setuid(0) == 0 || setgid(0) == 0 || count < 0
        || !is_subset(wanted, want, found, count)
        || !is_subset(found, count, wanted, want))
        give_up("the user's rights are not as they should be");
}

static _Noreturn void become_runner(const struct launcher *launcher,
                                    const struct job *job, const char *name)
{
    bool is_run = job->request.verb == LAUNCH_RUN;
    char path[4096], own[] = "penstock-runner", command[] = CGROUP_COMMAND_VERB;
    char cgroup[] = CGROUP_ARGUMENT, waiting[16];
    char *arguments[] = {
        own, strdup(launch_verb_name(job->request.verb)), path, NULL, NULL, NULL};
    char *of_command[] = {own, command, path, cgroup, NULL};
    pid_t child;
    char *environment[] = {NULL};
    int memory = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    /* That the run was made is known after a crash of the machine, too. */
    if ((is_run && (fsync(job->run) < 0 || fsync(job->runs) < 0))
        || write(memory, "0", 1) < 0 || setsid() < 0 || chdir("/") < 0)
        _exit(EXIT_FAILURE);
    umask(022);
    snprintf(path, sizeof(path), "%s/runs/%s", launcher->path, name);
    if (launcher_command_arrange(job->notice, job->cgroup) < 0)
        _exit(EXIT_FAILURE);
    /* Errands too end what a user's processes have come to. */
    set_limits(is_run ? launcher->processes_max : RLIM_INFINITY);
    drop_rights(job->request.uid);
    if (job->cgroup >= 0) {
        if ((child = launcher_command_fork(launcher->runner, of_command)) < 0)
            give_up("a process in the job's cgroup");
        snprintf(waiting, sizeof(waiting), "%d", (int)child);
        arguments[3] = cgroup;
        arguments[4] = waiting;
    }
    execve(launcher->runner, arguments, environment);
    give_up(launcher->runner);
}

/* A run passes to its owner once: a second request finds it no longer the daemon's. */
static int take_run(const struct launcher *launcher, struct job *job, const char *name)
{
    const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool is_run = job->request.verb == LAUNCH_RUN;
    uid_t owner = job->request.uid;
    struct stat stat;

    errno = EPERM;
    if (owner == 0 || owner < launcher->uid_min || owner == launcher->daemon
        || owner == (uid_t)-1 || (job->runs = openat(launcher->state, "runs", how)) < 0
        || (job->run = launch_open_run(job->runs, name)) < 0
        || fstat(job->run, &stat) < 0)
        return -1;
    errno = EPERM;
    if (stat.st_uid != (is_run ? launcher->daemon : owner))
        return -1;
    /* Its owner's last: should we die in between, it is one that never ran. */
    if (is_run
        && (fchmod(job->run, 02770) < 0
            || fchown(job->run, owner, launcher->group) < 0))
        return -1;
    return 0;
}

static pid_t start(const struct launcher *launcher, struct job *job)
{
    char name[64];
    pid_t child;

    snprintf(name, sizeof(name), LAUNCH_NAME_FORMAT "%s",
             (long long)job->request.job_id, (int)job->request.attempt,
             job->request.verb == LAUNCH_REMOVE ? ".gone" : "");
    if (take_run(launcher, job, name) < 0)
        return -1;
    child = fork();
    if (child == 0)
        become_runner(launcher, job, name);
    return child;
}

static bool is_for_notices(int file)
{
    struct stat stat;

    return fstat(file, &stat) == 0 && S_ISFIFO(stat.st_mode)
           && (fcntl(file, F_GETFL) & O_ACCMODE) == O_WRONLY;
}

static bool is_cgroup(int file, uid_t daemon)
{
    struct statfs system;
    struct stat stat;

    return fstatfs(file, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC
           && fstat(file, &stat) == 0 && S_ISDIR(stat.st_mode) && stat.st_uid == daemon;
}

/* To how many descriptors that came; those that did not fit the kernel has closed. */
static int collect(struct msghdr *message, int files[DESCRIPTORS_MAX])
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    size_t size = part ? part->cmsg_len - CMSG_LEN(0) : 0;

    if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
        return 0;
    memcpy(files, CMSG_DATA(part), size);
    return (int)(size / sizeof(int));
}

/* Take one request with its descriptors; what came with none is closed. */
static int receive(int client, uid_t daemon, struct job *job)
{
    char bytes[sizeof(job->request) + 1];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    struct iovec piece = {bytes, sizeof(bytes)};
    struct msghdr message = {NULL, 0, &piece, 1, control, sizeof(control), 0};
    ssize_t length = recvmsg(client, &message, MSG_CMSG_CLOEXEC);
    int files[DESCRIPTORS_MAX];
    int count = length < 0 ? 0 : collect(&message, files);

    if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && count > 0
        && launch_request_parse(bytes, (size_t)length, &job->request) == 0
        && is_for_notices(files[0])
        && (count == 1
            || (count == 2 && job->request.verb == LAUNCH_RUN
                && is_cgroup(files[1], daemon)))) {
        job->notice = files[0];
        job->cgroup = count == 2 ? files[1] : -1;
        return 0;
    }
    for (int i = 0; i < count; i++)
        close(files[i]);
    return -1;
}

static void answer(int client, pid_t child, int problem)
{
    struct launch_reply reply = {LAUNCH_MAGIC, LAUNCH_VERSION, 0, problem};
    int process = child > 0 ? pidfd_open(child, 0) : -1;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct cmsghdr part = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    struct iovec piece = {&reply, sizeof(reply)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (process >= 0) {
        message.msg_control = memcpy(control, &part, sizeof(part));
        message.msg_controllen = sizeof(control);
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &process, sizeof(int));
    }
    sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(process);
}

static void serve(const struct launcher *launcher, int client)
{
    struct job job = {.notice = -1, .cgroup = -1, .runs = -1, .run = -1};
    struct ucred peer;
    socklen_t size = sizeof(peer);
    pid_t child;

    errno = EPERM;
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0
        || peer.uid != launcher->daemon
        || receive(client, launcher->daemon, &job) < 0) {
        complain("dropped what is no request of the daemon's");
        return;
    }
    child = start(launcher, &job);
    answer(client, child, child < 0 ? complain(launch_verb_name(job.request.verb)) : 0);
    close(job.notice);
    close(job.cgroup);
    close(job.runs);
    close(job.run);
}

static int listen_at(const struct launcher *launcher)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const size_t size = sizeof(address.sun_path);

    errno = ENAMETOOLONG;
    if (listener < 0
        || snprintf(address.sun_path, size, "%s", launcher->socket) >= (int)size)
        return -1;
    errno = EADDRINUSE;
    if (connect(listener, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return -1;
    unlink(launcher->socket);
    umask(0177);
    if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0
        || chown(launcher->socket, 0, launcher->group) < 0
        || chmod(launcher->socket, 0660) < 0 || listen(listener, SOMAXCONN) < 0)
        return -1;
    return listener;
}

static int read_arguments(int count, char **arguments, struct launcher *launcher)
{
    enum { SOCKET, STATE, RUNNER, USER, UID_MIN, PROCESSES, OPTIONS };
    static const struct option options[] = {
        {"socket", 1, 0, SOCKET},
        {"state-dir", 1, 0, STATE},
        {"runner", 1, 0, RUNNER},
        {"user", 1, 0, USER},
        {"uid-min", 1, 0, UID_MIN},
        {"max-processes", 1, 0, PROCESSES},
        {0},
    };
    const char *values[OPTIONS] = {
        [USER] = "penstock", [UID_MIN] = "1000", [PROCESSES] = "16384"};
    const struct passwd *user;
    uint64_t numbers[2];
    int option;

    while ((option = getopt_long(count, arguments, "", options, NULL)) >= 0) {
        if (option >= OPTIONS)
            return -1;
        values[option] = optarg;
    }
    errno = EINVAL;
    if (optind < count || !values[SOCKET] || !values[STATE] || !values[RUNNER]
        || values[STATE][0] != '/' || values[RUNNER][0] != '/'
        || launch_number_parse(values[UID_MIN], LAUNCH_UID_MAX, &numbers[0]) < 0
        || launch_number_parse(values[PROCESSES], LAUNCH_PROCESSES_MAX, &numbers[1])
               < 0)
        return -1;
    user = getpwnam(values[USER]);
    if (!user || user->pw_uid == 0)
        return -1;
    *launcher = (struct launcher){
        .socket = values[SOCKET],
        .path = values[STATE],
        .runner = values[RUNNER],
        .daemon = user->pw_uid,
        .group = user->pw_gid,
        .uid_min = numbers[0],
        .processes_max = numbers[1],
    };
    launcher->state = open(launcher->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return launcher->state < 0 || access(launcher->runner, X_OK) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct launcher launcher;
    int listener;

    if (read_arguments(argc, argv, &launcher) < 0
        || (listener = listen_at(&launcher)) < 0
        || setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))
               < 0) {
        complain("--socket, --state-dir, --runner, --user or a number");
        return 2;
    }
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (client >= 0) {
            serve(&launcher, client);
            close(client);
        }
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
    }
}

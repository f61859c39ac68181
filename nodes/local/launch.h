/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_LAUNCH_H
#define NODES_LOCAL_LAUNCH_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What the daemon and the launcher say to each other: one request on one connection of
 * a SOCK_SEQPACKET socket, and one reply. Nothing but libc, since the launcher is root.
 *
 * A request comes with a descriptor by SCM_RIGHTS: the end to write to of a pipe, on
 * which the program that it starts says how it fares (see run_files.h). RUN may bring a
 * second: the directory of a cgroup (version 2) of the daemon's, for the job. The
 * reply, if all went well, brings a pidfd of the program. A request that is malformed
 * gets no reply at all.
 */

#define LAUNCH_MAGIC         0x6b74736eU
#define LAUNCH_VERSION       1
#define LAUNCH_UID_MIN       1000             /* no jobs of users below */
#define LAUNCH_UID_NOBODY    65534            /* nor of him, who is many */
#define LAUNCH_UID_MAX       (UINT32_MAX - 1) /* the last one means nobody */
#define LAUNCH_PROCESSES_MAX (1 << 22)        /* the kernel has no more */
/* The same name as attempt_format_name() has, of a run's directory and its cgroup. */
#define LAUNCH_NAME_FORMAT "%lld.%d"

/* Verbs, which are those of penstock-runner too. */
enum launch_verb {
    LAUNCH_RUN = 1, /* a run, whose directory passes from the daemon to its owner */
    LAUNCH_STOP,    /* tell its runner to stop it, */
    LAUNCH_PAUSE,   /* or to pause it */
    LAUNCH_SWEEP,   /* end what is left of it once its runner is gone */
    LAUNCH_REMOVE,  /* empty its directory, which was renamed to NAME.gone */
    LAUNCH_VERBS
};

struct launch_request {
    uint32_t magic;
    uint16_t version;
    uint16_t verb;
    int64_t job_id;
    int32_t attempt;
    uint32_t uid;              /* of the job's owner */
    unsigned char reserved[8]; /* zero */
};

struct launch_reply {
    uint32_t magic;
    uint16_t version;
    uint16_t reserved;
    int32_t problem; /* 0, or an errno; EPERM: there is no such run of that user's */
};

_Static_assert(sizeof(struct launch_request) == 32, "the same in every build");
_Static_assert(sizeof(struct launch_reply) == 12, "the same in every build");

/* Whether these bytes are a request, and if so copy it. Pure. */
static inline int launch_request_parse(const void *bytes, size_t size,
                                       struct launch_request *request)
{
    struct launch_request found;

    if (size != sizeof(found))
        return -1;
    memcpy(&found, bytes, sizeof(found));
    for (size_t i = 0; i < sizeof(found.reserved); i++)
        if (found.reserved[i] != 0)
            return -1;
    if (found.magic != LAUNCH_MAGIC || found.version != LAUNCH_VERSION
        || found.verb < LAUNCH_RUN || found.verb >= LAUNCH_VERBS || found.job_id <= 0
        || found.attempt <= 0)
        return -1;
    *request = found;
    return 0;
}

/* A number of an option: digits alone, from 1 to `most`. -1: it is none. Pure. */
static inline int launch_number_parse(const char *text, uint64_t most, uint64_t *number)
{
    uint64_t found = 0;

    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || found > most / 10)
            return -1;
        found = 10 * found + (uint64_t)(*at - '0');
    }
    if (found == 0 || found > most)
        return -1;
    *number = found;
    return 0;
}

/*
 * openat(2), but -1 with EXDEV if something is mounted there: FUSE lets users do that
 * to what is theirs, and opening it could take for ever.
 */
static inline int launch_open(int directory, const char *name, int flags)
{
    const struct open_how how = {.flags = (unsigned int)flags,
                                 .resolve = RESOLVE_NO_XDEV};
    int file = (int)syscall(SYS_openat2, directory, name, &how, sizeof(how));

    return file < 0 && errno == ENOSYS ? openat(directory, name, flags) : file;
}

/* The open directory of a run, or -1 with errno. */
static inline int launch_open_run(int runs, const char *name)
{
    return launch_open(runs, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The name by which penstock-runner knows a verb. */
static inline const char *launch_verb_name(unsigned int verb)
{
    static const char *const names[LAUNCH_VERBS] = {
        [LAUNCH_RUN] = "run",     [LAUNCH_STOP] = "stop",     [LAUNCH_PAUSE] = "pause",
        [LAUNCH_SWEEP] = "sweep", [LAUNCH_REMOVE] = "remove",
    };

    return names[verb];
}

#endif

/* SPDX-License-Identifier: MIT */
#include "nodes/local/leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "nodes/local/run_files.h"

#define ENVIRONMENT_MAX (8 << 20)
#define STOPS_MAX       20

struct search {
    const struct leftovers *leftovers;
    bool session_is_known;
    char mark[sizeof(RUN_TOKEN_VARIABLE) + 1 + RUN_TOKEN_LENGTH];
    size_t mark_size; /* with its NUL; 0: no token */
    int signal;       /* to send: SIGSTOP only to those that are active */
    size_t found;
    bool has_failed; /* for lack of descriptors or the like: nothing is proven */
};

bool leftovers_is_owned(pid_t pid, uid_t uid)
{
    char path[64];
    struct stat stat;

    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    return lstat(path, &stat) == 0 && stat.st_uid == uid;
}

/* False only if trying again may help: a process may have gone, or hide what it has. */
static bool load_environment(pid_t pid, struct text *environment)
{
    char path[64];
    char piece[16384];
    ssize_t length;
    int file;

    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT || errno == ESRCH || errno == EACCES || errno == EPERM;
    while (environment->length < ENVIRONMENT_MAX
           && (length = read(file, piece, sizeof(piece))) > 0)
        text_add_bytes(environment, piece, (size_t)length);
    close(file);
    return true;
}

static bool has_mark(struct search *search, pid_t pid)
{
    struct text environment = TEXT_EMPTY;
    const char *at;
    bool found = false;

    if (search->mark_size == 0)
        return false;
    if (!load_environment(pid, &environment))
        search->has_failed = true;
    at = memmem(environment.bytes, environment.length + 1, search->mark,
                search->mark_size);
    found = at && (at == environment.bytes || at[-1] == '\0');
    text_release(&environment);
    return found;
}

static bool is_leftover(struct search *search, const struct run_process_stat *stat)
{
    const struct leftovers *leftovers = search->leftovers;

    if (stat->state == 'Z' || stat->pid == getpid() || stat->session == getsid(0)
        || !leftovers_is_owned(stat->pid, leftovers->uid))
        return false;
    if (search->session_is_known && stat->session == (pid_t)leftovers->runner.pid
        && stat->start_ticks >= leftovers->runner.start_ticks)
        return true;
    return has_mark(search, stat->pid);
}

static void on_process(const struct run_process_stat *stat, void *context)
{
    struct search *search = context;
    struct error err = {0};

    if ((search->signal == SIGSTOP && !run_process_is_active(stat))
        || !is_leftover(search, stat))
        return;
    if (run_process_signal(stat, search->signal, &err) == 0)
        search->found++;
    else if (err.code == ERROR_UNAVAILABLE)
        search->has_failed = true;
}

/* A session keeps its number from being given away for as long as it has members; if
 * another process bears it now, the session of the runner is empty. */
static bool is_session_known(const struct run_process *runner)
{
    struct run_process_stat stat;

    if (runner->pid == 0)
        return false;
    return run_process_stat((pid_t)runner->pid, &stat, NULL) < 0
           || stat.start_ticks == runner->start_ticks;
}

static size_t signal_all(struct search *search, int signal)
{
    search->signal = signal;
    search->found = 0;
    if (run_process_each(on_process, search, NULL) < 0)
        search->has_failed = true;
    return search->found;
}

size_t leftovers_kill(const struct leftovers *leftovers)
{
    struct search search = {
        .leftovers = leftovers,
        .session_is_known = is_session_known(&leftovers->runner),
    };

    if (strlen(leftovers->token) == RUN_TOKEN_LENGTH)
        search.mark_size = (size_t)snprintf(search.mark, sizeof(search.mark),
                                            RUN_TOKEN_VARIABLE "=%s", leftovers->token)
                           + 1;
    for (int i = 0; i < STOPS_MAX && signal_all(&search, SIGSTOP) > 0; i++)
        continue;
    signal_all(&search, SIGKILL);
    return search.has_failed ? SIZE_MAX : search.found;
}

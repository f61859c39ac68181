/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

int run_process_read(const char *path, char *text, size_t size, struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (file < 0)
        return error_set(err, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "%s: %s",
                         path, strerror(errno));
    do
        length = read(file, text, size - 1);
    while (length < 0 && errno == EINTR);
    close(file);
    if (length <= 0)
        return error_set(err, ERROR_MISSING, "%s: nothing in it", path);
    text[length] = '\0';
    return 0;
}

/* Fields of /proc/PID/stat, as proc(5) numbers them. */
enum {
    FIELD_PARENT = 4,
    FIELD_SESSION = 6,
    FIELD_USER = 14, /* ticks of its own; so for the next */
    FIELD_SYSTEM = 15,
    FIELD_REAPED_USER = 16, /* of children that it has waited for; so for the next */
    FIELD_REAPED_SYSTEM = 17,
    FIELD_START = 22,
    FIELDS
};

/* Some ten thousand CPUs for thirty years; in milliseconds it is below 2^63. */
#define TICKS_MAX (INT64_C(1) << 50)

/* Not negative, nor beyond any time, whatever the file says. */
static int64_t sum_ticks(const int64_t *fields)
{
    int64_t sum = 0;

    for (int i = FIELD_USER; i <= FIELD_REAPED_SYSTEM; i++)
        if (fields[i] > 0 && fields[i] < TICKS_MAX)
            sum += fields[i];
    return sum;
}

int run_process_stat_parse(const char *text, struct run_process_stat *stat,
                           struct error *err)
{
    const char *at = strrchr(text, ')');
    int64_t fields[FIELDS] = {0};

    if (!at || at[1] != ' ' || at[2] == '\0')
        return error_set(err, ERROR_INVALID, "a malformed stat of a process");
    at += 3;
    for (int i = FIELD_PARENT; i < FIELDS; i++) {
        char *end;

        errno = 0;
        fields[i] = strtoll(at, &end, 10);
        if (end == at || errno != 0)
            return error_set(err, ERROR_INVALID, "a malformed stat of a process");
        at = end;
    }
    *stat = (struct run_process_stat){
        .pid = (pid_t)strtol(text, NULL, 10),
        .state = strrchr(text, ')')[2],
        .parent = (pid_t)fields[FIELD_PARENT],
        .session = (pid_t)fields[FIELD_SESSION],
        .start_ticks = fields[FIELD_START],
        .cpu_ms = sum_ticks(fields) * 1000 / sysconf(_SC_CLK_TCK),
    };
    return 0;
}

int run_process_stat(pid_t pid, struct run_process_stat *stat, struct error *err)
{
    char path[64];
    char text[1024];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (run_process_read(path, text, sizeof(text), err) < 0)
        return -1;
    return run_process_stat_parse(text, stat, err);
}

int run_process_boot_id(char boot_id[RUN_BOOT_ID_LENGTH + 1], struct error *err)
{
    char text[RUN_BOOT_ID_LENGTH + 2];

    if (run_process_read("/proc/sys/kernel/random/boot_id", text, sizeof(text), err)
        < 0)
        return -1;
    text[strcspn(text, "\n")] = '\0';
    if (strlen(text) != RUN_BOOT_ID_LENGTH)
        return error_set(err, ERROR_IO, "the boot id is malformed");
    memcpy(boot_id, text, RUN_BOOT_ID_LENGTH + 1);
    return 0;
}

pid_t run_process_of(int pidfd)
{
    static const char key[] = "\nPid:\t";
    char path[64];
    char text[1024];
    const char *at;
    long pid;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
    if (run_process_read(path, text, sizeof(text), NULL) < 0)
        return 0;
    at = strstr(text, key);
    pid = at ? strtol(at + sizeof(key) - 1, NULL, 10) : 0;
    return pid > 0 ? (pid_t)pid : 0;
}

int run_process_self(struct run_process *self, struct error *err)
{
    struct run_process found = {0};
    struct run_process_stat stat;

    if (run_process_stat(getpid(), &stat, err) < 0
        || run_process_boot_id(found.boot_id, err) < 0)
        return -1;
    found.pid = getpid();
    found.start_ticks = stat.start_ticks;
    *self = found;
    return 0;
}

bool run_process_is_active(const struct run_process_stat *stat)
{
    return !strchr("TtZX", stat->state);
}

int run_process_signal(const struct run_process_stat *stat, int signal,
                       struct error *err)
{
    struct run_process_stat again;
    int result = -1;
    /* Hold it, then look whether it is still the one. */
    int process = pidfd_open(stat->pid, 0);

    if (process < 0)
        return error_set(err, errno == ESRCH ? ERROR_MISSING : ERROR_UNAVAILABLE,
                         "process %d: %s", (int)stat->pid, strerror(errno));
    if (run_process_stat(stat->pid, &again, NULL) < 0
        || again.start_ticks != stat->start_ticks)
        error_set(err, ERROR_MISSING, "process %d is gone", (int)stat->pid);
    else if (pidfd_send_signal(process, signal, NULL, 0) == 0)
        result = 0;
    else
        error_set(err, errno == ESRCH ? ERROR_MISSING : ERROR_FORBIDDEN,
                  "process %d: %s", (int)stat->pid, strerror(errno));
    close(process);
    return result;
}

int run_process_each(run_process_on_each *on_each, void *context, struct error *err)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    int result = 0;

    if (!proc)
        return error_set(err, ERROR_IO, "/proc: %s", strerror(errno));
    while ((entry = readdir(proc))) {
        struct run_process_stat stat;
        struct error problem = {0};
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid <= 0)
            continue;
        if (run_process_stat((pid_t)pid, &stat, &problem) == 0)
            on_each(&stat, context);
        else if (problem.code == ERROR_IO)
            result = error_set(err, ERROR_IO, "%s", problem.text);
    }
    closedir(proc);
    return result;
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

#define READ_SIZE 65536

enum phase { PHASE_RUNNING, PHASE_TERMINATED, PHASE_KILLED };

/* One end of a pipe, or the process itself. */
struct source {
    uv_poll_t poll;
    struct child *child;
    int descriptor;
    bool is_open;
    struct text bytes;
};

enum { OUTPUT, COMPLAINT, PROCESS, SOURCES };

struct child {
    uv_timer_t timer;
    struct source sources[SOURCES];
    size_t open_handles; /* of libuv */
    enum phase phase;
    pid_t pid;
    char *name;
    int64_t timeout_ms;
    size_t output_max;
    child_on_done *on_done; /* NULL once called, or cancelled */
    void *context;
};

static void handle_closed(struct child *child)
{
    if (--child->open_handles > 0)
        return;
    text_release(&child->sources[OUTPUT].bytes);
    text_release(&child->sources[COMPLAINT].bytes);
    free(child->name);
    free(child);
}

static void on_source_closed(uv_handle_t *handle)
{
    const struct source *source = handle->data;

    handle_closed(source->child);
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void close_source(struct source *source)
{
    if (!source->is_open)
        return;
    source->is_open = false;
    uv_close((uv_handle_t *)&source->poll, on_source_closed);
    close(source->descriptor);
}

static void close_all(struct child *child)
{
    for (size_t i = 0; i < SOURCES; i++)
        close_source(&child->sources[i]);
    uv_close((uv_handle_t *)&child->timer, on_timer_closed);
}

/* The memory stays until the handles are closed. */
static void tell(struct child *child, struct child_result result)
{
    child_on_done *on_done = child->on_done;

    child->on_done = NULL;
    result.output = child->sources[OUTPUT].bytes.bytes;
    result.size = child->sources[OUTPUT].bytes.length;
    result.complaint = child->sources[COMPLAINT].bytes.bytes;
    if (on_done)
        on_done(&result, child->context);
}

/* The process is reaped last, so that until then its group is nobody else's. */
static void conclude(struct child *child)
{
    struct child_result result = {.status = -1};
    int status = 0;

    for (size_t i = 0; i < SOURCES; i++)
        if (child->sources[i].is_open)
            return;
    close_all(child);
    if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
        if (WIFEXITED(status))
            result.status = WEXITSTATUS(status);
        else
            result.signal = WTERMSIG(status);
    }
    tell(child, result);
}

static void on_timer(uv_timer_t *timer);

static void end_group(struct child *child, enum phase phase)
{
    bool is_last = phase == PHASE_KILLED;

    child->phase = phase;
    kill(-child->pid, is_last ? SIGKILL : SIGTERM);
    uv_timer_start(&child->timer, on_timer, is_last ? CHILD_ABANDON_MS : CHILD_GRACE_MS,
                   0);
}

static void on_timer(uv_timer_t *timer)
{
    struct child *child = timer->data;
    struct error failure;

    switch (child->phase) {
    case PHASE_RUNNING:
        error_set(&failure, ERROR_UNAVAILABLE, "%s does not answer within %lld s",
                  child->name, (long long)((child->timeout_ms + 999) / 1000));
        end_group(child, PHASE_TERMINATED);
        tell(child, (struct child_result){.failure = &failure});
        return;
    case PHASE_TERMINATED:
        end_group(child, PHASE_KILLED);
        return;
    case PHASE_KILLED:
        waitpid(child->pid, NULL, WNOHANG);
        close_all(child);
        return;
    }
}

static void refuse_output(struct child *child)
{
    struct error failure;

    error_set(&failure, ERROR_TOO_LARGE, "%s writes more than %zu bytes", child->name,
              child->output_max);
    end_group(child, PHASE_TERMINATED);
    tell(child, (struct child_result){.failure = &failure});
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    struct source *source = poll->data;
    struct child *child = source->child;
    char bytes[READ_SIZE];
    ssize_t size = read(source->descriptor, bytes, sizeof(bytes));

    (void)status;
    (void)events;
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        close_source(source);
        conclude(child);
        return;
    }
    if (!child->on_done)
        return;
    if ((size_t)size > child->output_max - source->bytes.length)
        refuse_output(child);
    else
        text_add_bytes(&source->bytes, bytes, (size_t)size);
}

static void on_exit_of_process(uv_poll_t *poll, int status, int events)
{
    struct source *source = poll->data;

    (void)status;
    (void)events;
    close_source(source);
    conclude(source->child);
}

static int add_files(posix_spawn_file_actions_t *files, int output, int complaint)
{
    int problem =
        posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(files, complaint, STDERR_FILENO);
    if (problem == 0)
        problem = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
    return problem;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID
                                                    | POSIX_SPAWN_SETSIGDEF
                                                    | POSIX_SPAWN_SETSIGMASK);
}

/* The strings are not written, though posix_spawn() does not promise it by its type. */
static char **strings(const char *const *items)
{
    char **copies;
    size_t count = 0;

    while (items[count])
        count++;
    copies = xcalloc(count + 1, sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = xstrdup(items[i]);
    return copies;
}

static void free_strings(char **items)
{
    for (size_t i = 0; items[i]; i++)
        free(items[i]);
    free(items);
}

static int spawn(const struct child_order *order, int output, int complaint, pid_t *pid)
{
    char **arguments = strings(order->arguments);
    char **environment = strings(order->environment);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int problem;

    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    problem = add_files(&files, output, complaint);
    if (problem == 0)
        problem = set_attributes(&attributes);
    if (problem == 0)
        problem = posix_spawnp(pid, arguments[0], &files, &attributes, arguments,
                               environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    free_strings(arguments);
    free_strings(environment);
    return problem;
}

/*
 * The ends that we read do not make the child's block or not: pipes are two files. Both
 * of the child's are above 2, or a dup2() would overwrite the one before its turn.
 */
static int open_pipe(int ends[2])
{
    int fresh[2];

    if (pipe2(fresh, O_CLOEXEC) < 0)
        return errno;
    ends[0] = fcntl(fresh[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ends[1] = fcntl(fresh[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fresh[0]);
    close(fresh[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
    return EMFILE;
}

static void close_descriptor(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

/* Start the program; the descriptors to read from become `descriptors`. */
static int launch(const struct child_order *order, pid_t *pid, int descriptors[SOURCES])
{
    int output[2] = {-1, -1};
    int complaint[2] = {-1, -1};
    int process = -1;
    int problem = open_pipe(output);

    if (problem == 0)
        problem = open_pipe(complaint);
    if (problem == 0)
        problem = spawn(order, output[1], complaint[1], pid);
    close_descriptor(output[1]);
    close_descriptor(complaint[1]);
    if (problem == 0) {
        process = pidfd_open(*pid, 0);
        if (process < 0) {
            problem = errno;
            kill(-*pid, SIGKILL);
            waitpid(*pid, NULL, 0);
        }
    }
    if (problem != 0) {
        close_descriptor(output[0]);
        close_descriptor(complaint[0]);
        return problem;
    }
    descriptors[OUTPUT] = output[0];
    descriptors[COMPLAINT] = complaint[0];
    descriptors[PROCESS] = process;
    return 0;
}

/* On failure what has been opened is closed again, or will be with the handles. */
static int watch(struct child *child, uv_loop_t *loop, const int descriptors[SOURCES])
{
    int problem = 0;

    uv_timer_init(loop, &child->timer);
    child->timer.data = child;
    child->open_handles = 1;
    for (size_t i = 0; i < SOURCES; i++) {
        struct source *source = &child->sources[i];

        source->poll.data = source;
        source->child = child;
        source->descriptor = descriptors[i];
        source->bytes = TEXT_EMPTY;
        if (problem == 0)
            problem = uv_poll_init(loop, &source->poll, descriptors[i]);
        if (problem < 0) {
            close(descriptors[i]);
            continue;
        }
        source->is_open = true;
        child->open_handles++;
        problem = uv_poll_start(&source->poll, UV_READABLE | UV_DISCONNECT,
                                i == PROCESS ? on_exit_of_process : on_output);
    }
    /* The loop's own time is that of its last turn. */
    uv_update_time(loop);
    if (problem == 0)
        problem =
            uv_timer_start(&child->timer, on_timer, (uint64_t)child->timeout_ms, 0);
    return problem;
}

struct child *child_start(uv_loop_t *loop, const struct child_order *order,
                          child_on_done *on_done, void *context, struct error *err)
{
    const char *name = strrchr(order->arguments[0], '/');
    int descriptors[SOURCES];
    struct child *child;
    pid_t pid;
    int problem = launch(order, &pid, descriptors);

    if (problem != 0) {
        error_set(err, ERROR_IO, "cannot run %s: %s", order->arguments[0],
                  strerror(problem));
        return NULL;
    }
    child = xcalloc(1, sizeof(*child));
    child->pid = pid;
    child->name = xstrdup(name ? name + 1 : order->arguments[0]);
    child->timeout_ms = order->timeout_ms;
    child->output_max = order->output_max;
    child->on_done = on_done;
    child->context = context;
    problem = watch(child, loop, descriptors);
    if (problem == 0)
        return child;
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close_all(child);
    error_set(err, ERROR_IO, "cannot watch %s: %s", order->arguments[0],
              uv_strerror(problem));
    return NULL;
}

void child_cancel(struct child *child)
{
    child->on_done = NULL;
    end_group(child, PHASE_KILLED);
}

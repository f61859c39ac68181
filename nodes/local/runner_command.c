/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/alloc.h"
#include "nodes/local/runner_limits.h"

enum step {
    STEP_SPEC,
    STEP_LIMITS,
    STEP_DIRECTORY,
    STEP_OUTPUT,
    STEP_ERROR,
    STEP_COMMAND
};

/* What the child sends before it gives up; after a good exec the pipe just closes. */
struct failure {
    enum step step;
    int problem;
};

/* Opening a device may do something already, and writing to it do harm. */
static bool is_output(int file)
{
    static const unsigned int harmless[] = {3, 5, 7}; /* null, zero, full */
    struct stat stat;

    if (fstat(file, &stat) < 0)
        return false;
    if (S_ISREG(stat.st_mode) || S_ISFIFO(stat.st_mode))
        return true;
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (S_ISCHR(stat.st_mode) && stat.st_rdev == makedev(1, harmless[i]))
            return true;
    return S_ISCHR(stat.st_mode) && isatty(file);
}

/* Without waiting, should it be a pipe: for its reader that could be for ever. */
static int open_output(const char *path, int as)
{
    int file = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0666);

    if (file < 0)
        return -1;
    if (!is_output(file)) {
        errno = ENODEV;
        return -1;
    }
    if (fcntl(file, F_SETFL, O_APPEND) < 0)
        return -1;
    return dup2(file, as);
}

static int open_files(const struct run_spec *spec, enum step *step)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    *step = STEP_DIRECTORY;
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || chdir(spec->directory) < 0)
        return -1;
    *step = STEP_OUTPUT;
    if (open_output(spec->output, STDOUT_FILENO) < 0)
        return -1;
    *step = STEP_ERROR;
    if (!spec->error)
        return dup2(STDOUT_FILENO, STDERR_FILENO);
    return open_output(spec->error, STDERR_FILENO);
}

static void reset_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static const char *find_path(char **environment)
{
    for (; *environment; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0)
            return *environment + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/*
 * As execvpe(3), but by the PATH of the job instead of ours, and never by a shell: a
 * file that the kernel cannot run is an error.
 */
static void run(const char *name, char **arguments, char **environment)
{
    const char *path = find_path(environment);
    bool forbidden = false;

    if (strchr(name, '/')) {
        execve(name, arguments, environment);
        return;
    }
    do {
        size_t length = strcspn(path, ":");
        char file[2 * RUN_PATH_MAX];
        int size =
            length ? snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, name)
                   : snprintf(file, sizeof(file), "./%s", name);

        path += length + (path[length] == ':');
        if (size < 0 || (size_t)size >= sizeof(file))
            continue;
        execve(file, arguments, environment);
        if (errno == EACCES)
            forbidden = true;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    } while (*path);
    errno = forbidden ? EACCES : ENOENT;
}

static char **list_arguments(const struct run_spec *spec, const char *script)
{
    size_t count = 0;
    char **list = xcalloc(spec->argument_count + 2, sizeof(*list));

    if (spec->script)
        list[count++] = xstrdup(script);
    memcpy(list + count, spec->arguments,
           (spec->argument_count + 1) * sizeof(*spec->arguments));
    return list;
}

static _Noreturn void become(const struct run_spec *spec, char **arguments,
                             const struct cgroup *cgroup, pid_t runner,
                             int failure_file)
{
    struct failure failure;
    ssize_t sent;

    setpgid(0, 0);
    /* The signal is sent when the runner ends from here on: look whether it already
     * has. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != runner)
        _exit(EXIT_FAILURE);
    failure.step = STEP_LIMITS;
    if (runner_limits_apply(spec, cgroup) == 0
        && open_files(spec, &failure.step) >= 0) {
        failure.step = STEP_COMMAND;
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        reset_signals();
        run(arguments[0], arguments, spec->environment);
    }
    failure.problem = errno;
    sent = write(failure_file, &failure, sizeof(failure));
    _exit(sent == (ssize_t)sizeof(failure) ? EXIT_SUCCESS : EXIT_FAILURE);
}

int runner_command_start(struct runner_command *command, const struct run_spec *spec,
                         const char *script, const struct cgroup *cgroup,
                         struct error *err)
{
    char **arguments = list_arguments(spec, script);
    pid_t runner = getpid();
    int ends[2];
    pid_t child = -1;

    if (pipe2(ends, O_CLOEXEC) == 0) {
        child = fork();
        if (child == 0)
            become(spec, arguments, cgroup, runner, ends[1]);
        close(ends[1]);
        if (child < 0)
            close(ends[0]);
    }
    if (spec->script)
        free(arguments[0]);
    free(arguments);
    if (child < 0)
        return error_set(err, ERROR_IO, "cannot make a process: %s", strerror(errno));
    /* Both do it, since either may be first to need it. */
    setpgid(child, child);
    *command = (struct runner_command){.pid = child, .failure = ends[0]};
    return 0;
}

int runner_command_wake(struct runner_command *command, pid_t waiting, int socket,
                        struct error *err)
{
    if (send(socket, "", 1, MSG_NOSIGNAL) != 1)
        return error_set(err, ERROR_IO, "cannot wake the command's process: %s",
                         strerror(errno));
    *command = (struct runner_command){.pid = waiting, .failure = socket};
    return 0;
}

_Noreturn void runner_command_await(const struct run_spec *spec, const char *script,
                                    const struct cgroup *cgroup, int socket)
{
    const struct failure unread = {STEP_SPEC, EIO};
    pid_t runner = getppid();
    ssize_t length;
    char word;

    do
        length = read(socket, &word, 1);
    while (length < 0 && errno == EINTR);
    if (length == 1 && spec)
        become(spec, list_arguments(spec, script), cgroup, runner, socket);
    if (length == 1)
        send(socket, &unread, sizeof(unread), MSG_NOSIGNAL);
    _exit(EXIT_FAILURE);
}

static int describe(const struct failure *failure, const struct run_spec *spec,
                    struct error *err)
{
    const char *problem = strerror(failure->problem);

    if (failure->problem == ENXIO)
        problem = "nobody reads from it";
    else if (failure->problem == ENODEV)
        problem = "neither a file nor a pipe";
    switch (failure->step) {
    case STEP_SPEC:
        return error_set(err, ERROR_INVALID, "what to run cannot be read again");
    case STEP_LIMITS:
        return error_set(err, ERROR_INVALID, "cannot limit the job: %s", problem);
    case STEP_DIRECTORY:
        return error_set(err, ERROR_INVALID, "cannot enter '%.80s': %s",
                         spec->directory, problem);
    case STEP_OUTPUT:
        return error_set(err, ERROR_INVALID, "cannot write to '%.80s': %s",
                         spec->output, problem);
    case STEP_ERROR:
        return error_set(err, ERROR_INVALID, "cannot write to '%.80s': %s", spec->error,
                         problem);
    case STEP_COMMAND:
        break;
    }
    if (failure->problem == E2BIG)
        problem = "arguments and environment are too long";
    if (spec->script)
        return error_set(err, ERROR_INVALID, "cannot run the script: %s",
                         failure->problem == ENOENT ? "its interpreter is missing"
                                                    : problem);
    return error_set(err, ERROR_INVALID, "cannot run '%.80s': %s", spec->arguments[0],
                     problem);
}

int runner_command_began(struct runner_command *command, const struct run_spec *spec,
                         struct error *err)
{
    struct failure failure;
    ssize_t length;

    if (command->failure < 0)
        return 0;
    do
        length = read(command->failure, &failure, sizeof(failure));
    while (length < 0 && errno == EINTR);
    close(command->failure);
    command->failure = -1;
    if (length != (ssize_t)sizeof(failure))
        return 0;
    return describe(&failure, spec, err);
}

void runner_command_signal(const struct runner_command *command, int signal)
{
    kill(-command->pid, signal);
    /* It may have left its group. */
    if (getpgid(command->pid) != command->pid)
        kill(command->pid, signal);
    if (signal != SIGKILL)
        kill(-command->pid, SIGCONT);
}

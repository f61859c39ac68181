/* SPDX-License-Identifier: MIT */

/*
 * penstock-runner run RUNDIR [cgroup [PID]]: supervises one attempt of one local job,
 * so that the job outlives a restart of the daemon, and its end is known whatever
 * happens to either. With another verb it does an errand in a run's directory: see
 * runner_errand.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/cgroup.h"
#include "nodes/local/run_directory.h"
#include "nodes/local/run_files.h"
#include "nodes/local/runner_command.h"
#include "nodes/local/runner_errand.h"
#include "nodes/local/runner_limits.h"
#include "nodes/local/runner_offspring.h"
#include "nodes/local/runner_record.h"
#include "nodes/local/runner_watch.h"

#define DIGITS "0123456789"

/* For what the command left behind. Longer, and it hangs in the kernel. */
#define OFFSPRING_PATIENCE_MS 10000

#define RUN_SCRIPT_SIZE ((int)(RUN_PATH_MAX + sizeof("/" RUN_SCRIPT_FILE)))

struct runner {
    const char *path;
    int directory;
    struct text spec_bytes;
    struct run_spec spec;
    struct runner_record started_record;
    struct runner_record exit_record;
    struct runner_command command;
    struct cgroup cgroup;
    pid_t waiting; /* the process that becomes the command; 0: it is to be made */
    int notice;    /* a pipe to the daemon; -1: it does not listen */
};

static void tell(const struct runner *runner, char notice, const char *text)
{
    char message[RUN_NOTICE_SIZE];
    int length = snprintf(message, sizeof(message), "%c%s", notice, text);

    if (length >= (int)sizeof(message))
        length = (int)sizeof(message) - 1;
    /* Whether anybody reads it does not matter to the job. */
    if (runner->notice >= 0 && write(runner->notice, message, (size_t)length) < 0)
        return;
}

/* The descriptor is ours only if the daemon made it, not whoever tries us by hand. */
static int find_notice(void)
{
    struct stat stat;

    if (fstat(RUN_NOTICE_DESCRIPTOR, &stat) < 0)
        return -1;
    fcntl(RUN_NOTICE_DESCRIPTOR, F_SETFD, FD_CLOEXEC);
    return S_ISFIFO(stat.st_mode) ? RUN_NOTICE_DESCRIPTOR : -1;
}

static int open_run(struct runner *runner, struct error *err)
{
    runner->directory =
        open(runner->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (runner->directory < 0)
        return error_set(err, ERROR_IO, "%s: %s", runner->path, strerror(errno));
    if (run_directory_load(runner->directory, RUN_SPEC_FILE, RUN_SPEC_MAX,
                           &runner->spec_bytes, err)
        < 0)
        return -1;
    return run_spec_parse(runner->spec_bytes.bytes, runner->spec_bytes.length,
                          &runner->spec, err);
}

/* After a crash of the machine there must be no trace of nothing: what was not yet on
 * the disk would be taken for an attempt that never ran. */
static int sync_parent(const struct runner *runner, struct error *err)
{
    int parent = openat(runner->directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = parent < 0 ? -1 : fsync(parent);

    /* Then the launcher did it, which has the right to. */
    if (parent < 0 && errno == EACCES)
        return 0;
    if (result < 0)
        error_set(err, ERROR_IO, "the directory of runs: %s", strerror(errno));
    if (parent >= 0)
        close(parent);
    return result;
}

/*
 * The order matters: room for the records first, since without it we may not begin, and
 * then no lock must say that we did. From the lock on the attempt is ours alone.
 */
static int claim(struct runner *runner, struct error *err)
{
    struct run_lock lock;

    if (runner_record_open(&runner->started_record, runner->directory, RUN_STARTED_FILE,
                           err)
            < 0
        || runner_record_open(&runner->exit_record, runner->directory, RUN_EXIT_FILE,
                              err)
               < 0
        || run_process_self(&lock.holder, err) < 0 || sync_parent(runner, err) < 0)
        return -1;
    if (run_directory_lock(runner->directory, &lock, err) < 0)
        return -1;
    if (!run_directory_is_at(runner->directory, runner->path))
        return error_set(err, ERROR_CONFLICT, "%s is being removed", runner->path);
    return 0;
}

static void on_begin(const struct run_moment *started, void *context)
{
    struct runner *runner = context;
    struct text bytes = TEXT_EMPTY;

    run_started_format(started, &bytes);
    /* Should it fail, only the daemon's word on the start is less exact. */
    runner_record_store(&runner->started_record, &bytes, NULL);
    text_release(&bytes);
    tell(runner, RUN_NOTICE_STARTED, "");
}

static int format_script(const struct runner *runner, char script[RUN_SCRIPT_SIZE],
                         struct error *err)
{
    int length = snprintf(script, RUN_SCRIPT_SIZE, "%s/" RUN_SCRIPT_FILE, runner->path);

    if (length < 0 || length >= RUN_SCRIPT_SIZE)
        return error_set(err, ERROR_INVALID, "the path of the run is too long");
    return 0;
}

/* A number that was a user's may be another's by now: what he wrote is not his to run.
 */
static int check_owner(const struct runner *runner, struct error *err)
{
    const char *before = runner->spec.user;
    const struct passwd *now = before ? getpwuid(getuid()) : NULL;

    /* Where users have no names, they are called by their numbers. */
    if (!now || strcmp(now->pw_name, before) == 0
        || strspn(before, DIGITS) == strlen(before))
        return 0;
    return error_set(err, ERROR_FORBIDDEN,
                     "user %u was '%.40s' when it was submitted, and is '%.40s' now",
                     (unsigned int)getuid(), before, now->pw_name);
}

static int run(struct runner *runner, struct run_exit *exit, struct error *err)
{
    char script[RUN_SCRIPT_SIZE];
    int result = format_script(runner, script, err);

    if (result == 0)
        result = check_owner(runner, err);
    if (result == 0 && runner->waiting > 0)
        result = runner_command_wake(&runner->command, runner->waiting,
                                     CGROUP_PROCS_DESCRIPTOR, err);
    else if (result == 0)
        result = runner_command_start(&runner->command, &runner->spec, script,
                                      &runner->cgroup, err);
    if (result < 0)
        return -1;
    return runner_watch_command(&runner->command, &runner->spec, on_begin, runner, exit,
                                err);
}

/* See cgroup.h; what is wrong is told when the runner asks for the command. */
static _Noreturn void be_command(struct runner *runner)
{
    char script[RUN_SCRIPT_SIZE];
    bool is_read =
        open_run(runner, NULL) == 0 && format_script(runner, script, NULL) == 0;

    runner_command_await(is_read ? &runner->spec : NULL, script, &runner->cgroup,
                         CGROUP_PROCS_DESCRIPTOR);
}

static int supervise(struct runner *runner, struct error *err)
{
    struct run_exit exit = {0};
    struct text bytes = TEXT_EMPTY;
    struct error problem;
    int result;

    if (open_run(runner, err) < 0 || claim(runner, err) < 0)
        return -1;
    if (run(runner, &exit, &problem) < 0) {
        exit.refused = true;
        exit.ended = runner_watch_now();
        text_copy(exit.text, sizeof(exit.text), problem.text);
    }
    runner_limits_measure(&runner->cgroup, &exit);
    /* The result first: whatever happens to us now, it is known. */
    run_exit_format(&exit, &bytes);
    result = runner_record_store(&runner->exit_record, &bytes, err);
    if (runner_offspring_end(runner->cgroup.kill,
                             monotonic_ms() + OFFSPRING_PATIENCE_MS)
        && result == 0)
        tell(runner, RUN_NOTICE_ENDED, "");
    text_release(&bytes);
    return result;
}

static int run_attempt(struct runner *runner)
{
    struct error err;
    int result;

    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    result = supervise(runner, &err);
    if (result < 0)
        tell(runner, RUN_NOTICE_FAILED, err.text);
    runner_record_close(&runner->started_record);
    runner_record_close(&runner->exit_record);
    run_spec_release(&runner->spec);
    text_release(&runner->spec_bytes);
    if (runner->directory >= 0)
        close(runner->directory);
    return result;
}

static int run_errand(const struct runner *runner, const char *verb)
{
    struct error err;
    int result = runner_errand(verb, runner->path, &err);

    tell(runner, result < 0 ? RUN_NOTICE_FAILED : RUN_NOTICE_ENDED,
         result < 0 ? err.text : "");
    return result;
}

int main(int argc, char **argv)
{
    struct runner runner = {
        .directory = -1,
        .spec_bytes = TEXT_EMPTY,
        .started_record = {.file = -1},
        .exit_record = {.file = -1},
    };
    bool has_cgroup = argc >= 4 && strcmp(argv[3], CGROUP_ARGUMENT) == 0;
    bool is_command = argc == 4 && strcmp(argv[1], CGROUP_COMMAND_VERB) == 0;
    int result;

    runner_watch_block_signals();
    signal(SIGPIPE, SIG_IGN);
    /* A limit on the size of files is an error to us like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    runner.notice = find_notice();
    if ((argc != 3 && !(has_cgroup && argc <= 5)) || argv[2][0] != '/') {
        fputs("usage: penstock-runner VERB DIRECTORY (absolute, of one run)\n", stderr);
        return 2;
    }
    runner.cgroup = runner_limits_find_cgroup(has_cgroup);
    runner.path = argv[2];
    runner.waiting = argc == 5 ? (pid_t)strtol(argv[4], NULL, 10) : 0;
    /* The launcher has put the command's process there. */
    if (is_command || runner.waiting > 0)
        runner.cgroup.procs = -1;
    if (is_command)
        be_command(&runner);
    result = strcmp(argv[1], "run") == 0 ? run_attempt(&runner)
                                         : run_errand(&runner, argv[1]);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

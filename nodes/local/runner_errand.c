/* SPDX-License-Identifier: MIT */
#include "nodes/local/runner_errand.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "nodes/local/leftovers.h"
#include "nodes/local/run_directory.h"
#include "nodes/local/run_files.h"

#define PATIENCE_MS   8000
#define LOOK_AGAIN_MS 20

/* For one emptying; less than what it is waited for, see launch_call.c. */
#define EMPTYING_MS 20000

struct emptying {
    int run;
    int moved; /* directories, by which they are named */
    int64_t until;
};

static void wait_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};

    nanosleep(&moment, NULL);
}

static int load_lock(int run, struct run_lock *lock, struct error *err)
{
    struct text bytes = TEXT_EMPTY;
    int result = run_directory_load(run, RUN_LOCK_FILE, RUN_RECORD_SIZE, &bytes, err);

    if (result == 0)
        result = run_lock_parse(bytes.bytes, bytes.length, lock, err);
    text_release(&bytes);
    return result;
}

static bool is_of_this_boot(const struct run_process *process)
{
    char boot_id[RUN_BOOT_ID_LENGTH + 1];

    return run_process_boot_id(boot_id, NULL) == 0
           && strcmp(boot_id, process->boot_id) == 0;
}

/* The runner takes the lock in its first milliseconds; it may be that we come sooner.
 */
static int wait_for_lock(int run, struct run_lock *lock, struct error *err)
{
    int64_t until = monotonic_ms() + PATIENCE_MS;

    for (;;) {
        struct error why = {0};

        if (load_lock(run, lock, &why) == 0)
            return 0;
        if (why.code != ERROR_MISSING || monotonic_ms() >= until)
            return error_set(err, ERROR_UNAVAILABLE, "%s", why.text);
        wait_a_moment();
    }
}

static int tell_runner(int run, int signal, struct error *err)
{
    struct run_process_stat stat;
    struct run_lock lock = {0};

    if (wait_for_lock(run, &lock, err) < 0)
        return -1;
    if (lock.holder.pid == 0 || !is_of_this_boot(&lock.holder)
        || run_process_stat((pid_t)lock.holder.pid, &stat, NULL) < 0
        || stat.start_ticks != lock.holder.start_ticks)
        return error_set(err, ERROR_MISSING, "its runner is gone");
    return run_process_signal(&stat, signal, err);
}

static void load_token(int run, char token[RUN_TOKEN_LENGTH + 1])
{
    struct text bytes = TEXT_EMPTY;
    struct run_spec spec;

    token[0] = '\0';
    if (run_directory_load(run, RUN_SPEC_FILE, RUN_SPEC_MAX, &bytes, NULL) == 0
        && run_spec_parse(bytes.bytes, bytes.length, &spec, NULL) == 0) {
        text_copy(token, RUN_TOKEN_LENGTH + 1, spec.token);
        run_spec_release(&spec);
    }
    text_release(&bytes);
}

static int sweep(int run, struct error *err)
{
    int64_t until = monotonic_ms() + PATIENCE_MS;
    struct run_lock lock = {0};
    char token[RUN_TOKEN_LENGTH + 1];
    struct leftovers leftovers = {.uid = getuid(), .token = token};

    load_token(run, token);
    if (load_lock(run, &lock, NULL) == 0 && lock.holder.pid > 0
        && is_of_this_boot(&lock.holder))
        leftovers.runner = lock.holder;
    while (leftovers_kill(&leftovers) > 0) {
        if (monotonic_ms() >= until)
            return error_set(err, ERROR_UNAVAILABLE, "some of it will not end");
        wait_a_moment();
    }
    return 0;
}

static DIR *list(int directory)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);

    if (!listing && copy >= 0)
        close(copy);
    return listing;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* One that its owner has shut, too. */
static int open_directory(int parent, const char *name)
{
    const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    int directory = openat(parent, name, how);

    if (directory < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        directory = openat(parent, name, how);
    return directory;
}

/* Give a directory a place, and a name that is free, in the run's own. */
static bool move_up(struct emptying *emptying, int parent, const char *name)
{
    char free_name[32];

    if (fchmodat(parent, name, 0700, 0) < 0)
        return false;
    do
        snprintf(free_name, sizeof(free_name), "%d.up", emptying->moved++);
    while (renameat2(parent, name, emptying->run, free_name, RENAME_NOREPLACE) < 0
           && errno == EEXIST && monotonic_ms() < emptying->until);
    return faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

/* Whether anything of it is gone. */
static bool remove_directory(struct emptying *emptying, const char *name)
{
    int directory = open_directory(emptying->run, name);
    DIR *listing = directory < 0 ? NULL : list(directory);
    const struct dirent *entry;
    bool has_removed = false;

    if (listing)
        (void)fchmod(directory, 0700);
    while (listing && monotonic_ms() < emptying->until && (entry = readdir(listing)))
        if (!is_dots(entry->d_name)
            && (unlinkat(directory, entry->d_name, 0) == 0
                || move_up(emptying, directory, entry->d_name)))
            has_removed = true;
    if (listing)
        closedir(listing);
    if (directory >= 0)
        close(directory);
    return unlinkat(emptying->run, name, AT_REMOVEDIR) == 0 || has_removed;
}

static bool remove_some(struct emptying *emptying)
{
    DIR *listing = list(emptying->run);
    const struct dirent *entry;
    bool has_removed = false;

    while (listing && monotonic_ms() < emptying->until && (entry = readdir(listing)))
        if (!is_dots(entry->d_name)
            && (unlinkat(emptying->run, entry->d_name, 0) == 0
                || remove_directory(emptying, entry->d_name)))
            has_removed = true;
    if (listing)
        closedir(listing);
    return has_removed;
}

/*
 * Directories are moved up into the run's own before they are looked into: so neither
 * their depth nor a link that is put in place of one leads anywhere else. What cannot
 * go, stays.
 */
static int empty(int run, struct error *err)
{
    struct emptying emptying = {run, 0, monotonic_ms() + EMPTYING_MS};

    while (remove_some(&emptying))
        if (monotonic_ms() >= emptying.until)
            return error_set(err, ERROR_UNAVAILABLE, "there is more to remove");
    return 0;
}

static int open_run(const char *path, bool is_removed, struct error *err)
{
    const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    int run = is_removed ? -1 : open(path, how);

    /* Its owner may have shut out everybody. Only then: a change of ours takes away the
     * group that its files get, by which the daemon reads them. */
    if (run < 0 && (is_removed || errno == EACCES) && chmod(path, 0770) == 0)
        run = open(path, how);
    if (run < 0)
        error_set(err, errno == ENOENT ? ERROR_MISSING : ERROR_IO, "%s: %s", path,
                  strerror(errno));
    return run;
}

int runner_errand(const char *verb, const char *path, struct error *err)
{
    int run = open_run(path, strcmp(verb, "remove") == 0, err);
    int result = -1;

    if (run < 0)
        return -1;
    if (strcmp(verb, "stop") == 0) {
        result = tell_runner(run, SIGTERM, err);
    } else if (strcmp(verb, "pause") == 0) {
        result = tell_runner(run, RUN_PAUSE_SIGNAL, err);
    } else if (strcmp(verb, "sweep") == 0) {
        result = sweep(run, err);
    } else if (strcmp(verb, "remove") == 0) {
        result = empty(run, err);
    } else {
        error_set(err, ERROR_INVALID, "no verb '%s'", verb);
    }
    close(run);
    return result;
}

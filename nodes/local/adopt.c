/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "nodes/local/attempt.h"
#include "nodes/local/cgroup.h"
#include "nodes/local/run_directory.h"

/*
 * What became of an attempt: found in its directory, both after a restart of the daemon
 * and when its runner has just ended. One way for both, so that the rare one is tried
 * as often as the common one.
 */

#define LOOK_AGAIN_MS  5000
#define SWEEP_AGAIN_MS 20
#define SWEEPS_MAX     500

/* Of a sweep by the launcher: a minute without it, some minutes with it in vain. */
#define LAUNCHER_TRIES_MAX 60

enum finding {
    FOUND_UNKNOWN, /* the disk or a lack of descriptors does not let us tell */
    FOUND_NOT_RUN,
    FOUND_LOCKED,
    FOUND_DAMAGED, /* somebody wrote into the lock, or shut us out */
};

static enum finding parse_lock(struct attempt *attempt, struct text *bytes)
{
    char boot_id[RUN_BOOT_ID_LENGTH + 1];
    struct run_lock lock;

    if (run_lock_parse(bytes->bytes, bytes->length, &lock, NULL) < 0)
        return FOUND_DAMAGED;
    if (lock.holder.pid == 0)
        return FOUND_NOT_RUN;
    if (run_process_boot_id(boot_id, NULL) < 0)
        return FOUND_UNKNOWN;
    attempt->process = lock.holder;
    attempt->has_runner = true;
    attempt->is_of_this_boot = strcmp(boot_id, lock.holder.boot_id) == 0;
    return FOUND_LOCKED;
}

static enum finding find_lock(struct attempt *attempt, int run, struct error *err)
{
    const struct run_lock tombstone = {0};
    struct text bytes = TEXT_EMPTY;
    struct error why = {0};
    enum finding finding = FOUND_UNKNOWN;
    int loaded;

    if (run < 0)
        return FOUND_DAMAGED;
    /* Whoever links first has the lock: we a tombstone, or a runner that is just
     * coming; then look at its. */
    loaded = run_directory_load(run, RUN_LOCK_FILE, RUN_RECORD_SIZE, &bytes, &why);
    if (loaded < 0 && why.code == ERROR_MISSING) {
        if (run_directory_lock(run, &tombstone, &why) == 0)
            finding = FOUND_NOT_RUN;
        else if (why.code == ERROR_CONFLICT)
            loaded =
                run_directory_load(run, RUN_LOCK_FILE, RUN_RECORD_SIZE, &bytes, &why);
    }
    if (loaded == 0)
        finding = parse_lock(attempt, &bytes);
    else if (finding == FOUND_UNKNOWN && why.code != ERROR_IO
             && why.code != ERROR_MISSING)
        finding = FOUND_DAMAGED;
    if (finding == FOUND_UNKNOWN)
        error_set(err, ERROR_UNAVAILABLE, "%s", why.text);
    text_release(&bytes);
    return finding;
}

static void load_token(struct attempt *attempt, int run)
{
    struct text bytes = TEXT_EMPTY;
    struct run_spec spec;

    if (run >= 0
        && run_directory_load(run, RUN_SPEC_FILE, RUN_SPEC_MAX, &bytes, NULL) == 0
        && run_spec_parse(bytes.bytes, bytes.length, &spec, NULL) == 0) {
        text_copy(attempt->token, sizeof(attempt->token), spec.token);
        run_spec_release(&spec);
    }
    text_release(&bytes);
}

/* It is over, and what there was of it is gone. */
static void finish(struct attempt *attempt)
{
    if (attempt->has_tombstone && !attempt->is_started)
        attempt_report_not_run(attempt);
    else
        attempt_report_end(attempt);
}

static void on_sweep_due(uv_timer_t *timer);

static void sweep(struct attempt *attempt)
{
    struct leftovers leftovers = {
        .uid = attempt->uid,
        .token = attempt->token,
    };

    if (attempt->has_runner)
        leftovers.runner = attempt->process;
    if (leftovers_kill(&leftovers) > 0 && attempt->tries++ < SWEEPS_MAX) {
        uv_timer_start(&attempt->timer, on_sweep_due, SWEEP_AGAIN_MS, 0);
        return;
    }
    finish(attempt);
}

static void on_sweep_due(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;

    sweep(attempt);
}

static void on_swept(const char *failure, int process, void *context)
{
    struct attempt *attempt = context;

    (void)process;
    attempt->call = NULL;
    if (failure)
        log_warning("job %lld: not all that is left of it could be ended: %s",
                    (long long)attempt->job_id, failure);
    finish(attempt);
}

static void on_look_due(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;

    attempt_look(attempt);
}

static void look_again(struct attempt *attempt, const char *why)
{
    if (!attempt->warned)
        log_warning("job %lld: what became of it cannot be told (%s); it keeps its "
                    "place until it can",
                    (long long)attempt->job_id, why);
    attempt->warned = true;
    attempt->state = ATTEMPT_LOOKING;
    uv_timer_start(&attempt->timer, on_look_due, LOOK_AGAIN_MS, 0);
}

/* The runner is gone, or nobody knows which it was. */
static void settle(struct attempt *attempt, int run)
{
    const struct attempt_host *host = attempt->host;
    char name[ATTEMPT_NAME_SIZE];

    attempt->state = ATTEMPT_SWEEPING;
    attempt->tries = 0;
    /* A runner that ended well has seen to the processes; those of another boot are
     * gone with it. */
    if (attempt->ended_well || (attempt->has_runner && !attempt->is_of_this_boot)) {
        finish(attempt);
        return;
    }
    attempt_format_name(attempt->job_id, attempt->number, name);
    cgroup_kill(host->cgroups, name);
    if (attempt->uid != host->uid && host->launcher) {
        attempt_send(attempt, LAUNCH_SWEEP, LAUNCHER_TRIES_MAX, on_swept);
        return;
    }
    load_token(attempt, run);
    sweep(attempt);
}

/* Without a lock it never ran, or its owner has taken that away: whoever has seen it
 * run, or has not seen it from its beginning, looks for what is left. */
static void settle_unlocked(struct attempt *attempt, int run)
{
    attempt->has_tombstone = true;
    if (run >= 0 && (attempt->is_started || attempt->notice < 0))
        settle(attempt, run);
    else
        finish(attempt);
}

/* Its owner has mounted something on it: no errand gets in there either. */
static void abandon(struct attempt *attempt)
{
    char name[ATTEMPT_NAME_SIZE];

    attempt_format_name(attempt->job_id, attempt->number, name);
    cgroup_kill(attempt->host->cgroups, name);
    attempt_report_end(attempt);
}

static void follow_lock(struct attempt *attempt, int run)
{
    enum attempt_holder holder = HOLDER_GONE;

    if (attempt->is_of_this_boot)
        holder = attempt_watch_holder(attempt);
    if (holder == HOLDER_GONE)
        settle(attempt, run);
    else if (holder == HOLDER_UNKNOWN)
        look_again(attempt, "its runner could not be looked at");
}

void attempt_look(struct attempt *attempt)
{
    int run = attempt_open_run(attempt);
    int problem = errno;
    struct error err = {0};
    enum finding finding;

    uv_timer_stop(&attempt->timer);
    /* Of one that was not watched to its end nobody knows whether it still runs. */
    if (run < 0 && problem == EXDEV && attempt->runner >= 0) {
        abandon(attempt);
        return;
    }
    if (run < 0 && problem != ENOENT && problem != EACCES) {
        look_again(attempt, strerror(problem));
        return;
    }
    finding =
        run < 0 && problem == ENOENT ? FOUND_NOT_RUN : find_lock(attempt, run, &err);
    switch (finding) {
    case FOUND_NOT_RUN:
        settle_unlocked(attempt, run);
        break;
    case FOUND_UNKNOWN:
        look_again(attempt, err.text);
        break;
    case FOUND_LOCKED:
        follow_lock(attempt, run);
        break;
    case FOUND_DAMAGED:
        settle(attempt, run);
        break;
    }
    if (run >= 0)
        close(run);
}

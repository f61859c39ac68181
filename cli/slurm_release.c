/* SPDX-License-Identifier: MIT */
#include "cli/slurm_release.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/when.h"
#include "cli/command.h"
#include "nodes/slurm/farewell.h"
#include "nodes/slurm/lease.h"

#define SHOWN_MAX 100 /* jobs, one a line */

/* One job that is to be changed. */
struct parting {
    const struct slurm_job *job;
    struct farewell farewell;
    char *target;
};

struct release {
    struct slurm_ask *ask;
    const struct terminal *terminal;
    instant now;
    bool dry_run;
    struct parting *items;
    size_t count;
    size_t room;
    size_t changed; /* of these; so for the next three */
    size_t gone;    /* started or ended meanwhile */
    size_t forbidden;
    size_t failed;
    size_t left[FAREWELL_VERDICTS]; /* records that are not to be changed */
    struct text text;
};

/* How long jobs of a partition wait that do not say; as the lease has it. */
static duration find_wait(const struct config *config, const char *partition)
{
    for (size_t i = 0; config && i < config->pool_count; i++) {
        const struct config_pool *pool = &config->pools[i];

        if (config_is_slurm(pool) && strcmp(pool->partition, partition) == 0)
            return config_default_wait(config, pool->queue, LEASE_WAIT_MAX);
    }
    return -1;
}

static void sort_out(struct release *release, const struct config *config,
                     const struct slurm_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        const struct slurm_job *job = &listing->jobs[i];
        struct parting parting = {
            .job = job,
            .farewell =
                farewell_decide(job, find_wait(config, job->partition), release->now),
        };

        if (parting.farewell.verdict != FAREWELL_RELEASE
            && parting.farewell.verdict != FAREWELL_RETURN) {
            release->left[parting.farewell.verdict]++;
            continue;
        }
        parting.target = farewell_target(job);
        if (!parting.target)
            continue;
        release->items = xgrow(release->items, release->count, &release->room,
                               sizeof(*release->items));
        release->items[release->count++] = parting;
    }
}

static int order(const struct release *release, const struct parting *parting,
                 const char *target, struct error *err)
{
    struct slurm_order order = {.verb = SLURM_RELEASE, .target = target};

    if (parting->farewell.verdict == FAREWELL_RETURN) {
        order.verb = SLURM_DEFER;
        order.begin = parting->farewell.begin;
    }
    return slurm_ask_order(release->ask, &order, err);
}

static void tell_job(struct release *release, const struct parting *parting,
                     const char *what)
{
    char when[WHEN_TEXT_SIZE];

    if (release->changed + release->failed + release->forbidden > SHOWN_MAX)
        return;
    text_add(&release->text, "job ");
    terminal_add(release->terminal, &release->text, STYLE_PLAIN, parting->target);
    text_add(&release->text, " of ");
    terminal_add(release->terminal, &release->text, STYLE_PLAIN, parting->job->user);
    text_add_format(&release->text, ": %s", what);
    if (parting->farewell.verdict == FAREWELL_RETURN)
        text_add_format(&release->text, "%s",
                        when_format(parting->farewell.begin, release->now, when));
    if (parting->job->begin > 0)
        text_add_format(&release->text, ", was to wait until %s",
                        when_format(parting->job->begin, release->now, when));
    text_add(&release->text, "\n");
}

static void note_change(struct release *release, const struct parting *parting)
{
    static const char *const done[FAREWELL_VERDICTS] = {
        [FAREWELL_RELEASE] = "eligible now",
        [FAREWELL_RETURN] = "begins at its own time, ",
    };
    static const char *const planned[FAREWELL_VERDICTS] = {
        [FAREWELL_RELEASE] = "would be eligible now",
        [FAREWELL_RETURN] = "would begin at its own time, ",
    };

    release->changed++;
    tell_job(release, parting,
             (release->dry_run ? planned : done)[parting->farewell.verdict]);
}

/* Change one job by itself. -1 if there is no use in going on. */
static int change(struct release *release, const struct parting *parting,
                  struct error *err)
{
    struct error failure;

    if (release->dry_run || order(release, parting, parting->target, &failure) == 0) {
        note_change(release, parting);
        return 0;
    }
    if (failure.code == ERROR_MISSING || failure.code == ERROR_CONFLICT) {
        release->gone++;
        return 0;
    }
    if (failure.code == ERROR_FORBIDDEN)
        release->forbidden++;
    else
        release->failed++;
    complain("job %s: %s", parting->target, failure.text);
    if (failure.code != ERROR_UNAVAILABLE
        && (failure.code != ERROR_FORBIDDEN || release->changed > 0))
        return 0;
    *err = failure;
    return -1;
}

/* Whether a job may be changed along with others: an array's list of tasks may not. */
static bool is_plain(const struct parting *parting)
{
    return parting->farewell.verdict == FAREWELL_RELEASE
           && !strchr(parting->target, '[');
}

/* How many jobs from `first` on one order may name. */
static size_t count_batch(const struct release *release, size_t first)
{
    size_t most = slurm_ask_targets_max(release->ask);
    size_t count = 0;
    size_t length = 0;

    while (count < most && first + count < release->count
           && is_plain(&release->items[first + count])) {
        length += strlen(release->items[first + count].target) + 1;
        if (length > SLURM_TARGET_MAX)
            break;
        count++;
    }
    return count > 0 ? count : 1;
}

/* Slurm stops at the first that it cannot change: the others are tried one by one. */
static int change_batch(struct release *release, size_t first, size_t count,
                        struct error *err)
{
    struct text targets = TEXT_EMPTY;
    bool is_done;

    for (size_t i = 0; i < count; i++)
        text_add_format(&targets, "%s%s", i ? "," : "",
                        release->items[first + i].target);
    is_done = count > 1 && !release->dry_run
              && order(release, &release->items[first], targets.bytes, NULL) == 0;
    text_release(&targets);
    for (size_t i = 0; i < count; i++) {
        if (is_done)
            note_change(release, &release->items[first + i]);
        else if (change(release, &release->items[first + i], err) < 0)
            return -1;
    }
    return 0;
}

static void add_count(struct text *text, size_t count, const char *what)
{
    if (count > 0)
        text_add_format(text, ", %zu %s", count, what);
}

static void sum_up(struct release *release)
{
    struct text *text = &release->text;

    if (release->changed > SHOWN_MAX)
        text_add_format(text, "and %zu more\n", release->changed - SHOWN_MAX);
    text_add_format(text, "%zu job%s %s", release->changed,
                    release->changed == 1 ? "" : "s",
                    release->dry_run ? "would wait no longer" : "wait no longer");
    add_count(text, release->left[FAREWELL_ELIGIBLE], "waited for nothing of ours");
    add_count(text, release->gone, "started or ended meanwhile");
    add_count(text, release->left[FAREWELL_HELD], "left alone: held");
    add_count(text, release->left[FAREWELL_ELSEWHERE],
              "left alone: with a begin time that is not ours");
    add_count(text, release->forbidden + release->failed, "could not be changed");
    text_add(text, "\n");
}

static int change_all(struct release *release)
{
    struct error err = {.code = ERROR_NONE};
    size_t count;

    for (size_t i = 0; i < release->count; i += count) {
        count = count_batch(release, i);
        if (change_batch(release, i, count, &err) < 0)
            break;
    }
    sum_up(release);
    if (release->forbidden > 0)
        complain(
            "Slurm does not let us change the jobs of others: run this as root, as "
            "SlurmUser, or as a user with AdminLevel=Operator");
    return release->forbidden + release->failed > 0 ? EXIT_FAILED : EXIT_WELL;
}

static int release_jobs(const struct slurm_reach *reach, bool dry_run,
                        const struct terminal *terminal)
{
    struct slurm_listing listing = {NULL, 0};
    struct release release = {
        .ask = reach->ask,
        .terminal = terminal,
        .now = system_clock.now(&system_clock),
        .dry_run = dry_run,
        .text = TEXT_EMPTY,
    };
    struct error err;
    int status;

    if (slurm_ask_jobs(reach->ask, &listing, &err) < 0) {
        complain("the jobs of Slurm cannot be listed: %s", err.text);
        return EXIT_FAILED;
    }
    sort_out(&release, reach->config, &listing);
    status = change_all(&release);
    if (command_print(&release.text) != EXIT_WELL)
        status = EXIT_FAILED;
    for (size_t i = 0; i < release.count; i++)
        free(release.items[i].target);
    free(release.items);
    slurm_listing_release(&listing);
    return status;
}

static int refuse(const char *what, const char *path)
{
    complain("cannot %s %s: %s", what, path, strerror(errno));
    return EXIT_FAILED;
}

static int say(const struct terminal *terminal, const char *path, const char *what)
{
    struct text text = TEXT_EMPTY;

    terminal_add(terminal, &text, STYLE_PLAIN, path);
    text_add_format(&text, ": %s\n", what);
    return command_print(&text);
}

/* Where there is no directory for a lease there is none, and no daemon to renew it. */
static bool has_directory(const char *path)
{
    char *directory = xstrdup(path);
    bool is_there;

    strrchr(directory, '/')[1] = '\0';
    is_there = access(directory, F_OK) == 0 || errno != ENOENT;
    free(directory);
    return is_there;
}

static int switch_off(const struct slurm_reach *reach, const char *off, bool dry_run,
                      const struct terminal *terminal)
{
    int file;

    if (dry_run)
        return say(terminal, reach->lease, "would be removed, and not be renewed");
    if (!has_directory(reach->lease))
        return say(terminal, reach->lease, "is not there, nor is its directory");
    file = open(off, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0)
        return refuse("create", off);
    close(file);
    if (unlink(reach->lease) < 0 && errno != ENOENT)
        return refuse("remove", reach->lease);
    return say(terminal, off,
               "slurmctld defers no job until \"penstock slurm resume\" removes this");
}

int slurm_release_all(const struct slurm_reach *reach, bool dry_run,
                      const struct terminal *terminal)
{
    char *off = slurm_reach_off(reach);
    int lease_status = switch_off(reach, off, dry_run, terminal);
    int status = release_jobs(reach, dry_run, terminal);

    free(off);
    return lease_status == EXIT_WELL ? status : lease_status;
}

int slurm_release_end(const struct slurm_reach *reach, bool dry_run,
                      const struct terminal *terminal)
{
    char *off = slurm_reach_off(reach);
    int status;

    if (access(off, F_OK) < 0 && errno == ENOENT)
        status = say(terminal, off, "is not there: nothing was switched off");
    else if (dry_run)
        status = say(terminal, off, "would be removed");
    else if (unlink(off) < 0)
        status = refuse("remove", off);
    else
        status = say(terminal, off,
                     "removed: the daemon renews the lease after its next listing");
    free(off);
    return status;
}

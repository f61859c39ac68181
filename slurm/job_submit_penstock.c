/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Slurm's job_submit plugin: gives a job that may wait for clean power its latest start
 * as begin time, and says so in its admin comment. It runs in slurmctld while that
 * holds its locks, so it reads one small file, sends one datagram that nobody needs to
 * take, and does nothing else. Whatever is wrong, the job passes as it came.
 */
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <slurm/spank.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nodes/slurm/deferral.h"
#include "nodes/slurm/rounds.h"
#include "slurm/lease_file.h"
#include "slurm/options.h"
#include "slurm/slurmctld.h"

#define UNTIL_SIZE 32
#define NO_PAUSES                                                                      \
    "penstock: will not be paused: only batch jobs without --no-requeue are"

/* What slurmctld looks up by name. */
extern const char plugin_name[];
extern const char plugin_type[];
extern const uint32_t plugin_version;
int init(void);
int fini(void);
int job_submit(job_desc_msg_t *job, uint32_t uid, char **err_msg);
/* Slurm's own record, which no public header describes. */
struct job_record;
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
int job_modify(job_desc_msg_t *change, struct job_record *job, uint32_t uid,
               char **err_msg);
#else
int job_modify(job_desc_msg_t *change, struct job_record *job, uint32_t uid);
#endif

PLUGIN_SYMBOL const char plugin_name[] = "Penstock: jobs that wait for clean power";
PLUGIN_SYMBOL const char plugin_type[] = "job_submit/penstock";
PLUGIN_SYMBOL const uint32_t plugin_version = SLURM_VERSION_NUMBER;

static struct lease_file lease_file = LEASE_FILE(LEASE_FILE_PATH);
static int wake_socket = -1;
static atomic_int last_fault = -1; /* the code that was logged last */

PLUGIN_SYMBOL int init(void)
{
    const char *path = getenv("PENSTOCK_LEASE");

    if (path && *path)
        lease_file.path = path;
    wake_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    slurm_info("%s: reads %s", plugin_type, lease_file.path);
    return SLURM_SUCCESS;
}

PLUGIN_SYMBOL int fini(void)
{
    if (wake_socket >= 0)
        close(wake_socket);
    wake_socket = -1;
    return SLURM_SUCCESS;
}

/* Say it once, not for each job. */
static void log_change(enum error_code code, const char *text)
{
    if (atomic_exchange(&last_fault, (int)code) == (int)code)
        return;
    if (code == ERROR_NONE)
        slurm_info("%s: the lease is in force", plugin_type);
    else
        slurm_info("%s: %s: jobs pass untouched", plugin_type, text);
}

/* Nobody has to listen: what cannot be sent at once is not sent. */
static void wake_daemon(const struct lease *lease)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static const char word[] = "submit\n";

    if (wake_socket < 0 || !lease->wake[0])
        return;
    memcpy(address.sun_path, lease->wake, sizeof(lease->wake));
    if (sendto(wake_socket, word, sizeof(word) - 1, MSG_DONTWAIT | MSG_NOSIGNAL,
               (const struct sockaddr *)&address, sizeof(address))
        < 0)
        slurm_debug("%s: the daemon was not woken", plugin_type);
}

_Static_assert(sizeof(((struct sockaddr_un *)NULL)->sun_path) == LEASE_PATH_SIZE,
               "the lease's path is a whole sun_path");

/* `old`, the separator and `more`, in memory as slurmctld frees it; NULL: none left. */
static char *join(const char *old, char separator, const char *more)
{
    size_t before = old ? strlen(old) : 0;
    size_t length = strlen(more);
    char *text = slurm_xcalloc(before + length + 2, 1, false, true, __FILE__, __LINE__,
                               __func__);

    if (!text)
        return NULL;
    if (before > 0) {
        memcpy(text, old, before + 1);
        text[before++] = separator;
    }
    memcpy(text + before, more, length + 1);
    return text;
}

/* Append `more` to a string of slurmctld's; false, and it stays, if there is no memory.
 */
static bool append(char **string, char separator, const char *more)
{
    char *text = join(*string, separator, more);
    void *old = *string;

    if (!text)
        return false;
    if (old)
        slurm_xfree(&old);
    *string = text;
    return true;
}

/* What is asked for in a comment is checked by nobody else. */
static void tell_misunderstood(const struct error *fault, char **err_msg)
{
    char text[sizeof(fault->text) + 64];

    if (!err_msg)
        return;
    snprintf(text, sizeof(text), "penstock: does not wait for clean power: %s",
             fault->text);
    append(err_msg, '\n', text);
}

/* A moment as slurmctld's machine shows it, with its zone; "" for 0. */
static const char *show(instant when, char text[UNTIL_SIZE])
{
    time_t seconds = (time_t)when;
    struct tm local;

    text[0] = '\0';
    if (when > 0
        && (!localtime_r(&seconds, &local)
            || strftime(text, UNTIL_SIZE, "%Y-%m-%d %H:%M %Z", &local) == 0))
        text[0] = '\0';
    return text;
}

static void tell_user(const struct deferral *deferral, char **err_msg)
{
    char until[UNTIL_SIZE], end[UNTIL_SIZE], text[DEFERRAL_MESSAGE_SIZE];

    if (err_msg)
        append(err_msg, '\n',
               deferral_message(show(deferral->latest, until),
                                show(deferral->mark.deadline, end), text));
}

/* Who asked is told why his job does not wait. */
static void tell_refusal(const struct deferral *deferral, const struct lease *lease,
                         const struct deferral_job *facts, const struct wish *wish,
                         char **err_msg)
{
    char end[UNTIL_SIZE], text[DEFERRAL_MESSAGE_SIZE];

    deferral_refusal(deferral, lease, facts, wish, show(deferral->end, end), text);
    if (err_msg && lease->tells_users && text[0])
        append(err_msg, '\n', text);
}

static duration limit_of(const job_desc_msg_t *job)
{
    if (job->time_limit == NO_VAL || job->time_limit == INFINITE)
        return 0;
    return rounds_length(job->array_inx, MINUTE * (duration)job->time_limit);
}

/* Of a heterogeneous job only the first part has the script: of others the port tells
 * to which salloc or srun listens. */
static bool is_interactive(const job_desc_msg_t *job)
{
    bool may_have_script = job->het_job_offset == NO_VAL || job->het_job_offset == 0;

    return !job->script && (may_have_script || job->alloc_resp_port != 0);
}

static bool asks_for_pauses(const job_desc_msg_t *job, instant now)
{
    return wish_is_interruptible(job->comment, now)
           || options_are_interruptible((const char *const *)job->spank_job_env,
                                        job->spank_job_env_size);
}

/* As far as its user goes: what Slurm does with those who do not say is in its record.
 */
static bool may_be_requeued(const job_desc_msg_t *job)
{
    return job->requeue != 0 && !is_interactive(job);
}

static struct deferral_job facts_of(const job_desc_msg_t *job, instant now)
{
    return (struct deferral_job){
        .now = now,
        .begin = job->begin_time,
        .deadline = job->deadline,
        .limit = limit_of(job),
        .partition = job->partition,
        .qos = job->qos,
        .account = job->account,
        .is_held = job->priority == 0,
        .is_interactive = is_interactive(job),
        .is_bound =
            job->immediate == 1 || job->reservation || (job->bitflags & CRON_JOB),
        .is_part = job->het_job_offset != NO_VAL,
        .interruptible = may_be_requeued(job) && asks_for_pauses(job, now),
    };
}

/* ERROR_INVALID if something that its user said is not understood. */
static int wish_of(const job_desc_msg_t *job, instant now, struct wish *wish,
                   struct error *err)
{
    struct wish options = WISH_NONE;

    *wish = WISH_NONE;
    if (wish_parse_comment(job->comment, now, wish, err) < 0
        || options_find((const char *const *)job->spank_job_env,
                        job->spank_job_env_size, now, &options, err)
               < 0)
        return -1;
    wish_override(wish, &options);
    return 0;
}

static void defer(job_desc_msg_t *job, const struct deferral *deferral,
                  const struct lease *lease, instant now, char **err_msg)
{
    char mark[MARK_TEXT_SIZE];

    if (!append(&job->admin_comment, ';', mark_format(&deferral->mark, mark)))
        return;
    job->begin_time = (time_t)deferral->latest;
    if (lease->tells_users) {
        tell_user(deferral, err_msg);
        if (asks_for_pauses(job, now) && !deferral->mark.interruptible && err_msg)
            append(err_msg, '\n', NO_PAUSES);
    }
    wake_daemon(lease);
}

PLUGIN_SYMBOL int job_submit(job_desc_msg_t *job, uint32_t uid, char **err_msg)
{
    instant now = time(NULL);
    struct deferral deferral;
    struct deferral_job facts;
    struct lease lease;
    struct wish wish;
    struct error err;

    (void)uid;
    if (lease_file_read(&lease_file, &lease, &err) < 0) {
        log_change(err.code, err.text);
        return SLURM_SUCCESS;
    }
    if (wish_of(job, now, &wish, &err) < 0) {
        slurm_debug("%s: untouched: %s", plugin_type, err.text);
        if (lease.tells_users && lease_is_fresh(&lease, now))
            tell_misunderstood(&err, err_msg);
        return SLURM_SUCCESS;
    }
    facts = facts_of(job, now);
    deferral = deferral_decide(&lease, &facts, &wish);
    if (deferral.reason == DEFERRAL_STALE)
        log_change(ERROR_UNAVAILABLE, deferral_reason_name(DEFERRAL_STALE));
    else
        log_change(ERROR_NONE, "");
    if (deferral.reason == DEFERRAL_DEFERRED) {
        defer(job, &deferral, &lease, now, err_msg);
        return SLURM_SUCCESS;
    }
    slurm_debug("%s: untouched: %s", plugin_type,
                deferral_reason_name(deferral.reason));
    tell_refusal(&deferral, &lease, &facts, &wish, err_msg);
    return SLURM_SUCCESS;
}

/* What users and operators change stays as they want it; the daemon sees it. */
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(23, 2, 0)
PLUGIN_SYMBOL int job_modify(job_desc_msg_t *change, struct job_record *job,
                             uint32_t uid, char **err_msg)
{
    (void)err_msg;
#else
PLUGIN_SYMBOL int job_modify(job_desc_msg_t *change, struct job_record *job,
                             uint32_t uid)
{
#endif
    (void)change;
    (void)job;
    (void)uid;
    return SLURM_SUCCESS;
}

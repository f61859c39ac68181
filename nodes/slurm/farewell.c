/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/farewell.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "nodes/slurm/mark.h"
#include "nodes/slurm/wish.h"

/* Within what a begin time that counts back from a deadline is taken for ours: the
 * largest margin. */
#define MARGIN_MAX DAY

static struct farewell with(enum farewell_verdict verdict)
{
    return (struct farewell){.verdict = verdict};
}

/* Whether the begin time is what a deadline leaves: at most MARGIN_MAX before it. */
static bool fits_deadline(const struct slurm_job *job, instant deadline)
{
    instant last = deadline - job->limit;

    return deadline > 0 && job->begin <= last && job->begin >= last - MARGIN_MAX;
}

/* Whether a limit or a deadline that was changed has made the daemon move its begin. */
static bool was_moved(const struct slurm_job *job, const struct mark *mark,
                      instant deadline)
{
    return mark->latest > deadline - job->limit && fits_deadline(job, deadline);
}

static struct farewell leave_marked(const struct slurm_job *job,
                                    const struct mark *mark, instant now)
{
    bool is_ours = mark->latest == 0 || job->begin == 0 || job->begin == mark->latest
                   || job->restarts > 0 || was_moved(job, mark, mark->deadline)
                   || was_moved(job, mark, job->deadline);

    if (mark->begin > now && job->begin == mark->begin)
        return with(FAREWELL_ELSEWHERE);
    if (!is_ours)
        return with(FAREWELL_ELSEWHERE);
    if (mark->begin > now)
        return (struct farewell){FAREWELL_RETURN, mark->begin};
    return with(FAREWELL_RELEASE);
}

static struct farewell leave_commented(const struct slurm_job *job,
                                       const struct wish *wish, duration wait)
{
    duration waits = wish->max_wait >= 0 ? wish->max_wait : wait;
    bool is_ours = job->restarts > 0 || wish->choice == WISH_EARLY
                   || (waits >= 0 && job->begin == job->submitted + waits)
                   || fits_deadline(job, wish->deadline)
                   || fits_deadline(job, job->deadline);

    return with(is_ours ? FAREWELL_RELEASE : FAREWELL_ELSEWHERE);
}

struct farewell farewell_decide(const struct slurm_job *job, duration wait, instant now)
{
    struct wish wish = WISH_NONE;
    struct mark mark;
    bool is_marked = mark_find(job->admin_comment, &mark);

    if (job->state != SLURM_PENDING)
        return with(FAREWELL_NOT_OURS);
    if (!is_marked
        && (wish_parse_comment(job->comment, job->submitted, &wish, NULL) < 0
            || !wish_asks(&wish)))
        return with(FAREWELL_NOT_OURS);
    if (job->reason == SLURM_REASON_HELD_USER || job->reason == SLURM_REASON_HELD_ADMIN)
        return with(FAREWELL_HELD);
    if ((job->begin > 0 && job->begin <= now)
        || (is_marked && mark.latest > 0 && mark.latest <= now && job->begin == 0))
        return with(FAREWELL_ELIGIBLE);
    return is_marked ? leave_marked(job, &mark, now)
                     : leave_commented(job, &wish, wait);
}

char *farewell_target(const struct slurm_job *job)
{
    struct text target = TEXT_EMPTY;

    if (job->het_id > 0 && job->het_offset > 0)
        return NULL;
    if (job->array_id > 0 && job->array_task >= 0)
        text_add_format(&target, "%" PRId64 "_%" PRId64, job->array_id,
                        job->array_task);
    else if (job->array_id > 0 && job->array_tasks[0])
        text_add_format(&target, "%" PRId64 "_[%.*s]", job->array_id,
                        (int)strcspn(job->array_tasks, "%"), job->array_tasks);
    else
        text_add_format(&target, "%" PRId64, job->job_id);
    return text_take(&target);
}

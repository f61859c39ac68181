/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/deferral.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"

static const char *const reason_names[DEFERRAL_REASONS] = {
    [DEFERRAL_DEFERRED] = "deferred",
    [DEFERRAL_STALE] = "the lease is stale",
    [DEFERRAL_NO_ROW] = "no row of the lease is for it",
    [DEFERRAL_NOT_ASKED] = "not asked for",
    [DEFERRAL_REFUSED] = "its user refused",
    [DEFERRAL_HELD] = "held",
    [DEFERRAL_BOUND] = "bound to a moment of its own",
    [DEFERRAL_PART] = "a part of a heterogeneous job with a deadline",
    [DEFERRAL_NO_LIMIT] = "a deadline, but no time limit",
    [DEFERRAL_PAST] = "its deadline is past",
    [DEFERRAL_NO_SLACK] = "no slack",
    [DEFERRAL_NO_WAIT] = "it may wait for less than a minute",
};

const char *deferral_reason_name(enum deferral_reason reason)
{
    return reason_names[reason];
}

/* What applies to a job: of a row, or the strictest of several. */
struct terms {
    bool must_ask;
    duration wait_default;
    duration wait_max;
    duration margin;
};

static struct terms terms_of(const struct lease_row *row)
{
    return (struct terms){row->must_ask, row->wait_default, row->wait_max, row->margin};
}

static void narrow(struct terms *terms, const struct lease_row *row)
{
    terms->must_ask = terms->must_ask || row->must_ask;
    if (row->wait_default < terms->wait_default)
        terms->wait_default = row->wait_default;
    if (row->wait_max < terms->wait_max)
        terms->wait_max = row->wait_max;
    if (row->margin > terms->margin)
        terms->margin = row->margin;
}

static const struct lease_row *partition_row(const struct lease *lease,
                                             const char *name, size_t length)
{
    for (size_t i = 0; i < lease->row_count; i++) {
        const struct lease_row *row = &lease->rows[i];

        if (row->kind == LEASE_PARTITION && strncmp(row->name, name, length) == 0
            && row->name[length] == '\0')
            return row;
    }
    return NULL;
}

/* The first of the rows of a list's partitions, with the strictest of their terms; NULL
 * unless each of them has a row. */
static const struct lease_row *find_partitions(const struct lease *lease,
                                               const char *list, struct terms *terms)
{
    const struct lease_row *first = NULL;

    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");
        const struct lease_row *row =
            length < LEASE_NAME_SIZE ? partition_row(lease, at, length) : NULL;

        if (!row)
            return NULL;
        if (!first)
            *terms = terms_of(row);
        if (!first || row < first)
            first = row;
        narrow(terms, row);
        at += length;
        if (!*at)
            return first;
    }
}

static bool is_named(const char *name, const char *wanted)
{
    return name && strcmp(name, wanted) == 0;
}

/* Whether a row that is not for partitions is for the job. */
static bool fits(const struct lease_row *row, const struct deferral_job *job)
{
    switch (row->kind) {
    case LEASE_QOS:
        return is_named(job->qos, row->name);
    case LEASE_ACCOUNT:
        return is_named(job->account, row->name);
    default:
        return row->kind == LEASE_ANY;
    }
}

static const char *partitions_of(const struct lease *lease,
                                 const struct deferral_job *job)
{
    return job->partition && *job->partition ? job->partition
                                             : lease->default_partition;
}

/* The first row that fits decides; the margin is that of where it runs. */
static bool find_terms(const struct lease *lease, const struct deferral_job *job,
                       struct terms *terms)
{
    const struct lease_row *partitions =
        find_partitions(lease, partitions_of(lease, job), terms);
    duration margin = partitions ? terms->margin : lease->margin;

    for (size_t i = 0; i < lease->row_count; i++) {
        const struct lease_row *row = &lease->rows[i];

        if (row == partitions)
            return true;
        if (fits(row, job)) {
            *terms = terms_of(row);
            terms->margin = margin;
            return true;
        }
    }
    return false;
}

static duration wait_of(const struct terms *terms, const struct wish *wish)
{
    duration wait = terms->wait_default;

    if (wish->max_wait >= 0)
        wait = wish->max_wait;
    else if (wish->deadline > 0)
        wait = terms->wait_max;
    return wait < terms->wait_max ? wait : terms->wait_max;
}

static instant earlier(instant one, instant other)
{
    return one < other ? one : other;
}

static struct deferral untouched(enum deferral_reason reason)
{
    return (struct deferral){.reason = reason};
}

static struct deferral late(enum deferral_reason reason, instant end, duration margin)
{
    return (struct deferral){.reason = reason, .end = end, .margin = margin};
}

static instant end_of(const struct deferral_job *job, const struct wish *wish)
{
    if (job->deadline > 0 && wish->deadline > 0)
        return earlier(job->deadline, wish->deadline);
    return job->deadline > 0 ? job->deadline : wish->deadline;
}

/* Of a job that may wait: for how long. */
static struct deferral place(const struct terms *terms, const struct deferral_job *job,
                             const struct wish *wish)
{
    duration wait = wait_of(terms, wish);
    instant eligible = job->begin > job->now ? job->begin : job->now;
    instant end = end_of(job, wish), latest;

    if (wait < DEFERRAL_SLACK_MIN || eligible < 0
        || eligible > INSTANT_MAX - LEASE_WAIT_MAX)
        return untouched(DEFERRAL_NO_WAIT);
    latest = eligible + wait;
    if (end > 0) {
        if (end <= job->now)
            return late(DEFERRAL_PAST, end, terms->margin);
        if (job->is_part)
            return untouched(DEFERRAL_PART);
        if (job->limit <= 0)
            return untouched(DEFERRAL_NO_LIMIT);
        if (job->limit > INSTANT_MAX)
            return late(DEFERRAL_NO_SLACK, end, terms->margin);
        latest = earlier(latest, end - job->limit - terms->margin);
    }
    if (latest - eligible < DEFERRAL_SLACK_MIN)
        return late(DEFERRAL_NO_SLACK, end, terms->margin);
    return (struct deferral){
        .reason = DEFERRAL_DEFERRED,
        .latest = latest,
        .mark = {latest, wish->deadline, job->begin > job->now ? job->begin : 0, wait,
                 job->interruptible},
    };
}

static struct deferral decide(const struct lease *lease, const struct deferral_job *job,
                              const struct wish *wish)
{
    struct terms terms = {true, 0, 0, 0};

    if (!lease_is_fresh(lease, job->now))
        return untouched(DEFERRAL_STALE);
    if (wish->choice == WISH_OFF)
        return untouched(DEFERRAL_REFUSED);
    if (!find_terms(lease, job, &terms))
        return untouched(DEFERRAL_NO_ROW);
    if ((terms.must_ask || job->is_interactive) && !wish_asks(wish))
        return untouched(DEFERRAL_NOT_ASKED);
    if (job->is_held)
        return untouched(DEFERRAL_HELD);
    if (job->is_bound)
        return untouched(DEFERRAL_BOUND);
    return place(&terms, job, wish);
}

struct deferral deferral_decide(const struct lease *lease,
                                const struct deferral_job *job, const struct wish *wish)
{
    struct deferral_job early_job = *job;
    struct wish early_wish = *wish;

    if (wish->choice != WISH_EARLY || job->begin <= job->now)
        return decide(lease, job, wish);
    /* Its begin time is how long it waits, not what it waits from. */
    early_wish.max_wait = job->begin - job->now;
    early_job.begin = 0;
    return decide(lease, &early_job, &early_wish);
}

char *deferral_message(const char *until, const char *end,
                       char text[DEFERRAL_MESSAGE_SIZE])
{
    snprintf(text, DEFERRAL_MESSAGE_SIZE,
             "penstock: may wait until %.40s for clean power%s%.40s", until,
             *end ? ", to end by its carbon deadline, " : "", end);
    return text;
}

#define NOT "penstock: does not wait for clean power: "

/* Of a list, the first that has no row; all must have one. */
static void add_stranger(const struct lease *lease, const char *list,
                         char text[DEFERRAL_MESSAGE_SIZE])
{
    size_t length = strcspn(list, ",");

    while (length < LEASE_NAME_SIZE && list[length]
           && partition_row(lease, list, length)) {
        list += length + 1;
        length = strcspn(list, ",");
    }
    if (length == 0)
        snprintf(text, DEFERRAL_MESSAGE_SIZE,
                 NOT "its partition is no pool of Penstock's");
    else
        snprintf(text, DEFERRAL_MESSAGE_SIZE,
                 NOT "partition %.*s is no pool of Penstock's",
                 length < LEASE_NAME_SIZE ? (int)length : LEASE_NAME_SIZE, list);
}

static const char *plain_reason(enum deferral_reason reason)
{
    switch (reason) {
    case DEFERRAL_REFUSED:
        return "off goes before a wait or a deadline";
    case DEFERRAL_HELD:
        return "it is held";
    case DEFERRAL_BOUND:
        return "it has a reservation, is to start at once, or is a cron job";
    case DEFERRAL_PART:
        return "a heterogeneous job with a deadline cannot";
    case DEFERRAL_NO_LIMIT:
        return "with a deadline it needs a time limit (--time)";
    default:
        return deferral_reason_name(reason);
    }
}

char *deferral_refusal(const struct deferral *deferral, const struct lease *lease,
                       const struct deferral_job *job, const struct wish *wish,
                       const char *end, char text[DEFERRAL_MESSAGE_SIZE])
{
    char limit[DURATION_TEXT_SIZE], margin[DURATION_TEXT_SIZE];

    text[0] = '\0';
    if (deferral->reason == DEFERRAL_STALE || (!wish_asks(wish) && !wish_is_torn(wish)))
        return text;
    if (deferral->reason == DEFERRAL_NO_ROW)
        add_stranger(lease, partitions_of(lease, job), text);
    else if (deferral->reason == DEFERRAL_PAST)
        snprintf(text, DEFERRAL_MESSAGE_SIZE, NOT "its deadline, %.40s, is past", end);
    else if (deferral->reason == DEFERRAL_NO_SLACK)
        snprintf(text, DEFERRAL_MESSAGE_SIZE,
                 NOT "its deadline, %.40s, less its time limit of %s and a margin of "
                     "%s leaves no time for that",
                 end, duration_format(job->limit, limit),
                 duration_format(deferral->margin, margin));
    else
        snprintf(text, DEFERRAL_MESSAGE_SIZE, NOT "%s", plain_reason(deferral->reason));
    return text;
}

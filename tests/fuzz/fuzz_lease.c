/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/slurm/deferral.h"
#include "nodes/slurm/joules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((instant)1795292100)

/* What is taken is written as it was; no job is made to wait longer than it may. */
static void check_lease(const char *bytes, size_t size)
{
    static char again[LEASE_SIZE_MAX];
    struct lease lease;

    if (lease_parse(bytes, size, &lease, NULL) < 0)
        return;
    assert(lease_format(&lease, again, sizeof(again), NULL) == 0);
    assert(strlen(again) == size && memcmp(again, bytes, size) == 0);
    for (size_t i = 0; i < lease.row_count; i++) {
        const struct deferral_job job = {.now = lease.written,
                                         .deadline = lease.written + 9 * HOUR,
                                         .limit = HOUR,
                                         .partition = lease.rows[i].name,
                                         .qos = lease.rows[i].name,
                                         .account = lease.rows[0].name};
        struct deferral result = deferral_decide(&lease, &job, &WISH_NONE);

        assert(result.reason != DEFERRAL_DEFERRED
               || (result.latest >= job.now + DEFERRAL_SLACK_MIN
                   && result.latest <= job.deadline - job.limit));
    }
}

static void check_mark(const char *comment)
{
    char text[MARK_TEXT_SIZE];
    struct mark mark, again;

    if (!mark_find(comment, &mark))
        return;
    assert(mark.latest >= 0 && mark.latest <= INSTANT_MAX);
    assert(mark_find(mark_format(&mark, text), &again));
    assert(mark.latest == again.latest && mark.deadline == again.deadline
           && mark.begin == again.begin && mark.wait == again.wait
           && mark.interruptible == again.interruptible);
}

static void check_wish(const char *comment)
{
    struct wish wish = WISH_NONE;

    if (wish_parse_comment(comment, NOW, &wish, NULL) < 0)
        return;
    assert(wish.deadline >= 0 && wish.deadline <= INSTANT_MAX);
    assert(wish.max_wait >= -1 && wish.max_wait <= 400 * DAY);
    assert(strlen(wish.key) < sizeof(wish.key));
}

static void check_joules(const char *bytes, size_t size)
{
    static char again[JOULES_SIZE_MAX];
    struct joules joules;

    if (joules_parse(bytes, size, &joules, NULL) < 0)
        return;
    assert(joules_format(&joules, again, sizeof(again), NULL) == 0);
    assert(strlen(again) == size && memcmp(again, bytes, size) == 0);
    assert(joules_total_mj(&joules, 1) >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    check_lease(bytes, size);
    check_joules(bytes, size);
    check_mark(bytes);
    check_wish(bytes);
    free(bytes);
    return 0;
}

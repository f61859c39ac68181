/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/slurm/deferral.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define NOW         ((instant)1795292100)
#define MARGIN      (2 * MINUTE)

/* main: all, 4 h, at most 24 h. asked: those that ask, 1 h, 12 h. short: all, 30 m.
 * slow: as main, with a larger margin. */
static struct lease example(void)
{
    return (struct lease){
        .written = NOW - MINUTE,
        .valid = 3 * MINUTE,
        .margin = MARGIN,
        .default_partition = "main",
        .rows = {{LEASE_QOS, false, 2 * HOUR, 48 * HOUR, 0, "patient"},
                 {LEASE_PARTITION, false, 4 * HOUR, 24 * HOUR, MARGIN, "main"},
                 {LEASE_PARTITION, true, HOUR, 12 * HOUR, MARGIN, "asked"},
                 {LEASE_PARTITION, false, 30 * MINUTE, 30 * MINUTE, MARGIN, "short"},
                 {LEASE_PARTITION, false, 4 * HOUR, 24 * HOUR, 9 * MINUTE, "slow"},
                 {LEASE_ACCOUNT, true, 3 * HOUR, 5 * HOUR, 0, "ice"}},
        .row_count = 6,
    };
}

struct row {
    const char *story;
    struct deferral_job job; /* `now` is filled in */
    struct wish wish;
    enum deferral_reason reason;
    duration latest; /* after NOW */
};

#define NO_WISH                                                                        \
    {                                                                                  \
        WISH_UNSAID, 0, -1, ""                                                         \
    }

static const struct row waits[] = {
    {"default partition, default wait", {.limit = HOUR}, NO_WISH, 0, 4 * HOUR},
    {"a wish in between", {.limit = HOUR}, {WISH_UNSAID, 0, 6 * HOUR, ""}, 0, 6 * HOUR},
    {"a wish above", {.limit = HOUR}, {WISH_UNSAID, 0, 7 * DAY, ""}, 0, 24 * HOUR},
    {"a wish below", {.limit = HOUR}, {WISH_ON, 0, 5 * MINUTE, ""}, 0, 5 * MINUTE},
    {"no limit, no deadline", {.limit = 0}, NO_WISH, 0, 4 * HOUR},
    {"its own begin", {.begin = NOW + HOUR, .limit = HOUR}, NO_WISH, 0, 5 * HOUR},
    {"a begin that was", {.begin = NOW - DAY, .limit = HOUR}, NO_WISH, 0, 4 * HOUR},
    {"short", {.limit = HOUR, .partition = "short"}, NO_WISH, 0, 30 * MINUTE},
    {"empty is the default", {.limit = HOUR, .partition = ""}, NO_WISH, 0, 4 * HOUR},
    {"the strictest of two", {.partition = "main,short"}, NO_WISH, 0, 30 * MINUTE},
    {"in any order", {.partition = "short,main"}, NO_WISH, 0, 30 * MINUTE},
    {"qos", {.partition = "other", .qos = "patient"}, NO_WISH, 0, 2 * HOUR},
    {"the first row decides",
     {.partition = "main", .qos = "patient"},
     NO_WISH,
     0,
     2 * HOUR},
    {"interactive, but asked",
     {.is_interactive = true},
     {WISH_ON, 0, -1, ""},
     0,
     4 * HOUR},
    {"a part without a deadline",
     {.is_part = true, .limit = HOUR},
     NO_WISH,
     0,
     4 * HOUR},
    {"asked for by on", {.partition = "asked"}, {WISH_ON, 0, -1, ""}, 0, HOUR},
    {"asked for by a wait",
     {.partition = "asked"},
     {WISH_UNSAID, 0, 3 * HOUR, ""},
     0,
     3 * HOUR},
    {"account",
     {.partition = "other", .account = "ice"},
     {WISH_ON, 0, -1, ""},
     0,
     3 * HOUR},
};

static const struct row deadlines[] = {
    {"Slurm's far away", {.deadline = NOW + DAY, .limit = HOUR}, NO_WISH, 0, 4 * HOUR},
    {"Slurm's near",
     {.deadline = NOW + 4 * HOUR, .limit = HOUR},
     NO_WISH,
     0,
     3 * HOUR - MARGIN},
    {"carbon",
     {.limit = HOUR},
     {WISH_UNSAID, NOW + 8 * HOUR, -1, ""},
     0,
     7 * HOUR - MARGIN},
    {"carbon, beyond the maximum",
     {.limit = HOUR},
     {WISH_ON, NOW + 3 * DAY, -1, ""},
     0,
     24 * HOUR},
    {"carbon and a wait",
     {.limit = HOUR},
     {WISH_ON, NOW + 8 * HOUR, HOUR, ""},
     0,
     HOUR},
    {"the earlier of both",
     {.deadline = NOW + 5 * HOUR, .limit = HOUR},
     {WISH_ON, NOW + 8 * HOUR, -1, ""},
     0,
     4 * HOUR - MARGIN},
    {"the other earlier",
     {.deadline = NOW + 9 * HOUR, .limit = HOUR},
     {WISH_ON, NOW + 8 * HOUR, -1, ""},
     0,
     7 * HOUR - MARGIN},
    {"begin and deadline",
     {.begin = NOW + 2 * HOUR, .deadline = NOW + 4 * HOUR, .limit = HOUR},
     NO_WISH,
     0,
     3 * HOUR - MARGIN},
    {"a slow partition",
     {.deadline = NOW + 4 * HOUR, .limit = HOUR, .partition = "slow"},
     NO_WISH,
     0,
     3 * HOUR - 9 * MINUTE},
    {"one of two is slow",
     {.limit = HOUR, .partition = "slow,main"},
     {WISH_ON, NOW + 8 * HOUR, -1, ""},
     0,
     7 * HOUR - 9 * MINUTE},
    {"a slow partition by its QOS",
     {.deadline = NOW + 3 * HOUR, .limit = HOUR, .partition = "slow", .qos = "patient"},
     NO_WISH,
     0,
     2 * HOUR - 9 * MINUTE},
    {"the lease's margin where there is no row",
     {.deadline = NOW + 3 * HOUR,
      .limit = HOUR,
      .partition = "slow,x",
      .qos = "patient"},
     NO_WISH,
     0,
     2 * HOUR - MARGIN},
    {"exactly the least slack",
     {.deadline = NOW + HOUR + MARGIN + MINUTE, .limit = HOUR},
     NO_WISH,
     0,
     MINUTE},
};

static const struct row untouched[] = {
    {"a second less",
     {.deadline = NOW + HOUR + MARGIN + MINUTE - 1, .limit = HOUR},
     NO_WISH,
     DEFERRAL_NO_SLACK,
     0},
    {"a deadline that was", {.deadline = 1, .limit = HOUR}, NO_WISH, DEFERRAL_PAST, 0},
    {"a carbon deadline that was",
     {.limit = HOUR},
     {WISH_ON, 1, -1, ""},
     DEFERRAL_PAST,
     0},
    {"begin leaves nothing",
     {.begin = NOW + 3 * HOUR, .deadline = NOW + 4 * HOUR, .limit = HOUR},
     NO_WISH,
     DEFERRAL_NO_SLACK,
     0},
    {"a limit beyond all",
     {.deadline = NOW + DAY, .limit = INT64_MAX},
     NO_WISH,
     DEFERRAL_NO_SLACK,
     0},
    {"a begin beyond all",
     {.begin = INT64_MAX, .limit = HOUR},
     NO_WISH,
     DEFERRAL_NO_WAIT,
     0},
    {"a wait of nothing", {.limit = HOUR}, {WISH_ON, 0, 0, ""}, DEFERRAL_NO_WAIT, 0},
    {"a deadline without a limit",
     {.deadline = NOW + DAY},
     NO_WISH,
     DEFERRAL_NO_LIMIT,
     0},
    {"the same of carbon", {0}, {WISH_ON, NOW + DAY, -1, ""}, DEFERRAL_NO_LIMIT, 0},
    {"held", {.is_held = true}, NO_WISH, DEFERRAL_HELD, 0},
    {"bound", {.is_bound = true}, {WISH_ON, 0, HOUR, ""}, DEFERRAL_BOUND, 0},
    {"interactive", {.is_interactive = true}, NO_WISH, DEFERRAL_NOT_ASKED, 0},
    {"a part with a deadline",
     {.is_part = true, .deadline = NOW + DAY, .limit = HOUR},
     NO_WISH,
     DEFERRAL_PART,
     0},
    {"a part with a carbon deadline",
     {.is_part = true, .limit = HOUR},
     {WISH_ON, NOW + DAY, -1, ""},
     DEFERRAL_PART,
     0},
    {"off", {.limit = HOUR}, {WISH_OFF, 0, HOUR, ""}, DEFERRAL_REFUSED, 0},
    {"not asked", {.partition = "asked"}, NO_WISH, DEFERRAL_NOT_ASKED, 0},
    {"one of two must be asked for",
     {.partition = "main,asked"},
     NO_WISH,
     DEFERRAL_NOT_ASKED,
     0},
    {"not an account that asks",
     {.partition = "other", .account = "ice"},
     NO_WISH,
     DEFERRAL_NOT_ASKED,
     0},
    {"elsewhere", {.partition = "other"}, {WISH_ON, 0, -1, ""}, DEFERRAL_NO_ROW, 0},
    {"one of two is elsewhere",
     {.partition = "main,other"},
     {WISH_ON, 0, -1, ""},
     DEFERRAL_NO_ROW,
     0},
    {"part of a name", {.partition = "mai"}, NO_WISH, DEFERRAL_NO_ROW, 0},
    {"more than a name", {.partition = "mainly"}, NO_WISH, DEFERRAL_NO_ROW, 0},
    {"an empty name", {.partition = "main,"}, NO_WISH, DEFERRAL_NO_ROW, 0},
    {"only commas", {.partition = ",,"}, NO_WISH, DEFERRAL_NO_ROW, 0},
    {"a name beyond all",
     {.partition =
          "0123456789012345678901234567890123456789012345678901234567890123456"},
     NO_WISH,
     DEFERRAL_NO_ROW,
     0},
};

static void check(const struct row *rows, size_t count)
{
    const struct lease lease = example();

    for (size_t i = 0; i < count; i++) {
        struct deferral_job job = rows[i].job;
        struct deferral result;

        job.now = NOW;
        result = deferral_decide(&lease, &job, &rows[i].wish);
        if (result.reason != rows[i].reason)
            fail_msg("%s: %s", rows[i].story, deferral_reason_name(result.reason));
        if (result.latest != (rows[i].latest ? NOW + rows[i].latest : 0))
            fail_msg("%s: %lld s", rows[i].story, (long long)(result.latest - NOW));
        assert_int_equal(result.mark.latest, result.latest);
    }
}

static void a_job_waits_as_long_as_its_row_and_its_user_say(void **state)
{
    (void)state;
    check(waits, ROWS(waits));
}

static void no_job_waits_past_its_deadline_less_limit_and_margin(void **state)
{
    (void)state;
    check(deadlines, ROWS(deadlines));
}

static void what_may_not_or_cannot_wait_is_untouched(void **state)
{
    (void)state;
    check(untouched, ROWS(untouched));
}

static void a_row_for_any_is_for_what_no_other_is(void **state)
{
    struct lease lease = example();
    const struct deferral_job job = {.now = NOW, .partition = "other"};

    (void)state;
    lease.rows[6] = (struct lease_row){LEASE_ANY, false, HOUR, HOUR, 0, ""};
    lease.row_count = 7;
    assert_int_equal(deferral_decide(&lease, &job, &WISH_NONE).latest, NOW + HOUR);
}

static void without_a_default_partition_an_unnamed_one_has_no_row(void **state)
{
    struct lease lease = example();
    const struct deferral_job job = {.now = NOW};

    (void)state;
    lease.default_partition[0] = '\0';
    assert_int_equal(deferral_decide(&lease, &job, &WISH_NONE).reason, DEFERRAL_NO_ROW);
}

static void a_stale_lease_touches_nothing(void **state)
{
    const struct lease lease = example();
    const struct wish on = {WISH_ON, 0, HOUR, ""};
    const struct deferral_job late = {.now = NOW + 2 * MINUTE + 1},
                              early = {.now = NOW - 2 * MINUTE - 1};

    (void)state;
    assert_int_equal(deferral_decide(&lease, &late, &on).reason, DEFERRAL_STALE);
    assert_int_equal(deferral_decide(&lease, &early, &on).reason, DEFERRAL_STALE);
}

static void the_mark_says_what_was_decided(void **state)
{
    const struct lease lease = example();
    struct deferral_job job = {
        .now = NOW, .begin = NOW + HOUR, .limit = HOUR, .partition = "main"};
    const struct wish wish = {WISH_ON, NOW + 30 * HOUR, -1, ""};
    struct deferral result = deferral_decide(&lease, &job, &wish);

    (void)state;
    assert_int_equal(result.mark.latest, NOW + 25 * HOUR);
    assert_int_equal(result.mark.deadline, NOW + 30 * HOUR);
    assert_int_equal(result.mark.begin, NOW + HOUR);
    assert_int_equal(result.mark.wait, 24 * HOUR);
    assert_false(result.mark.interruptible);
    job.interruptible = true;
    assert_true(deferral_decide(&lease, &job, &wish).mark.interruptible);
}

static void every_reason_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < DEFERRAL_REASONS; i++)
        assert_true(strlen(deferral_reason_name((enum deferral_reason)i)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_waits_as_long_as_its_row_and_its_user_say),
        cmocka_unit_test(no_job_waits_past_its_deadline_less_limit_and_margin),
        cmocka_unit_test(what_may_not_or_cannot_wait_is_untouched),
        cmocka_unit_test(a_row_for_any_is_for_what_no_other_is),
        cmocka_unit_test(without_a_default_partition_an_unnamed_one_has_no_row),
        cmocka_unit_test(a_stale_lease_touches_nothing),
        cmocka_unit_test(the_mark_says_what_was_decided),
        cmocka_unit_test(every_reason_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

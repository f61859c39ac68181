/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "nodes/slurm/deferral.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define NOW         ((instant)1795292100)
#define MARGIN      (2 * MINUTE)

/* main and slow: all, 4 h, at most 24 h. */
static struct lease example(void)
{
    return (struct lease){
        .written = NOW - MINUTE,
        .valid = 3 * MINUTE,
        .margin = 9 * MINUTE,
        .default_partition = "main",
        .rows = {{LEASE_PARTITION, false, 4 * HOUR, 24 * HOUR, MARGIN, "main"},
                 {LEASE_PARTITION, false, 4 * HOUR, 24 * HOUR, 9 * MINUTE, "slow"}},
        .row_count = 2,
    };
}

#define NO_WISH                                                                        \
    {                                                                                  \
        WISH_UNSAID, 0, -1, ""                                                         \
    }

static void the_user_is_told_in_one_line(void **state)
{
    char text[DEFERRAL_MESSAGE_SIZE];

    (void)state;
    assert_string_equal(deferral_message("Sat 21:15", "", text),
                        "penstock: may wait until Sat 21:15 for clean power");
    assert_string_equal(deferral_message("Sat 21:15", "Sun 08:00", text),
                        "penstock: may wait until Sat 21:15 for clean power, to end by "
                        "its carbon deadline, Sun 08:00");
}

static const struct {
    const char *says; /* after what all say; NULL: nothing */
    struct deferral_job job;
    struct wish wish;
} refusals[] = {
    {"partition other is no pool of Penstock's",
     {.partition = "main,other,more"},
     {WISH_UNSAID, 0, HOUR, ""}},
    {"its partition is no pool of Penstock's",
     {.partition = "main,"},
     {WISH_ON, 0, -1, ""}},
    {"its deadline, Sun 08:00, is past", {0}, {WISH_UNSAID, NOW, -1, ""}},
    {"its deadline, Sun 08:00, less its time limit of 3h and a margin of 2m leaves no "
     "time for that",
     {.limit = 3 * HOUR},
     {WISH_UNSAID, NOW + 3 * HOUR, -1, ""}},
    {"its deadline, Sun 08:00, less its time limit of 3h and a margin of 2m leaves no "
     "time for that",
     {.limit = 3 * HOUR, .begin = NOW + DAY, .deadline = NOW + DAY + 3 * HOUR},
     {WISH_ON, 0, -1, ""}},
    {"its deadline, Sun 08:00, less its time limit of 3h and a margin of 9m leaves no "
     "time for that",
     {.limit = 3 * HOUR, .partition = "main,slow"},
     {WISH_ON, NOW + 3 * HOUR + 9 * MINUTE, -1, ""}},
    {"it may wait for less than a minute",
     {.begin = NOW + 59},
     {WISH_EARLY, 0, -1, ""}},
    {"with a deadline it needs a time limit (--time)",
     {0},
     {WISH_UNSAID, NOW + DAY, -1, ""}},
    {"a heterogeneous job with a deadline cannot",
     {.is_part = true, .limit = HOUR},
     {WISH_UNSAID, NOW + DAY, -1, ""}},
    {"it is held", {.is_held = true}, {WISH_ON, 0, -1, ""}},
    {"it has a reservation, is to start at once, or is a cron job",
     {.is_bound = true},
     {WISH_ON, 0, -1, ""}},
    {NULL, {.partition = "other"}, NO_WISH},
    {NULL, {.deadline = NOW + 60, .limit = HOUR}, NO_WISH},
    {NULL, {.partition = "other"}, {WISH_OFF, 0, -1, ""}},
    {"off goes before a wait or a deadline", {0}, {WISH_OFF, 0, HOUR, ""}},
    {"off goes before a wait or a deadline", {0}, {WISH_OFF, NOW + DAY, -1, ""}},
};

static void who_asked_is_told_why_his_job_does_not_wait(void **state)
{
    struct lease lease = example();

    (void)state;
    for (size_t i = 0; i < ROWS(refusals); i++) {
        char text[DEFERRAL_MESSAGE_SIZE], expected[DEFERRAL_MESSAGE_SIZE] = "";
        struct deferral_job job = refusals[i].job;
        struct deferral result;

        job.now = NOW;
        result = deferral_decide(&lease, &job, &refusals[i].wish);
        assert_int_not_equal(result.reason, DEFERRAL_DEFERRED);
        if (refusals[i].says)
            snprintf(expected, sizeof(expected),
                     "penstock: does not wait for clean power: %s", refusals[i].says);
        assert_string_equal(deferral_refusal(&result, &lease, &job, &refusals[i].wish,
                                             result.end > 0 ? "Sun 08:00" : "", text),
                            expected);
    }
}

static void while_nobody_is_at_work_nothing_is_told(void **state)
{
    const struct lease lease = example();
    const struct deferral_job job = {.now = NOW + HOUR};
    const struct wish on = {WISH_ON, 0, HOUR, ""};
    char text[DEFERRAL_MESSAGE_SIZE];
    struct deferral result = deferral_decide(&lease, &job, &on);

    (void)state;
    assert_string_equal(deferral_refusal(&result, &lease, &job, &on, "", text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_is_told_in_one_line),
        cmocka_unit_test(who_asked_is_told_why_his_job_does_not_wait),
        cmocka_unit_test(while_nobody_is_at_work_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "base/when.h"
#include "nodes/slurm/wish.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))
#define NOW         ((instant)1795292100)

static const struct {
    const char *comment;
    int result;
    struct wish wish;
} comments[] = {
    {NULL, 0, {WISH_UNSAID, 0, -1, ""}},
    {"", 0, {WISH_UNSAID, 0, -1, ""}},
    {"run 7 of the ice model, deadline=8h", 0, {WISH_UNSAID, 0, -1, ""}},
    {"penstock:on", 0, {WISH_ON, 0, -1, ""}},
    {"penstock:off", 0, {WISH_OFF, 0, -1, ""}},
    {"penstock:deadline=8h", 0, {WISH_UNSAID, NOW + 8 * HOUR, -1, ""}},
    {"penstock:deadline=2d", 0, {WISH_UNSAID, NOW + 2 * DAY, -1, ""}},
    {"penstock:deadline=+8h", 0, {WISH_UNSAID, NOW + 8 * HOUR, -1, ""}},
    {"penstock:deadline=+1-12:00:00", 0, {WISH_UNSAID, NOW + 36 * HOUR, -1, ""}},
    {"penstock:deadline=now", 0, {WISH_UNSAID, NOW, -1, ""}},
    {"penstock:deadline=+8h 12:30 lunch", 0, {WISH_UNSAID, NOW + 8 * HOUR, -1, ""}},
    {"penstock:deadline=2026-11-22T00:00:00Z", 0, {WISH_UNSAID, 1795305600, -1, ""}},
    {"penstock:deadline=2026-11-22T01:00+01:00,on", 0, {WISH_ON, 1795305600, -1, ""}},
    {"penstock:max-wait=30m", 0, {WISH_UNSAID, 0, 30 * MINUTE, ""}},
    {"penstock:max-wait=0s", 0, {WISH_UNSAID, 0, 0, ""}},
    {"penstock:max-wait=04:00:00,key=2b4e-77",
     0,
     {WISH_UNSAID, 0, 4 * HOUR, "2b4e-77"}},
    {"ice;penstock:on;more", 0, {WISH_ON, 0, -1, ""}},
    {"ice penstock:on more off", 0, {WISH_ON, 0, -1, ""}},
    {"ice\npenstock:on\nmore", 0, {WISH_ON, 0, -1, ""}},
    {"(penstock:on ", 0, {WISH_ON, 0, -1, ""}},
    {"penstock:on;penstock:off", 0, {WISH_OFF, 0, -1, ""}},
    {"penstock:on penstock:max-wait=1h", 0, {WISH_ON, 0, HOUR, ""}},
    {"mypenstock:bad", 0, {WISH_UNSAID, 0, -1, ""}},
    {"penstock:", -1, {0}},
    {"penstock:,on", -1, {0}},
    {"penstock:on,", -1, {0}},
    {"penstock:perhaps", -1, {0}},
    {"penstock:deadline=", -1, {0}},
    {"penstock:deadline=8", -1, {0}},
    {"penstock:deadline=1-12:00:00", -1, {0}},
    {"penstock:deadline=tomorrow", -1, {0}},
    {"penstock:deadline=tomorrow 123:00", -1, {0}},
    {"penstock:deadline=tomorrow 8:61", -1, {0}},
    {"penstock:deadline=2026-02-30T00:00:00Z", -1, {0}},
    {"penstock:max-wait=-1h", -1, {0}},
    {"penstock:max-wait=9999d", -1, {0}},
    {"penstock:key=", -1, {0}},
    {"penstock:key=0123456789012345678901234567890123456789", -1, {0}},
    {"penstock:colour=green", -1, {0}},
    {"penstock:v1,wait=7", -1, {0}},
    {"penstock:on,max-wait=1h,max-wait=x", -1, {0}},
    {"penstock:max-wait="
     "00000000000000000000000000000000000000000000000000000000000000000000000000001h",
     -1,
     {0}},
};

static void assert_same(const char *comment, const struct wish *one,
                        const struct wish *other)
{
    if (one->choice != other->choice || one->deadline != other->deadline
        || one->max_wait != other->max_wait || strcmp(one->key, other->key) != 0)
        fail_msg("misunderstood: %s", comment);
}

static void a_comment_says_what_its_user_wishes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(comments); i++) {
        struct error err = {0};
        struct wish wish = WISH_NONE;

        if (wish_parse_comment(comments[i].comment, NOW, &wish, &err)
            != comments[i].result)
            fail_msg("wrong: %s", comments[i].comment);
        if (comments[i].result == 0) {
            assert_same(comments[i].comment, &wish, &comments[i].wish);
        } else {
            assert_int_equal(err.code, ERROR_INVALID);
            assert_same(comments[i].comment, &wish, &WISH_NONE);
        }
    }
}

static void a_deadline_beyond_all_times_is_refused(void **state)
{
    instant deadline;

    (void)state;
    assert_int_equal(wish_parse_deadline("400d", INSTANT_MAX - DAY, &deadline, NULL),
                     -1);
    assert_int_equal(wish_parse_deadline("8h", -1, &deadline, NULL), -1);
}

/* What `penstock submit --deadline` takes, in Berlin; NOW is 21:15 on the 21st there.
 */
static const struct {
    const char *text, *deadline;
} deadlines[] = {
    {"08:00", "2026-11-22T07:00:00Z"},
    {"20:00", "2026-11-22T19:00:00Z"},
    {"21:15", "2026-11-21T20:15:00Z"},
    {"tomorrow 08:00", "2026-11-22T07:00:00Z"},
    {"today 23:30:10", "2026-11-21T22:30:10Z"},
    {"today 08:00", "2026-11-21T07:00:00Z"},
    {"2026-11-23", "2026-11-22T23:00:00Z"},
    {"2026-11-23 8:00", "2026-11-23T07:00:00Z"},
    {"2026-11-23T08:00", "2026-11-23T07:00:00Z"},
    {"2026-11-23T08:00Z", "2026-11-23T08:00:00Z"},
    {"2026-11-23 08:00-05:00", "2026-11-23T13:00:00Z"},
    {"20h", "2026-11-22T16:15:00Z"},
    {"+20h", "2026-11-22T16:15:00Z"},
    {"+20:00", "2026-11-22T16:15:00Z"},
};

static void a_deadline_is_the_same_moment_wherever_it_is_said(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
    tzset();
    for (size_t i = 0; i < ROWS(deadlines); i++) {
        struct wish wish = WISH_NONE;
        instant expected, alone, submitted;
        char comment[80];

        assert_int_equal(instant_parse(deadlines[i].deadline, &expected, NULL), 0);
        assert_int_equal(when_parse(deadlines[i].text, NOW, &submitted, NULL), 0);
        assert_int_equal(wish_parse_deadline(deadlines[i].text, NOW, &alone, NULL), 0);
        assert_int_equal(alone, expected);
        assert_int_equal(submitted, expected);
        snprintf(comment, sizeof(comment), "ice penstock:on,deadline=%s;x",
                 deadlines[i].text);
        assert_int_equal(wish_parse_comment(comment, NOW, &wish, NULL), 0);
        assert_int_equal(wish.deadline, expected);
        snprintf(comment, sizeof(comment), "penstock:deadline=%s,max-wait=1h",
                 deadlines[i].text);
        wish = WISH_NONE;
        assert_int_equal(wish_parse_comment(comment, NOW, &wish, NULL), 0);
        assert_int_equal(wish.deadline, expected);
        assert_int_equal(wish.max_wait, HOUR);
    }
}

static void what_is_no_deadline_is_told_which_forms_there_are(void **state)
{
    struct error err = {0};
    instant deadline;

    (void)state;
    assert_int_equal(wish_parse_deadline("noon", NOW, &deadline, &err), -1);
    assert_non_null(strstr(err.text, "08:00, tomorrow 08:00, +24h"));
}

static void options_go_before_a_comment(void **state)
{
    struct wish wish = {WISH_OFF, 7, 8, "old"};
    const struct wish none = WISH_NONE, all = {WISH_ON, 9, 0, "new"};

    (void)state;
    wish_override(&wish, &none);
    assert_same("nothing", &wish, &(struct wish){WISH_OFF, 7, 8, "old"});
    wish_override(&wish, &all);
    assert_same("all", &wish, &all);
}

static void on_leaves_a_job_early_and_off_does_not(void **state)
{
    struct wish wish = {WISH_EARLY, 0, -1, ""};
    const struct wish on = {WISH_ON, 0, -1, ""}, off = {WISH_OFF, 0, -1, ""};

    (void)state;
    wish_override(&wish, &on);
    assert_int_equal(WISH_EARLY, wish.choice);
    wish_override(&wish, &off);
    assert_int_equal(WISH_OFF, wish.choice);
}

static void what_a_comment_may_say_is_told_who_mistypes_it(void **state)
{
    struct wish wish = WISH_NONE;
    struct error err = {0};

    (void)state;
    assert_int_equal(wish_parse_comment("penstock:interuptible", 0, &wish, &err), -1);
    assert_string_equal("'interuptible' is not understood; write on, off, early, "
                        "interruptible, max-wait=8h, deadline=08:00 or time=90m",
                        err.text);
    assert_int_equal(wish_parse_choice("early", &wish.choice, &err), -1);
    assert_string_equal("'early' is neither on nor off", err.text);
}

static void who_names_a_deadline_or_a_wait_asks(void **state)
{
    static const struct {
        struct wish wish;
        bool asks;
    } wishes[] = {
        {{WISH_UNSAID, 0, -1, ""}, false}, {{WISH_UNSAID, 0, -1, "key"}, false},
        {{WISH_ON, 0, -1, ""}, true},      {{WISH_UNSAID, 1, -1, ""}, true},
        {{WISH_UNSAID, 0, 0, ""}, true},   {{WISH_OFF, 1, 1, ""}, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(wishes); i++)
        assert_int_equal(wish_asks(&wishes[i].wish), wishes[i].asks);
}

static void an_early_job_may_start_before_its_begin_time(void **state)
{
    struct wish wish = WISH_NONE;

    (void)state;
    assert_int_equal(0, wish_parse_comment("penstock:early", 0, &wish, NULL));
    assert_int_equal(WISH_EARLY, wish.choice);
    assert_true(wish_asks(&wish));
}

static void a_job_may_say_that_it_can_be_interrupted(void **state)
{
    struct wish wish = WISH_NONE;

    (void)state;
    assert_true(wish_is_interruptible("x penstock:interruptible,max-wait=2h y", NOW));
    assert_false(wish_is_interruptible("penstock:on", NOW));
    assert_false(wish_is_interruptible("interruptible", NOW));
    assert_false(wish_is_interruptible("penstock:interruptible,nonsense", NOW));
    assert_int_equal(0, wish_parse_comment("penstock:interruptible", 0, &wish, NULL));
    assert_int_equal(3 * HOUR, wish_time("penstock:early,time=3h", NOW));
    assert_int_equal(HOUR, wish_time("penstock:deadline=2026-11-22,time=1h", NOW));
    assert_int_equal(0, wish_time("penstock:early", NOW));
    assert_int_equal(0, wish_time("penstock:time=3h,nonsense", NOW));
    assert_int_equal(0, wish_time(NULL, NOW));
    assert_false(wish_asks(&wish));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comment_says_what_its_user_wishes),
        cmocka_unit_test(a_deadline_beyond_all_times_is_refused),
        cmocka_unit_test(a_deadline_is_the_same_moment_wherever_it_is_said),
        cmocka_unit_test(what_is_no_deadline_is_told_which_forms_there_are),
        cmocka_unit_test(options_go_before_a_comment),
        cmocka_unit_test(on_leaves_a_job_early_and_off_does_not),
        cmocka_unit_test(what_a_comment_may_say_is_told_who_mistypes_it),
        cmocka_unit_test(who_names_a_deadline_or_a_wait_asks),
        cmocka_unit_test(an_early_job_may_start_before_its_begin_time),
        cmocka_unit_test(a_job_may_say_that_it_can_be_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/slurm/mark.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    struct mark mark;
    const char *text;
} marks[] = {
    {{0, 0, 0, 0, false}, "penstock:v1,wait=0"},
    {{1795292100, 0, 0, 14400, false}, "penstock:v1,latest=1795292100,wait=14400"},
    {{1795292100, 1795300000, 0, 14400, false},
     "penstock:v1,latest=1795292100,deadline=1795300000,wait=14400"},
    {{1, 2, 3, 4, false}, "penstock:v1,latest=1,deadline=2,begin=3,wait=4"},
    {{0, 0, 3, 4, false}, "penstock:v1,begin=3,wait=4"},
    {{INSTANT_MAX, INSTANT_MAX, INSTANT_MAX, INSTANT_MAX, false},
     "penstock:v1,latest=253402300799,deadline=253402300799,begin=253402300799,"
     "wait=253402300799"},
    {{1, 0, 0, 4, true}, "penstock:v1,latest=1,wait=4,interruptible"},
    {{INSTANT_MAX, INSTANT_MAX, INSTANT_MAX, INSTANT_MAX, true},
     "penstock:v1,latest=253402300799,deadline=253402300799,begin=253402300799,"
     "wait=253402300799,interruptible"},
};

static void assert_same(const struct mark *one, const struct mark *other)
{
    assert_int_equal(one->latest, other->latest);
    assert_int_equal(one->deadline, other->deadline);
    assert_int_equal(one->begin, other->begin);
    assert_int_equal(one->wait, other->wait);
    assert_int_equal(one->interruptible, other->interruptible);
}

static void marks_are_written_and_read(void **state)
{
    char text[MARK_TEXT_SIZE];
    struct mark mark;

    (void)state;
    for (size_t i = 0; i < ROWS(marks); i++) {
        assert_string_equal(mark_format(&marks[i].mark, text), marks[i].text);
        assert_true(mark_find(text, &mark));
        assert_same(&mark, &marks[i].mark);
    }
}

static void numbers_out_of_range_are_written_as_the_limit(void **state)
{
    const struct mark mark = {INT64_MAX, INT64_MIN, -1, INT64_MAX, false};
    char text[MARK_TEXT_SIZE];

    (void)state;
    assert_string_equal(mark_format(&mark, text),
                        "penstock:v1,latest=253402300799,wait=253402300799");
}

/* The wait tells which was found; -1: none. */
static const struct {
    const char *comment;
    duration wait;
} comments[] = {
    {NULL, -1},
    {"", -1},
    {"penstock", -1},
    {"penstock:", -1},
    {"penstock:v1", -1},
    {"penstock:v1,", -1},
    {"penstock:v1,latest=5", -1},
    {"penstock:v1,wait=", -1},
    {"penstock:v1,wait=x", -1},
    {"penstock:v1,wait=-5", -1},
    {"penstock:v1,wait=5x", -1},
    {"penstock:v1,wait=5\n", -1},
    {"penstock:v1,wait=253402300800", -1},
    {"penstock:v1,wait=99999999999999999999999999", -1},
    {"penstock:v10,wait=5", -1},
    {"penstock:v2,wait=5", -1},
    {"xpenstock:v1,wait=5", -1},
    {"a,penstock:v1,wait=5", -1},
    {"penstock:v1,wait=5,latest=7", 5},
    {"penstock:v1,wait=5,reason=x", 5},
    {"billed to ice;penstock:v1,wait=5", 5},
    {"billed to ice penstock:v1,wait=5;and more", 5},
    {"penstock:v1,wait=5 and more", 5},
    {"penstock:v1,wait=5;penstock:v1,wait=6", 6},
    {"penstock:v1,wait=5;penstock:v1,wait=x", 5},
    {"penstock:v1,penstock:v1,wait=5", -1},
    {"penstock:v1;penstock:v1,wait=5", 5},
};

static void a_mark_is_found_amid_what_others_wrote(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(comments); i++) {
        struct mark mark = {.wait = -1};

        if (mark_find(comments[i].comment, &mark) != (comments[i].wait >= 0)
            || mark.wait != comments[i].wait)
            fail_msg("wrong: %s", comments[i].comment);
    }
}

static void only_the_whole_word_makes_a_mark_interruptible(void **state)
{
    static const struct {
        const char *comment;
        bool interruptible;
    } rows[] = {
        {"ice;penstock:v1,wait=5,interruptible;more", true},
        {"penstock:v1,wait=5,interruptible,later=1", true},
        {"penstock:v1,wait=5,interruptibles", false},
        {"penstock:v1,wait=5,interrupt", false},
        {"penstock:v1,wait=5;interruptible", false},
        {"penstock:v1,wait=5,interruptible;penstock:v1,wait=5", false},
    };
    struct mark mark;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (!mark_find(rows[i].comment, &mark)
            || mark.interruptible != rows[i].interruptible)
            fail_msg("wrong: %s", rows[i].comment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_written_and_read),
        cmocka_unit_test(numbers_out_of_range_are_written_as_the_limit),
        cmocka_unit_test(a_mark_is_found_amid_what_others_wrote),
        cmocka_unit_test(only_the_whole_word_makes_a_mark_interruptible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

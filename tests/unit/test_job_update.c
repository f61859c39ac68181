/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "queue/job_json.h"
#include "tests/support/cmocka.h"

/* Updates, and the ranges that are written as text. */

static void array_ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        int32_t first, last, limit; /* first -1: refused */
    } cases[] = {
        {"0-99", 0, 99, 0},
        {"7", 7, 7, 0},
        {"1-5%2", 1, 5, 2},
        {"3%1", 3, 3, 1},
        {"990001-1000000", 990001, 1000000, 0},
        {"0-9999", 0, 9999, 0},
        {"", -1, 0, 0},
        {"-", -1, 0, 0},
        {"-5", -1, 0, 0},
        {"5-", -1, 0, 0},
        {"5-4", -1, 0, 0},
        {"1-2-3", -1, 0, 0},
        {"1%", -1, 0, 0},
        {"1%0", -1, 0, 0},
        {"1%10001", -1, 0, 0},
        {"%4", -1, 0, 0},
        {"1-2%3%4", -1, 0, 0},
        {"1,2", -1, 0, 0},
        {" 1", -1, 0, 0},
        {"1 ", -1, 0, 0},
        {"+1", -1, 0, 0},
        {"1000001", -1, 0, 0},
        {"1--2", -1, 0, 0},
        {"0-10000", -1, 0, 0},
        {"99999999999999999999", -1, 0, 0},
        {"0000000000000000000000000000000000000000000000001", -1, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int32_t first = -1;
        int32_t last = 0;
        int32_t limit = 0;

        array_range_parse(cases[i].text, &first, &last, &limit, NULL);
        if (first != cases[i].first || last != cases[i].last || limit != cases[i].limit)
            fail_msg("'%s': %d-%d%%%d", cases[i].text, first, last, limit);
    }
}

static void gpu_ranges_are_read(void **state)
{
    static const struct {
        const char *text;
        int32_t least, most; /* least -1: refused */
    } cases[] = {
        {"2", 2, 2},    {"0", 0, 0},  {"2-8", 2, 8},    {"4096", 4096, 4096},
        {"8-2", -1, 0}, {"", -1, 0},  {"4097", -1, 0},  {"2-", -1, 0},
        {"-2", -1, 0},  {"x", -1, 0}, {"2-8%1", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int32_t least = -1;
        int32_t most = 0;

        gpu_range_parse(cases[i].text, &least, &most, NULL);
        if (least != cases[i].least || most != cases[i].most)
            fail_msg("'%s': %d-%d", cases[i].text, least, most);
    }
}

static void an_update_says_what_it_changes(void **state)
{
    struct job_update update = {0};
    const char *all = "{\"now\":true,\"deadline\":\"2026-11-22T08:00:00Z\","
                      "\"max_wait\":3600,\"priority\":-5}";
    const char *none = "{\"deadline\":null,\"max_wait\":null}";

    (void)state;
    assert_int_equal(job_update_parse(all, strlen(all), &update, NULL), 0);
    assert_true(update.now && update.has_deadline && update.has_max_wait
                && update.has_priority);
    assert_int_equal(update.deadline, 1795334400);
    assert_int_equal(update.max_wait, 3600);
    assert_int_equal(update.priority, -5);
    assert_int_equal(job_update_parse(none, strlen(none), &update, NULL), 0);
    assert_true(update.has_deadline && update.has_max_wait);
    assert_false(update.now || update.has_priority);
    assert_int_equal(update.deadline, 0);
    assert_int_equal(update.max_wait, JOB_NO_WAIT_LIMIT);
}

static void a_broken_update_changes_nothing(void **state)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"", ""},
        {"[]", ""},
        {"{}", ""},
        {"{\"gpus\":1}", "gpus"},
        {"{\"priority\":101}", "priority"},
        {"{\"priority\":null}", "priority"},
        {"{\"now\":1}", "now"},
        {"{\"max_wait\":-2}", "max_wait"},
        {"{\"deadline\":\"soon\"}", "deadline"},
        {"{\"priority\":1,\"deadline\":7}", "deadline"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct job_update update = {.priority = 77};
        struct error err = {0};

        assert_int_equal(
            job_update_parse(cases[i].body, strlen(cases[i].body), &update, &err), -1);
        assert_string_equal(err.field, cases[i].field);
        assert_int_equal(update.priority, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(array_ranges_are_read),
        cmocka_unit_test(gpu_ranges_are_read),
        cmocka_unit_test(an_update_says_what_it_changes),
        cmocka_unit_test(a_broken_update_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

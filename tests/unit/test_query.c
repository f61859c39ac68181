/* SPDX-License-Identifier: MIT */
#include "daemon/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "queue/job.h"
#include "tests/support/cmocka.h"

static void a_target_is_taken_apart_and_decoded(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(
        query_parse(&query, "/v1/zones/D%45?a=1&b=x+y%2Bz&c&&d=%3D=", NULL), 0);
    assert_string_equal(query.path, "/v1/zones/DE");
    assert_int_equal(query.count, 4);
    assert_string_equal(query_find(&query, "a"), "1");
    assert_string_equal(query_find(&query, "b"), "x y+z");
    assert_string_equal(query_find(&query, "c"), "");
    assert_string_equal(query_find(&query, "d"), "==");
    assert_null(query_find(&query, "e"));
    query_release(&query);
}

static void a_plus_in_a_path_is_a_plus(void **state)
{
    struct query query;

    (void)state;
    assert_int_equal(query_parse(&query, "/a+b", NULL), 0);
    assert_string_equal(query.path, "/a+b");
    query_release(&query);
}

static void what_is_not_an_address_is_refused(void **state)
{
    static const char *const targets[] = {
        "",
        "*",
        "http://x/",
        "v1/jobs",
        "/%",
        "/%4",
        "/%4g",
        "/%zz",
        "/a%00b",
        "/?a=%0",
        "/?a=%00",
        "/?%00=a",
        "/?a=1&a=2",
        "/?a&b&a=1",
        "/?%61=1&a=2",
        "/?1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct query query;
        struct error err = {ERROR_NONE, "", ""};

        assert_int_equal(query_parse(&query, targets[i], &err), -1);
        assert_int_not_equal(err.code, ERROR_NONE);
    }
}

static void an_address_has_an_end(void **state)
{
    struct query query;
    struct error err = {ERROR_NONE, "", ""};
    char *target = xcalloc(QUERY_TARGET_MAX + 2, 1);

    (void)state;
    memset(target, '/', QUERY_TARGET_MAX);
    assert_int_equal(query_parse(&query, target, NULL), 0);
    query_release(&query);
    target[QUERY_TARGET_MAX] = '/';
    assert_int_equal(query_parse(&query, target, &err), -1);
    assert_int_equal(err.code, ERROR_TOO_LARGE);
    free(target);
}

static void an_unknown_parameter_is_named(void **state)
{
    struct query query;
    struct error err = {ERROR_NONE, "", ""};

    (void)state;
    query_parse(&query, "/?limit=1&after=2", NULL);
    assert_int_equal(query_check_names(&query, "state limit after", NULL), 0);
    assert_int_equal(query_check_names(&query, "after limit", NULL), 0);
    assert_int_equal(query_check_names(&query, "state limits after", &err), -1);
    assert_string_equal(err.field, "limit");
    assert_int_equal(query_check_names(&query, "", &err), -1);
    query_release(&query);
}

static void bad_values_are_refused_and_name_their_parameter(void **state)
{
    static const char *const values[] = {"0", "1001", "x", "", "1.5", "5%20", "-1"};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char target[64];
        struct query query;
        struct error err = {ERROR_NONE, "", ""};
        int64_t value = 77;

        snprintf(target, sizeof(target), "/?limit=%s", values[i]);
        assert_int_equal(query_parse(&query, target, NULL), 0);
        assert_int_equal(query_number(&query, "limit", 1, 1000, &value, &err), -1);
        assert_string_equal(err.field, "limit");
        assert_int_equal(err.code, ERROR_INVALID);
        assert_int_equal(value, 77);
        query_release(&query);
    }
}

static void good_values_are_read_and_missing_ones_left(void **state)
{
    struct query query;
    int64_t number = 100;
    instant when = 5;
    bool yes = false;

    (void)state;
    query_parse(&query, "/?limit=7&from=2026-11-21T20:15:00Z&dry_run=1", NULL);
    assert_int_equal(query_number(&query, "limit", 1, 1000, &number, NULL), 0);
    assert_int_equal(number, 7);
    assert_int_equal(query_number(&query, "other", 1, 1000, &number, NULL), 0);
    assert_int_equal(number, 7);
    assert_int_equal(query_instant(&query, "from", &when, NULL), 0);
    assert_int_equal(when, 1795292100);
    assert_int_equal(query_instant(&query, "limit", &when, NULL), -1);
    assert_int_equal(query_switch(&query, "dry_run", &yes, NULL), 0);
    assert_true(yes);
    assert_int_equal(query_switch(&query, "limit", &yes, NULL), -1);
    query_release(&query);
}

static void states_are_named_alone_or_together(void **state)
{
    static const unsigned open = 1U << JOB_WAITING | 1U << JOB_HELD | 1U << JOB_STARTING
                                 | 1U << JOB_RUNNING | 1U << JOB_PAUSING
                                 | 1U << JOB_PAUSED;
    static const unsigned ended =
        1U << JOB_DONE | 1U << JOB_FAILED | 1U << JOB_CANCELLED;
    static const struct {
        const char *target;
        unsigned wanted; /* 0: an error */
    } cases[] = {
        {"/", open},
        {"/?state=open", open},
        {"/?state=ended", ended},
        {"/?state=all", open | ended},
        {"/?state=held", 1U << JOB_HELD},
        {"/?state=held,done", 1U << JOB_HELD | 1U << JOB_DONE},
        {"/?state=held%2Cended", 1U << JOB_HELD | ended},
        {"/?state=", 0},
        {"/?state=held,", 0},
        {"/?state=,held", 0},
        {"/?state=Held", 0},
        {"/?state=averyveryverylongstate", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct query query;
        struct error err = {ERROR_NONE, "", ""};
        unsigned states = 0;

        assert_int_equal(query_parse(&query, cases[i].target, NULL), 0);
        assert_int_equal(query_states(&query, "state", &states, &err),
                         cases[i].wanted ? 0 : -1);
        assert_int_equal(states, cases[i].wanted);
        if (!cases[i].wanted)
            assert_string_equal(err.field, "state");
        query_release(&query);
    }
}

static void paths_match_their_patterns_whole(void **state)
{
    static const struct {
        const char *pattern;
        const char *path;
        bool matches;
        const char *word;
    } cases[] = {
        {"/v1/jobs", "/v1/jobs", true, ""},
        {"/v1/jobs", "/v1/jobs/", false, ""},
        {"/v1/jobs", "/v1/job", false, ""},
        {"/v1/jobs", "/v1/jobsx", false, ""},
        {"/v1/jobs/{id}", "/v1/jobs/7", true, "7"},
        {"/v1/jobs/{id}", "/v1/jobs/", false, ""},
        {"/v1/jobs/{id}", "/v1/jobs/7/events", false, ""},
        {"/v1/jobs/{id}/events", "/v1/jobs/7/events", true, "7"},
        {"/v1/jobs/{id}/events", "/v1/jobs//events", false, ""},
        {"/v1/jobs/{id}/events", "/v1/jobs/7/event", false, ""},
        {"/v1/zones/{zone}/forecast", "/v1/zones/US-CAL/forecast", true, "US-CAL"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct path_words words = {.count = 0};

        assert_int_equal(path_match(cases[i].pattern, cases[i].path, &words),
                         cases[i].matches);
        assert_int_equal(words.count, cases[i].word[0] ? 1 : 0);
        if (words.count)
            assert_string_equal(words.items[0], cases[i].word);
    }
}

static void a_word_that_is_too_long_matches_nothing(void **state)
{
    struct path_words words;
    char path[300] = "/";

    (void)state;
    memset(path + 1, 'a', 255);
    assert_true(path_match("/{id}", path, &words));
    path[256] = 'a';
    assert_false(path_match("/{id}", path, &words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_taken_apart_and_decoded),
        cmocka_unit_test(a_plus_in_a_path_is_a_plus),
        cmocka_unit_test(what_is_not_an_address_is_refused),
        cmocka_unit_test(an_address_has_an_end),
        cmocka_unit_test(an_unknown_parameter_is_named),
        cmocka_unit_test(bad_values_are_refused_and_name_their_parameter),
        cmocka_unit_test(good_values_are_read_and_missing_ones_left),
        cmocka_unit_test(states_are_named_alone_or_together),
        cmocka_unit_test(paths_match_their_patterns_whole),
        cmocka_unit_test(a_word_that_is_too_long_matches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

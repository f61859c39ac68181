/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ledger/report.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct report_item item(const char *user, int64_t joules, int64_t milligrams,
                               int64_t shadow, duration waited)
{
    return (struct report_item){.user = user,
                                .project = "climate",
                                .queue = "training",
                                .pool = "local",
                                .zone = "DE",
                                .joules = joules,
                                .energy = REPORT_MEASURED,
                                .actual = {milligrams, EMISSIONS_MEASURED},
                                .shadow = {shadow, EMISSIONS_MEASURED},
                                .waited = waited};
}

static void no_items_make_no_parts(void **state)
{
    struct report report;

    (void)state;
    report_make(&report, NULL, 0, REPORT_BY_USER);
    assert_int_equal(0, report.part_count);
    report_release(&report);
}

static void each_key_has_a_line_and_the_lines_are_sorted(void **state)
{
    const struct report_item items[] = {
        item("bo", 1000, 10, 20, 100), item("al", 500, 7, 5, 3),
        item("bo", 30, 1, 1, 301), item("al", 1, 0, 4, 4)};
    struct report report;
    const struct report_part *part = &report.parts[0];

    (void)state;
    report_make(&report, items, COUNT(items), REPORT_BY_USER);
    assert_int_equal(1, report.part_count);
    assert_int_equal(2, part->count);
    assert_string_equal("al", part->lines[0].key);
    assert_int_equal(2, part->lines[0].jobs);
    assert_int_equal(501, part->lines[0].joules);
    assert_int_equal(7, part->lines[0].milligrams);
    assert_int_equal(9, part->lines[0].shadow_milligrams);
    assert_int_equal(4, part->lines[0].waited_mean); /* 3.5 */
    assert_string_equal("bo", part->lines[1].key);
    assert_int_equal(1030, part->lines[1].joules);
    assert_int_equal(201, part->lines[1].waited_mean);
    assert_string_equal("", part->total.key);
    assert_int_equal(4, part->total.jobs);
    assert_int_equal(1531, part->total.joules);
    assert_int_equal(18, part->total.milligrams);
    assert_int_equal(30, part->total.shadow_milligrams);
    assert_int_equal(102, part->total.waited_mean);
    report_release(&report);
    assert_int_equal(0, report.part_count);
}

static void signals_are_never_summed_with_one_another(void **state)
{
    struct report_item items[] = {item("al", 1, 10, 20, 0), item("al", 2, 100, 200, 0),
                                  item("al", 3, 1000, 2000, 0)};
    struct report report;

    (void)state;
    items[0].signal = items[2].signal = SIGNAL_MARGINAL_DIRECT;
    report_make(&report, items, COUNT(items), REPORT_BY_USER);
    assert_int_equal(2, report.part_count);
    assert_int_equal(SIGNAL_AVERAGE_DIRECT, report.parts[0].signal);
    assert_int_equal(100, report.parts[0].total.milligrams);
    assert_int_equal(SIGNAL_MARGINAL_DIRECT, report.parts[1].signal);
    assert_int_equal(1010, report.parts[1].total.milligrams);
    assert_int_equal(1, report.parts[1].count);
    assert_int_equal(2, report.parts[1].lines[0].jobs);
    report_release(&report);
}

static void made_up_grids_are_never_summed_with_real_ones(void **state)
{
    struct report_item items[] = {item("al", 1, 10, 20, 0), item("al", 2, 100, 200, 0),
                                  item("al", 3, 1000, 2000, 0)};
    struct report report;

    (void)state;
    items[0].synthetic = items[2].synthetic = true;
    report_make(&report, items, COUNT(items), REPORT_BY_USER);
    assert_int_equal(2, report.part_count);
    assert_false(report.parts[0].synthetic);
    assert_int_equal(100, report.parts[0].total.milligrams);
    assert_true(report.parts[1].synthetic);
    assert_int_equal(1010, report.parts[1].total.milligrams);
    assert_int_equal(1, report.parts[1].count);
    assert_int_equal(2, report.parts[1].lines[0].jobs);
    report_release(&report);
}

static void dry_runs_stand_apart_from_what_was_done(void **state)
{
    struct report_item items[] = {item("al", 1, 10, 20, 0), item("al", 2, 100, 200, 0),
                                  item("al", 3, 1000, 2000, 0)};
    struct report report;

    (void)state;
    items[0].dry_run = items[2].dry_run = true;
    report_make(&report, items, COUNT(items), REPORT_BY_NOTHING);
    assert_int_equal(2, report.part_count);
    assert_false(report.parts[0].dry_run);
    assert_int_equal(100, report.parts[0].total.milligrams);
    assert_true(report.parts[1].dry_run);
    assert_int_equal(1010, report.parts[1].total.milligrams);
    report_release(&report);
}

static void there_is_room_for_every_kind_of_part(void **state)
{
    struct report_item items[2 * SIGNALS];
    struct report report;

    (void)state;
    for (int i = 0; i < 2 * SIGNALS; i++) {
        items[i] = item("al", 1, 1, 1, 0);
        items[i].signal = (enum signal)(i / 2);
        items[i].synthetic = i % 2;
    }
    report_make(&report, items, COUNT(items), REPORT_BY_NOTHING);
    assert_int_equal(2 * SIGNALS, report.part_count);
    report_release(&report);
}

static void a_line_is_only_as_sure_as_its_worst_item(void **state)
{
    struct report_item items[] = {item("al", 1, 1, 1, 0), item("bo", 1, 1, 1, 0),
                                  item("cy", 1, 1, 1, 0), item("di", 1, 1, 1, 0)};
    struct report report;
    const struct report_line *lines;

    (void)state;
    items[1].actual.label = EMISSIONS_PROVISIONAL;
    items[1].energy = REPORT_ESTIMATED;
    items[2].shadow.label = EMISSIONS_FORECAST;
    items[2].shadow_provisional = true;
    items[3].missed = true;
    report_make(&report, items, COUNT(items), REPORT_BY_USER);
    lines = report.parts[0].lines;
    assert_int_equal(EMISSIONS_MEASURED, lines[0].label);
    assert_int_equal(REPORT_MEASURED, lines[0].energy);
    assert_false(lines[0].provisional);
    assert_int_equal(EMISSIONS_PROVISIONAL, lines[1].label);
    assert_int_equal(REPORT_ESTIMATED, lines[1].energy);
    assert_int_equal(EMISSIONS_FORECAST, lines[2].label);
    assert_true(lines[2].provisional);
    assert_int_equal(1, lines[3].missed);
    lines = &report.parts[0].total;
    assert_int_equal(EMISSIONS_FORECAST, lines->label);
    assert_int_equal(REPORT_PARTLY_MEASURED, lines->energy);
    assert_true(lines->provisional);
    assert_int_equal(1, lines->missed);
    report_release(&report);
}

static void the_percentile_is_the_nearest_rank(void **state)
{
    static const struct {
        size_t count;
        duration p95; /* of waits 1, 2, ..., count */
    } cases[] = {{1, 1}, {2, 2}, {19, 19}, {20, 19}, {21, 20}, {100, 95}, {101, 96}};
    struct report_item items[101];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report report;

        for (size_t k = 0; k < cases[i].count; k++)
            items[k] = item("al", 1, 1, 1, (duration)(cases[i].count - k));
        report_make(&report, items, cases[i].count, REPORT_BY_NOTHING);
        assert_int_equal(cases[i].p95, report.parts[0].total.waited_p95);
        assert_int_equal(0, report.parts[0].count);
        report_release(&report);
    }
}

static void every_kind_of_key(void **state)
{
    static const struct {
        enum report_by by;
        const char *key;
    } cases[] = {
        {REPORT_BY_USER, "al"},    {REPORT_BY_PROJECT, "climate"},
        {REPORT_BY_POOL, "local"}, {REPORT_BY_QUEUE, "training"},
        {REPORT_BY_ZONE, "DE"},    {REPORT_BY_DAY, "2026-11-21"},
    };
    struct report_item one = item("al", 1, 1, 1, 0);

    (void)state;
    one.ended = instant_from_utc(2026, 11, 21, 23, 59, 59);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct report report;

        report_make(&report, &one, 1, cases[i].by);
        assert_int_equal(1, report.parts[0].count);
        assert_string_equal(cases[i].key, report.parts[0].lines[0].key);
        report_release(&report);
    }
}

static void days_ascend_and_end_at_midnight_utc(void **state)
{
    struct report_item items[3];
    struct report report;

    (void)state;
    for (int i = 0; i < 3; i++)
        items[i] = item("al", 1, i, i, 0);
    items[0].ended = instant_from_utc(2027, 1, 1, 0, 0, 0);
    items[1].ended = items[0].ended - 1;
    items[2].ended = instant_from_utc(2026, 9, 30, 12, 0, 0);
    report_make(&report, items, COUNT(items), REPORT_BY_DAY);
    assert_int_equal(3, report.parts[0].count);
    assert_string_equal("2026-09-30", report.parts[0].lines[0].key);
    assert_string_equal("2026-12-31", report.parts[0].lines[1].key);
    assert_string_equal("2027-01-01", report.parts[0].lines[2].key);
    report_release(&report);
}

static void missing_and_overlong_names_are_keys_too(void **state)
{
    char name[200];
    struct report_item items[] = {item(NULL, 1, 1, 1, 0), item(name, 1, 1, 1, 0)};
    struct report report;

    (void)state;
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    report_make(&report, items, COUNT(items), REPORT_BY_USER);
    assert_int_equal(2, report.parts[0].count);
    assert_string_equal("", report.parts[0].lines[0].key);
    assert_int_equal(REPORT_KEY_MAX, strlen(report.parts[0].lines[1].key));
    report_release(&report);
}

static void sums_stop_at_the_largest_number(void **state)
{
    const struct report_item items[] = {item("al", INT64_MAX, 5, 1, 0),
                                        item("al", INT64_MAX, 5, 1, 0)};
    struct report report;

    (void)state;
    report_make(&report, items, COUNT(items), REPORT_BY_NOTHING);
    assert_true(report.parts[0].total.joules == INT64_MAX);
    assert_int_equal(10, report.parts[0].total.milligrams);
    report_release(&report);
}

static void names_are_parsed_as_they_are_printed(void **state)
{
    struct error err;

    (void)state;
    for (int i = 0; i < REPORT_BYS; i++) {
        enum report_by by = REPORT_BYS;

        assert_int_equal(0,
                         report_by_parse(report_by_name((enum report_by)i), &by, &err));
        assert_int_equal(i, by);
    }
    assert_int_equal(-1, report_by_parse("moon", &(enum report_by){0}, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_non_null(strstr(err.text, "moon"));
    assert_non_null(strstr(err.text, "project"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_items_make_no_parts),
        cmocka_unit_test(each_key_has_a_line_and_the_lines_are_sorted),
        cmocka_unit_test(signals_are_never_summed_with_one_another),
        cmocka_unit_test(made_up_grids_are_never_summed_with_real_ones),
        cmocka_unit_test(dry_runs_stand_apart_from_what_was_done),
        cmocka_unit_test(there_is_room_for_every_kind_of_part),
        cmocka_unit_test(a_line_is_only_as_sure_as_its_worst_item),
        cmocka_unit_test(the_percentile_is_the_nearest_rank),
        cmocka_unit_test(every_kind_of_key),
        cmocka_unit_test(days_ascend_and_end_at_midnight_utc),
        cmocka_unit_test(missing_and_overlong_names_are_keys_too),
        cmocka_unit_test(sums_stop_at_the_largest_number),
        cmocka_unit_test(names_are_parsed_as_they_are_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/import_file.h"
#include "tests/support/bodies.h"

static const struct import_wish all = {true, true};
static const struct import_wish forecasts_only = {false, true};

static instant at(const char *text)
{
    instant when = -1;

    assert_int_equal(0, instant_parse(text, &when, NULL));
    return when;
}

static struct import_file parse(const char *text, const struct import_wish *wish,
                                enum signal signal)
{
    struct import_file file = {0};
    struct error err;

    if (import_file_parse(text, strlen(text), wish, signal, &file, &err) < 0)
        fail_msg("%s", err.text);
    return file;
}

static void refuse(const char *text, const char *why)
{
    struct import_file file = {0};
    struct error err = {0};

    assert_int_equal(-1, import_file_parse(text, strlen(text), &all,
                                           SIGNAL_AVERAGE_DIRECT, &file, &err));
    if (!strstr(err.text, why))
        fail_msg("%s", err.text);
    import_file_release(&file);
}

static void a_table_of_hours_is_what_was_measured(void **state)
{
    struct import_file file = parse(",UTC time,carbon_intensity,coal,nat_gas\n"
                                    "0,2021-07-01 00:00:00+00:00,279.13,1,2\n"
                                    "1,2021-07-01 01:00:00+00:00,,1,2\n"
                                    "2,2021-07-01 02:00:00+00:00,275,1,2\n",
                                    &all, SIGNAL_AVERAGE_DIRECT);

    (void)state;
    assert_int_equal(2, file.actual_count);
    assert_int_equal(1, file.gap_count);
    assert_int_equal(0, file.issue_count);
    assert_int_equal(at("2021-07-01T00:00:00Z"), file.actuals[0].begins);
    assert_int_equal(279130, file.actuals[0].level);
    assert_int_equal(at("2021-07-01T03:00:00Z"), file.actuals[1].ends);
    import_file_release(&file);
}

#define VINTAGES                                                                       \
    "UTC time,actual_carbon_intensity_direct,forecasted_carbon_intensity_direct\n"     \
    "2021-07-01 00:00:00,100,110\n2021-07-01 01:00:00,101,111\n"                       \
    "2021-07-01 02:00:00,102,112\n"                                                    \
    "2021-07-01 01:00:00,101,121\n2021-07-01 02:00:00,102,122\n"                       \
    "2021-07-01 03:00:00,103,123\n"                                                    \
    "2021-07-01 00:00:00,100,110\n2021-07-01 01:00:00,101,111\n"

static void forecasts_follow_one_another_and_the_measured_stands_beside(void **state)
{
    struct import_file file = parse(VINTAGES, &all, SIGNAL_AVERAGE_DIRECT);

    (void)state;
    assert_int_equal(4, file.actual_count);
    assert_int_equal(103000, file.actuals[3].level);
    assert_int_equal(2, file.issue_count);
    assert_int_equal(1, file.repeated_count);
    assert_int_equal(at("2021-07-01T01:00:00Z"), file.issues[1].points[0].begins);
    assert_int_equal(3, file.issues[1].count);
    assert_int_equal(121000, file.issues[1].points[0].level);
    import_file_release(&file);
    file = parse(VINTAGES, &forecasts_only, SIGNAL_AVERAGE_DIRECT);
    assert_int_equal(0, file.actual_count);
    assert_int_equal(2, file.issue_count);
    import_file_release(&file);
}

/* As Electricity Maps' data portal gives it: a mark, line ends of Windows, quotes. */
#define PORTAL                                                                         \
    "\xef\xbb\xbf"                                                                     \
    "Datetime (UTC),Country,Zone name,Zone id,\"Carbon intensity gCO\xe2\x82\x82"      \
    "eq/kWh (direct)\",\"Carbon intensity gCO\xe2\x82\x82"                             \
    "eq/kWh (Life cycle)\",Carbon-free energy percentage (CFE%),"                      \
    "Renewable energy percentage (RE%),Data source,Data estimated\r\n"                 \
    "2024-01-01 00:00:00,Germany,Germany,DE,210.5,245.1,60.2,58.1,x.org,false\r\n"     \
    "2024-01-01 01:00:00,Germany,\"Germany, all\",DE,200,240,61,59,x.org,true\r\n"

static void the_signal_chooses_the_column_of_a_portals_table(void **state)
{
    struct import_file file = parse(PORTAL, &all, SIGNAL_AVERAGE_LIFECYCLE);

    (void)state;
    assert_int_equal(2, file.actual_count);
    assert_int_equal(245100, file.actuals[0].level);
    import_file_release(&file);
    file = parse(PORTAL, &all, SIGNAL_AVERAGE_DIRECT);
    assert_int_equal(200000, file.actuals[1].level);
    import_file_release(&file);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    refuse("", "the file is empty");
    refuse("a,b\n1,2\n", "line 1");
    refuse("datetime,carbon_intensity\n2021-07-01 00:00:00,1\n2021-07-01 00:00:00,2\n",
           "line 3: point 1: the same time twice");
    refuse("datetime,carbon_intensity\n2021-07-01 00:00:00,1\nyesterday,2\n", "line 3");
    refuse("datetime,carbon_intensity\n2021-07-01 00:00:00,1\n2021-07-01 01:00:00,x\n",
           "line 3");
    refuse("datetime,carbon_intensity\n2021-07-01 00:00:00,1\n2021-07-02 00:00:00,2\n",
           "does not divide an hour");
    refuse("datetime,carbon_intensity\n", "no such figures");
    refuse(PORTAL "2024-01-01 01:00:00,France,France,FR,1,2,3,4,x.org,true\r\n",
           "line 4: point 2: the same time twice");
}

/* The hour that comes twice in October is two hours of UTC. */
static void the_night_of_the_clock_change_has_its_offsets(void **state)
{
    struct import_file file = parse("datetime,carbon_intensity\n"
                                    "2021-10-31T02:00:00+02:00,1\n"
                                    "2021-10-31T02:00:00+01:00,2\n"
                                    "2021-10-31T03:00:00+01:00,3\n",
                                    &all, SIGNAL_AVERAGE_DIRECT);

    (void)state;
    assert_int_equal(3, file.actual_count);
    assert_int_equal(HOUR, file.actuals[1].begins - file.actuals[0].begins);
    import_file_release(&file);
}

static void recorded_tables_are_read_whole(void **state)
{
    static const struct {
        const char *path;
        size_t actuals, issues, repeated;
    } cases[] = {
        {"data/carbon/AU-SA_2022_hourly.csv", 8760, 0, 0},
        {"data/carbon/DE_hourly.csv", 17544, 0, 0},
        {"data/carbon/CISO_hourly.csv", 17544, 0, 0},
        {"data/carbon/CISO_forecasts.csv", 4416, 180, 1},
        {"data/carbon/NYISO_forecasts.csv", 4416, 181, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = bodies_load_sample(cases[i].path);
        struct import_file file = parse(text, &all, SIGNAL_AVERAGE_DIRECT);

        assert_int_equal(cases[i].actuals, file.actual_count);
        assert_int_equal(cases[i].issues, file.issue_count);
        assert_int_equal(cases[i].repeated, file.repeated_count);
        import_file_release(&file);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_hours_is_what_was_measured),
        cmocka_unit_test(forecasts_follow_one_another_and_the_measured_stands_beside),
        cmocka_unit_test(the_signal_chooses_the_column_of_a_portals_table),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(the_night_of_the_clock_change_has_its_offsets),
        cmocka_unit_test(recorded_tables_are_read_whole),
    };

    return cmocka_run_group_tests_name("import_file", tests, NULL, NULL);
}

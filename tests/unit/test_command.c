/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/file.h"
#include "cli/ids.h"

static void every_command_is_found_by_its_own_name_only(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        assert_ptr_equal(commands[i], command_find(commands[i]->name));
        assert_non_null(commands[i]->operands);
        assert_non_null(commands[i]->summary);
        assert_non_null(commands[i]->run);
    }
    assert_null(command_find("lst"));
    assert_null(command_find(""));
}

static void a_slip_is_led_to_the_nearest_command(void **state)
{
    static const char *const slips[][2] = {
        {"lst", "list"},
        {"sumbit", "submit"},
        {"canel", "cancel"},
        {"forcast", "forecast"},
        {"statsu", "status"},
        {"check", NULL},
        {"frobnicate", NULL},
        {"", NULL},
        {"check-conf", "check-config"},
        {"x-name-that-is-longer-than-any-command-could-be", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
        const struct command *nearest = command_find_nearest(slips[i][0]);

        if (slips[i][1] && (!nearest || strcmp(nearest->name, slips[i][1]) != 0))
            fail_msg("%s leads to %s", slips[i][0], nearest ? nearest->name : "none");
        if (!slips[i][1] && nearest)
            fail_msg("%s leads to %s", slips[i][0], nearest->name);
    }
}

static void help_names_every_option(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        const struct command_option *row = commands[i]->options;
        struct text help = TEXT_EMPTY;

        command_format_help(commands[i], &help);
        assert_non_null(strstr(help.bytes, commands[i]->name));
        for (; row && row->name; row++)
            if (!strstr(help.bytes, row->name))
                fail_msg("help of %s does not name --%s", commands[i]->name, row->name);
        text_release(&help);
    }
}

static void options_after_the_script_are_the_scripts(void **state)
{
    char first[] = "--json", script[] = "train.sh", second[] = "--hold";
    char *words[] = {first, script, second, NULL};
    struct error err = {.text = ""};
    bool help = false;
    char options[1024] = {0};
    int operands;

    (void)state;
    assert_true(command_submit.options_size <= sizeof(options));
    assert_int_equal(
        0, command_parse(&command_submit, 3, words, options, &operands, &help, &err));
    assert_int_equal(1, operands);
    assert_string_equal("--hold", words[2]);
    command_release(&command_submit, options);
}

static void the_completion_that_ships_is_what_the_tables_give(void **state)
{
    struct text made = TEXT_EMPTY, shipped = TEXT_EMPTY;
    struct error err = {.text = ""};

    (void)state;
    if (file_read("etc/completion/penstock", 1 << 20, &shipped, &err) < 0)
        fail_msg("%s", err.text);
    completion_format_bash(&made);
    assert_string_equal(made.bytes, shipped.bytes);
    text_release(&made);
    text_release(&shipped);
}

static void ids_are_numbers_or_ranges(void **state)
{
    struct ids ids = IDS_NONE;

    (void)state;
    assert_int_equal(0, ids_parse("7", &ids, NULL));
    assert_int_equal(0, ids_parse("10-12", &ids, NULL));
    assert_int_equal(0, ids_parse("3-3", &ids, NULL));
    assert_int_equal(5, ids.count);
    assert_int_equal(7, ids.items[0]);
    assert_int_equal(12, ids.items[3]);
    assert_int_equal(3, ids.items[4]);
    ids_release(&ids);
}

static void what_is_no_id_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "0",
        "-1",
        "x",
        "7x",
        "7-",
        "7-6",
        "-7",
        "1-2-3",
        "1.5",
        "7 8",
        "9223372036854775808",
        "1-9223372036854775807",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ids ids = IDS_NONE;

        if (ids_parse(bad[i], &ids, NULL) == 0)
            fail_msg("\"%s\" was taken", bad[i]);
    }
}

static void jobs_of_slurm_are_named_as_slurm_names_them(void **state)
{
    static const char *const bad[] = {
        "17",         "slurm/",      "slurm/x",    "slurm/17_",  "slurm/_3",
        "slurm/17-9", "slurm/17_3x", "slurm/17 ",  "Slurm/17",   "slurm17",
        "slurm/17@5", "slurm/17_3_", "slurm/17&a", "slurm/17_*", "slurm/-1",
    };

    (void)state;
    assert_string_equal(ids_slurm_name("slurm/17"), "17");
    assert_string_equal(ids_slurm_name("slurm/17_0"), "17_0");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (ids_slurm_name(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_found_by_its_own_name_only),
        cmocka_unit_test(a_slip_is_led_to_the_nearest_command),
        cmocka_unit_test(help_names_every_option),
        cmocka_unit_test(options_after_the_script_are_the_scripts),
        cmocka_unit_test(the_completion_that_ships_is_what_the_tables_give),
        cmocka_unit_test(ids_are_numbers_or_ranges),
        cmocka_unit_test(what_is_no_id_is_refused),
        cmocka_unit_test(jobs_of_slurm_are_named_as_slurm_names_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

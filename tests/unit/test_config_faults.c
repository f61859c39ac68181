/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "tests/support/configs.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* All faults of a text, as "LINE: TEXT\n" each. */
static void check_faults(const char *text, const char *expected)
{
    struct config_faults faults;
    struct text found = TEXT_EMPTY;
    struct config *config = config_parse(text, strlen(text), &faults);

    assert_null(config);
    for (size_t i = 0; i < faults.count; i++)
        text_add_format(&found, "%d: %s\n", faults.items[i].line, faults.items[i].text);
    assert_string_equal(expected, found.bytes);
    text_release(&found);
}

static void every_fault_of_a_file_is_reported_in_order_of_lines(void **state)
{
    (void)state;
    check_faults("key = 1\n"
                 "[daemon]\n"
                 "default_queue = nightly\n"
                 "keep_jobs = 90\n"
                 "[zone GB]\n"
                 "providers = neso, history\n"
                 "actual = neso\n"
                 "[zone GB]\n"
                 "providers = none\n"
                 "providers = none\n"
                 "[pool lab]\n"
                 "zone = FR\n"
                 "gpus = many\n"
                 "nonsense\n"
                 "[quue q]\n"
                 "policy = immediate\n",
                 "0: there is no [queue NAME]: at least one is needed\n"
                 "1: key: stands before the first section\n"
                 "3: [daemon] default_queue: there is no [queue nightly] in this file\n"
                 "4: [daemon] keep_jobs: '90' is not a duration: give units (s, m, h, "
                 "d, w), as in 90s, 1h30m or 7d, or write [D-]HH:MM[:SS]\n"
                 "6: [zone GB] providers: there is no [provider neso] in this file\n"
                 "7: [zone GB] actual: unknown key\n"
                 "8: [zone GB]: stands in line 5 already\n"
                 "10: [zone GB] providers: set in line 9 already\n"
                 "12: [pool lab] zone: there is no [zone FR] in this file\n"
                 "13: [pool lab] gpus: 'many' is not a whole number from 0 to 4096\n"
                 "14: expected 'key = value' or '[section]'\n"
                 "15: [quue]: unknown section; there are daemon, planner, slurm, "
                 "provider, zone, pool and queue\n");
}

static void a_pool_of_slurm_says_nothing_that_slurm_says(void **state)
{
    (void)state;
    check_faults(
        "[zone GB]\n"
        "providers = none\n"
        "[pool cluster]\n"
        "executor = slurm\n"
        "zone = GB\n"
        "gpus = 4\n"
        "queue = nope\n"
        "[pool other]\n"
        "executor = slurm\n"
        "zone = GB\n"
        "partition = cluster\n"
        "sleep_command = /bin/true\n"
        "[pool local]\n"
        "zone = GB\n"
        "[queue training]\n"
        "policy = cleanest\n"
        "[slurm]\n"
        "commands = bin\n"
        "rest_url = ftp://x\n"
        "backend = rest\n",
        "4: [pool cluster] executor: slurm itself tells what GPUs, CPUs and "
        "memory there are: leave these out\n"
        "7: [pool cluster] queue: there is no [queue nope] in this file\n"
        "9: [pool other] executor: slurm puts its nodes to sleep itself: leave "
        "the commands out\n"
        "11: [pool other] partition: [pool cluster] is that partition already\n"
        "17: [slurm] rest_token_file: must be set for backend = rest\n"
        "18: [slurm] commands: 'bin' is no absolute path\n"
        "19: [slurm] rest_url: must be unix:/PATH or http://HOST:PORT\n");
}

static void a_pool_of_this_machine_takes_nothing_that_is_for_slurm(void **state)
{
    (void)state;
    check_faults("[zone GB]\n"
                 "providers = none\n"
                 "[pool cluster]\n"
                 "zone = GB\n"
                 "partition = gpu\n"
                 "queue = training\n"
                 "defer = all\n"
                 "start_margin = auto\n"
                 "[queue training]\n"
                 "policy = cleanest\n",
                 "5: [pool cluster] partition: is only for a pool with executor = "
                 "slurm\n"
                 "6: [pool cluster] queue: is only for a pool with executor = slurm\n"
                 "7: [pool cluster] defer: is only for a pool with executor = slurm\n"
                 "8: [pool cluster] start_margin: is only for a pool with executor = "
                 "slurm\n");
}

static const struct {
    const char *text; /* begins on line 8 */
    const char *fault;
} faulty[] = {
    {"[zone]\nproviders = none", "8: [zone]: needs a name, as in [zone NAME]\n"},
    {"[zone -x]\nproviders = none",
     "8: [zone -x]: a name has at most 32 letters, digits, '.', '_' and '-', and no "
     "'-' or '.' in front\n"},
    {"[zone FR]", "8: [zone FR] providers: must be set\n"},
    {"[zone FR]\nproviders =", "9: [zone FR] providers: needs a value\n"},
    {"[zone FR]\nproviders = history, none",
     "9: [zone FR] providers: none can only stand alone\n"},
    {"[zone FR]\nproviders = history, history",
     "9: [zone FR] providers: 'history' stands in the list twice\n"},
    {"[zone FR]\nproviders = a,b,c,d,e,f,g,h,i",
     "9: [zone FR] providers: a list has at most 8 names\n"},
    {"[zone FR]\nproviders = history\nactuals = history",
     "10: [zone FR] actuals: history measures nothing: name a provider, or none\n"},
    {"[zone FR]\nproviders = history\nactuals = rte",
     "10: [zone FR] actuals: there is no [provider rte] in this file\n"},
    {"[zone FR]\nproviders = history\nsettle = 31d",
     "10: [zone FR] settle: '31d' is out of range: from 0s to 30d\n"},
    {"[provider history]\nkind = neso",
     "8: [provider history]: the name is reserved\n"},
    {"[provider blend]\nkind = neso", "8: [provider blend]: the name is reserved\n"},
    {"[provider yearly]\nkind = neso", "8: [provider yearly]: the name is reserved\n"},
    {"[provider p]\nkind = wattime",
     "9: [provider p] kind: 'wattime' is not known here: one of neso, energy-charts, "
     "electricity-maps, watttime, carbon-aware-sdk, http-json, file, synthetic\n"},
    {"[provider p]\nkind = file",
     "8: [provider p] path: must be set for kind = file\n"},
    {"[provider p]\nkind = neso\nurl = ftp://x",
     "10: [provider p] url: must begin with https:// or http://\n"},
    {"[pool two]\nzone = GB",
     "8: [pool two] gpus: [pool lab] has all GPUs already: give numbers\n"},
    {"[pool two]\ngpus = 0", "8: [pool two] zone: must be set\n"},
    {"[pool two]\nzone = GB\ngpus = 1\nexecutor = docker",
     "11: [pool two] executor: 'docker' is not known here: one of local, "
     "slurm\n"},
    {"[pool two]\nzone = GB\ngpus = 1\ngpu_power = 300",
     "11: [pool two] gpu_power: '300' is not a power in whole watts such as 300W or "
     "1.2kW\n"},
    {"[pool two]\nzone = GB\ngpus = 1\ngpu_power = 10.001kW",
     "11: [pool two] gpu_power: '10.001kW' is out of range: from 1W to 10000W\n"},
    {"[pool two]\nzone = GB\ngpus = 1\npue = 0.9",
     "11: [pool two] pue: '0.9' is out of range: from 1 to 5\n"},
    {"[pool two]\nzone = GB\ngpus = 1\nmemory = 1K",
     "11: [pool two] memory: '1K' is out of range: from 1M to 16T\n"},
    {"[queue r]\npolicy = threshold",
     "9: [queue r] policy: threshold needs max_intensity, below_percentile or "
     "min_renewable\n"},
    {"[queue r]\npolicy = immediate\ntime = 2h\ntime_limit = 1h",
     "11: [queue r] time_limit: is below time, which is 2h\n"},
    {"[queue r]\npolicy = immediate\nmin_saving = 2",
     "10: [queue r] min_saving: '2' is not a percentage such as 2% or 0.2%\n"},
    {"[queue r]\npolicy = immediate\nallow_now = true",
     "10: [queue r] allow_now: 'true' is neither yes nor no\n"},
    {"[queue r]\npolicy = immediate\nmax_intensity = 4000",
     "10: [queue r] max_intensity: '4000' is out of range: from 0 to 3000\n"},
    {"[planner]\nslot = 7m",
     "9: [planner] slot: must divide an hour: 1m, 5m, 10m, 15m, 30m, 1h\n"},
    {"[planner]\nslot = 1m",
     "8: [planner] horizon: is more than 1152 slots: make slot longer or horizon "
     "shorter\n"},
    {"[planner]\nhorizon = 61m", "9: [planner] horizon: must be a multiple of slot\n"},
    {"[planner now]", "8: [planner now]: is written [planner], without a name\n"},
    {"[planner]\n[planner]", "9: [planner]: stands in line 8 already\n"},
    {"[daemon]\nlisten = 7373",
     "9: [daemon] listen: '7373' is not an address and port such as "
     "127.0.0.1:7373\n"},
    {"[daemon]\nlauncher = run/launcher",
     "9: [daemon] launcher: 'run/launcher' is no absolute path\n"},
    {"[daemon]\npowercap = powercap",
     "9: [daemon] powercap: 'powercap' is no absolute path\n"},
    {"[daemon]\nstate_dir =", "9: [daemon] state_dir: needs a value\n"},
    {"[daemon]\nmax_open_jobs = 1000001",
     "9: [daemon] max_open_jobs: '1000001' is out of range: from 1 to 1000000\n"},
    {"[daemon]\nadmin_group = a b",
     "9: [daemon] admin_group: 'a b' is not a name: at most 32 letters, digits, '.', "
     "'_' and '-', and no '-' or '.' in front\n"},
};

static void a_fault_names_its_line_its_section_its_key_and_what_is_right(void **state)
{
    char text[1024];

    (void)state;
    for (size_t i = 0; i < ROWS(faulty); i++) {
        snprintf(text, sizeof(text), "%s%s\n", CONFIG_BASIC, faulty[i].text);
        check_faults(text, faulty[i].fault);
    }
}

static void an_empty_file_lacks_a_pool_and_a_queue(void **state)
{
    (void)state;
    check_faults("", "0: there is no [pool NAME]: at least one is needed\n"
                     "0: there is no [queue NAME]: at least one is needed\n");
}

static void keys_of_an_unknown_section_are_not_faults_of_another(void **state)
{
    (void)state;
    check_faults(
        CONFIG_BASIC "[quue r]\npolicy = x\n[queue r\npolicy = x\n",
        "8: [quue]: unknown section; there are daemon, planner, slurm, provider, "
        "zone, pool and queue\n"
        "10: a section is written '[kind]' or '[kind name]', alone in its "
        "line\n");
}

static void too_long_a_text_is_a_fault(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add_format(&text, CONFIG_BASIC "[daemon]\nsocket = /%0107d\n", 0);
    check_faults(text.bytes,
                 "9: [daemon] socket: the value is longer than 107 bytes\n");
    text_release(&text);
}

static void sections_of_a_kind_are_limited(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add(&text, CONFIG_BASIC);
    for (int i = 0; i < CONFIG_SECTIONS_MAX; i++)
        text_add_format(&text, "[zone Z%d]\nproviders = none\n", i);
    check_faults(text.bytes, "134: [zone Z63]: at most 64 sections of this kind\n");
    text_release(&text);
}

static void faults_beyond_the_limit_are_counted(void **state)
{
    struct config_faults faults;
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add(&text, CONFIG_BASIC);
    for (int i = 0; i < 150; i++)
        text_add_format(&text, "a%d = 1\n", i);
    assert_null(config_parse(text.bytes, text.length, &faults));
    assert_int_equal(150, faults.count);
    assert_int_equal(107, faults.items[CONFIG_FAULTS_MAX - 1].line);
    text_release(&text);
}

static void a_text_that_is_too_large_is_one_fault(void **state)
{
    static const char text[CONFIG_FILE_MAX + 1];
    struct config_faults faults;

    (void)state;
    assert_null(config_parse(text, sizeof(text), &faults));
    assert_int_equal(1, faults.count);
    assert_string_equal("the config is larger than 1048576 bytes",
                        faults.items[0].text);
}

static void what_is_no_file_is_a_fault(void **state)
{
    struct config_faults faults;

    (void)state;
    assert_null(config_load("etc", &faults));
    assert_int_equal(1, faults.count);
    assert_string_equal("etc is not a regular file", faults.items[0].text);
    assert_null(config_load("/dev/null", &faults));
    assert_string_equal("/dev/null is not a regular file", faults.items[0].text);
    assert_null(config_load("etc/nowhere.conf", &faults));
    assert_int_equal(0, faults.items[0].line);
    assert_string_equal("cannot open etc/nowhere.conf: No such file or directory",
                        faults.items[0].text);
}

static void a_fault_names_its_line_if_it_has_one(void **state)
{
    struct config_fault fault = {7, "wrong"};
    struct text text = TEXT_EMPTY;

    (void)state;
    config_fault_add(&fault, "x.conf", &text);
    fault.line = 0;
    text_add(&text, "\n");
    config_fault_add(&fault, "x.conf", &text);
    assert_string_equal("x.conf:7: wrong\nx.conf: wrong", text.bytes);
    text_release(&text);
}

static void commands_of_a_pool_are_checked(void **state)
{
    (void)state;
    check_faults("[zone GB]\n"
                 "providers = none\n"
                 "[queue q]\n"
                 "policy = immediate\n"
                 "[pool a]\n"
                 "zone = GB\n"
                 "gpus = 1\n"
                 "sleep_command = /bin/x \"a b\n"
                 "wake_command = wake\n"
                 "[pool b]\n"
                 "zone = GB\n"
                 "gpus = 1\n"
                 "sleep_command = /bin/x\n",
                 "8: [pool a] sleep_command: a double quote is not closed\n"
                 "9: [pool a] wake_command: 'wake' is not an absolute path: no shell "
                 "looks for it\n"
                 "10: [pool b] wake_command: must be set with sleep_command\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_names_its_line_if_it_has_one),
        cmocka_unit_test(commands_of_a_pool_are_checked),
        cmocka_unit_test(every_fault_of_a_file_is_reported_in_order_of_lines),
        cmocka_unit_test(a_pool_of_slurm_says_nothing_that_slurm_says),
        cmocka_unit_test(a_pool_of_this_machine_takes_nothing_that_is_for_slurm),
        cmocka_unit_test(a_fault_names_its_line_its_section_its_key_and_what_is_right),
        cmocka_unit_test(an_empty_file_lacks_a_pool_and_a_queue),
        cmocka_unit_test(keys_of_an_unknown_section_are_not_faults_of_another),
        cmocka_unit_test(too_long_a_text_is_a_fault),
        cmocka_unit_test(sections_of_a_kind_are_limited),
        cmocka_unit_test(faults_beyond_the_limit_are_counted),
        cmocka_unit_test(a_text_that_is_too_large_is_one_fault),
        cmocka_unit_test(what_is_no_file_is_a_fault),
    };

    return cmocka_run_group_tests_name("faults of a config", tests, NULL, NULL);
}

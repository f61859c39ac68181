/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/manual.h"
#include "config/settings.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

/* What every config needs, on lines 1 to 7. */
#define ZONE  "[zone GB]\nproviders = none\n"
#define POOL  "[pool lab]\nzone = GB\n"
#define QUEUE "[queue q]\npolicy = immediate\n\n"
#define BASIC ZONE POOL QUEUE

static struct config *parse(const char *text)
{
    struct config_faults faults;
    struct config *config = config_parse(text, strlen(text), &faults);

    if (!config)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    return config;
}

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

static void the_config_that_is_shipped_has_no_fault(void **state)
{
    struct config_faults faults;
    struct config *config = config_load("etc/penstock.conf", &faults);

    (void)state;
    if (!config) {
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
        return;
    }
    assert_string_equal("training", config->daemon.default_queue);
    assert_int_equal(1, config->provider_count);
    assert_string_equal("neso", config->providers[0].kind);
    assert_int_equal(2, config->zones[0].providers.count);
    assert_string_equal("neso", config->zones[0].actuals);
    assert_int_equal(48 * HOUR, config->zones[0].settle);
    assert_int_equal(CONFIG_AUTO, config->pools[0].gpus);
    assert_int_equal(3, config->queue_count);
    assert_int_equal(200000, config->queues[1].max_intensity);
    assert_int_equal(6 * HOUR, config->queues[1].max_wait);
    assert_string_equal("immediate", config->queues[2].policy);
    config_destroy(config);
}

static void a_minimal_config_has_the_defaults(void **state)
{
    struct config *config = parse(BASIC);

    (void)state;
    assert_string_equal("/var/lib/penstock", config->daemon.state_dir);
    assert_string_equal("", config->daemon.listen);
    assert_int_equal(90 * DAY, config->daemon.keep_jobs);
    assert_int_equal(400 * DAY, config->daemon.keep_forecasts);
    assert_false(config->daemon.private_jobs);
    assert_int_equal(0, config->zones[0].providers.count);
    assert_int_equal(CONFIG_AUTO, config->pools[0].memory);
    assert_int_equal(300, config->pools[0].gpu_power);
    assert_int_equal(60, config->pools[0].idle_power);
    assert_int_equal(10, config->pools[0].cpu_power);
    assert_int_equal(1000000, config->pools[0].pue_ppm);
    assert_int_equal(HOUR, config->queues[0].time);
    assert_int_equal(CONFIG_NOT_SET, config->queues[0].time_limit);
    assert_int_equal(DAY, config->queues[0].max_wait);
    assert_true(config->queues[0].memory == INT64_C(1) << 30);
    assert_int_equal(CONFIG_NOT_SET, config->queues[0].max_intensity);
    assert_int_equal(20000, config->queues[0].min_saving_ppm);
    assert_int_equal(2000, config->queues[0].patience_ppm);
    assert_int_equal(8 * HOUR, config->queues[0].interruptible_after);
    assert_true(config->queues[0].allow_now);
    assert_int_equal(5 * MINUTE, config->planner.slot);
    assert_int_equal(96 * HOUR, config->planner.horizon);
    assert_int_equal(20000, config->planner.hysteresis_ppm);
    assert_int_equal(100000, config->planner.ramp_ppm);
    assert_int_equal(CONFIG_AUTO, config->planner.headroom_ppm);
    assert_int_equal(800000, config->planner.load_gate_ppm);
    assert_int_equal(5, config->queues[0].line);
    config_destroy(config);
}

static void values_of_all_types_are_read(void **state)
{
    struct config *config =
        parse("[daemon]\nprivate_jobs = yes\nmax_open_jobs = 7\nlisten = [::1]:80\n"
              "[provider f]\nkind = file\npath = /tmp/{zone}.csv # yes\n"
              "signal = marginal/direct\nevery = 1h30m\n" ZONE
              "[zone X]\nproviders = f , history\nactuals = f\n"
              "[pool p]\nzone = X\ngpus = 8\nmemory = 64G\ngpu_power = 1.2kW\n"
              "idle_power = 70 W\npue = 1.3\n"
              "[queue q]\npolicy = threshold\nmax_intensity = 211.5\n"
              "min_renewable = 60%\nmax_wait = none\ntime_limit =\n"
              "[planner]\nheadroom = 5%\nslot = 15m\n");

    (void)state;
    assert_true(config->daemon.private_jobs);
    assert_int_equal(7, config->daemon.max_open_jobs);
    assert_string_equal("/tmp/{zone}.csv", config->providers[0].path);
    assert_string_equal("marginal/direct", config->providers[0].signal);
    assert_int_equal(90 * MINUTE, config->providers[0].every);
    assert_string_equal("history", config->zones[1].providers.items[1]);
    assert_int_equal(8, config->pools[0].gpus);
    assert_true(config->pools[0].memory == INT64_C(64) << 30);
    assert_int_equal(1200, config->pools[0].gpu_power);
    assert_int_equal(70, config->pools[0].idle_power);
    assert_int_equal(1300000, config->pools[0].pue_ppm);
    assert_int_equal(211500, config->queues[0].max_intensity);
    assert_int_equal(600000, config->queues[0].min_renewable_ppm);
    assert_int_equal(CONFIG_NOT_SET, config->queues[0].max_wait);
    assert_int_equal(50000, config->planner.headroom_ppm);
    assert_ptr_equal(&config->queues[0], config_find_queue(config, "q"));
    assert_ptr_equal(&config->zones[1], config_find_zone(config, "X"));
    assert_ptr_equal(&config->pools[0], config_find_pool(config, "p"));
    assert_ptr_equal(&config->providers[0], config_find_provider(config, "f"));
    assert_null(config_find_queue(config, "r"));
    assert_string_equal("q", config->daemon.default_queue);
    config_destroy(config);
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
                 "15: [quue]: unknown section; there are daemon, planner, provider, "
                 "zone, pool and queue\n");
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
    {"[provider p]\nkind = watttime",
     "9: [provider p] kind: 'watttime' is not known here: one of neso, energy-charts, "
     "file, synthetic\n"},
    {"[provider p]\nkind = file",
     "8: [provider p] path: must be set for kind = file\n"},
    {"[provider p]\nkind = neso\nregion = 18",
     "10: [provider p] region: '18' is not the number of a region, from 1 to 17\n"},
    {"[provider p]\nkind = neso\nurl = ftp://x",
     "10: [provider p] url: must begin with https:// or http://\n"},
    {"[pool two]\nzone = GB",
     "8: [pool two] gpus: [pool lab] has all GPUs already: give numbers\n"},
    {"[pool two]\ngpus = 0", "8: [pool two] zone: must be set\n"},
    {"[pool two]\nzone = GB\ngpus = 1\nexecutor = slurm",
     "11: [pool two] executor: 'slurm' is not known here: one of local\n"},
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
        snprintf(text, sizeof(text), "%s%s\n", BASIC, faulty[i].text);
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
    check_faults(BASIC "[quue r]\npolicy = x\n[queue r\npolicy = x\n",
                 "8: [quue]: unknown section; there are daemon, planner, provider, "
                 "zone, pool and queue\n"
                 "10: a section is written '[kind]' or '[kind name]', alone in its "
                 "line\n");
}

static void too_long_a_text_is_a_fault(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add_format(&text, BASIC "[daemon]\nsocket = /%0107d\n", 0);
    check_faults(text.bytes,
                 "9: [daemon] socket: the value is longer than 107 bytes\n");
    text_release(&text);
}

static void sections_of_a_kind_are_limited(void **state)
{
    struct text text = TEXT_EMPTY;

    (void)state;
    text_add(&text, BASIC);
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
    text_add(&text, BASIC);
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

static const struct {
    const char *after;
    const char *what; /* NULL: may be reloaded */
} reloads[] = {
    {BASIC, NULL},
    {BASIC "[daemon]\nkeep_jobs = 7d\nadmin_group = wheel\n", NULL},
    {BASIC "[daemon]\nstate_dir = /srv\n", "[daemon] state_dir"},
    {BASIC "[daemon]\nlisten = 127.0.0.1:1\n", "[daemon] listen"},
    {BASIC "[planner]\nhysteresis = 5%\n", NULL},
    {BASIC "[planner]\nslot = 15m\n", "[planner] slot"},
    {BASIC "[queue r]\npolicy = immediate\n", NULL},
    {ZONE POOL "[queue r]\npolicy = immediate\ntime = 3h\n", NULL},
    {BASIC "[zone FR]\nproviders = history\n", "[zone FR]"},
    {"[zone FR]\nproviders = none\n" BASIC, "[zone GB]"},
    {"[zone GB]\nproviders = history\n" POOL QUEUE, "[zone GB] providers"},
    {BASIC "[pool two]\nzone = GB\ngpus = 1\n", "[pool two]"},
    {ZONE "[pool lab]\nzone = GB\ncpus = 2\n" QUEUE, "[pool lab] cpus"},
    {ZONE "[pool lab]\nzone = GB\npue = 1.2\n" QUEUE, "[pool lab] pue"},
    {BASIC "[provider p]\nkind = neso\n", "[provider p]"},
};

static void only_what_can_change_is_reloaded(void **state)
{
    struct config *before = parse(BASIC);

    (void)state;
    for (size_t i = 0; i < ROWS(reloads); i++) {
        struct config *after = parse(reloads[i].after);
        char what[64] = "";
        bool can = config_can_reload(before, after, what, sizeof(what));

        assert_string_equal(reloads[i].what ? reloads[i].what : "", what);
        assert_int_equal(reloads[i].what == NULL, can);
        config_destroy(after);
    }
    config_destroy(before);
}

static void a_section_that_went_away_needs_a_restart(void **state)
{
    struct config *before = parse(BASIC "[zone FR]\nproviders = history\n");
    struct config *after = parse(BASIC);
    char what[64] = "";

    (void)state;
    assert_false(config_can_reload(before, after, what, sizeof(what)));
    assert_string_equal("[zone FR]", what);
    config_destroy(before);
    config_destroy(after);
}

static void the_manual_names_every_setting(void **state)
{
    struct text manual = TEXT_EMPTY;

    (void)state;
    config_format_manual(&manual);
    for (const struct setting *setting = settings; setting->key; setting++) {
        char heading[64];

        snprintf(heading, sizeof(heading), ".TP\n.B %s\n", setting->key);
        assert_non_null(strstr(manual.bytes, heading));
    }
    assert_non_null(strstr(manual.bytes, "\n.SH [zone NAME]\n"));
    assert_non_null(strstr(manual.bytes, "Value: from 1m to 1h; default: 5m. A change "
                                         "needs a restart.\n"));
    assert_non_null(strstr(manual.bytes, "Value: from 0% to 100%, or auto; default: "
                                         "auto.\n"));
    text_release(&manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_config_that_is_shipped_has_no_fault),
        cmocka_unit_test(a_minimal_config_has_the_defaults),
        cmocka_unit_test(values_of_all_types_are_read),
        cmocka_unit_test(every_fault_of_a_file_is_reported_in_order_of_lines),
        cmocka_unit_test(a_fault_names_its_line_its_section_its_key_and_what_is_right),
        cmocka_unit_test(an_empty_file_lacks_a_pool_and_a_queue),
        cmocka_unit_test(keys_of_an_unknown_section_are_not_faults_of_another),
        cmocka_unit_test(too_long_a_text_is_a_fault),
        cmocka_unit_test(sections_of_a_kind_are_limited),
        cmocka_unit_test(faults_beyond_the_limit_are_counted),
        cmocka_unit_test(a_text_that_is_too_large_is_one_fault),
        cmocka_unit_test(what_is_no_file_is_a_fault),
        cmocka_unit_test(only_what_can_change_is_reloaded),
        cmocka_unit_test(a_section_that_went_away_needs_a_restart),
        cmocka_unit_test(the_manual_names_every_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/manual.h"
#include "config/settings.h"
#include "tests/support/configs.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

static struct config *parse(const char *text)
{
    struct config_faults faults;
    struct config *config = config_parse(text, strlen(text), &faults);

    if (!config)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    return config;
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
    struct config *config = parse(CONFIG_BASIC);

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
    assert_true(config->queues[0].memory == CONFIG_AUTO);
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

static void jobs_that_do_not_say_wait_as_their_queue_has_it(void **state)
{
    struct config *config =
        parse(CONFIG_BASIC "[queue none]\npolicy = cleanest\nmax_wait = none\n");

    (void)state;
    assert_int_equal(DAY, config_default_wait(config, "q", 2 * DAY));
    assert_int_equal(DAY, config_default_wait(config, "q", DAY));
    assert_int_equal(HOUR, config_default_wait(config, "q", HOUR));
    assert_int_equal(2 * DAY, config_default_wait(config, "none", 2 * DAY));
    assert_int_equal(2 * DAY, config_default_wait(config, "other", 2 * DAY));
    config_destroy(config);
}

static void values_of_all_types_are_read(void **state)
{
    struct config *config =
        parse("[daemon]\nprivate_jobs = yes\nmax_open_jobs = 7\nlisten = [::1]:80\n"
              "[provider f]\nkind = file\npath = /tmp/{zone}.csv # yes\n"
              "signal = marginal/direct\nevery = 1h30m\n" CONFIG_ZONE
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

static const struct {
    const char *after;
    const char *what; /* NULL: may be reloaded */
} reloads[] = {
    {CONFIG_BASIC, NULL},
    {CONFIG_BASIC "[daemon]\nkeep_jobs = 7d\nadmin_group = wheel\n", NULL},
    {CONFIG_BASIC "[daemon]\nstate_dir = /srv\n", "[daemon] state_dir"},
    {CONFIG_BASIC "[daemon]\nlisten = 127.0.0.1:1\n", "[daemon] listen"},
    {CONFIG_BASIC "[planner]\nhysteresis = 5%\n", NULL},
    {CONFIG_BASIC "[planner]\nslot = 15m\n", "[planner] slot"},
    {CONFIG_BASIC "[queue r]\npolicy = immediate\n", NULL},
    {CONFIG_ZONE CONFIG_POOL "[queue r]\npolicy = immediate\ntime = 3h\n", NULL},
    {CONFIG_BASIC "[zone FR]\nproviders = history\n", "[zone FR]"},
    {"[zone FR]\nproviders = none\n" CONFIG_BASIC, "[zone GB]"},
    {"[zone GB]\nproviders = history\n" CONFIG_POOL CONFIG_QUEUE,
     "[zone GB] providers"},
    {CONFIG_BASIC "[pool two]\nzone = GB\ngpus = 1\n", "[pool two]"},
    {CONFIG_ZONE "[pool lab]\nzone = GB\ncpus = 2\n" CONFIG_QUEUE, "[pool lab] cpus"},
    {CONFIG_ZONE "[pool lab]\nzone = GB\npue = 1.2\n" CONFIG_QUEUE, "[pool lab] pue"},
    {CONFIG_BASIC "[provider p]\nkind = neso\n", "[provider p]"},
};

static void nothing_needs_no_unit(void **state)
{
    struct config *config = parse(CONFIG_BASIC "patience = 0\nrestart_cost = 0\n"
                                               "[planner]\nramp = off\n"
                                               "hysteresis = 0\n");

    (void)state;
    assert_int_equal(0, config->queues[0].patience_ppm);
    assert_int_equal(0, config->queues[0].restart_cost);
    assert_int_equal(0, config->planner.ramp_ppm);
    assert_int_equal(0, config->planner.hysteresis_ppm);
    config_destroy(config);
}

static void only_what_can_change_is_reloaded(void **state)
{
    struct config *before = parse(CONFIG_BASIC);

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
    struct config *before = parse(CONFIG_BASIC "[zone FR]\nproviders = history\n");
    struct config *after = parse(CONFIG_BASIC);
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
        cmocka_unit_test(jobs_that_do_not_say_wait_as_their_queue_has_it),
        cmocka_unit_test(values_of_all_types_are_read),
        cmocka_unit_test(nothing_needs_no_unit),
        cmocka_unit_test(only_what_can_change_is_reloaded),
        cmocka_unit_test(a_section_that_went_away_needs_a_restart),
        cmocka_unit_test(the_manual_names_every_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

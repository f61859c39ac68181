/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "setup/grid.h"

#define REST "[pool lab]\nzone = GB\ngpus = 1\n[queue q]\npolicy = cleanest\n"

/* All faults, one in a line, "LINE: TEXT". */
static void check(const char *text, char *told, size_t size)
{
    static struct config_faults faults;
    char whole[4000];
    struct config *config;
    size_t used = 0;

    memset(&faults, 0, sizeof(faults));
    snprintf(whole, sizeof(whole), "%s" REST, text);
    config = config_parse(whole, strlen(whole), &faults);
    assert_non_null(config);
    setup_check_grid(config, &faults);
    told[0] = '\0';
    for (size_t i = 0; i < faults.count && used < size; i++)
        used += (size_t)snprintf(told + used, size - used, "%d: %s\n",
                                 faults.items[i].line, faults.items[i].text);
    config_destroy(config);
}

static void faults_that_providers_tell_are_found_with_line_and_setting(void **state)
{
    static const struct {
        const char *text;
        const char *told;
    } cases[] = {
        {"[provider n]\nkind = neso\n[zone GB]\nproviders = n, history\nactuals = n\n",
         ""},
        {"[provider n]\nkind = neso\nregion = 18\n[zone GB]\nproviders = n\n",
         "1: [provider n] region: for the forecast of zone GB: \"18\" is not a region "
         "of "
         "NESO, 1 to 17\n"},
        {"[provider n]\nkind = neso\nregion = 13\n[zone GB]\nproviders = n\n"
         "actuals = n\n",
         "1: [provider n] region: for the actuals of zone GB: NESO has no actuals of a "
         "region, only of the country\n"},
        {"[provider e]\nkind = energy-charts\n[zone GB]\nproviders = e\n"
         "[zone LAB_7]\nproviders = e\n",
         "1: [provider e] country: for the forecast of zone LAB_7: \"LAB_7\" is not a "
         "country code such as de\n"},
        {"[provider m]\nkind = electricity-maps\n[zone GB]\nproviders = m\n",
         "1: [provider m] token_file: must be set for kind = electricity-maps\n"},
        {"[provider m]\nkind = electricity-maps\ntoken_file = /t\n"
         "signal = marginal/direct\n[zone GB]\nproviders = m\n",
         "1: [provider m] signal: electricity-maps has none that are "
         "marginal/direct\n"},
        {"[provider w]\nkind = watttime\ntoken_file = /t\n[zone GB]\nproviders = w\n",
         "1: [provider w] user: watttime wants the name of an account\n"},
        {"[provider s]\nkind = carbon-aware-sdk\n[zone GB]\nproviders = s\n",
         "1: [provider s] url: for the forecast of zone GB: must be the address of the "
         "Carbon Aware SDK's WebAPI\n"},
        {"[provider h]\nkind = http-json\nurl = http://x\njson_points = a..b\n"
         "[zone GB]\nproviders = h\n",
         "1: [provider h] json_points: for the forecast of zone GB: \"a..b\" is no "
         "path "
         "such as data[0].points: wrong at character 2\n"},
        {"[provider n]\nkind = neso\n[provider e]\nkind = energy-charts\ncountry = gb\n"
         "[zone GB]\nproviders = n, e\n",
         "6: [zone GB] providers: e has figures that are average/lifecycle, and the "
         "zone "
         "is planned by average/direct: they are never mixed\n"},
        {"[provider n]\nkind = neso\n[zone GB]\nproviders = n\n"
         "signal = average/lifecycle\n",
         "3: [zone GB] providers: n has figures that are average/direct, and the zone "
         "is "
         "planned by average/lifecycle: they are never mixed\n"},
    };
    char told[2000];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(cases[i].text, told, sizeof(told));
        assert_string_equal(cases[i].told, told);
    }
}

static void faults_are_in_order_of_lines(void **state)
{
    char told[2000];

    (void)state;
    check("[zone GB]\nproviders = w, n\n[provider n]\nkind = neso\nregion = 99\n"
          "[provider w]\nkind = watttime\n",
          told, sizeof(told));
    assert_true(strstr(told, "3: [provider n]") < strstr(told, "6: [provider w]"));
}

static void a_zone_without_a_signal_has_that_of_its_first_provider(void **state)
{
    static const char text[] = "[provider e]\nkind = energy-charts\n[provider n]\n"
                               "kind = neso\n[zone GB]\nproviders = history, e\n"
                               "actuals = n\n[zone FR]\nproviders = history\n"
                               "actuals = e\n[zone DE]\nproviders = none\n" REST;
    static struct config_faults faults;
    struct config *config = config_parse(text, sizeof(text) - 1, &faults);

    (void)state;
    assert_int_equal(SIGNAL_AVERAGE_LIFECYCLE,
                     setup_zone_signal(config, &config->zones[0]));
    assert_int_equal(SIGNAL_AVERAGE_LIFECYCLE,
                     setup_zone_signal(config, &config->zones[1]));
    assert_int_equal(SIGNAL_AVERAGE_DIRECT,
                     setup_zone_signal(config, &config->zones[2]));
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_that_providers_tell_are_found_with_line_and_setting),
        cmocka_unit_test(faults_are_in_order_of_lines),
        cmocka_unit_test(a_zone_without_a_signal_has_that_of_its_first_provider),
    };

    return cmocka_run_group_tests_name("setup_grid", tests, NULL, NULL);
}

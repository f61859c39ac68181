/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "grid/yearly.h"

static void a_zone_is_of_the_country_that_its_name_begins_with(void **state)
{
    static const struct {
        const char *zone;
        intensity level;
    } cases[] = {
        {"GB", 268255},          {"GBR", 268255}, {"DE", 363982}, {"DE-LU", 363982},
        {"US-CAL-CISO", 378625}, {"SE_3", 43900}, {"FRA", 67781},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        intensity level = -1;

        assert_true(yearly_find(cases[i].zone, &level));
        assert_int_equal(cases[i].level, level);
    }
}

static void of_other_zones_nothing_is_known(void **state)
{
    static const char *const zones[] = {"",     "G",  "GBX",  "de", "LAB",
                                        "DEMO", "XX", "USAX", "-DE"};

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        intensity level = -1;

        assert_false(yearly_find(zones[i], &level));
        assert_int_equal(-1, level);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_is_of_the_country_that_its_name_begins_with),
        cmocka_unit_test(of_other_zones_nothing_is_known),
    };

    return cmocka_run_group_tests_name("yearly", tests, NULL, NULL);
}

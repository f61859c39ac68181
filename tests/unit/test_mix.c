/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include "grid/mix.h"

static void a_mix_emits_what_its_parts_do(void **state)
{
    struct mix mix = {{0}};
    intensity level = 0;

    (void)state;
    mix.amounts[FUEL_COAL] = 100;
    mix.amounts[FUEL_WIND] = 300;
    assert_true(mix_intensity(&mix, SIGNAL_AVERAGE_LIFECYCLE, &level));
    /* (820 + 3 x 11) / 4 */
    assert_int_equal(213250, level);
    assert_true(mix_intensity(&mix, SIGNAL_AVERAGE_DIRECT, &level));
    assert_int_equal(190000, level);
    assert_false(mix_intensity(&mix, SIGNAL_MARGINAL_DIRECT, &level));
}

static void charging_counts_for_nothing(void **state)
{
    struct mix mix = {{0}};
    intensity level = 0;
    share renewable = 0;

    (void)state;
    mix.amounts[FUEL_GAS] = 50;
    mix.amounts[FUEL_HYDRO] = -500;
    assert_true(mix_intensity(&mix, SIGNAL_AVERAGE_LIFECYCLE, &level));
    assert_int_equal(490000, level);
    assert_true(mix_renewable(&mix, &renewable));
    assert_int_equal(0, renewable);
}

static void imports_are_neither_clean_nor_dirty(void **state)
{
    struct mix mix = {{0}};
    intensity level = 0;
    share renewable = 0;

    (void)state;
    mix.amounts[FUEL_IMPORTS] = 50;
    assert_false(mix_intensity(&mix, SIGNAL_AVERAGE_LIFECYCLE, &level));
    mix.amounts[FUEL_WIND] = 25;
    mix.amounts[FUEL_NUCLEAR] = 25;
    assert_true(mix_intensity(&mix, SIGNAL_AVERAGE_LIFECYCLE, &level));
    assert_int_equal(11500, level);
    assert_true(mix_renewable(&mix, &renewable));
    assert_int_equal(250, renewable);
}

static void of_nothing_nothing_is_said(void **state)
{
    struct mix mix = {{0}};
    intensity level = -1;
    share renewable = -1;

    (void)state;
    assert_false(mix_intensity(&mix, SIGNAL_AVERAGE_DIRECT, &level));
    assert_false(mix_renewable(&mix, &renewable));
    mix.amounts[FUEL_COAL] = 1e308;
    mix.amounts[FUEL_GAS] = 1e308;
    assert_false(mix_intensity(&mix, SIGNAL_AVERAGE_LIFECYCLE, &level));
    assert_int_equal(-1, level);
}

static void fuels_go_by_several_names(void **state)
{
    static const struct {
        const char *name;
        enum fuel fuel;
    } cases[] = {
        {"coal", FUEL_COAL},       {"nat_gas", FUEL_GAS},
        {"Gas", FUEL_GAS},         {"hydro discharge", FUEL_HYDRO},
        {"unknown", FUEL_UNKNOWN}, {"other", FUEL_UNKNOWN},
        {"imports", FUEL_IMPORTS},
    };
    enum fuel fuel;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(mix_find_fuel(cases[i].name, &fuel));
        assert_int_equal(cases[i].fuel, fuel);
    }
    assert_false(mix_find_fuel("carbon_intensity", &fuel));
    assert_false(mix_find_fuel("", &fuel));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mix_emits_what_its_parts_do),
        cmocka_unit_test(charging_counts_for_nothing),
        cmocka_unit_test(imports_are_neither_clean_nor_dirty),
        cmocka_unit_test(of_nothing_nothing_is_said),
        cmocka_unit_test(fuels_go_by_several_names),
    };

    return cmocka_run_group_tests_name("mix", tests, NULL, NULL);
}

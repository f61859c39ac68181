/* SPDX-License-Identifier: MIT */
#include "nodes/power.h"

#include "tests/support/cmocka.h"

static const struct pool lab = {
    .name = "lab", .gpu_power = 300, .cpu_power = 8, .pue_ppm = 1300000};

static void a_draw_follows_from_what_was_taken(void **state)
{
    static const struct {
        struct resources taken;
        int64_t watts_per_gpu;
        int64_t watts;
    } rows[] = {
        {{2, 16, 0}, 0, 600},   {{2, 16, 0}, 250, 500}, {{0, 16, 0}, 0, 128},
        {{0, 16, 0}, 250, 128}, {{0, 0, 0}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(power_estimate(&lab, &rows[i].taken, rows[i].watts_per_gpu),
                         rows[i].watts);
}

static void energy_counts_the_pue_and_rounds_to_a_joule(void **state)
{
    static const struct {
        int64_t watts;
        duration length;
        int64_t pue_ppm;
        int64_t joules;
    } rows[] = {
        {1000, HOUR, 1000000, 3600000},
        {1000, HOUR, 1300000, 4680000},
        {1, 1, 1499999, 1},
        {1, 1, 1500000, 2},
        {0, HOUR, 1300000, 0},
        {40960000, 30 * DAY, 3000000, INT64_C(318504960000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pool pool = {.pue_ppm = rows[i].pue_ppm};

        assert_int_equal(energy_estimate(&pool, rows[i].watts, rows[i].length),
                         rows[i].joules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_follows_from_what_was_taken),
        cmocka_unit_test(energy_counts_the_pue_and_rounds_to_a_joule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

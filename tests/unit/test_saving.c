/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdbool.h>

#include "ledger/saving.h"

static void a_saving_is_a_mass_and_a_share(void **state)
{
    static const struct {
        int64_t shadow, actual;
        int64_t milligrams;
        bool has_share;
        int64_t per_mille;
    } cases[] = {
        {1000, 750, 250, true, 250},
        {1000, 1000, 0, true, 0},
        {1000, 0, 1000, true, 1000},
        {1000, 1500, -500, true, -500}, /* it cost more */
        {3, 2, 1, true, 333},
        {3, 1, 2, true, 667},
        {3, 4, -1, true, -333},
        {2000, 1999, 1, true, 1}, /* half a per mille, away from 0 */
        {2000, 2001, -1, true, -1},
        {0, 0, 0, false, 0},
        {0, 70, -70, false, 0},
        {1, 1001, -1000, true, -SAVING_SHARE_MAX},
        {1, INT64_MAX, 1 - INT64_MAX, true, -SAVING_SHARE_MAX},
        {INT64_MAX, 0, INT64_MAX, true, 1000},
        {INT64_MAX, INT64_MAX / 4, INT64_MAX - INT64_MAX / 4, true, 750},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct saving saving = saving_of(cases[i].shadow, cases[i].actual);

        if (saving.milligrams != cases[i].milligrams
            || saving.has_share != cases[i].has_share
            || saving.per_mille != cases[i].per_mille)
            fail_msg("case %zu: %lld mg, %lld per mille", i,
                     (long long)saving.milligrams, (long long)saving.per_mille);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saving_is_a_mass_and_a_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

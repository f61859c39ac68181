/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/error.h"
#include "scheduler/policy.h"

#define SLOTS 8

static const struct policy unset = {
    .kind = POLICY_THRESHOLD,
    .max_intensity = POLICY_NOT_SET,
    .below_percentile = POLICY_NOT_SET,
    .min_renewable = POLICY_NOT_SET,
};

static const intensity levels[SLOTS] = {300, 100, 200, 400, 100, 500, 200, 300};
static const share renewable[SLOTS] = {400, 700, 600, 300, 800, 200, 600, 599};

/* The marks as a word: G for green, a dot for not. */
static void assert_marks(const char *name, const char *expected, const bool *green)
{
    char found[SLOTS + 1] = "";

    for (size_t i = 0; i < SLOTS; i++)
        found[i] = green[i] ? 'G' : '.';
    if (strcmp(expected, found) != 0)
        fail_msg("%s: %s, not %s", name, found, expected);
}

static void slots_are_green_when_all_that_is_set_holds(void **state)
{
    static const struct {
        const char *name;
        intensity max_intensity;
        int64_t below_percentile;
        share min_renewable;
        size_t day;
        const char *expected;
    } cases[] = {
        {"nothing set", -1, -1, -1, 4, "GGGGGGGG"},
        {"at most 200", 200, -1, -1, 4, ".GG.G.G."},
        {"at most 0", 0, -1, -1, 4, "........"},
        {"renewable from 60 %", -1, -1, 600, 4, ".GG.G.G."},
        {"both", 100, -1, 700, 4, ".G..G..."},
        {"lowest of the next four", -1, 0, -1, 4, ".G..G..."},
        {"lowest quarter of four is the lowest", -1, 25, -1, 4, ".G..G..."},
        {"lower half of the next four", -1, 50, -1, 4, ".GG.G.G."},
        {"all of them", -1, 100, -1, 4, "GGGGGGGG"},
        {"a day of one slot", -1, 0, -1, 1, "GGGGGGGG"},
        {"a day longer than what is known", -1, 30, -1, 100, ".GG.G.G."},
        {"percentile and level", 100, 50, -1, 4, ".G..G..."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy policy = unset;
        bool green[SLOTS];

        policy.max_intensity = cases[i].max_intensity;
        policy.below_percentile = cases[i].below_percentile;
        policy.min_renewable = cases[i].min_renewable;
        policy_mark_green(&policy, levels, renewable, SLOTS, cases[i].day, green);
        assert_marks(cases[i].name, cases[i].expected, green);
    }
}

static void nothing_is_renewable_enough_when_the_share_is_unknown(void **state)
{
    struct policy policy = unset;
    bool green[SLOTS];

    (void)state;
    policy.min_renewable = 0;
    policy_mark_green(&policy, levels, NULL, SLOTS, 4, green);
    assert_marks("unknown", "........", green);
}

static void equal_levels_are_all_below_any_percentile(void **state)
{
    static const intensity flat[SLOTS] = {7, 7, 7, 7, 7, 7, 7, 7};
    struct policy policy = unset;
    bool green[SLOTS];

    (void)state;
    policy.below_percentile = 10;
    policy_mark_green(&policy, flat, NULL, SLOTS, 3, green);
    assert_marks("flat", "GGGGGGGG", green);
}

static void kinds_have_names_that_parse(void **state)
{
    (void)state;
    for (int i = 0; i < POLICY_KINDS; i++) {
        enum policy_kind kind;

        assert_int_equal(
            0, policy_kind_parse(policy_kind_name((enum policy_kind)i), &kind, NULL));
        assert_int_equal(i, kind);
    }
}

static void an_unknown_kind_is_named_in_the_error(void **state)
{
    enum policy_kind kind = POLICY_CLEANEST;
    struct error err;

    (void)state;
    assert_int_equal(-1, policy_kind_parse("greenest", &kind, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_non_null(strstr(err.text, "'greenest'"));
    assert_int_equal(POLICY_CLEANEST, kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_green_when_all_that_is_set_holds),
        cmocka_unit_test(nothing_is_renewable_enough_when_the_share_is_unknown),
        cmocka_unit_test(equal_levels_are_all_below_any_percentile),
        cmocka_unit_test(kinds_have_names_that_parse),
        cmocka_unit_test(an_unknown_kind_is_named_in_the_error),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

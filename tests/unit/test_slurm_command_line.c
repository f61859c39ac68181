/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "base/text.h"
#include "nodes/slurm/command_line.h"

static void an_order_becomes_the_words_of_a_command(void **state)
{
    static const struct {
        struct slurm_order order;
        const char *words;
    } rows[] = {
        {{.verb = SLURM_RELEASE, .target = "12"},
         "scontrol update JobId=12 StartTime=now ResetAccrueTime"},
        {{.verb = SLURM_DEFER, .target = "12_[1-3,7]", .begin = 1795302000},
         "scontrol update JobId=12_[1-3,7] StartTime=2026-11-21T23:00:00"},
        {{.verb = SLURM_REQUEUE, .target = "12_3"}, "scontrol requeue Incomplete 12_3"},
        {{.verb = SLURM_REQUEUE_ENDED, .target = "12"}, "scontrol requeue 12"},
        {{.verb = SLURM_CANCEL, .target = "12"}, "scancel --verbose 12"},
        {{.verb = SLURM_SIGNAL, .target = "12", .signal = 10},
         "scancel --batch --signal=10 12"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text words = TEXT_EMPTY;
        struct command_line line;

        assert_int_equal(0, command_line_format(&rows[i].order, &line, NULL));
        for (size_t j = 0; line.words[j]; j++)
            text_add_format(&words, "%s%s", j ? " " : "", line.words[j]);
        assert_string_equal(rows[i].words, words.bytes);
        text_release(&words);
    }
}

static void an_order_that_could_mean_something_else_is_refused(void **state)
{
    static const struct slurm_order orders[] = {
        {.verb = SLURM_CANCEL, .target = ""},
        {.verb = SLURM_CANCEL, .target = "--me"},
        {.verb = SLURM_CANCEL, .target = "12 13"},
        {.verb = SLURM_CANCEL, .target = "all"},
        {.verb = SLURM_CANCEL, .target = "12;ls"},
        {.verb = SLURM_DEFER, .target = "12"},
        {.verb = SLURM_DEFER, .target = "12", .begin = INSTANT_MAX + 1},
        {.verb = SLURM_SIGNAL, .target = "12"},
        {.verb = SLURM_SIGNAL, .target = "12", .signal = 65},
        {.verb = SLURM_VERBS, .target = "12"},
    };
    struct command_line line;
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        assert_int_equal(-1, command_line_format(&orders[i], &line, &err));
        assert_int_equal(ERROR_INVALID, err.code);
    }
}

static void a_target_has_a_limit(void **state)
{
    char target[SLURM_TARGET_MAX + 2];
    const struct slurm_order order = {.verb = SLURM_RELEASE, .target = target};
    struct command_line line;
    struct error err = {0};

    (void)state;
    memset(target, '1', sizeof(target) - 1);
    target[sizeof(target) - 1] = '\0';
    assert_int_equal(-1, command_line_format(&order, &line, &err));
    assert_int_equal(ERROR_TOO_LARGE, err.code);
    target[SLURM_TARGET_MAX] = '\0';
    assert_int_equal(0, command_line_format(&order, &line, &err));
    assert_int_equal(SLURM_TARGET_MAX + 6, strlen(line.words[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_becomes_the_words_of_a_command),
        cmocka_unit_test(an_order_that_could_mean_something_else_is_refused),
        cmocka_unit_test(a_target_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

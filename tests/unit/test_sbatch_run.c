/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "cli/sbatch_run.h"

/* Run a shell with that program in sbatch's place; its script is its standard input. */
static int run(const char *program, int64_t timeout_ms, struct sbatch_result *result,
               struct error *err)
{
    char shell[] = "sh", option[] = "-c", copy[512], name[] = "sh";
    char *items[] = {shell, option, copy, name, NULL};
    char first[] = "one two", variable[] = "SAID=x y";
    char *arguments[] = {first, NULL}, *variables[] = {variable, NULL};
    const struct words words = {items, 4, 0};
    const struct words rest = {arguments, 1, 0};
    const struct words environment = {variables, 1, 0};
    struct text script = TEXT_EMPTY;
    const struct sbatch_order order = {&words, &rest, &environment, &script,
                                       timeout_ms};
    int status;

    assert_true(text_copy(copy, sizeof(copy), program));
    text_add(&script, "the script\n");
    status = sbatch_run(&order, result, err);
    text_release(&script);
    return status;
}

static void it_is_given_the_script_its_arguments_and_its_environment(void **state)
{
    struct sbatch_result result;

    (void)state;
    assert_int_equal(0, run("/bin/cat \"$1\"; echo \"$2|$SAID\"; echo bad >&2; exit 3",
                            10000, &result, NULL));
    assert_string_equal("the script\none two|x y\n", result.output.bytes);
    assert_string_equal("bad\n", result.complaint.bytes);
    assert_int_equal(3, result.status);
    assert_false(result.is_late);
    assert_false(sbatch_result_is_doubtful(&result));
    sbatch_result_release(&result);
}

static void what_takes_too_long_is_ended_and_may_have_happened(void **state)
{
    struct sbatch_result result;
    int64_t began = monotonic_ms();

    (void)state;
    assert_int_equal(0, run("echo 17; exec /bin/sleep 100", 200, &result, NULL));
    assert_true(monotonic_ms() - began < 5000);
    assert_true(result.is_late);
    assert_int_equal(-1, result.status);
    assert_string_equal("17\n", result.output.bytes);
    assert_true(sbatch_result_is_doubtful(&result));
    sbatch_result_release(&result);
}

static void what_a_child_of_it_holds_open_is_not_waited_for(void **state)
{
    struct sbatch_result result;
    int64_t began = monotonic_ms();

    (void)state;
    assert_int_equal(0, run("/bin/sleep 3 & echo 17", 60000, &result, NULL));
    assert_true(monotonic_ms() - began < 2500);
    assert_int_equal(0, result.status);
    assert_int_equal(17, sbatch_result_id(&result));
    sbatch_result_release(&result);
}

static void a_program_that_is_not_there_is_missing(void **state)
{
    char name[] = "no-such-program-at-all";
    char *items[] = {name, NULL};
    const struct words words = {items, 1, 0}, none = WORDS_NONE;
    struct text script = TEXT_EMPTY;
    const struct sbatch_order order = {&words, &none, &none, &script, 10000};
    struct sbatch_result result;
    struct error err;

    (void)state;
    assert_int_equal(-1, sbatch_run(&order, &result, &err));
    assert_int_equal(ERROR_MISSING, err.code);
    assert_string_equal("cannot run sbatch: no-such-program-at-all: No such file or "
                        "directory",
                        err.text);
    sbatch_result_release(&result);
}

/* What sbatch wrote, and what that means. */
static const struct {
    const char *output, *complaint;
    int status;
    int64_t id;
    bool is_doubtful, is_unsent;
} outcomes[] = {
    {"17\n", "", 0, 17, false, false},
    {"17;trial\n", "", 0, 17, false, false},
    {"17", "", 0, 17, false, false},
    {"", "", 0, 0, true, false},
    {"0\n", "", 0, 0, true, false},
    {"17x\n", "", 0, 0, true, false},
    {"123456789012345678901234567890\n", "", 0, 0, true, false},
    {"", "sbatch: error: invalid partition specified: x\n", 1, 0, false, false},
    {"", "Batch job submission failed: Socket timed out on send/recv operation\n", 1, 0,
     true, false},
    {"", "Unable to contact slurm controller (connect failure)\n", 1, 0, true, true},
    {"", "Unable to contact slurm controller (receive failure)\n", 1, 0, true, false},
    {"", "", -1, 0, true, false},
};

static void what_sbatch_says_tells_whether_the_job_may_be_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        struct sbatch_result result = {TEXT_EMPTY, TEXT_EMPTY, outcomes[i].status,
                                       false};

        text_add(&result.output, outcomes[i].output);
        text_add(&result.complaint, outcomes[i].complaint);
        if (sbatch_result_id(&result) != outcomes[i].id
            || sbatch_result_is_doubtful(&result) != outcomes[i].is_doubtful
            || sbatch_result_is_unsent(&result) != outcomes[i].is_unsent)
            fail_msg("outcome %zu", i);
        sbatch_result_release(&result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_given_the_script_its_arguments_and_its_environment),
        cmocka_unit_test(what_takes_too_long_is_ended_and_may_have_happened),
        cmocka_unit_test(what_a_child_of_it_holds_open_is_not_waited_for),
        cmocka_unit_test(a_program_that_is_not_there_is_missing),
        cmocka_unit_test(what_sbatch_says_tells_whether_the_job_may_be_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

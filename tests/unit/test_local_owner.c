/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "nodes/local/executor.h"
#include "tests/support/cmocka.h"
#include "tests/support/local_runs.h"

static void a_job_of_whoever_had_the_number_before_is_refused(void **state)
{
    struct local_runs *runs = *state;
    struct executor_order order = local_runs_order(runs, 1, "echo ran");
    struct executor_report end;

    if (!getpwuid(getuid()))
        skip();
    order.user = "gone";
    local_runs_start(runs, &order);
    end = local_runs_wait(runs, EXECUTOR_REFUSED);
    assert_non_null(strstr(end.text, "was 'gone' when it was submitted"));
}

static void a_job_of_who_still_bears_the_name_or_had_none_runs(void **state)
{
    struct local_runs *runs = *state;
    const struct passwd *self = getpwuid(getuid());
    const char *const names[] = {self ? self->pw_name : "", "", "12345"};

    for (int64_t i = 0; i < 3; i++) {
        struct executor_order order = local_runs_order(runs, i + 1, "exit 3");

        order.user = names[i];
        local_runs_start(runs, &order);
        assert_int_equal(local_runs_wait_end(runs).status, 3);
    }
}

#define LOCAL_TEST(name)                                                               \
    cmocka_unit_test_setup_teardown(name, local_runs_setup, local_runs_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(a_job_of_whoever_had_the_number_before_is_refused),
        LOCAL_TEST(a_job_of_who_still_bears_the_name_or_had_none_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

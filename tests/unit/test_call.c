/* SPDX-License-Identifier: MIT */
#include "daemon/call.h"

#include "tests/support/cmocka.h"

/* Who sees and owns a job of user 1000. */
static void users_own_their_jobs_and_administrators_all(void **state)
{
    static const struct {
        struct engine_actor actor;
        bool private_jobs;
        bool owns;
        bool sees;
    } cases[] = {
        {{.uid = 1000, .user = "ada", .admin = false}, false, true, true},
        {{.uid = 1000, .user = "ada", .admin = false}, true, true, true},
        {{.uid = 1001, .user = "bob", .admin = false}, false, false, true},
        {{.uid = 1001, .user = "bob", .admin = false}, true, false, false},
        {{.uid = 0, .user = "root", .admin = true}, true, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config config = {.daemon.private_jobs = cases[i].private_jobs};
        struct daemon daemon = {.config = &config};
        struct call call = {.daemon = &daemon, .actor = cases[i].actor};

        assert_int_equal(call_owns(&call, 1000), cases[i].owns);
        assert_int_equal(call_sees(&call, 1000), cases[i].sees);
        assert_int_equal(call_check_admin(&call, NULL), cases[i].actor.admin ? 0 : -1);
    }
}

static void what_is_no_job_number_is_no_job(void **state)
{
    static const char *const words[] = {"0", "-1", "x", "7x", "99999999999999999999"};
    struct call call = {.words = {.items = {"7"}, .count = 1}};
    int64_t id = 0;

    (void)state;
    assert_int_equal(call_job_id(&call, &id, NULL), 0);
    assert_int_equal(id, 7);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct error err = {ERROR_NONE, "", ""};

        text_copy(call.words.items[0], sizeof(call.words.items[0]), words[i]);
        assert_int_equal(call_job_id(&call, &id, &err), -1);
        assert_int_equal(err.code, ERROR_MISSING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_own_their_jobs_and_administrators_all),
        cmocka_unit_test(what_is_no_job_number_is_no_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

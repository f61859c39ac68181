/* SPDX-License-Identifier: MIT */
#include "daemon/actors.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static void root_is_an_administrator_with_a_name(void **state)
{
    struct actors *actors = actors_create("");
    struct engine_actor actor;

    (void)state;
    actors_find(actors, 0, 1, &actor);
    assert_int_equal(actor.uid, 0);
    assert_string_equal(actor.user, "root");
    assert_true(actor.admin);
    actors_destroy(actors);
}

static void the_daemons_own_user_is_an_administrator(void **state)
{
    struct actors *actors = actors_create("");
    struct engine_actor actor;

    (void)state;
    actors_find(actors, getuid(), 1, &actor);
    assert_true(actor.admin);
    actors_destroy(actors);
}

static void a_user_without_a_name_is_called_by_the_number(void **state)
{
    struct actors *actors = actors_create("no-such-group");
    struct engine_actor actor;

    (void)state;
    actors_find(actors, 4000000123U, 1, &actor);
    assert_string_equal(actor.user, "4000000123");
    assert_false(actor.admin);
    actors_destroy(actors);
}

/* "daemon" is a user of every system, in a group of the same name. */
static void members_of_the_group_are_administrators(void **state)
{
    const struct passwd *user = getpwnam("daemon");
    const struct group *group = user ? getgrgid(user->pw_gid) : NULL;
    struct actors *actors;
    struct engine_actor actor;

    (void)state;
    if (!user || !group || user->pw_uid == getuid()) {
        skip();
        return;
    }
    actors = actors_create("");
    actors_find(actors, user->pw_uid, 1, &actor);
    assert_false(actor.admin);
    /* What is known is kept, until the group changes. */
    actors_set_admin_group(actors, group->gr_name);
    actors_find(actors, user->pw_uid, 1, &actor);
    assert_string_equal(actor.user, "daemon");
    assert_true(actor.admin);
    actors_destroy(actors);
}

static void users_whose_places_are_the_same_are_not_confused(void **state)
{
    struct actors *actors = actors_create("");
    struct engine_actor actor;

    (void)state;
    actors_find(actors, 0, 1, &actor);
    actors_find(actors, 4000000000U & ~255U, 1, &actor);
    assert_false(actor.admin);
    actors_find(actors, 0, 1, &actor);
    assert_true(actor.admin);
    actors_destroy(actors);
}

static void a_user_is_in_the_groups_that_the_system_says(void **state)
{
    const struct passwd *user = getpwnam("daemon");
    const struct group *group = user ? getgrgid(user->pw_gid) : NULL;
    struct actors *actors;
    struct engine_actor actor;

    (void)state;
    if (!user || !group) {
        skip();
        return;
    }
    actors = actors_create("");
    actors_find(actors, user->pw_uid, 1, &actor);
    /* Once from the system, once from what is kept, once after that is too old. */
    assert_true(actor.is_in_group(&actor, group->gr_name));
    assert_true(actor.is_in_group(&actor, group->gr_name));
    actors_find(actors, user->pw_uid, 2 + ACTORS_KEPT_MS, &actor);
    assert_true(actor.is_in_group(&actor, group->gr_name));
    assert_false(actor.is_in_group(&actor, "no-such-group"));
    assert_false(actor.is_in_group(&actor, ""));
    actors_destroy(actors);
}

static void a_user_without_a_name_is_in_no_group(void **state)
{
    struct actors *actors = actors_create("");
    struct engine_actor actor;

    (void)state;
    actors_find(actors, 4000000123U, 1, &actor);
    assert_false(actor.is_in_group(&actor, "daemon"));
    actors_destroy(actors);
}

static void more_groups_may_be_asked_for_than_are_kept(void **state)
{
    struct actors *actors = actors_create("");
    struct engine_actor actor;
    char name[32];

    (void)state;
    actors_find(actors, 0, 1, &actor);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "no-such-group-%d", i);
        assert_false(actor.is_in_group(&actor, name));
    }
    actors_destroy(actors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_is_an_administrator_with_a_name),
        cmocka_unit_test(the_daemons_own_user_is_an_administrator),
        cmocka_unit_test(a_user_without_a_name_is_called_by_the_number),
        cmocka_unit_test(members_of_the_group_are_administrators),
        cmocka_unit_test(a_user_is_in_the_groups_that_the_system_says),
        cmocka_unit_test(a_user_without_a_name_is_in_no_group),
        cmocka_unit_test(more_groups_may_be_asked_for_than_are_kept),
        cmocka_unit_test(users_whose_places_are_the_same_are_not_confused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

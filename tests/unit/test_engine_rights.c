/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/world.h"

/* What only an administrator may ask of the queue "urgent", which allows no --now and
 * is for the group "staff". */
static const struct {
    const char *members;
    const char *group; /* of who asks */
    const char *field; /* NULL: it is allowed */
} wishes[] = {
    {", \"queue\": \"urgent\"", "staff", NULL},
    {", \"queue\": \"urgent\"", "", "queue"},
    {", \"queue\": \"urgent\", \"priority\": 0", "staff", NULL},
    {", \"queue\": \"urgent\", \"priority\": -100", "staff", NULL},
    {", \"queue\": \"urgent\", \"priority\": 1", "staff", "priority"},
    {", \"queue\": \"urgent\", \"now\": true", "staff", "now"},
    {", \"now\": true", "", NULL},
    {", \"priority\": 100", "", "priority"},
};

enum path { PATH_ONE, PATH_ARRAY, PATH_SECOND, PATH_DRY_RUN, PATHS };

static int preview(struct world *world, const char *json, struct error *err)
{
    const struct engine_actor actor = world_actor(world);
    struct submission *submissions;
    struct engine_offer offer;
    size_t count;
    bool is_array;
    int result;

    assert_int_equal(
        0, submissions_parse(json, strlen(json), &submissions, &count, &is_array, err));
    result = engine_preview(world->engine, submissions, &actor, &offer, err);
    submission_release(submissions);
    free(submissions);
    return result;
}

static int ask(struct world *world, enum path path, const char *members,
               struct error *err)
{
    char json[512];

    snprintf(json, sizeof(json),
             path == PATH_ARRAY    ? WORLD_JOB(", \"array\": \"0-3\"%s")
             : path == PATH_SECOND ? "[" WORLD_JOB("") ", " WORLD_JOB("%s") "]"
                                   : WORLD_JOB("%s"),
             members);
    if (path == PATH_DRY_RUN)
        return preview(world, json, err);
    return world_submit(world, json, err);
}

static struct world *staff_world(void **state)
{
    struct world *world = *state;

    strcpy(world->policies[1].groups, "staff");
    world_set_policies(world);
    return world;
}

static void rights_are_the_same_on_all_ways_to_submit(void **state)
{
    struct world *world = staff_world(state);

    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        for (enum path path = 0; path < PATHS; path++) {
            struct error err = {.code = ERROR_NONE};
            int result;

            world->group = wishes[i].group;
            result = ask(world, path, wishes[i].members, &err);
            world_run(world);
            if ((result < 0) != (wishes[i].field != NULL))
                fail_msg("%s, path %d: %s", wishes[i].members, (int)path, err.text);
            if (!wishes[i].field)
                continue;
            assert_int_equal(ERROR_FORBIDDEN, err.code);
            assert_string_equal(wishes[i].field, err.field);
        }
    }
}

static void administrators_may_all_of_it(void **state)
{
    struct world *world = staff_world(state);

    world->uid = 0;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
        for (enum path path = 0; path < PATHS; path++)
            assert_int_equal(0, ask(world, path, wishes[i].members, NULL));
}

static int update(struct world *world, int64_t id, const struct job_update *update,
                  bool admin, struct error *err)
{
    const struct engine_actor actor = {
        .uid = admin ? 0 : 1000, .user = "ada", .admin = admin};
    int result =
        engine_act(world->engine, ENGINE_UPDATE, id, update, &actor, NULL, NULL, err);

    world_run(world);
    return result;
}

static void an_update_asks_for_no_more_than_a_submission(void **state)
{
    const struct job_update raise = {.has_priority = true, .priority = 1};
    const struct job_update lower = {.has_priority = true, .priority = -1};
    const struct job_update now = {.now = true};
    struct world *world = *state;
    int64_t id = world_take(world, WORLD_JOB(", \"queue\": \"urgent\", "
                                             "\"held\": true"));
    struct error err;

    assert_int_equal(-1, update(world, id, &raise, false, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(-1, update(world, id, &now, false, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_int_equal(0, update(world, id, &lower, false, NULL));
    assert_int_equal(-1, world_job(world, id).priority);
    assert_int_equal(0, update(world, id, &raise, true, NULL));
    assert_int_equal(0, update(world, id, &now, true, NULL));
    assert_int_equal(1, world_job(world, id).priority);
    assert_true(world_job(world, id).now);
}

static void who_is_in_none_of_the_groups_is_told_which_they_are(void **state)
{
    struct world *world = *state;
    struct error err;

    strcpy(world->policies[1].groups, "physics,vision");
    world_set_policies(world);
    world->group = "vis";
    assert_int_equal(-1,
                     world_submit(world, WORLD_JOB(", \"queue\": \"urgent\""), &err));
    assert_string_equal("queue 'urgent' is for members of physics,vision only",
                        err.text);
    world->group = "vision";
    world_take(world, WORLD_JOB(", \"queue\": \"urgent\""));
}

#define RIGHTS_TEST(name)                                                              \
    cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGHTS_TEST(rights_are_the_same_on_all_ways_to_submit),
        RIGHTS_TEST(who_is_in_none_of_the_groups_is_told_which_they_are),
        RIGHTS_TEST(administrators_may_all_of_it),
        RIGHTS_TEST(an_update_asks_for_no_more_than_a_submission),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

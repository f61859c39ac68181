/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <string.h>

#include "nodes/slurm/record.h"

/* As sacct of 22.05 tells it: a failure, a task, one that was cancelled before it ran,
 * both parts of a heterogeneous job, one that was requeued, and two arrays that were
 * cancelled before they ran, of the second one task after the other. */
static const char lines[] =
    "1|1|2026-11-28T01:25:07|2026-11-28T01:25:08|2026-11-28T01:25:38|cn1|3:0|FAILED\n"
    "7|2_3|2026-11-28T01:25:07|2026-11-28T01:25:10|2026-11-28T01:25:10|cn[1-2]|0:9|"
    "OUT_OF_MEMORY\n"
    "2|2_[4-10]|2026-11-28T01:25:07|Unknown|Unknown|None assigned|0:0|PENDING\n"
    "3|3|2026-11-28T01:25:07|2026-11-28T01:25:09|2026-11-28T01:25:09|None assigned|0:0|"
    "CANCELLED by 1000\n"
    "5|4+1|2026-11-28T01:25:07|2026-11-28T01:25:10|2026-11-28T01:25:20|cn2|0:0|"
    "COMPLETED\n"
    "4|4+0|2026-11-28T01:25:07|2026-11-28T01:25:10|2026-11-28T01:25:20|cn1|0:15|"
    "TIMEOUT\n"
    "8|8|2026-11-28T01:25:07|2026-11-28T01:25:10|2026-11-28T01:25:12|cn1|0:0|REQUEUED\n"
    "8|8|2026-11-28T01:25:12|2026-11-28T01:27:10|2026-11-28T01:27:12|cn1|0:0|"
    "NODE_FAIL\n"
    "8|8|2026-11-28T01:27:13|2026-11-28T01:29:10|2026-11-28T01:29:40|cn1|0:0|"
    "COMPLETED\n"
    "9|9_[1,4-6%2]|2026-11-28T01:25:07|None|2026-11-28T01:25:09|None assigned|0:0|"
    "CANCELLED by 0\n"
    "10|9_5|2026-11-28T01:25:07|2026-11-28T01:25:10|2026-11-28T01:25:12|cn1|0:0|"
    "COMPLETED\n"
    "11|11|2026-11-28T01:25:07|2026-11-28T01:25:09|2026-11-28T01:25:09|None assigned|"
    "0:0|CANCELLED by 0\n";

#define SUBMITTED ((instant)1795829107)

struct scene {
    struct slurm_listing listing;
    struct slurm_job found;
};

static int setup(void **state)
{
    static struct scene scene;

    scene = (struct scene){.listing = {NULL, 0}};
    assert_int_equal(
        slurm_accounting_parse(lines, sizeof(lines) - 1, &scene.listing, NULL), 0);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    slurm_listing_release(&scene->listing);
    return 0;
}

static bool find(struct scene *scene, int64_t id, int64_t task, instant submitted)
{
    return slurm_accounting_find(&scene->listing, id, task, submitted, &scene->found);
}

static void what_a_job_has_come_to_is_told(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(12, scene->listing.count);
    assert_string_equal("", scene->listing.jobs[0].comment);
    assert_true(find(scene, 1, -1, SUBMITTED));
    assert_int_equal(SLURM_FAILED, scene->found.state);
    assert_int_equal(SUBMITTED + 1, scene->found.started);
    assert_int_equal(SUBMITTED + 31, scene->found.ended);
    assert_int_equal(3, scene->found.status);
    assert_int_equal(0, scene->found.signal);
    assert_int_equal(0, scene->found.restarts);
    assert_string_equal("", scene->found.name);
}

static void an_id_that_was_given_anew_is_another_job(void **state)
{
    struct scene *scene = *state;

    assert_false(find(scene, 1, -1, SUBMITTED - 1));
    assert_false(find(scene, 1, -1, SUBMITTED + 1));
    assert_false(find(scene, 99, -1, SUBMITTED));
}

static void tasks_are_told_apart(void **state)
{
    struct scene *scene = *state;

    assert_true(find(scene, 2, 3, SUBMITTED));
    assert_int_equal(7, scene->found.job_id);
    assert_int_equal(SLURM_OUT_OF_MEMORY, scene->found.state);
    assert_int_equal(9, scene->found.signal);
    assert_false(find(scene, 2, 4, SUBMITTED));
    assert_false(find(scene, 2, -1, SUBMITTED));
    assert_false(find(scene, 7, -1, SUBMITTED));
}

static void tasks_that_were_cancelled_before_they_ran_share_a_record(void **state)
{
    struct scene *scene = *state;

    assert_true(find(scene, 9, 1, SUBMITTED));
    assert_int_equal(SLURM_CANCELLED, scene->found.state);
    assert_int_equal(0, scene->found.started);
    assert_true(find(scene, 9, 6, SUBMITTED));
    assert_false(find(scene, 9, 3, SUBMITTED));
    assert_false(find(scene, 9, -1, SUBMITTED));
    assert_false(find(scene, 9, 1, SUBMITTED + 1));
    /* One that ran has a record of its own. */
    assert_true(find(scene, 9, 5, SUBMITTED));
    assert_int_equal(SLURM_COMPLETED, scene->found.state);
    assert_true(find(scene, 11, 7, SUBMITTED));
    assert_int_equal(SLURM_CANCELLED, scene->found.state);
    assert_false(find(scene, 1, 7, SUBMITTED));
}

static void what_never_ran_has_no_start(void **state)
{
    struct scene *scene = *state;

    assert_true(find(scene, 3, -1, SUBMITTED));
    assert_int_equal(SLURM_CANCELLED, scene->found.state);
    assert_int_equal(0, scene->found.started);
    assert_int_equal(SUBMITTED + 2, scene->found.ended);
}

static void of_several_parts_the_first_tells(void **state)
{
    struct scene *scene = *state;

    assert_true(find(scene, 4, -1, SUBMITTED));
    assert_int_equal(4, scene->found.job_id);
    assert_int_equal(SLURM_TIMEOUT, scene->found.state);
    assert_false(find(scene, 5, -1, SUBMITTED));
}

static void of_what_was_requeued_the_last_run_counts(void **state)
{
    struct scene *scene = *state;

    assert_true(find(scene, 8, -1, SUBMITTED));
    assert_int_equal(SLURM_COMPLETED, scene->found.state);
    assert_int_equal(2, scene->found.restarts);
    assert_int_equal(SUBMITTED, scene->found.submitted);
    assert_int_equal(SUBMITTED + 243, scene->found.started);
    /* Without the last: nobody has requeued it after its node failed. */
    scene->listing.jobs[8].submitted += HOUR;
    assert_true(find(scene, 8, -1, SUBMITTED));
    assert_int_equal(SLURM_NODE_FAIL, scene->found.state);
    assert_int_equal(1, scene->found.restarts);
    /* Nor after it was requeued: it has not ended. */
    scene->listing.jobs[7].submitted += HOUR;
    assert_false(find(scene, 8, -1, SUBMITTED));
}

static void what_is_no_list_of_jobs_is_refused(void **state)
{
    static const char *const texts[] = {
        "Slurm accounting storage is disabled\n",
        "1|1|2026-11-28T01:25:07|Unknown|Unknown|None assigned|0:0\n",
        "1|1|2026-11-28T01:25:07|Unknown|Unknown|None assigned|0:0|FAILED|more\n",
        "\n",
    };
    struct slurm_listing listing = {NULL, 0};
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(
            slurm_accounting_parse(texts[i], strlen(texts[i]), &listing, &err), -1);
        assert_int_equal(ERROR_INVALID, err.code);
        assert_int_equal(0, listing.count);
    }
    assert_int_equal(slurm_accounting_parse("", 0, &listing, NULL), 0);
    assert_int_equal(0, listing.count);
}

static void what_makes_no_sense_says_nothing(void **state)
{
    static const char text[] = "x|1|||||0:0|FAILED\n"
                               "1|1.batch|||||0:0|FAILED\n"
                               "1|1_x|||||0:0|FAILED\n"
                               "1|1|soon|then|2026-13-01T00:00:00|cn1|3|WHATEVER";
    struct slurm_listing listing = {NULL, 0};

    (void)state;
    assert_int_equal(slurm_accounting_parse(text, sizeof(text) - 1, &listing, NULL), 0);
    assert_int_equal(1, listing.count);
    assert_int_equal(SLURM_STATE_UNKNOWN, listing.jobs[0].state);
    assert_int_equal(0, listing.jobs[0].submitted);
    assert_int_equal(0, listing.jobs[0].ended);
    assert_int_equal(0, listing.jobs[0].status);
    slurm_listing_release(&listing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_job_has_come_to_is_told),
        TEST(an_id_that_was_given_anew_is_another_job),
        TEST(tasks_are_told_apart),
        TEST(tasks_that_were_cancelled_before_they_ran_share_a_record),
        TEST(what_never_ran_has_no_start),
        TEST(of_several_parts_the_first_tells),
        TEST(of_what_was_requeued_the_last_run_counts),
        cmocka_unit_test(what_is_no_list_of_jobs_is_refused),
        cmocka_unit_test(what_makes_no_sense_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

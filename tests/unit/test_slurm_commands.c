/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "nodes/slurm/commands.h"
#include "tests/support/stores.h"

/* A backend over commands that are scripts of the test's, and note what they get. */
struct scene {
    uv_loop_t loop;
    uv_timer_t bound;
    char directory[200];
    struct slurm_backend *backend;
    size_t answers;
    size_t jobs; /* of the last answer; so for the next two */
    size_t nodes;
    size_t reservations;
    struct error failure;
    bool to_close; /* in the next answer */
};

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("it took too long");
}

static struct slurm_backend *make(struct scene *scene)
{
    char conf[220];
    const struct slurm_commands_settings settings = {
        .directory = scene->directory,
        .slurm_conf = conf,
        .list_timeout_ms = 1000,
        .order_timeout_ms = 1000,
        .listing_max = 1 << 20,
    };

    snprintf(conf, sizeof(conf), "%s/slurm.conf", scene->directory);
    return slurm_commands_create(&scene->loop, &settings, NULL);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    stores_make_directory(scene->directory);
    uv_loop_init(&scene->loop);
    uv_timer_init(&scene->loop, &scene->bound);
    uv_timer_start(&scene->bound, on_bound, 30000, 0);
    scene->backend = make(scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    uv_timer_stop(&scene->bound);
    if (scene->backend)
        scene->backend->close(scene->backend);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&scene->bound, NULL);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&scene->loop));
    assert_int_equal(-1, waitpid(-1, NULL, WNOHANG));
    assert_int_equal(ECHILD, errno);
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

static const char *path_of(const struct scene *scene, const char *name)
{
    static char path[300];

    snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
    return path;
}

/* Make a command that notes its words in "calls" and then does as `script` says. */
static void script(const struct scene *scene, const char *name, const char *what)
{
    FILE *file = fopen(path_of(scene, name), "w");

    assert_non_null(file);
    fprintf(file,
            "#!/bin/sh\ncd %s\nfor word in %s \"$@\"; do printf '%%s ' \"$word\"; "
            "done >> calls\necho >> calls\n%s\n",
            scene->directory, name, what);
    fclose(file);
    assert_int_equal(0, chmod(path_of(scene, name), 0700));
}

static void check_calls(const struct scene *scene, const char *calls)
{
    struct text text = TEXT_EMPTY;

    assert_int_equal(0, file_load(path_of(scene, "calls"), 10000, &text, NULL));
    assert_string_equal(calls, text.bytes);
    text_release(&text);
    unlink(path_of(scene, "calls"));
}

static void note(struct scene *scene, const struct error *failure)
{
    uv_stop(&scene->loop);
    scene->answers++;
    scene->failure = failure ? *failure : (struct error){0};
    if (scene->to_close) {
        scene->backend->close(scene->backend);
        scene->backend = NULL;
    }
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct scene *scene = context;

    assert_true(!listing == (failure != NULL));
    scene->jobs = listing ? listing->count : 0;
    note(scene, failure);
}

static void on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                     void *context)
{
    struct scene *scene = context;

    assert_true(!nodes == (failure != NULL));
    scene->nodes = nodes ? nodes->count : 0;
    scene->reservations = nodes ? nodes->reservation_count : 0;
    note(scene, failure);
}

static void on_done(const struct error *failure, void *context)
{
    note(context, failure);
}

static void wait_for(struct scene *scene, size_t answers)
{
    while (scene->answers < answers)
        uv_run(&scene->loop, UV_RUN_DEFAULT); /* until it is stopped */
    assert_int_equal(answers, scene->answers);
    scene->answers = 0;
}

static enum error_code give(struct scene *scene, const struct slurm_order *order)
{
    scene->backend->order(scene->backend, order, on_done, scene);
    assert_int_equal(0, scene->answers);
    wait_for(scene, 1);
    return scene->failure.code;
}

static void jobs_are_listed_by_squeue(void **state)
{
    struct scene *scene = *state;
    struct text said = TEXT_EMPTY;

    script(
        scene, "squeue",
        "echo \"$TZ $LC_ALL $SLURM_BITSTR_LEN ${SLURM_CONF##*/} ${HOME-no}\" > said; "
        "echo '{\"jobs\": [{\"job_id\": 1}, {\"job_id\": 2}]}'");
    scene->backend->list_jobs(scene->backend, on_jobs, scene);
    assert_int_equal(0, scene->answers);
    wait_for(scene, 1);
    assert_int_equal(ERROR_NONE, scene->failure.code);
    assert_int_equal(2, scene->jobs);
    check_calls(scene, "squeue --json --all --states=all \n");
    assert_int_equal(0, file_load(path_of(scene, "said"), 1000, &said, NULL));
    assert_string_equal("UTC C 0 slurm.conf no\n", said.bytes);
    text_release(&said);
}

static void what_goes_wrong_with_a_listing_is_told(void **state)
{
    static const struct {
        const char *does;
        enum error_code code;
    } rows[] = {
        {"echo 'squeue: error: Unable to contact slurm controller' >&2; exit 1",
         ERROR_UNAVAILABLE},
        {"echo '{\"errors\": [{\"description\": \"Failed while looking for jobs\", "
         "\"error\": \"Unspecified error\"}], \"jobs\": []}'",
         ERROR_UNAVAILABLE},
        {"echo nonsense", ERROR_INVALID},
        {"kill -9 $$", ERROR_IO},
        {"exit 1", ERROR_IO},
        {"exec yes", ERROR_TOO_LARGE},
        {"echo 'error: no slurm.conf' >&2; exec sleep 100", ERROR_UNAVAILABLE},
    };
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script(scene, "squeue", rows[i].does);
        scene->backend->list_jobs(scene->backend, on_jobs, scene);
        wait_for(scene, 1);
        assert_int_equal(rows[i].code, scene->failure.code);
    }
    assert_string_equal("squeue does not answer within 1 s: no slurm.conf",
                        scene->failure.text);
}

static void a_command_that_is_not_there_is_told(void **state)
{
    const struct slurm_order order = {.verb = SLURM_CANCEL, .target = "1"};

    assert_int_equal(ERROR_IO, give(*state, &order));
}

static void nodes_are_listed_by_sinfo_with_their_reservations(void **state)
{
    struct scene *scene = *state;

    script(scene, "sinfo", "echo '{\"nodes\": [{\"name\": \"cn1\"}]}'");
    script(scene, "scontrol",
           "echo 'ReservationName=a StartTime=2026-01-01T00:00:00 "
           "EndTime=2026-01-01T01:00:00 Nodes=cn1 '");
    scene->backend->list_nodes(scene->backend, on_nodes, scene);
    wait_for(scene, 1);
    assert_int_equal(1, scene->nodes);
    assert_int_equal(1, scene->reservations);
    check_calls(scene, "sinfo --json \nscontrol --oneliner show reservation \n");
}

static void nodes_of_newer_versions_are_listed_by_scontrol(void **state)
{
    struct scene *scene = *state;

    script(scene, "sinfo", "echo '{\"sinfo\": []}'");
    script(scene, "scontrol",
           "[ $2 = nodes ] && echo '{\"nodes\": [{\"name\": \"cn1\"}]}' || "
           "echo 'No reservations in the system'");
    for (size_t i = 0; i < 2; i++) {
        scene->backend->list_nodes(scene->backend, on_nodes, scene);
        wait_for(scene, 1);
        assert_int_equal(1, scene->nodes);
        assert_int_equal(0, scene->reservations);
    }
    check_calls(scene, "sinfo --json \n"
                       "scontrol show nodes --json \n"
                       "scontrol --oneliner show reservation \n"
                       "scontrol show nodes --json \n"
                       "scontrol --oneliner show reservation \n");
}

static void nodes_that_cannot_be_listed_either_way_are_a_failure(void **state)
{
    struct scene *scene = *state;

    script(scene, "sinfo", "echo '{}'");
    script(scene, "scontrol", "echo \"unrecognized option '--json'\" >&2; exit 1");
    scene->backend->list_nodes(scene->backend, on_nodes, scene);
    wait_for(scene, 1);
    assert_int_equal(ERROR_INVALID, scene->failure.code);
}

static void what_has_ended_is_told_by_sacct(void **state)
{
    struct scene *scene = *state;

    script(scene, "sacct", "echo '7|2_3|||||0:0|FAILED'");
    scene->backend->list_ended(scene->backend, "12,2_3", on_jobs, scene);
    wait_for(scene, 1);
    assert_int_equal(1, scene->jobs);
    check_calls(scene,
                "sacct -PnXDa --format=" SLURM_ACCOUNTING_FIELDS " --jobs=12,2_3 \n");
    scene->backend->list_ended(scene->backend, "--user=ada", on_jobs, scene);
    wait_for(scene, 1);
    assert_int_equal(ERROR_INVALID, scene->failure.code);
}

static void orders_are_given_by_scontrol_and_scancel(void **state)
{
    struct slurm_order order = {.verb = SLURM_RELEASE, .target = "12"};
    struct scene *scene = *state;

    script(scene, "scontrol", "exit 0");
    script(scene, "scancel", "echo 'error: Ignoring obsolete option' >&2");
    assert_int_equal(ERROR_NONE, give(scene, &order));
    check_calls(scene, "scontrol update JobId=12 StartTime=now ResetAccrueTime \n");
    order.verb = SLURM_CANCEL;
    assert_int_equal(ERROR_NONE, give(scene, &order));
    check_calls(scene, "scancel --verbose 12 \n");
    order.target = "--me";
    assert_int_equal(ERROR_INVALID, give(scene, &order));
}

static void what_slurm_says_to_an_order_is_told(void **state)
{
    struct scene *scene = *state;
    struct slurm_order order = {.verb = SLURM_RELEASE, .target = "1"};

    script(scene, "scontrol", "echo 'Invalid job id specified for job 1' >&2; exit 1");
    assert_int_equal(ERROR_MISSING, give(scene, &order));
    assert_string_equal("scontrol: Invalid job id specified for job 1",
                        scene->failure.text);
    script(scene, "scontrol",
           "echo '1_1: No error'; echo '1_2: Access denied'; exit 1");
    assert_int_equal(ERROR_FORBIDDEN, give(scene, &order));
    order.verb = SLURM_CANCEL;
    script(
        scene, "scancel",
        "echo 'scancel: Terminating job 1' >&2; echo 'scancel: error: Kill job error "
        "on job id 1: Job/step already completing or completed' >&2");
    assert_int_equal(ERROR_CONFLICT, give(scene, &order));
}

static void no_more_run_at_once_than_there_may_be(void **state)
{
    const struct slurm_order order = {.verb = SLURM_CANCEL, .target = "1"};
    struct scene *scene = *state;

    script(scene, "scancel",
           "mkdir mine.$$; [ $(ls -d mine.* | wc -l) -le 4 ] || touch many\n"
           "sleep .05; rmdir mine.$$");
    for (size_t i = 0; i < 10; i++)
        scene->backend->order(scene->backend, &order, on_done, scene);
    wait_for(scene, 10);
    assert_int_equal(-1, access(path_of(scene, "many"), F_OK));
}

static void a_closed_backend_says_nothing_more(void **state)
{
    const struct slurm_order order = {.verb = SLURM_CANCEL, .target = "1"};
    struct scene *scene = *state;

    script(scene, "scancel", "touch began; exec sleep 100");
    for (size_t i = 0; i < 6; i++)
        scene->backend->order(scene->backend, &order, on_done, scene);
    while (access(path_of(scene, "began"), F_OK) < 0)
        uv_run(&scene->loop, UV_RUN_NOWAIT);
    scene->backend->close(scene->backend);
    scene->backend = NULL;
    uv_timer_stop(&scene->bound);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, scene->answers);
}

static void a_backend_may_be_closed_by_an_answer(void **state)
{
    struct scene *scene = *state;

    script(scene, "squeue", "echo '{\"jobs\": []}'");
    scene->to_close = true;
    for (size_t i = 0; i < 6; i++)
        scene->backend->list_jobs(scene->backend, on_jobs, scene);
    wait_for(scene, 1);
    uv_timer_stop(&scene->bound);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, scene->answers);
}

static void paths_are_absolute(void **state)
{
    const struct slurm_commands_settings settings = {"bin", "", 1, 1, 1};
    struct scene *scene = *state;
    struct error err = {0};

    assert_null(slurm_commands_create(&scene->loop, &settings, &err));
    assert_int_equal(ERROR_INVALID, err.code);
    assert_string_equal("directory", err.field);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_are_listed_by_squeue),
        TEST(what_goes_wrong_with_a_listing_is_told),
        TEST(a_command_that_is_not_there_is_told),
        TEST(nodes_are_listed_by_sinfo_with_their_reservations),
        TEST(nodes_of_newer_versions_are_listed_by_scontrol),
        TEST(nodes_that_cannot_be_listed_either_way_are_a_failure),
        TEST(what_has_ended_is_told_by_sacct),
        TEST(orders_are_given_by_scontrol_and_scancel),
        TEST(what_slurm_says_to_an_order_is_told),
        TEST(no_more_run_at_once_than_there_may_be),
        TEST(a_closed_backend_says_nothing_more),
        TEST(a_backend_may_be_closed_by_an_answer),
        TEST(paths_are_absolute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

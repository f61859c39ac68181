/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "nodes/slurm/rest.h"
#include "tests/support/fetching.h"
#include "tests/support/http_exchange.h"
#include "tests/support/stores.h"

#define OPENAPI "{\"paths\": {\"\\/slurm\\/v0.0.38\\/jobs\": {}}}"
#define GOOD    "{\"errors\": []}"

/* A backend over a server that plays a script; orders that it cannot go to another. */
struct scene {
    struct fetching *fetching;
    struct grid_server *server;
    struct http_exchange exchange;
    struct slurm_backend otherwise;
    struct slurm_order handed; /* to the other */
    char directory[200];
    char token[300];
    char socket[300];
    struct slurm_backend *backend;
    int answers;
    size_t jobs; /* of the last answer; so for the next three */
    size_t nodes;
    size_t reservations;
    struct error failure;
};

static void hand(struct slurm_backend *backend, const struct slurm_order *order,
                 slurm_on_done *on_done, void *context)
{
    struct scene *scene =
        (struct scene *)(void *)((char *)backend - offsetof(struct scene, otherwise));

    scene->handed = *order;
    on_done(NULL, context);
}

static void write_token(struct scene *scene, const char *token, mode_t mode)
{
    FILE *file = fopen(scene->token, "w");

    assert_non_null(file);
    fputs(token, file);
    fclose(file);
    assert_int_equal(0, chmod(scene->token, mode));
}

/* The other backend: has one job, whichever is asked for. */
static void tell_ended(struct slurm_backend *backend, const char *target,
                       slurm_on_jobs *on_jobs, void *context)
{
    const struct slurm_listing listing = {NULL, 1};

    (void)backend;
    assert_string_equal("12", target);
    on_jobs(&listing, NULL, context);
}

static struct slurm_backend *make(struct scene *scene, struct slurm_backend *otherwise,
                                  struct error *err)
{
    const struct slurm_rest_settings settings = {
        .user = "ada",
        .token_file = scene->token,
        .list_timeout_ms = 500,
        .order_timeout_ms = 500,
        .listing_max = 10000,
        .otherwise = otherwise,
    };

    return slurm_rest_create(&scene->fetching->loop, &scene->exchange.exchange,
                             &settings, err);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *fetching;

    assert_non_null(scene);
    assert_int_equal(0, fetching_setup(&fetching));
    scene->fetching = fetching;
    stores_make_directory(scene->directory);
    snprintf(scene->token, sizeof(scene->token), "%s/token", scene->directory);
    snprintf(scene->socket, sizeof(scene->socket), "%s/socket", scene->directory);
    write_token(scene, "first\n", 0600);
    scene->exchange = http_exchange_make(scene->fetching->http, scene->socket);
    scene->otherwise.order = hand;
    scene->otherwise.list_ended = tell_ended;
    scene->backend = make(scene, &scene->otherwise, NULL);
    assert_non_null(scene->backend);
    assert_int_equal(1, scene->backend->targets_max);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    void *fetching = scene->fetching;

    if (scene->backend)
        scene->backend->close(scene->backend);
    uv_run(&scene->fetching->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, fetching_teardown(&fetching));
    if (scene->server)
        grid_server_stop(scene->server);
    stores_remove_directory(scene->directory);
    free(scene);
    return 0;
}

static void play(struct scene *scene, const struct grid_reply *replies, size_t count)
{
    scene->server = grid_server_start_at(scene->socket, replies, count);
}

static void note(struct scene *scene, const struct error *failure)
{
    scene->answers++;
    scene->failure = failure ? *failure : (struct error){0};
    uv_stop(&scene->fetching->loop);
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct scene *scene = context;

    scene->jobs = listing ? listing->count : 0;
    note(scene, failure);
}

static void on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                     void *context)
{
    struct scene *scene = context;

    scene->nodes = nodes ? nodes->count : 0;
    scene->reservations = nodes ? nodes->reservation_count : 0;
    note(scene, failure);
}

static void on_done(const struct error *failure, void *context)
{
    note(context, failure);
}

static enum error_code wait_for_answer(struct scene *scene)
{
    assert_int_equal(0, scene->answers);
    while (scene->answers == 0)
        uv_run(&scene->fetching->loop, UV_RUN_DEFAULT); /* until it is stopped */
    assert_int_equal(1, scene->answers);
    scene->answers = 0;
    return scene->failure.code;
}

static enum error_code list(struct scene *scene)
{
    scene->backend->list_jobs(scene->backend, on_jobs, scene);
    return wait_for_answer(scene);
}

static enum error_code give(struct scene *scene, const struct slurm_order *order)
{
    scene->backend->order(scene->backend, order, on_done, scene);
    return wait_for_answer(scene);
}

static void check_request(struct scene *scene, const char *first_line,
                          const char *token, const char *body)
{
    char head[4096];

    grid_server_last_request(scene->server, head, sizeof(head));
    assert_int_equal(0, strncmp(head, first_line, strlen(first_line)));
    assert_non_null(strstr(head, "\r\nX-SLURM-USER-NAME: ada\r\n"));
    assert_non_null(strstr(head, token));
    assert_non_null(strstr(head, body));
}

static void the_version_is_asked_for_once_and_the_token_read_each_time(void **state)
{
    static const struct grid_reply replies[] = {
        {.status = 200, .body = OPENAPI},
        {.status = 200, .body = "{\"jobs\": [{\"job_id\": 1}], \"errors\": []}"},
        {.status = 200, .body = "{\"jobs\": [{\"job_id\": 1}, {\"job_id\": 2}]}"},
    };
    struct scene *scene = *state;

    play(scene, replies, 3);
    assert_int_equal(ERROR_NONE, list(scene));
    assert_int_equal(1, scene->jobs);
    check_request(scene, "GET /slurm/v0.0.38/jobs HTTP/1.1\r\n",
                  "\r\nX-SLURM-USER-TOKEN: first\r\n", "");
    write_token(scene, "second", 0600);
    assert_int_equal(ERROR_NONE, list(scene));
    assert_int_equal(2, scene->jobs);
    check_request(scene, "GET /slurm/v0.0.38/jobs HTTP/1.1\r\n",
                  "\r\nX-SLURM-USER-TOKEN: second\r\n", "");
    assert_int_equal(3, grid_server_count(scene->server));
}

static void nodes_come_with_their_reservations(void **state)
{
    static const struct grid_reply replies[] = {
        {.status = 200, .body = OPENAPI},
        {.status = 200, .body = "{\"nodes\": [{\"name\": \"cn1\"}], \"errors\": []}"},
        {.status = 200,
         .body = "{\"reservations\": [{\"name\": \"a\", \"node_list\": \"cn1\", "
                 "\"start_time\": 1, \"end_time\": 2}]}"},
    };
    struct scene *scene = *state;

    play(scene, replies, 3);
    scene->backend->list_nodes(scene->backend, on_nodes, scene);
    assert_int_equal(ERROR_NONE, wait_for_answer(scene));
    assert_int_equal(1, scene->nodes);
    assert_int_equal(1, scene->reservations);
}

static void an_order_is_a_request_and_its_answer_is_told(void **state)
{
    static const struct grid_reply replies[] = {
        {.status = 200, .body = OPENAPI},
        {.status = 200, .body = GOOD},
        {.status = 500, .body = "{\"errors\": [{\"error\": \"Invalid job id\"}]}"},
    };
    const struct slurm_order release = {.verb = SLURM_RELEASE, .target = "12_[1-2]"};
    const struct slurm_order cancel = {.verb = SLURM_CANCEL, .target = "13"};
    struct scene *scene = *state;

    play(scene, replies, 3);
    assert_int_equal(ERROR_NONE, give(scene, &release));
    check_request(scene, "POST /slurm/v0.0.38/job/12_%5B1-2%5D HTTP/1.1\r\n",
                  "\r\nX-SLURM-USER-TOKEN: first\r\n",
                  "\r\n\r\n{\"begin_time\": \"now\"}");
    assert_int_equal(ERROR_MISSING, give(scene, &cancel));
    check_request(scene, "DELETE /slurm/v0.0.38/job/13 HTTP/1.1\r\n", "", "");
}

static void what_it_cannot_another_backend_does(void **state)
{
    static const struct grid_reply reply = {.status = 200, .body = OPENAPI};
    const struct slurm_order requeue = {.verb = SLURM_REQUEUE, .target = "12"};
    struct scene *scene = *state;

    play(scene, &reply, 1);
    assert_int_equal(ERROR_NONE, give(scene, &requeue));
    assert_int_equal(SLURM_REQUEUE, scene->handed.verb);
    scene->backend->close(scene->backend);
    scene->backend = make(scene, NULL, NULL);
    assert_int_equal(ERROR_CONFLICT, give(scene, &requeue));
}

static void what_accounting_tells_another_backend_asks(void **state)
{
    struct scene *scene = *state;

    scene->backend->list_ended(scene->backend, "12", on_jobs, scene);
    assert_int_equal(ERROR_NONE, wait_for_answer(scene));
    assert_int_equal(1, scene->jobs);
    scene->backend->close(scene->backend);
    scene->backend = make(scene, NULL, NULL);
    scene->backend->list_ended(scene->backend, "12", on_jobs, scene);
    assert_int_equal(ERROR_CONFLICT, wait_for_answer(scene));
}

static void a_failure_is_no_empty_listing(void **state)
{
    static const char unspecified[] =
        "{\"errors\": [{\"description\": \"Failed while looking for jobs\", "
        "\"error_number\": -1, \"error\": \"Unspecified error\"}], \"jobs\": []}";
    static const struct grid_reply replies[] = {
        {.status = 401, .body = "Authentication failure"},
        {.status = 200, .body = "{\"paths\": {}}"},
        {.status = 200, .body = OPENAPI},
        {.status = 500, .body = unspecified},
        {.status = 200, .body = unspecified},
        {.status = 204, .body = ""},
        {.status = 200, .body = "nonsense"},
        {.fault = GRID_FAULT_SILENT},
        {.fault = GRID_FAULT_CLOSE},
    };
    static const enum error_code codes[] = {
        ERROR_FORBIDDEN, ERROR_INVALID, ERROR_UNAVAILABLE, ERROR_UNAVAILABLE,
        ERROR_IO,        ERROR_INVALID, ERROR_UNAVAILABLE, ERROR_UNAVAILABLE,
    };
    struct scene *scene = *state;

    play(scene, replies, sizeof(replies) / sizeof(replies[0]));
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_int_equal(codes[i], list(scene));
}

static void an_upgrade_of_slurm_is_found_out(void **state)
{
    static const struct grid_reply replies[] = {
        {.status = 200, .body = OPENAPI},
        {.status = 404, .body = "Unable find requested URL"},
        {.status = 200, .body = "{\"paths\": {\"/slurm/v0.0.42/jobs/\": {}}}"},
        {.status = 200, .body = "{\"jobs\": []}"},
    };
    struct scene *scene = *state;

    play(scene, replies, 4);
    assert_int_equal(ERROR_UNAVAILABLE, list(scene));
    assert_int_equal(ERROR_NONE, list(scene));
    check_request(scene, "GET /slurm/v0.0.42/jobs HTTP/1.1\r\n", "", "");
}

static void a_token_that_others_may_read_is_not_used(void **state)
{
    struct scene *scene = *state;
    struct error err = {0};

    write_token(scene, "first", 0644);
    assert_int_equal(ERROR_FORBIDDEN, list(scene));
    assert_null(make(scene, NULL, &err));
    assert_int_equal(ERROR_FORBIDDEN, err.code);
    assert_null(strstr(err.text, "first"));
}

static void a_slurmrestd_that_is_not_there_is_unavailable(void **state)
{
    assert_int_equal(ERROR_UNAVAILABLE, list(*state));
}

static void a_closed_backend_says_nothing_more(void **state)
{
    static const struct grid_reply reply = {.fault = GRID_FAULT_SILENT};
    struct scene *scene = *state;

    play(scene, &reply, 1);
    for (int i = 0; i < 6; i++)
        scene->backend->list_jobs(scene->backend, on_jobs, scene);
    while (grid_server_count(scene->server) == 0)
        uv_run(&scene->fetching->loop, UV_RUN_NOWAIT);
    scene->backend->close(scene->backend);
    scene->backend = NULL;
    uv_run(&scene->fetching->loop, UV_RUN_NOWAIT);
    assert_int_equal(0, scene->answers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_version_is_asked_for_once_and_the_token_read_each_time),
        TEST(nodes_come_with_their_reservations),
        TEST(an_order_is_a_request_and_its_answer_is_told),
        TEST(what_it_cannot_another_backend_does),
        TEST(what_accounting_tells_another_backend_asks),
        TEST(a_failure_is_no_empty_listing),
        TEST(an_upgrade_of_slurm_is_found_out),
        TEST(a_token_that_others_may_read_is_not_used),
        TEST(a_slurmrestd_that_is_not_there_is_unavailable),
        TEST(a_closed_backend_says_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

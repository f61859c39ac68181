/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <string.h>

#include "daemon/grid_fetch.h"
#include "tests/support/fetching.h"

/* 2030-05-01T10:07:00Z */
static const instant now = 1903860420;

static void count_done(struct grid_fetch *fetch)
{
    ++*(int *)fetch->context;
}

static void init_fetch(struct grid_fetch *fetch, struct fetching *fetching,
                       const char *url)
{
    *fetch = (struct grid_fetch){
        .loop = &fetching->loop,
        .http = fetching->http,
        .wanted = READING_FORECAST,
        .now = now,
        .on_done = count_done,
        .zone = "GB",
        .config = {.name = "grid", .kind = "with-login", .timeout = 20},
    };
    snprintf(fetch->config.url, sizeof(fetch->config.url), "%s", url);
}

/* Run it to its end, and the loop until it is idle: on_done must come exactly once. */
static void run_fetch(struct grid_fetch *fetch)
{
    static int done;

    done = 0;
    fetch->context = &done;
    grid_fetch_start(fetch);
    while (!done)
        uv_run(fetch->loop, UV_RUN_ONCE);
    uv_run(fetch->loop, UV_RUN_NOWAIT);
    assert_int_equal(1, done);
}

/* A provider with a login, of the test's own: its token is what the login answers. */
static int request_data(const struct provider_settings *settings, const char *zone,
                        enum reading_kind wanted, instant when,
                        struct provider_request *request, struct error *err)
{
    (void)zone, (void)wanted, (void)when, (void)err;
    *request = (struct provider_request){.fetch = FETCH_HTTP};
    snprintf(request->target, sizeof(request->target), "%s/data", settings->url);
    snprintf(request->secret_header, sizeof(request->secret_header), "X-Session: %s",
             settings->session);
    return 0;
}

static int parse_data(const struct provider_settings *settings, const char *zone,
                      enum reading_kind wanted, const struct provider_body *body,
                      instant when, struct reading *reading, struct error *err)
{
    (void)settings, (void)zone, (void)wanted, (void)when, (void)reading;
    return strcmp(body->bytes, "data") == 0 ? 0 : error_set(err, ERROR_INVALID, "no");
}

static int request_login(const struct provider_settings *settings,
                         struct provider_request *request, struct error *err)
{
    (void)err;
    *request = (struct provider_request){.fetch = FETCH_HTTP};
    snprintf(request->target, sizeof(request->target), "%s/login", settings->url);
    return 0;
}

static int parse_login(const struct provider_settings *settings,
                       const struct provider_body *body, instant when,
                       struct provider_session *session, struct error *err)
{
    (void)settings, (void)err;
    snprintf(session->token, sizeof(session->token), "%s", body->bytes);
    session->expires = when + HOUR;
    return 0;
}

static const struct provider with_login = {
    .kind = "with-login",
    .request = request_data,
    .parse = parse_data,
    .request_session = request_login,
    .parse_session = parse_login,
};

#define LOGIN                                                                          \
    {                                                                                  \
        .status = 200, .body = "pass"                                                  \
    }
#define DATA                                                                           \
    {                                                                                  \
        .status = 200, .body = "data"                                                  \
    }
#define DENIED                                                                         \
    {                                                                                  \
        .status = 401                                                                  \
    }

/* Fetch by a script of replies; all of them must be asked for. */
static struct grid_fetch fetch_by_login(struct fetching *fetching,
                                        struct provider_session *session, instant when,
                                        const struct grid_reply *replies, size_t count)
{
    struct grid_server *server = grid_server_start(replies, count);
    struct grid_fetch fetch;
    char head[4096];

    init_fetch(&fetch, fetching, grid_server_url(server));
    fetch.provider = &with_login;
    fetch.session = session;
    fetch.now = when;
    run_fetch(&fetch);
    assert_int_equal(count, grid_server_count(server));
    grid_server_last_request(server, head, sizeof(head));
    if (!fetch.failed)
        assert_non_null(strstr(head, "\r\nX-Session: pass\r\n"));
    grid_server_stop(server);
    grid_fetch_release(&fetch);
    return fetch;
}

static void a_session_is_used_until_it_expires(void **state)
{
    struct grid_reply replies[] = {LOGIN, DATA};
    struct provider_session session = {.token = ""};

    assert_false(fetch_by_login(*state, &session, now, replies, 2).failed);
    assert_string_equal("pass", session.token);
    assert_false(fetch_by_login(*state, &session, now + 1, &replies[1], 1).failed);
    assert_false(fetch_by_login(*state, &session, now + HOUR, replies, 2).failed);
    assert_int_equal(now + 2 * HOUR, session.expires);
}

static void a_session_that_is_denied_is_made_anew_once(void **state)
{
    struct grid_reply good[] = {DENIED, LOGIN, DATA};
    struct grid_reply bad[] = {DENIED, LOGIN, DENIED};
    struct provider_session session = {.token = "old", .expires = now + DAY};
    struct grid_fetch fetch;

    assert_false(fetch_by_login(*state, &session, now, good, 3).failed);
    fetch = fetch_by_login(*state, &session, now, bad, 3);
    assert_true(fetch.failed && fetch.denied);
    assert_non_null(strstr(fetch.failure.text, "401"));
    assert_string_equal("", session.token);
}

static void a_login_that_fails_is_told_as_such(void **state)
{
    struct grid_reply denied = {.status = 403};
    struct grid_reply down = {.status = 503};
    struct provider_session session = {.token = ""};
    struct grid_fetch fetch = fetch_by_login(*state, &session, now, &denied, 1);

    assert_true(fetch.failed && fetch.denied);
    assert_non_null(strstr(fetch.failure.text, "login: answered 403"));
    fetch = fetch_by_login(*state, &session, now, &down, 1);
    assert_true(fetch.failed && !fetch.denied);
}

static void a_token_file_that_is_not_set_or_not_there_is_told(void **state)
{
    struct provider needy = with_login;
    struct grid_fetch fetch;

    needy.needs_secret = true;
    init_fetch(&fetch, *state, "http://127.0.0.1:1");
    fetch.provider = &needy;
    run_fetch(&fetch);
    assert_true(fetch.failed && fetch.denied);
    assert_non_null(strstr(fetch.failure.text, "token_file is not set"));
    grid_fetch_release(&fetch);
    init_fetch(&fetch, *state, "http://127.0.0.1:1");
    fetch.provider = &needy;
    snprintf(fetch.config.token_file, sizeof(fetch.config.token_file),
             "/nowhere/token");
    run_fetch(&fetch);
    assert_true(fetch.failed && fetch.denied);
    assert_non_null(strstr(fetch.failure.text, "/nowhere/token"));
    grid_fetch_release(&fetch);
}

#define TEST(name)                                                                     \
    cmocka_unit_test_setup_teardown(name, fetching_setup, fetching_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_used_until_it_expires),
        TEST(a_session_that_is_denied_is_made_anew_once),
        TEST(a_login_that_fails_is_told_as_such),
        TEST(a_token_file_that_is_not_set_or_not_there_is_told),
    };

    return cmocka_run_group_tests_name("grid login", tests, NULL, NULL);
}

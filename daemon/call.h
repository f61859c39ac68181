/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CALL_H
#define DAEMON_CALL_H

#include "daemon/daemon.h"
#include "daemon/http_server.h"
#include "daemon/json.h"
#include "daemon/query.h"

/* A request as the routes see it: taken apart, and with who asks. */
struct call {
    struct daemon *daemon;
    struct http_request *request;
    struct query query;      /* empty in a call that was kept */
    struct path_words words; /* what stands in the path for {…} */
    struct engine_actor actor;
    char user[64];
    instant now;
};

/* What a route does: exactly one answer, at once or later by a call that it keeps. */
typedef void call_handle(const struct call *call);

/* A copy that lives until the request is answered, for answers that come later. */
struct call *call_keep(const struct call *call);

/* Answer with JSON, which is taken, or with a failure. */
void call_answer(const struct call *call, unsigned status, struct text *json_taken);
void call_fail(const struct call *call, const struct error *err);

/* Whether the caller may act as this user does, and see what only that one may. */
bool call_owns(const struct call *call, uint32_t uid);

/* Whether the caller may know of jobs of this user at all. */
bool call_sees(const struct call *call, uint32_t uid);

int call_check_admin(const struct call *call, struct error *err);

/* The {id} of the path. ERROR_MISSING if it is no number that a job can have. */
int call_job_id(const struct call *call, int64_t *id, struct error *err);

#endif

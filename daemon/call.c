/* SPDX-License-Identifier: MIT */
#include "daemon/call.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/number.h"

struct call *call_keep(const struct call *call)
{
    struct call *kept = xmemdup(call, sizeof(*call));

    kept->query = (struct query){.text = NULL};
    kept->actor.user = kept->user;
    http_attach(call->request, kept, free);
    return kept;
}

void call_answer(const struct call *call, unsigned status, struct text *json_taken)
{
    http_answer(call->request, status, HTTP_JSON, json_taken);
}

void call_fail(const struct call *call, const struct error *err)
{
    http_answer_error(call->request, err);
}

bool call_owns(const struct call *call, uint32_t uid)
{
    return call->actor.admin || call->actor.uid == uid;
}

bool call_sees(const struct call *call, uint32_t uid)
{
    return !call->daemon->config->daemon.private_jobs || call_owns(call, uid);
}

int call_check_admin(const struct call *call, struct error *err)
{
    if (call->actor.admin)
        return 0;
    return error_set(err, ERROR_FORBIDDEN, "this is for administrators only");
}

int call_job_id(const struct call *call, int64_t *id, struct error *err)
{
    if (number_parse(call->words.items[0], 1, INT64_MAX - 1, id, NULL) < 0)
        return error_set(err, ERROR_MISSING, "there is no job '%.64s'",
                         call->words.items[0]);
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "cli/asking.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/answer.h"
#include "cli/client.h"
#include "cli/ids.h"

int asking_print(const struct invocation *invocation, bool as_json,
                 const json_t *answer, asking_show *show)
{
    struct text text = TEXT_EMPTY;

    if (!as_json)
        return show(invocation, answer);
    answer_format(answer, &text);
    return command_print(&text);
}

int asking_get(const struct invocation *invocation, const char *path, bool as_json,
               asking_show *show)
{
    json_t *answer = NULL;
    int status = client_ask(invocation->client, "GET", path, NULL, &answer);

    if (status == EXIT_WELL)
        status = asking_print(invocation, as_json, answer, show);
    json_decref(answer);
    return status;
}

/* One document, however many jobs there are. */
static int print_documents(json_t *jobs, size_t count)
{
    json_t *answer = count == 1 ? json_incref(json_array_get(jobs, 0))
                                : json_pack("{s:O}", "jobs", jobs);
    struct text text = TEXT_EMPTY;

    answer_format(answer, &text);
    json_decref(answer);
    return command_print(&text);
}

int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show)
{
    json_t *jobs = json_array();
    struct ids ids;
    struct error err;
    int status = EXIT_WELL;

    if (ids_parse(invocation->operands, invocation->operand_count, &ids, &err) < 0) {
        json_decref(jobs);
        return command_refuse(invocation->command, "%s", err.text);
    }
    for (size_t i = 0; i < ids.count && status == EXIT_WELL; i++) {
        json_t *job = NULL;
        char path[48];

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, ids.items[i]);
        status = client_ask(invocation->client, "GET", path, NULL, &job);
        if (status == EXIT_WELL && as_json)
            json_array_append(jobs, job);
        else if (status == EXIT_WELL)
            status = show(invocation, job);
        json_decref(job);
    }
    if (status == EXIT_WELL && as_json)
        status = print_documents(jobs, ids.count);
    json_decref(jobs);
    ids_release(&ids);
    return status;
}

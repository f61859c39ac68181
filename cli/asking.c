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

static int ask_jobs(const struct invocation *invocation, const struct ids *ids,
                    json_t *jobs, asking_show *show)
{
    int status = EXIT_WELL;

    for (size_t i = 0; i < ids->count && status == EXIT_WELL; i++) {
        json_t *job = NULL;
        char path[48];

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, ids->items[i]);
        status = client_ask(invocation->client, "GET", path, NULL, &job);
        if (status == EXIT_WELL && jobs)
            json_array_append(jobs, job);
        else if (status == EXIT_WELL)
            status = show(invocation, job);
        json_decref(job);
    }
    return status;
}

static int print_jobs(json_t *jobs)
{
    struct text text = TEXT_EMPTY;
    json_t *several = json_pack("{s:O}", "jobs", jobs);

    answer_format(json_array_size(jobs) == 1 ? json_array_get(jobs, 0) : several,
                  &text);
    json_decref(several);
    return command_print(&text);
}

int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show)
{
    json_t *jobs = NULL;
    struct ids ids;
    struct error err;
    int status;

    if (ids_parse(invocation->operands, invocation->operand_count, &ids, &err) < 0)
        return command_refuse(invocation->command, "%s", err.text);
    jobs = as_json ? json_array() : NULL;
    status = ask_jobs(invocation, &ids, jobs, show);
    if (status == EXIT_WELL && as_json)
        status = print_jobs(jobs);
    json_decref(jobs);
    ids_release(&ids);
    return status;
}

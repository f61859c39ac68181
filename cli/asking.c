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

int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show)
{
    struct ids ids;
    struct error err;
    int status = EXIT_WELL;

    if (ids_parse(invocation->operands, invocation->operand_count, &ids, &err) < 0)
        return command_refuse(invocation->command, "%s", err.text);
    for (size_t i = 0; i < ids.count && status == EXIT_WELL; i++) {
        char path[48];

        snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, ids.items[i]);
        status = asking_get(invocation, path, as_json, show);
    }
    ids_release(&ids);
    return status;
}

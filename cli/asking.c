/* SPDX-License-Identifier: MIT */
#include "cli/asking.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/answer.h"
#include "cli/client.h"

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

/* Add a page of jobs, which come newest first; `next` is that of the page. */
static int ask_page(const struct invocation *invocation, const char *name,
                    int64_t *next, struct ids *ids)
{
    struct text path = TEXT_EMPTY;
    json_t *answer = NULL;
    const json_t *jobs;
    int status;

    text_add_format(&path, "/v1/jobs?state=all&limit=1000&slurm=%s", name);
    if (*next > 0)
        text_add_format(&path, "&after=%" PRId64, *next);
    status = client_ask(invocation->client, "GET", path.bytes, NULL, &answer);
    text_release(&path);
    jobs = json_object_get(answer, "jobs");
    for (size_t i = 0; status == EXIT_WELL && i < json_array_size(jobs); i++)
        ids_add(ids, answer_integer(json_array_get(jobs, i), "id"));
    *next = answer_integer(answer, "next");
    json_decref(answer);
    return status;
}

/* Add what Slurm calls so, the oldest first. */
static int ask_slurm(const struct invocation *invocation, const char *name,
                     struct ids *ids)
{
    struct ids found = IDS_NONE;
    int64_t next = 0;
    int status;

    do
        status = ask_page(invocation, name, &next, &found);
    while (status == EXIT_WELL && next > 0);
    if (status == EXIT_WELL && found.count == 0) {
        complain("there is no job %s of Slurm here: those that were not deferred only "
                 "squeue knows",
                 name);
        status = EXIT_FAILED;
    }
    for (size_t i = found.count; status == EXIT_WELL && i > 0; i--)
        ids_add(ids, found.items[i - 1]);
    ids_release(&found);
    return status;
}

int asking_ids(const struct invocation *invocation, struct ids *ids)
{
    int status = EXIT_WELL;

    *ids = IDS_NONE;
    for (int i = 0; i < invocation->operand_count; i++) {
        const char *operand = invocation->operands[i];
        const char *name = ids_slurm_name(operand);
        struct error err;
        int result = EXIT_WELL;

        if (name)
            result = ask_slurm(invocation, name, ids);
        else if (ids_parse(operand, ids, &err) < 0)
            result = command_refuse(invocation->command, "%s", err.text);
        if (result != EXIT_WELL)
            status = result;
        if (result != EXIT_WELL && result != EXIT_FAILED) {
            ids_release(ids);
            break;
        }
    }
    return status;
}

void asking_warn_of_slurm(const struct invocation *invocation)
{
    json_t *status = NULL;
    const json_t *slurm;

    if (client_request(invocation->client, "GET", "/v1/status", NULL, &status, NULL)
        < 0)
        return;
    slurm = json_object_get(status, "slurm");
    if (answer_has(slurm, "answers") && !answer_is_true(slurm, "answers"))
        complain("Slurm does not answer now: it is told as soon as it does");
    json_decref(status);
}

int asking_jobs(const struct invocation *invocation, bool as_json, asking_show *show)
{
    json_t *jobs = json_array();
    struct ids ids;
    int status = asking_ids(invocation, &ids);

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

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nodes/slurm/hostlist.h"
#include "nodes/slurm/record.h"
#include "nodes/slurm/rest_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_amounts(const struct resources *amounts)
{
    if (amounts->gpus < 0 || amounts->gpus > SLURM_AMOUNT_MAX || amounts->cpus < 0
        || amounts->cpus > SLURM_AMOUNT_MAX || amounts->memory < 0
        || amounts->memory > SLURM_AMOUNT_MAX)
        abort();
}

static void try_listing(const char *bytes, size_t size)
{
    struct slurm_listing listing = {0};

    slurm_listing_parse(bytes, size, &listing, NULL);
    for (size_t i = 0; i < listing.count; i++) {
        const struct slurm_job *job = &listing.jobs[i];

        if (job->job_id <= 0 || job->submitted < 0 || job->begin < 0 || job->limit < 0
            || strlen(job->comment) > SLURM_COMMENT_MAX
            || !slurm_state_name(job->state))
            abort();
        check_amounts(&job->wanted);
    }
    slurm_listing_release(&listing);
}

static void try_accounting(const char *bytes, size_t size)
{
    struct slurm_listing listing = {0};
    struct slurm_job found;

    slurm_accounting_parse(bytes, size, &listing, NULL);
    for (size_t i = 0; i < listing.count; i++) {
        const struct slurm_job *job = &listing.jobs[i];

        if (job->job_id <= 0 || job->submitted < 0 || job->started < 0 || job->ended < 0
            || strlen(job->nodes) != 0)
            abort();
        if (slurm_accounting_find(&listing, job->job_id, job->array_task,
                                  job->submitted, &found)
            && !slurm_state_has_ended(found.state))
            abort();
    }
    slurm_listing_release(&listing);
}

static void try_nodes(const char *bytes, size_t size)
{
    static const char known[] = "{\"nodes\": [{\"name\": \"cn1\", \"cpus\": 2}]}";
    struct slurm_nodes nodes = {0};

    slurm_nodes_parse(bytes, size, &nodes, NULL);
    for (size_t i = 0; i < nodes.count; i++)
        check_amounts(&nodes.items[i].capacity);
    slurm_reservations_parse_json(bytes, size, &nodes, NULL);
    slurm_nodes_release(&nodes);
    slurm_nodes_parse(known, sizeof(known) - 1, &nodes, NULL);
    slurm_reservations_parse(bytes, size, &nodes, NULL);
    slurm_nodes_release(&nodes);
}

static void on_task(int32_t task, void *context)
{
    int32_t *last = context;

    if (task <= *last)
        abort();
    *last = task;
}

static void on_host(const char *name, void *context)
{
    (void)context;
    if (strpbrk(name, "[],"))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int32_t last = -1;
    char *text = malloc(size + 1);
    char *bytes = malloc(size ? size : 1);

    if (text && bytes) {
        memcpy(bytes, data, size);
        memcpy(text, data, size);
        text[size] = '\0';
        try_listing(bytes, size);
        try_accounting(bytes, size);
        try_nodes(bytes, size);
        slurm_tasks_parse(text, on_task, &last, NULL);
        hostlist_each(text, 1000, on_host, NULL, NULL);
        rest_version_find(bytes, size);
        rest_answer_check(bytes, size, 200, NULL);
    }
    free(text);
    free(bytes);
    return 0;
}

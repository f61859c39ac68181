/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/ask.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "nodes/slurm/child.h"
#include "nodes/slurm/commands.h"
#include "nodes/slurm/fault.h"
#include "nodes/slurm/variables.h"

#define LISTING_MAX (SLURM_JOBS_MAX * 4096UL)

struct slurm_ask {
    uv_loop_t loop;
    struct slurm_backend *backend;
    char *directory;
    char **variables;
    int64_t timeout_ms;
    bool is_answered; /* of the question that is under way; so for the next */
    struct error failure;
    const char *name; /* of its command */
    struct text *output;
    struct slurm_listing *listing;
    struct slurm_nodes *nodes;
};

struct slurm_ask *slurm_ask_open(const struct slurm_ask_settings *settings,
                                 struct error *err)
{
    const struct slurm_commands_settings commands = {
        .directory = settings->directory,
        .slurm_conf = settings->slurm_conf,
        .list_timeout_ms = settings->timeout_ms,
        .order_timeout_ms = settings->timeout_ms,
        .listing_max = LISTING_MAX,
    };
    struct slurm_ask *ask = xcalloc(1, sizeof(*ask));

    if (uv_loop_init(&ask->loop) < 0) {
        free(ask);
        error_set(err, ERROR_IO, "cannot make an event loop");
        return NULL;
    }
    ask->backend = slurm_commands_create(&ask->loop, &commands, err);
    if (!ask->backend) {
        uv_loop_close(&ask->loop);
        free(ask);
        return NULL;
    }
    ask->directory = xstrdup(settings->directory);
    ask->variables = slurm_variables_create(settings->slurm_conf);
    ask->timeout_ms = settings->timeout_ms;
    return ask;
}

void slurm_ask_close(struct slurm_ask *ask)
{
    if (!ask)
        return;
    ask->backend->close(ask->backend);
    uv_run(&ask->loop, UV_RUN_DEFAULT);
    uv_loop_close(&ask->loop);
    slurm_variables_destroy(ask->variables);
    free(ask->directory);
    free(ask);
}

size_t slurm_ask_targets_max(const struct slurm_ask *ask)
{
    return ask->backend->targets_max;
}

static void answer(struct slurm_ask *ask, const struct error *failure)
{
    ask->is_answered = true;
    ask->failure = failure ? *failure : (struct error){.code = ERROR_NONE};
}

static int await(struct slurm_ask *ask, struct error *err)
{
    ask->is_answered = false;
    while (!ask->is_answered)
        uv_run(&ask->loop, UV_RUN_ONCE);
    if (ask->failure.code == ERROR_NONE)
        return 0;
    if (err)
        *err = ask->failure;
    return -1;
}

static void copy_job(const struct slurm_job *from, struct slurm_job *to)
{
    *to = *from;
    to->array_tasks = xstrdup(from->array_tasks);
    to->user = xstrdup(from->user);
    to->name = xstrdup(from->name);
    to->account = xstrdup(from->account);
    to->partition = xstrdup(from->partition);
    to->qos = xstrdup(from->qos);
    to->comment = xstrdup(from->comment);
    to->admin_comment = xstrdup(from->admin_comment);
    to->nodes = xstrdup(from->nodes);
}

static void on_jobs(const struct slurm_listing *listing, const struct error *failure,
                    void *context)
{
    struct slurm_ask *ask = context;

    answer(ask, failure);
    if (failure)
        return;
    ask->listing->jobs = xcalloc(listing->count + 1, sizeof(*listing->jobs));
    ask->listing->count = listing->count;
    for (size_t i = 0; i < listing->count; i++)
        copy_job(&listing->jobs[i], &ask->listing->jobs[i]);
}

int slurm_ask_jobs(struct slurm_ask *ask, struct slurm_listing *listing,
                   struct error *err)
{
    ask->listing = listing;
    ask->backend->list_jobs(ask->backend, on_jobs, ask);
    return await(ask, err);
}

static void on_nodes(struct slurm_nodes *nodes, const struct error *failure,
                     void *context)
{
    struct slurm_ask *ask = context;

    answer(ask, failure);
    if (failure)
        return;
    *ask->nodes = *nodes;
    *nodes = (struct slurm_nodes){.items = NULL};
}

int slurm_ask_nodes(struct slurm_ask *ask, struct slurm_nodes *nodes, struct error *err)
{
    ask->nodes = nodes;
    ask->backend->list_nodes(ask->backend, on_nodes, ask);
    return await(ask, err);
}

static void on_done(const struct error *failure, void *context)
{
    answer(context, failure);
}

int slurm_ask_order(struct slurm_ask *ask, const struct slurm_order *order,
                    struct error *err)
{
    ask->backend->order(ask->backend, order, on_done, ask);
    return await(ask, err);
}

static void on_child_done(const struct child_result *result, void *context)
{
    struct slurm_ask *ask = context;
    const char *said = result->complaint;
    struct error failure;

    if (!result->failure && result->status == 0) {
        text_add_bytes(ask->output, result->output, result->size);
        answer(ask, NULL);
        return;
    }
    if (said[strspn(said, " \n")] == '\0')
        said = result->output;
    if (result->failure)
        failure = *result->failure;
    else
        slurm_fault(ask->name, said, &failure);
    answer(ask, &failure);
}

/* Whether the command is there to be run; it is not if only others may run it. */
static bool is_there(const char *directory, const char *name)
{
    struct text path = TEXT_EMPTY;
    bool is_found = false;

    for (const char *at = directory; !is_found; at++) {
        size_t length = strcspn(at, ":");

        text_clear(&path);
        text_add_bytes(&path, at, length);
        text_add_format(&path, "/%s", name);
        is_found = access(path.bytes, X_OK) == 0;
        at += length;
        if (!*at)
            break;
    }
    text_release(&path);
    return is_found;
}

/* The value of PATH that the command is looked for in. */
static const char *path_of(const struct slurm_ask *ask)
{
    return ask->directory[0] ? ask->directory : strchr(ask->variables[0], '=') + 1;
}

int slurm_ask_command(struct slurm_ask *ask, const char *const *words,
                      struct text *output, struct error *err)
{
    const char *arguments[ASK_WORDS_MAX + 1] = {NULL};
    struct text program = TEXT_EMPTY;
    const struct child_order order = {
        .arguments = arguments,
        .environment = (const char *const *)ask->variables,
        .timeout_ms = ask->timeout_ms,
        .output_max = ASK_OUTPUT_MAX,
    };
    const struct child *child;

    if (!is_there(path_of(ask), words[0]))
        return error_set(err, ERROR_MISSING, "there is no command %s in %s", words[0],
                         path_of(ask));
    if (ask->directory[0])
        text_add_format(&program, "%s/", ask->directory);
    text_add(&program, words[0]);
    arguments[0] = program.bytes;
    for (size_t i = 1; words[i]; i++) {
        assert(i < ASK_WORDS_MAX);
        arguments[i] = words[i];
    }
    ask->name = words[0];
    ask->output = output;
    child = child_start(&ask->loop, &order, on_child_done, ask, err);
    text_release(&program);
    return child ? await(ask, err) : -1;
}

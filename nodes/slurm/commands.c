/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/commands.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/slurm/child.h"
#include "nodes/slurm/command_line.h"
#include "nodes/slurm/errand_queue.h"
#include "nodes/slurm/fault.h"
#include "nodes/slurm/variables.h"

#define ANSWER_MAX  (1 << 20) /* bytes of what is said of an order */
#define TARGETS_MAX 64        /* scontrol asks for them one by one */

/* The steps of a question for nodes. */
enum { STEP_NODES, STEP_NODES_OTHERWISE, STEP_RESERVATIONS };

struct commands {
    struct slurm_backend backend; /* first */
    struct errand_queue queue;
    char *directory;
    char **variables;
    int64_t list_timeout_ms;
    int64_t order_timeout_ms;
    size_t listing_max;
    bool nodes_by_scontrol; /* sinfo of 23.02 and later groups them */
};

static void finish(struct errand *errand)
{
    struct commands *commands = errand->owner;

    errand_queue_finish(&commands->queue, errand);
}

static void on_child_done(const struct child_result *result, void *context);

static void run(struct errand *errand, const char *const *words, int64_t timeout_ms,
                size_t output_max)
{
    struct commands *commands = errand->owner;
    const char *arguments[COMMAND_LINE_WORDS + 1] = {NULL};
    struct text program = TEXT_EMPTY;
    struct child_order order = {
        .arguments = arguments,
        .environment = (const char *const *)commands->variables,
        .timeout_ms = timeout_ms,
        .output_max = output_max,
    };

    if (commands->directory[0] != '\0')
        text_add_format(&program, "%s/", commands->directory);
    text_add(&program, words[0]);
    for (size_t i = 0; i < COMMAND_LINE_WORDS && words[i]; i++)
        arguments[i] = i == 0 ? program.bytes : words[i];
    errand->call = child_start(commands->queue.loop, &order, on_child_done, errand,
                               &errand->failure);
    text_release(&program);
    if (!errand->call)
        finish(errand);
}

static void run_list(struct errand *errand, const char *const *words)
{
    const struct commands *commands = errand->owner;

    run(errand, words, commands->list_timeout_ms, commands->listing_max);
}

/* The question for nodes of this errand, as it has to be asked for now. */
static void ask_nodes(struct errand *errand)
{
    static const char *const by_sinfo[] = {"sinfo", "--json", NULL};
    static const char *const by_scontrol[] = {"scontrol", "show", "nodes", "--json",
                                              NULL};
    const struct commands *commands = errand->owner;

    run_list(errand, commands->nodes_by_scontrol ? by_scontrol : by_sinfo);
}

/* The short options are --parsable2 --noheader --allocations --duplicates --allusers.
 */
static void ask_ended(struct errand *errand)
{
    static const char fields[] = "--format=" SLURM_ACCOUNTING_FIELDS;
    struct text jobs = TEXT_EMPTY;
    const char *words[] = {"sacct", "-PnXDa", fields, NULL, NULL};

    if (slurm_target_check(errand->order.target, &errand->failure) < 0) {
        finish(errand);
        return;
    }
    text_add_format(&jobs, "--jobs=%s", errand->order.target);
    words[3] = jobs.bytes;
    run_list(errand, words);
    text_release(&jobs);
}

static void begin(struct errand *errand)
{
    /* Without --states=all 23.02 and later tell only of jobs that have not ended. */
    static const char *const jobs[] = {"squeue", "--json", "--all", "--states=all",
                                       NULL};
    static const char *const partitions[] = {"scontrol", "--all",     "--oneliner",
                                             "show",     "partition", NULL};
    const struct commands *commands = errand->owner;
    struct command_line line;

    if (errand->kind == ERRAND_DEFAULT)
        run_list(errand, partitions);
    else if (errand->kind == ERRAND_JOBS)
        run_list(errand, jobs);
    else if (errand->kind == ERRAND_NODES)
        ask_nodes(errand);
    else if (errand->kind == ERRAND_ENDED)
        ask_ended(errand);
    else if (command_line_format(&errand->order, &line, &errand->failure) < 0)
        finish(errand);
    else
        run(errand, line.words, commands->order_timeout_ms, ANSWER_MAX);
}

/* Whether it is the other command that has the list of nodes in this version. */
static bool is_to_ask_otherwise(const struct errand *errand)
{
    return errand->step == STEP_NODES && errand->failure.code == ERROR_INVALID;
}

static void on_read(struct errand *errand)
{
    static const char *const reservations[] = {"scontrol", "--oneliner", "show",
                                               "reservation", NULL};
    struct commands *commands = errand->owner;
    bool is_of_nodes = errand->kind == ERRAND_NODES && !commands->queue.is_closing
                       && errand->step != STEP_RESERVATIONS;

    if (is_of_nodes && errand->failure.code == ERROR_NONE) {
        errand->step = STEP_RESERVATIONS;
        run_list(errand, reservations);
    } else if (is_of_nodes && is_to_ask_otherwise(errand)) {
        errand->failure.code = ERROR_NONE;
        errand->step = STEP_NODES_OTHERWISE;
        commands->nodes_by_scontrol = !commands->nodes_by_scontrol;
        ask_nodes(errand);
    } else {
        finish(errand);
    }
}

static const char *name_of(const struct errand *errand)
{
    const struct commands *commands = errand->owner;

    switch (errand->kind) {
    case ERRAND_JOBS:
        return "squeue";
    case ERRAND_NODES:
        return errand->step == STEP_RESERVATIONS || commands->nodes_by_scontrol
                   ? "scontrol"
                   : "sinfo";
    case ERRAND_ENDED:
        return "sacct";
    case ERRAND_DEFAULT:
        return "scontrol";
    case ERRAND_ORDER:
        return errand->order.verb == SLURM_CANCEL || errand->order.verb == SLURM_SIGNAL
                   ? "scancel"
                   : "scontrol";
    }
    return "";
}

/* Whether it failed; if so the errand knows why. */
static bool has_failed(struct errand *errand, const struct child_result *result)
{
    const char *said = result->complaint;

    if (result->failure) {
        errand->failure = *result->failure;
        if (said[strspn(said, " \n")] != '\0')
            slurm_fault(result->failure->text, said, &errand->failure);
        errand->failure.code = result->failure->code;
        return true;
    }
    if (result->signal != 0) {
        error_set(&errand->failure, ERROR_IO, "%s was killed by signal %d",
                  name_of(errand), result->signal);
        return true;
    }
    /* scancel --verbose ends with 0 though the job is not there. */
    if (result->status == 0 && !strstr(said, "Kill job error"))
        return false;
    if (said[strspn(said, " \n")] == '\0')
        said = result->output;
    slurm_fault(name_of(errand), said, &errand->failure);
    return true;
}

static enum errand_document document_of(const struct errand *errand)
{
    if (errand->kind == ERRAND_JOBS)
        return ERRAND_DOCUMENT_JOBS;
    if (errand->kind == ERRAND_ENDED)
        return ERRAND_DOCUMENT_ACCOUNTING;
    if (errand->kind == ERRAND_DEFAULT)
        return ERRAND_DOCUMENT_PARTITIONS;
    return errand->step == STEP_RESERVATIONS ? ERRAND_DOCUMENT_RESERVATIONS
                                             : ERRAND_DOCUMENT_NODES;
}

static void on_child_done(const struct child_result *result, void *context)
{
    struct errand *errand = context;
    const struct commands *commands = errand->owner;

    errand->call = NULL;
    if (has_failed(errand, result))
        on_read(errand);
    else if (errand->kind == ERRAND_ORDER)
        finish(errand);
    else
        errand_read(errand, commands->queue.loop, document_of(errand), result->output,
                    result->size, on_read);
}

static void add(struct slurm_backend *backend, struct errand *errand)
{
    struct commands *commands = (struct commands *)backend;

    errand_queue_add(&commands->queue, errand);
}

static void list_jobs(struct slurm_backend *backend, slurm_on_jobs *on_jobs,
                      void *context)
{
    struct errand *errand = errand_create(backend, ERRAND_JOBS, context);

    errand->on_jobs = on_jobs;
    add(backend, errand);
}

static void list_nodes(struct slurm_backend *backend, slurm_on_nodes *on_nodes,
                       void *context)
{
    struct errand *errand = errand_create(backend, ERRAND_NODES, context);

    errand->on_nodes = on_nodes;
    add(backend, errand);
}

static void list_ended(struct slurm_backend *backend, const char *target,
                       slurm_on_jobs *on_jobs, void *context)
{
    add(backend, errand_create_ended(backend, target, on_jobs, context));
}

void slurm_commands_find_default(struct slurm_backend *commands,
                                 slurm_on_default *on_default, void *context)
{
    struct errand *errand = errand_create(commands, ERRAND_DEFAULT, context);

    errand->on_default = on_default;
    add(commands, errand);
}

static void give_order(struct slurm_backend *backend, const struct slurm_order *order,
                       slurm_on_done *on_done, void *context)
{
    add(backend, errand_create_order(backend, order, on_done, context));
}

static void cancel_child(struct errand *errand)
{
    child_cancel(errand->call);
}

static void free_commands(void *owner)
{
    struct commands *commands = owner;

    slurm_variables_destroy(commands->variables);
    free(commands->directory);
    free(commands);
}

static void close_commands(struct slurm_backend *backend)
{
    struct commands *commands = (struct commands *)backend;

    errand_queue_close(&commands->queue, cancel_child, free_commands, commands);
}

static int check_path(const char *field, const char *path, struct error *err)
{
    if (path[0] == '\0' || path[0] == '/')
        return 0;
    return error_set_field(err, ERROR_INVALID, field, "%s: not an absolute path: %s",
                           field, path);
}

struct slurm_backend *
slurm_commands_create(uv_loop_t *loop, const struct slurm_commands_settings *settings,
                      struct error *err)
{
    struct commands *commands;

    if (check_path("directory", settings->directory, err) < 0
        || check_path("slurm_conf", settings->slurm_conf, err) < 0)
        return NULL;
    commands = xcalloc(1, sizeof(*commands));
    commands->backend = (struct slurm_backend){
        .targets_max = TARGETS_MAX,
        .list_jobs = list_jobs,
        .list_nodes = list_nodes,
        .list_ended = list_ended,
        .order = give_order,
        .close = close_commands,
    };
    commands->directory = xstrdup(settings->directory);
    commands->list_timeout_ms = settings->list_timeout_ms;
    commands->order_timeout_ms = settings->order_timeout_ms;
    commands->listing_max = settings->listing_max;
    commands->variables = slurm_variables_create(settings->slurm_conf);
    errand_queue_init(&commands->queue, loop, begin);
    return &commands->backend;
}

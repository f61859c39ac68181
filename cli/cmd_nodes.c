/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/gpu_text.h"
#include "cli/pool_text.h"
#include "cli/table.h"

struct nodes_options {
    bool json;
};

static const struct command_option rows[] = {
    {"json", 0, OPTION_FLAG, offsetof(struct nodes_options, json), NULL,
     "print the daemon's answer", NULL},
    COMMAND_OPTIONS_END,
};

static const struct table_column pool_columns[] = {
    {"POOL", 8, false, 0}, {"ZONE", 0, false, 0},     {"STATE", 0, false, 0},
    {"GPUS", 0, true, 0},  {"CPUS", 0, true, 0},      {"MEMORY", 0, true, 1},
    {"WATTS", 0, true, 0}, {"EXECUTOR", 0, false, 1}, {"PUE", 0, true, 1},
};

static const struct table_column job_columns[] = {
    {"POOL", 8, false, 0},  {"JOB", 0, true, 0},     {"NAME", 8, false, 0},
    {"USER", 6, false, 1},  {"GPUS", 0, true, 0},    {"CPUS", 0, true, 1},
    {"SINCE", 0, false, 1}, {"ON GPU", 0, false, 1},
};

/* "1 of 4": what is taken of what is there; "" if there is nothing. */
static void add_share(struct table *table, const json_t *pool, const char *taken,
                      const char *all)
{
    if (answer_integer(pool, all) == 0)
        table_add(table, STYLE_FAINT, "-");
    else
        table_add_format(table, STYLE_PLAIN, "%" PRId64 " of %" PRId64,
                         answer_integer(pool, taken), answer_integer(pool, all));
}

/* Of the GPUs that can be used now; the others have a note. */
static void add_gpus(struct table *table, const json_t *pool)
{
    if (answer_integer(pool, "gpus") > 0 && answer_has(pool, "gpus_usable"))
        table_add_format(table, STYLE_PLAIN, "%" PRId64 " of %" PRId64,
                         answer_integer(pool, "gpus_taken"),
                         answer_integer(pool, "gpus_usable"));
    else
        add_share(table, pool, "gpus_taken", "gpus");
}

static bool is_measured(const json_t *pool)
{
    return strcmp(answer_text(pool, "power"), "measured") == 0;
}

static void add_pool(struct table *table, const json_t *pool)
{
    struct text state = TEXT_EMPTY;
    bool is_open = pool_text_add_state(pool, &state);
    char taken[FIGURE_TEXT_SIZE], all[FIGURE_TEXT_SIZE];

    table_add(table, STYLE_STRONG, answer_text(pool, "pool"));
    table_add(table, STYLE_PLAIN, answer_text(pool, "zone"));
    table_add(table, is_open ? STYLE_GOOD : STYLE_WARNING, state.bytes);
    text_release(&state);
    add_gpus(table, pool);
    add_share(table, pool, "cpus_taken", "cpus");
    figure_format_memory(answer_integer(pool, "memory_taken"), taken);
    figure_format_memory(answer_integer(pool, "memory"), all);
    if (*all)
        table_add_format(table, STYLE_PLAIN, "%s of %s", *taken ? taken : "0", all);
    else
        table_add(table, STYLE_FAINT, "-");
    table_add_format(table, STYLE_PLAIN, "%s%.0f W", is_measured(pool) ? "" : "~",
                     answer_number(pool, "watts"));
    table_add(table, STYLE_PLAIN, answer_text(pool, "executor"));
    table_add_format(table, STYLE_PLAIN, "%.2f", answer_number(pool, "pue"));
}

/* Add which GPUs of the pool a job holds: "0,1". */
static void add_held(const json_t *pool, int64_t id, struct text *held)
{
    const json_t *list = json_object_get(pool, "gpu");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *gpu = json_array_get(list, i);

        if (answer_has(gpu, "job") && answer_integer(gpu, "job") == id)
            text_add_format(held, "%s%" PRId64, held->length ? "," : "",
                            answer_integer(gpu, "index"));
    }
}

static void add_jobs(struct table *table, const json_t *pool, instant now)
{
    const json_t *jobs = json_object_get(pool, "jobs");

    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        struct text held = TEXT_EMPTY;
        char when[WHEN_TEXT_SIZE];

        add_held(pool, answer_integer(job, "id"), &held);
        table_add(table, STYLE_PLAIN, answer_text(pool, "pool"));
        table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(job, "id"));
        table_add(table, STYLE_PLAIN, answer_text(job, "name"));
        table_add(table, STYLE_PLAIN, answer_text(job, "user"));
        table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(job, "gpus"));
        table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(job, "cpus"));
        table_add(table, STYLE_PLAIN, answer_when_short(job, "started", now, when));
        table_add(table, STYLE_PLAIN, held.bytes);
        text_release(&held);
    }
}

static int show(const struct invocation *invocation, const json_t *answer)
{
    const json_t *pools = json_object_get(answer, "pools");
    struct table *table = table_create(pool_columns, 9);
    struct table *jobs = table_create(job_columns, 8);
    instant now = client_now(invocation->client);
    struct text text = TEXT_EMPTY;
    bool has_jobs = false;
    bool has_estimates = false;

    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);

        add_pool(table, pool);
        add_jobs(jobs, pool, now);
        has_estimates = has_estimates || !is_measured(pool);
        has_jobs = has_jobs || json_array_size(json_object_get(pool, "jobs")) > 0;
    }
    table_format(table, &invocation->terminal, &text);
    text_add(&text, has_estimates ? "~ estimated, not measured\n" : "");
    pool_text_add_notes(&invocation->terminal, pools, &text);
    text_add(&text, "\n");
    gpu_text_add(answer, &invocation->terminal, &text);
    if (has_jobs)
        table_format(jobs, &invocation->terminal, &text);
    else
        text_add(&text, "nothing runs\n");
    table_destroy(table);
    table_destroy(jobs);
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    const struct nodes_options *options = invocation->options;

    return asking_get(invocation, "/v1/nodes", options->json, show);
}

static int run_drain(const struct invocation *invocation)
{
    int status = EXIT_WELL;

    for (int i = 0; i < invocation->operand_count && status == EXIT_WELL; i++) {
        struct text path = TEXT_EMPTY, text = TEXT_EMPTY;
        json_t *answer = NULL;

        text_add(&path, "/v1/pools/");
        client_add_escaped(&path, invocation->operands[i]);
        text_add_format(&path, "/%s", invocation->command->name);
        status = client_ask(invocation->client, "POST", path.bytes, NULL, &answer);
        if (status == EXIT_WELL) {
            text_add(&text, "pool ");
            terminal_add(&invocation->terminal, &text, STYLE_PLAIN,
                         invocation->operands[i]);
            text_add(&text, invocation->command == &command_drain
                                ? ": drained, nothing starts there\n"
                                : ": open again\n");
            status = command_print(&text);
        }
        text_release(&path);
        json_decref(answer);
    }
    return status;
}

const struct command command_nodes = {
    .name = "nodes",
    .operands = "",
    .summary = "show the pools, what runs on them and what they draw",
    .options = rows,
    .options_size = sizeof(struct nodes_options),
    .run = run,
};

const struct command command_drain = {
    .name = "drain",
    .operands = "POOL...",
    .summary = "let nothing more start in a pool; what runs goes on",
    .values = "@pool",
    .operands_least = 1,
    .operands_most = -1,
    .run = run_drain,
};

const struct command command_resume = {
    .name = "resume",
    .operands = "POOL...",
    .summary = "let jobs start in a drained pool again",
    .values = "@pool",
    .operands_least = 1,
    .operands_most = -1,
    .run = run_drain,
};

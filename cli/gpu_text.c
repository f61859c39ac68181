/* SPDX-License-Identifier: MIT */
#include "cli/gpu_text.h"

#include <inttypes.h>

#include "cli/answer.h"
#include "cli/figures.h"
#include "cli/table.h"

static const struct table_column columns[] = {
    {"POOL", 6, false, 0},  {"GPU", 0, true, 0},    {"MODEL", 8, false, 0},
    {"MEMORY", 0, true, 3}, {"WATTS", 0, true, 0},  {"LIMIT", 0, true, 2},
    {"USE", 0, true, 0},    {"STATE", 0, false, 0}, {"JOB", 0, true, 0},
    {"UUID", 0, false, 1},
};

/* The first process of somebody else; NULL: there is none. */
static const json_t *find_foreign(const json_t *gpu)
{
    const json_t *list = json_object_get(gpu, "processes");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (answer_is_true(json_array_get(list, i), "foreign"))
            return json_array_get(list, i);
    return NULL;
}

static void add_watts(struct table *table, const json_t *gpu, const char *name)
{
    if (answer_has(gpu, name))
        table_add_format(table, STYLE_PLAIN, "%.0f W", answer_number(gpu, name));
    else
        table_add(table, STYLE_FAINT, "-");
}

static void add_state(struct table *table, const json_t *gpu)
{
    if (answer_is_true(gpu, "drained"))
        table_add(table, STYLE_WARNING, "drained");
    else if (answer_has(gpu, "trouble"))
        table_add(table, STYLE_WARNING, answer_text(gpu, "health"));
    else if (find_foreign(gpu))
        table_add(table, STYLE_WARNING, "in use");
    else
        table_add(table, STYLE_GOOD, answer_has(gpu, "job") ? "job" : "free");
}

static void add_gpu(struct table *table, const char *pool, const json_t *gpu)
{
    char memory[FIGURE_TEXT_SIZE];

    figure_format_memory(answer_integer(gpu, "memory"), memory);
    table_add(table, STYLE_STRONG, pool);
    table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(gpu, "index"));
    table_add(table, STYLE_PLAIN, answer_text(gpu, "model"));
    table_add(table, STYLE_PLAIN, memory);
    add_watts(table, gpu, "watts");
    add_watts(table, gpu, "power_limit");
    if (answer_has(gpu, "utilisation"))
        table_add_format(table, STYLE_PLAIN, "%" PRId64 " %%",
                         answer_integer(gpu, "utilisation"));
    else
        table_add(table, STYLE_FAINT, "-");
    add_state(table, gpu);
    if (answer_has(gpu, "job"))
        table_add_format(table, STYLE_PLAIN, "%" PRId64, answer_integer(gpu, "job"));
    else
        table_add(table, STYLE_FAINT, "-");
    table_add(table, STYLE_FAINT, answer_text(gpu, "uuid"));
}

static void add_troubles(const json_t *gpu, const struct terminal *terminal,
                         struct text *text)
{
    const json_t *list = json_object_get(gpu, "processes");

    if (answer_has(gpu, "trouble")) {
        text_add_format(text, "GPU %" PRId64 ": ", answer_integer(gpu, "index"));
        terminal_add(terminal, text, STYLE_WARNING, answer_text(gpu, "trouble"));
        text_add(text, "\n");
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *process = json_array_get(list, i);
        const char *user = answer_text(process, "user");

        if (!answer_is_true(process, "foreign"))
            continue;
        text_add_format(text, "GPU %" PRId64 ": pid %" PRId64 " of ",
                        answer_integer(gpu, "index"), answer_integer(process, "pid"));
        terminal_add(terminal, text, STYLE_PLAIN, *user ? user : "somebody");
        text_add(text, " is on it\n");
    }
}

static void add_idle(const json_t *pool, const struct terminal *terminal,
                     struct text *text)
{
    int64_t idle = answer_integer(pool, "gpus_idle");

    if (idle <= 0)
        return;
    text_add(text, "pool ");
    terminal_add(terminal, text, STYLE_PLAIN, answer_text(pool, "pool"));
    text_add_format(text, ": %" PRId64 " idle GPU%s %.0f W\n", idle,
                    idle == 1 ? " draws" : "s draw", answer_number(pool, "watts_idle"));
}

void gpu_text_add(const json_t *answer, const struct terminal *terminal,
                  struct text *text)
{
    const json_t *pools = json_object_get(answer, "pools");
    struct table *table = table_create(columns, sizeof(columns) / sizeof(columns[0]));
    struct text below = TEXT_EMPTY;
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(pools); i++) {
        const json_t *pool = json_array_get(pools, i);
        const json_t *gpus = json_object_get(pool, "gpu");

        for (size_t j = 0; j < json_array_size(gpus); j++) {
            const json_t *gpu = json_array_get(gpus, j);

            count++;
            if (!answer_has(gpu, "health"))
                continue;
            add_gpu(table, answer_text(pool, "pool"), gpu);
            add_troubles(gpu, terminal, &below);
        }
        add_idle(pool, terminal, &below);
    }
    if (answer_has(answer, "driver")) {
        table_format(table, terminal, text);
        text_add(text, below.bytes);
        text_add(text, "\n");
    } else if (count > 0) {
        text_add(text, "no NVML: nothing is known of the GPUs but their number\n\n");
    }
    table_destroy(table);
    text_release(&below);
}

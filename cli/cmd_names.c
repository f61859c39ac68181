/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"

/* Where the daemon has the names of a kind, and how they are called there. */
struct name_source {
    const char *kind;
    const char *path;
    const char *list;
    const char *member;
};

static const struct name_source sources[] = {
    {"jobs", "/v1/jobs?limit=100", "jobs", "id"},
    {"pools", "/v1/nodes", "pools", "pool"},
    {"zones", "/v1/zones", "zones", "zone"},
};

static int show(const struct invocation *invocation, const struct name_source *source)
{
    struct text text = TEXT_EMPTY;
    json_t *answer = NULL;
    const json_t *list;

    /* The shell asks while its user types: it is told nothing of failures. */
    if (client_request(invocation->client, "GET", source->path, NULL, &answer, NULL)
        < 0)
        return EXIT_FAILED;
    list = json_object_get(answer, source->list);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);

        if (json_is_integer(json_object_get(item, source->member)))
            text_add_format(&text, "%" PRId64, answer_integer(item, source->member));
        else
            terminal_add(&invocation->terminal, &text, STYLE_PLAIN,
                         answer_text(item, source->member));
        text_add(&text, "\n");
        if (answer_has(item, "slurm"))
            text_add_format(&text, "slurm/%s\n", answer_text(item, "slurm"));
    }
    json_decref(answer);
    return command_print(&text);
}

static int run(const struct invocation *invocation)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcmp(sources[i].kind, invocation->operands[0]) == 0)
            return show(invocation, &sources[i]);
    return command_refuse(&command_names, "name jobs, pools or zones");
}

const struct command command_names = {
    .name = "names",
    .operands = "KIND",
    .summary = "print the names of jobs, pools or zones, for shell completion",
    .values = "jobs pools zones",
    .operands_least = 1,
    .operands_most = 1,
    .is_hidden = true,
    .run = run,
};

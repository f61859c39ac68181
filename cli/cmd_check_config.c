/* SPDX-License-Identifier: MIT */
#include <grp.h>
#include <string.h>

#include "cli/commands.h"
#include "config/config.h"
#include "setup/grid.h"

static void add_count(struct text *text, size_t count, const char *what)
{
    text_add_format(text, ", %zu %s%s", count, what, count == 1 ? "" : "s");
}

static int tell_faults(const char *path, const struct config_faults *faults,
                       const struct terminal *terminal)
{
    size_t shown =
        faults->count < CONFIG_FAULTS_MAX ? faults->count : CONFIG_FAULTS_MAX;
    struct text raw = TEXT_EMPTY, text = TEXT_EMPTY;

    for (size_t i = 0; i < shown; i++) {
        config_fault_add(&faults->items[i], path, &raw);
        text_add(&raw, "\n");
    }
    if (faults->count > shown)
        text_add_format(&raw, "%s: and %zu more\n", path, faults->count - shown);
    terminal_add_lines(terminal, &text, raw.bytes);
    text_release(&raw);
    command_print(&text);
    return EXIT_FAILED;
}

/* No fault: the file may be for another machine, or the group may come. */
static void add_missing_groups(struct text *text, const char *path,
                               const struct config *config)
{
    for (size_t i = 0; i < config->queue_count; i++) {
        const struct config_queue *queue = &config->queues[i];

        for (size_t j = 0; j < queue->groups.count; j++)
            if (!getgrnam(queue->groups.items[j]))
                text_add_format(text,
                                "%s: [queue %s] groups: there is no group %s on this "
                                "machine\n",
                                path, queue->name, queue->groups.items[j]);
    }
}

static int run(const struct invocation *invocation)
{
    const char *path = invocation->operands[0];
    struct config_faults faults;
    struct text raw = TEXT_EMPTY, text = TEXT_EMPTY;
    struct config *config;

    memset(&faults, 0, sizeof(faults));
    config = setup_load_config(path, &faults);
    if (!config)
        return tell_faults(path, &faults, &invocation->terminal);
    add_missing_groups(&raw, path, config);
    terminal_add_lines(&invocation->terminal, &text, raw.bytes);
    text_release(&raw);
    terminal_add(&invocation->terminal, &text, STYLE_PLAIN, path);
    text_add(&text, ": good");
    add_count(&text, config->provider_count, "provider");
    add_count(&text, config->zone_count, "zone");
    add_count(&text, config->pool_count, "pool");
    add_count(&text, config->queue_count, "queue");
    text_add(&text, "\n");
    config_destroy(config);
    return command_print(&text);
}

const struct command command_check_config = {
    .name = "check-config",
    .operands = "FILE",
    .summary = "tell every fault of a configuration file",
    .details =
        "Each fault is a line \"FILE:LINE: what is wrong\". A group that this machine "
        "does not have is told, but is no fault. No daemon is needed.",
    .values = "@file",
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

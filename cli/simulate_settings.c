/* SPDX-License-Identifier: MIT */
#include "cli/simulate_settings.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "config/value.h"

static const char standard[] = "[zone replay]\nproviders = none\n"
                               "[pool replay]\nzone = replay\n"
                               "[queue replay]\npolicy = cleanest\n";

static const struct setting *find(const char *key, size_t length)
{
    for (const struct setting *setting = settings; setting->key; setting++)
        if ((setting->section == SECTION_PLANNER || setting->section == SECTION_QUEUE)
            && strncmp(setting->key, key, length) == 0 && !setting->key[length])
            return setting;
    return NULL;
}

static int set_one(struct config *config, const char *text)
{
    size_t length = strcspn(text, "=");
    const struct setting *setting = find(text, length);
    struct error err;
    void *section;

    if (text[length] != '=')
        return command_refuse(&command_simulate, "--set %s: it is no KEY=VALUE", text);
    if (!setting)
        return command_refuse(&command_simulate,
                              "--set %s: [planner] and [queue] have no '%.*s'", text,
                              (int)length, text);
    section = setting->section == SECTION_PLANNER ? (void *)&config->planner
                                                  : (void *)&config->queues[0];
    if (value_parse(setting, text + length + 1, section, &err) < 0)
        return command_refuse(&command_simulate, "--set %s: %s", setting->key,
                              err.text);
    return EXIT_WELL;
}

int simulate_settings_load(const struct option_strings *set, struct config **config)
{
    struct config_faults faults = {.count = 0};
    int status = EXIT_WELL;

    *config = config_parse(standard, sizeof(standard) - 1, &faults);
    assert(*config);
    for (size_t i = 0; i < set->count && status == EXIT_WELL; i++)
        status = set_one(*config, set->items[i]);
    return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slurm/options.h"

#include <string.h>

#define HEAD   "_SLURM_SPANK_OPTION_" OPTION_PLUGIN "_"
#define MOMENT OPTION_DEADLINE_VARIABLE "="

static const char *const names[OPTIONS] = {
    [OPTION_DEADLINE] = "carbon-deadline",
    [OPTION_MAX_WAIT] = "carbon-max-wait",
    [OPTION_CHOICE] = "carbon",
    [OPTION_INTERRUPTIBLE] = "carbon-interruptible",
};

const char *option_name(enum option option)
{
    return names[option];
}

/* Of a value with a blank, Slurm hands over only the first word. */
static int parse_deadline(const char *value, instant now, instant *when,
                          struct error *err)
{
    if (strcmp(value, "today") == 0 || strcmp(value, "tomorrow") == 0)
        return error_set(err, ERROR_INVALID,
                         "%s needs a time, and both need quotes: \"%s 08:00\"", value,
                         value);
    return wish_parse_deadline(value, now, when, err);
}

int option_parse(enum option option, const char *value, instant now, struct wish *wish,
                 struct error *err)
{
    switch (option) {
    case OPTION_DEADLINE:
        return parse_deadline(value, now, &wish->deadline, err);
    case OPTION_MAX_WAIT:
        return wish_parse_max_wait(value, &wish->max_wait, err);
    case OPTION_CHOICE:
        return wish_parse_choice(value, &wish->choice, err);
    default:
        return 0;
    }
}

/* The value, if the variable is of that option. */
static const char *value_of(const char *variable, const char *name)
{
    if (!variable || strncmp(variable, HEAD, sizeof(HEAD) - 1) != 0)
        return NULL;
    variable += sizeof(HEAD) - 1;
    for (; *name; name++, variable++)
        if (*variable != *name && (*name != '-' || *variable != '_'))
            return NULL;
    return *variable == '=' ? variable + 1 : NULL;
}

/* The deadline as a moment; NULL: there is none. */
static const char *find_moment(const char *const *variables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (variables[i] && strncmp(variables[i], MOMENT, sizeof(MOMENT) - 1) == 0)
            return variables[i] + sizeof(MOMENT) - 1;
    return NULL;
}

int options_find(const char *const *variables, uint32_t count, instant now,
                 struct wish *wish, struct error *err)
{
    const char *moment = variables ? find_moment(variables, count) : NULL;

    for (uint32_t i = 0; variables && i < count; i++)
        for (int option = 0; option < OPTIONS; option++) {
            const char *value = value_of(variables[i], names[option]);

            if (value && option == OPTION_DEADLINE && moment)
                value = moment;
            if (value && option_parse((enum option)option, value, now, wish, err) < 0)
                return -1;
        }
    return 0;
}

bool options_are_interruptible(const char *const *variables, uint32_t count)
{
    for (uint32_t i = 0; variables && i < count; i++)
        if (value_of(variables[i], names[OPTION_INTERRUPTIBLE]))
            return true;
    return false;
}

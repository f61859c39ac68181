/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <string.h>

#include "cli/command.h"

/* Add the line of bash that completes one kind of value. */
static void add_values(struct text *text, const char *values)
{
    static const char *const asked[] = {"@job", "@pool", "@zone"};

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        if (strcmp(values, asked[i]) == 0) {
            text_add_format(text, "_penstock_words \"$(_penstock_names %ss)\"",
                            values + 1);
            return;
        }
    if (strcmp(values, "@file") == 0)
        text_add(text, "_penstock_files -f");
    else if (strcmp(values, "@dir") == 0)
        text_add(text, "_penstock_files -d");
    else if (strcmp(values, "@user") == 0)
        text_add(text, "_penstock_files -u");
    else if (strcmp(values, "@command") == 0)
        text_add(text, "_penstock_words \"$commands\"");
    else if (values[0] != '@')
        text_add_format(text, "_penstock_words '%s'", values);
    else
        text_add(text, "COMPREPLY=()");
}

/* Add the cases of options that take a value: what follows them is completed. */
static void add_options_with_values(struct text *text, const struct command *command)
{
    for (const struct command_option *row = command->options; row && row->name; row++) {
        if (row->type != OPTION_STRING && row->type != OPTION_STRINGS)
            continue;
        text_add_format(text, "    '%s --%s'", command->name, row->name);
        if (row->short_name)
            text_add_format(text, " | '%s -%c'", command->name, row->short_name);
        text_add(text, ") ");
        add_values(text, row->values ? row->values : "@nothing");
        text_add(text, "; return ;;\n");
    }
}

static void add_command(struct text *text, const struct command *command)
{
    text_add_format(text, "    %s)\n        options='", command->name);
    for (const struct command_option *row = command->options; row && row->name; row++)
        text_add_format(text, "--%s ", row->name);
    text_add(text, "--help'\n");
    if (command->values) {
        text_add(text, "        [[ $word == -* ]] || { ");
        add_values(text, command->values);
        text_add(text, "; return; }\n");
    }
    text_add(text, "        ;;\n");
}

static const char head[] =
    "# SPDX-License-Identifier: MIT\n"
    "# Completion of penstock for bash. Made by: penstock completion bash\n"
    "\n"
    "_penstock_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }\n"
    "_penstock_files() { mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$word\"); }\n"
    "_penstock_names() { penstock \"${socket[@]}\" names \"$1\" 2>/dev/null; }\n"
    "\n"
    "_penstock() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command='' options='' commands i socket=()\n";

static const char find_command[] =
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        --socket) i=$((i + 1)) socket=(--socket \"${COMP_WORDS[i]}\") ;;\n"
    "        -*) ;;\n"
    "        *) command=${COMP_WORDS[i]}; break ;;\n"
    "        esac\n"
    "    done\n"
    "    if [[ -z $command && $before == --socket ]]; then\n"
    "        _penstock_files -f\n"
    "        return\n"
    "    elif [[ -z $command ]]; then\n"
    "        _penstock_words \"$commands --socket --version --help\"\n"
    "        return\n"
    "    fi\n";

void completion_format_bash(struct text *text)
{
    text_add(text, head);
    text_add(text, "    commands='");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            text_add_format(text, "%s%s", i ? " " : "", commands[i]->name);
    text_add(text, "'\n");
    text_add(text, find_command);
    text_add(text, "    case \"$command $before\" in\n");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            add_options_with_values(text, commands[i]);
    text_add(text, "    esac\n    case $command in\n");
    for (size_t i = 0; commands[i]; i++)
        if (!commands[i]->is_hidden)
            add_command(text, commands[i]);
    text_add(text, "    esac\n"
                   "    _penstock_words \"$options\"\n"
                   "}\n"
                   "complete -o filenames -F _penstock penstock\n");
}

/* SPDX-License-Identifier: MIT */
#include "config/manual.h"

#include "config/settings.h"
#include "config/value.h"

static const char head[] =
    ".\\\" SPDX-License-Identifier: MIT\n"
    ".TH PENSTOCK.CONF 5 \"\" Penstock \"File formats\"\n"
    ".SH NAME\n"
    "penstock.conf \\- configuration of the carbon-aware job scheduler\n"
    ".SH SYNOPSIS\n"
    ".I /etc/penstock.conf\n"
    ".SH DESCRIPTION\n"
    "The file has sections, each with settings:\n"
    ".PP\n"
    ".EX\n"
    "[kind name]          # a comment\n"
    "key = value\n"
    ".EE\n"
    ".PP\n"
    "A \\(oq#\\(cq begins a comment at the start of a line or after white space. "
    "White\n"
    "space around words is ignored; there are no quotes and no lines that continue\n"
    "others. A name has at most 32 letters, digits, dots, underscores and hyphens.\n"
    ".PP\n"
    "Durations have units: 90s, 15m, 24h, 7d, 1w, 1h30m. Sizes take K, M, G or T, by\n"
    "1024 each. Percentages have their sign: 2%. Powers are in watts: 300W, 1.2kW.\n"
    ".PP\n"
    "Unknown sections and keys, doubled ones, and values out of their range are "
    "errors.\n"
    ".B penstock check\\-config\n"
    "shows all of them, each with its line. On SIGHUP\n"
    ".B penstockd\n"
    "reads the file again; one with errors is refused whole, as is one that changes\n"
    "what needs a restart, and what was in force stays so.\n";

static const char tail[] = ".SH FILES\n"
                           ".I /etc/penstock.conf\n"
                           ".SH SEE ALSO\n"
                           ".BR penstock (1),\n"
                           ".BR penstockd (8)\n";

/* Add plain text: roff has its own ideas of backslashes, hyphens and leading dots. */
static void add_plain(struct text *out, const char *plain)
{
    for (; *plain; plain++) {
        if (*plain == '\\')
            text_add(out, "\\e");
        else if (*plain == '-')
            text_add(out, "\\-");
        else if (*plain == '.' || *plain == '\'')
            text_add_format(out, "\\&%c", *plain);
        else
            text_add_bytes(out, plain, 1);
    }
}

static void add_setting(struct text *out, const struct setting *setting)
{
    struct text range = TEXT_EMPTY;

    value_format_range(setting, &range);
    text_add(out, ".TP\n.B ");
    add_plain(out, setting->key);
    text_add(out, "\n");
    add_plain(out, setting->help);
    text_add(out, "\n.br\nValue: ");
    add_plain(out, range.bytes);
    if (!setting->standard) {
        text_add(out, "; must be set");
    } else {
        text_add(out, *setting->standard ? "; default: " : "; default: empty");
        add_plain(out, setting->standard);
    }
    text_add(out, setting->reloads ? ".\n" : ". A change needs a restart.\n");
    text_release(&range);
}

void config_format_manual(struct text *out)
{
    text_add(out, head);
    for (int i = 0; i < SECTIONS; i++) {
        enum setting_section section = (enum setting_section)i;

        text_add_format(out, ".SH [%s%s]\n", setting_section_name(section),
                        setting_section_is_named(section) ? " NAME" : "");
        add_plain(out, setting_section_help(section));
        text_add(out, "\n");
        for (const struct setting *setting = settings; setting->key; setting++)
            if (setting->section == section)
                add_setting(out, setting);
    }
    text_add(out, tail);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/when.h"
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/import_file.h"
#include "cli/importing.h"

struct import_options {
    const char *as;
    const char *signal;
    bool actuals;
    bool forecasts;
    bool dry_run;
    bool json;
};

static const struct command_option rows[] = {
    {"as", 0, OPTION_STRING, offsetof(struct import_options, as), "NAME",
     "whose figures they are; default: the zone's own provider", NULL},
    {"signal", 0, OPTION_STRING, offsetof(struct import_options, signal), "SIGNAL",
     "what the figures are; default: what the zone is planned by",
     "average/direct average/lifecycle marginal/direct marginal/lifecycle"},
    {"actuals", 0, OPTION_FLAG, offsetof(struct import_options, actuals), NULL,
     "take only what was measured", NULL},
    {"forecasts", 0, OPTION_FLAG, offsetof(struct import_options, forecasts), NULL,
     "take only what was forecast", NULL},
    {"dry-run", 0, OPTION_FLAG, offsetof(struct import_options, dry_run), NULL,
     "read the file, and send nothing", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct import_options, json), NULL,
     "print what was done as JSON", NULL},
    COMMAND_OPTIONS_END,
};

/* The provider of a zone that is asked for such readings; "" if there is none. */
static const char *provider_of(const json_t *zone, const char *wanted)
{
    const json_t *sources = json_object_get(zone, "sources");

    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);

        if (strcmp(answer_text(source, "wanted"), wanted) == 0)
            return answer_text(source, "provider");
    }
    return "";
}

static const json_t *find_zone(const json_t *answer, const char *name)
{
    const json_t *zones = json_object_get(answer, "zones");

    for (size_t i = 0; i < json_array_size(zones); i++)
        if (strcmp(answer_text(json_array_get(zones, i), "zone"), name) == 0)
            return json_array_get(zones, i);
    return NULL;
}

/* Whose figures they are to be. Refuses if nobody's. */
static int choose_names(const struct import_options *options, const json_t *zone,
                        const struct import_file *file, struct importing *importing)
{
    importing->actuals_of = options->as ? options->as : provider_of(zone, "actuals");
    importing->forecasts_of = options->as ? options->as : provider_of(zone, "forecast");
    if ((file->actual_count > 0 && !importing->actuals_of[0])
        || (file->issue_count > 0 && !importing->forecasts_of[0])) {
        complain("zone %s has no provider of %s: say whose they are with --as",
                 answer_text(zone, "zone"),
                 file->issue_count > 0 && !importing->forecasts_of[0] ? "forecasts"
                                                                      : "actuals");
        return EXIT_FAILED;
    }
    return EXIT_WELL;
}

static void tell(const struct import_file *file, const struct importing *importing,
                 bool dry_run, instant now, struct text *text)
{
    const char *verb = dry_run ? "would import" : "imported";
    char begins[WHEN_TEXT_SIZE], ends[WHEN_TEXT_SIZE];

    if (file->actual_count > 0)
        text_add_format(
            text, "%s %zu actuals of %s, from %s to %s\n", verb, file->actual_count,
            importing->actuals_of, when_format(file->actuals[0].begins, now, begins),
            when_format(file->actuals[file->actual_count - 1].ends, now, ends));
    if (file->gap_count > 0)
        text_add_format(text, "  %zu rows have no figure\n", file->gap_count);
    if (file->issue_count > 0)
        text_add_format(
            text, "%s %zu forecasts of %s, issued from %s to %s\n", verb,
            file->issue_count, importing->forecasts_of,
            when_format(file->issues[0].points[0].begins, now, begins),
            when_format(file->issues[file->issue_count - 1].points[0].begins, now,
                        ends));
    if (file->repeated_count > 0)
        text_add_format(text, "  %zu forecasts stand there again, and were left out\n",
                        file->repeated_count);
}

static void tell_json(const struct import_file *file, struct text *text)
{
    json_t *json = json_pack(
        "{s:I,s:I,s:I,s:I}", "actuals", (json_int_t)file->actual_count, "gaps",
        (json_int_t)file->gap_count, "forecasts", (json_int_t)file->issue_count,
        "repeated", (json_int_t)file->repeated_count);

    answer_format(json, text);
    json_decref(json);
}

static int import(const struct invocation *invocation, const json_t *zone,
                  const struct import_file *file, enum signal signal)
{
    const struct import_options *options = invocation->options;
    struct importing importing = {
        .client = invocation->client,
        .zone = invocation->operands[0],
        .signal = signal_name(signal),
        .shows_progress = invocation->terminal.is_terminal && !options->json,
    };
    struct text text = TEXT_EMPTY;
    int status = choose_names(options, zone, file, &importing);

    if (status == EXIT_WELL && !options->dry_run)
        status = importing_send(&importing, file);
    if (status != EXIT_WELL)
        return status;
    if (options->json)
        tell_json(file, &text);
    else
        tell(file, &importing, options->dry_run, client_now(invocation->client), &text);
    return command_print(&text);
}

/* Read the file by the signal of the zone, or of the options. */
static int load(const struct invocation *invocation, const json_t *zone,
                enum signal *signal, struct import_file *file)
{
    const struct import_options *options = invocation->options;
    const struct import_wish wish = {
        .actuals = !options->forecasts,
        .forecasts = !options->actuals,
    };
    struct error err;

    if (signal_parse(options->signal ? options->signal
                                     : answer_text(zone, "planned_by"),
                     signal, &err)
        < 0)
        return command_refuse(&command_import, "--signal: %s", err.text);
    if (import_file_load(invocation->operands[1], &wish, *signal, file, &err) == 0)
        return EXIT_WELL;
    complain("%s: %s", invocation->operands[1], err.text);
    return EXIT_FAILED;
}

static int run(const struct invocation *invocation)
{
    const struct import_options *options = invocation->options;
    struct import_file file = {0};
    json_t *answer = NULL;
    const json_t *zone = NULL;
    enum signal signal;
    int status;

    if (options->actuals && options->forecasts)
        return command_refuse(&command_import,
                              "--actuals and --forecasts exclude each other");
    status = client_ask(invocation->client, "GET", "/v1/zones", NULL, &answer);
    if (status == EXIT_WELL) {
        zone = find_zone(answer, invocation->operands[0]);
        if (!zone) {
            complain("there is no zone '%s'", invocation->operands[0]);
            status = EXIT_FAILED;
        }
    }
    if (status == EXIT_WELL)
        status = load(invocation, zone, &signal, &file);
    if (status == EXIT_WELL)
        status = import(invocation, zone, &file, signal);
    import_file_release(&file);
    json_decref(answer);
    return status;
}

const struct command command_import = {
    .name = "import",
    .operands = "ZONE FILE",
    .summary = "take past figures of a zone into the daemon's history",
    .details =
        "The FILE is a CSV with a header: a column \"datetime\" or \"UTC time\", and "
        "\"carbon_intensity\", or \"actual_carbon_intensity\" and "
        "\"forecasted_carbon_intensity\"; Electricity Maps' data portal gives such "
        "files. Forecasts follow one another, each from its time of issue on. The "
        "daemon learns from both at once how good its forecasts are. Importing a file "
        "twice changes nothing. For administrators.",
    .values = "@zone @file",
    .options = rows,
    .options_size = sizeof(struct import_options),
    .operands_least = 2,
    .operands_most = 2,
    .run = run,
};

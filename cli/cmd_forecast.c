/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/grid_text.h"
#include "cli/skill_table.h"

#define HOURS_MOST 400

struct forecast_options {
    const char *hours;
    bool skill;
    bool json;
};

static const struct command_option rows[] = {
    {"hours", 'n', OPTION_STRING, offsetof(struct forecast_options, hours), "N",
     "how far to look ahead; default 48", NULL},
    {"skill", 0, OPTION_FLAG, offsetof(struct forecast_options, skill), NULL,
     "show how good the forecasts have been", NULL},
    {"json", 0, OPTION_FLAG, offsetof(struct forecast_options, json), NULL,
     "print the daemon's answer; of several zones {\"zones\": [...]}", NULL},
    COMMAND_OPTIONS_END,
};

static int ask(const struct invocation *invocation, const char *zone, int64_t hours,
               json_t **forecast)
{
    struct text path = TEXT_EMPTY;
    int status;

    text_add(&path, "/v1/zones/");
    client_add_escaped(&path, zone);
    text_add_format(&path, "/forecast?hours=%" PRId64, hours);
    status = client_ask(invocation->client, "GET", path.bytes, NULL, forecast);
    text_release(&path);
    return status;
}

static int show_zone(const struct invocation *invocation, const char *zone,
                     int64_t hours)
{
    const struct forecast_options *options = invocation->options;
    struct text text = TEXT_EMPTY;
    json_t *forecast = NULL;
    int status = ask(invocation, zone, hours, &forecast);

    if (status == EXIT_WELL) {
        if (options->json)
            answer_format(forecast, &text);
        else
            grid_text_add_chart(forecast, &invocation->terminal, &text);
        status = command_print(&text);
    }
    json_decref(forecast);
    return status;
}

/* One document of all forecasts; a zone that has none is complained of. */
static int show_json(const struct invocation *invocation, const json_t *zones,
                     int64_t hours)
{
    json_t *answer = json_pack("{s:[]}", "zones");
    struct text text = TEXT_EMPTY;
    int result = EXIT_WELL, status;

    for (size_t i = 0; i < json_array_size(zones); i++) {
        json_t *forecast = NULL;

        status = ask(invocation, answer_text(json_array_get(zones, i), "zone"), hours,
                     &forecast);
        if (status == EXIT_WELL)
            json_array_append_new(json_object_get(answer, "zones"), forecast);
        else
            result = status;
    }
    answer_format(answer, &text);
    json_decref(answer);
    status = command_print(&text);
    return result == EXIT_WELL ? status : result;
}

static int show_charts(const struct invocation *invocation, const json_t *zones,
                       int64_t hours)
{
    int result = EXIT_WELL;

    for (size_t i = 0; i < json_array_size(zones); i++) {
        struct text gap = TEXT_EMPTY;
        int status;

        text_add(&gap, i ? "\n" : "");
        command_print(&gap);
        status =
            show_zone(invocation, answer_text(json_array_get(zones, i), "zone"), hours);
        result = status == EXIT_WELL ? result : status;
    }
    return result;
}

/* Without a zone: all of them, or the one there is. */
static int show_zones(const struct invocation *invocation, int64_t hours)
{
    const struct forecast_options *options = invocation->options;
    json_t *answer = NULL;
    const json_t *zones;
    int status = client_ask(invocation->client, "GET", "/v1/zones", NULL, &answer);

    zones = json_object_get(answer, "zones");
    if (status == EXIT_WELL && json_array_size(zones) == 0) {
        complain("the daemon knows no zones");
        status = EXIT_FAILED;
    } else if (status == EXIT_WELL && options->json && json_array_size(zones) > 1) {
        status = show_json(invocation, zones, hours);
    } else if (status == EXIT_WELL) {
        status = show_charts(invocation, zones, hours);
    }
    json_decref(answer);
    return status;
}

/* The skill of a zone into an array; a zone that there is not is complained of. */
static int ask_skill(const struct invocation *invocation, const char *zone,
                     json_t *skills)
{
    struct text path = TEXT_EMPTY;
    json_t *skill = NULL;
    int status;

    text_add(&path, "/v1/zones/");
    client_add_escaped(&path, zone);
    text_add(&path, "/skill");
    status = client_ask(invocation->client, "GET", path.bytes, NULL, &skill);
    if (status == EXIT_WELL)
        json_array_append_new(skills, skill);
    text_release(&path);
    return status;
}

static int ask_skills(const struct invocation *invocation, json_t *skills)
{
    json_t *answer = NULL;
    int status = client_ask(invocation->client, "GET", "/v1/zones", NULL, &answer);
    const json_t *zones = json_object_get(answer, "zones");

    for (size_t i = 0; i < json_array_size(zones) && status == EXIT_WELL; i++)
        status = ask_skill(invocation, answer_text(json_array_get(zones, i), "zone"),
                           skills);
    json_decref(answer);
    return status;
}

static int show_skill(const struct invocation *invocation, const char *zone)
{
    const struct forecast_options *options = invocation->options;
    json_t *answer = json_pack("{s:[]}", "zones");
    json_t *skills = json_object_get(answer, "zones");
    struct text text = TEXT_EMPTY;
    int status =
        zone ? ask_skill(invocation, zone, skills) : ask_skills(invocation, skills);

    if (status == EXIT_WELL) {
        if (options->json)
            answer_format(zone ? json_array_get(skills, 0) : answer, &text);
        else
            skill_table_format(skills, &invocation->terminal, &text);
        status = command_print(&text);
    }
    json_decref(answer);
    return status;
}

static int run(const struct invocation *invocation)
{
    const struct forecast_options *options = invocation->options;
    const char *zone = invocation->operand_count ? invocation->operands[0] : NULL;
    int64_t hours = 48;
    struct error err;

    if (options->hours && number_parse(options->hours, 1, HOURS_MOST, &hours, &err) < 0)
        return command_refuse(&command_forecast, "--hours: %s", err.text);
    if (options->skill)
        return show_skill(invocation, zone);
    return zone ? show_zone(invocation, zone, hours) : show_zones(invocation, hours);
}

const struct command command_forecast = {
    .name = "forecast",
    .operands = "[ZONE]",
    .summary = "chart how clean the grid will be",
    .details =
        "The chart shows carbon intensity in g CO2eq/kWh over local time, with now "
        "and the cleanest hour marked, and the renewable share where it is known.",
    .values = "@zone",
    .options = rows,
    .options_size = sizeof(struct forecast_options),
    .operands_most = 1,
    .run = run,
};

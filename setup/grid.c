/* SPDX-License-Identifier: MIT */
#include "setup/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For requests that are only tried: any time will do. */
#define TRIAL_NOW ((instant)1900000000)

struct provider_settings setup_provider(const struct config_provider *config)
{
    const struct provider *provider = provider_find(config->kind);
    struct provider_settings settings = {
        .name = config->name,
        .kind = config->kind,
        .url = config->url,
        .actuals_url = config->actuals_url,
        .region = config->region,
        .country = config->country,
        .path = config->path,
        .actuals_path = config->actuals_path,
        .user = config->user,
        .secret = "",
        .session = "",
        .token_header = config->token_header,
        .json_points = config->json_points,
        .json_time = config->json_time,
        .json_value = config->json_value,
        .json_renewable = config->json_renewable,
        .unit = config->unit,
        .signal = provider ? provider->signal : SIGNAL_AVERAGE_DIRECT,
        .seed = config->seed,
    };

    if (config->signal[0])
        (void)signal_parse(config->signal, &settings.signal, NULL);
    return settings;
}

static enum signal signal_of(const struct config *config, const char *provider)
{
    return setup_provider(config_find_provider(config, provider)).signal;
}

enum signal setup_zone_signal(const struct config *config,
                              const struct config_zone *zone)
{
    enum signal signal = SIGNAL_AVERAGE_DIRECT;

    if (zone->signal[0]) {
        (void)signal_parse(zone->signal, &signal, NULL);
        return signal;
    }
    for (size_t i = 0; i < zone->providers.count; i++)
        if (config_find_provider(config, zone->providers.items[i]))
            return signal_of(config, zone->providers.items[i]);
    return config_find_provider(config, zone->actuals)
               ? signal_of(config, zone->actuals)
               : signal;
}

static void add_fault(struct config_faults *faults, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_fault(struct config_faults *faults, int line, const char *format, ...)
{
    va_list args;

    if (faults->count < CONFIG_FAULTS_MAX) {
        struct config_fault *fault = &faults->items[faults->count];

        fault->line = line;
        va_start(args, format);
        vsnprintf(fault->text, sizeof(fault->text), format, args);
        va_end(args);
    }
    faults->count++;
}

static void check_provider(const struct config_provider *section,
                           struct config_faults *faults)
{
    const struct provider *provider = provider_find(section->kind);
    const struct provider_settings settings = setup_provider(section);
    struct provider_request request;
    struct error err;

    if (!(provider->signals & SIGNAL_BIT(settings.signal)))
        add_fault(faults, section->line,
                  "[provider %s] signal: %s has none that are %s", section->name,
                  section->kind, signal_name(settings.signal));
    if (provider->needs_secret && !section->token_file[0])
        add_fault(faults, section->line,
                  "[provider %s] token_file: must be set for "
                  "kind = %s",
                  section->name, section->kind);
    if (provider->request_session
        && provider->request_session(&settings, &request, &err) < 0)
        add_fault(faults, section->line, "[provider %s] %s: %s", section->name,
                  err.field, err.text);
}

/* Whether a provider could be asked that of a zone. */
static bool check_request(const struct config *config, const struct config_zone *zone,
                          const char *name, enum reading_kind wanted,
                          struct config_faults *faults)
{
    const struct config_provider *section = config_find_provider(config, name);
    const struct provider *provider = provider_find(section->kind);
    const struct provider_settings settings = setup_provider(section);
    struct provider_request request;
    struct error err;

    /* That it does not have the signal is told once, with the provider. */
    if (!(provider->signals & SIGNAL_BIT(settings.signal)))
        return false;
    if (provider->request(&settings, zone->name, wanted, TRIAL_NOW, &request, &err)
        == 0)
        return true;
    add_fault(faults, section->line, "[provider %s] %s: for the %s of zone %s: %s",
              section->name, err.field, reading_kind_name(wanted), zone->name,
              err.text);
    return false;
}

static void check_signal(const struct config *config, const struct config_zone *zone,
                         const char *name, struct config_faults *faults)
{
    enum signal planned = setup_zone_signal(config, zone);
    enum signal given = signal_of(config, name);

    if (given != planned)
        add_fault(faults, zone->line,
                  "[zone %s] providers: %s has figures that are %s, and the zone is "
                  "planned by %s: they are never mixed",
                  zone->name, name, signal_name(given), signal_name(planned));
}

static void check_zone(const struct config *config, const struct config_zone *zone,
                       struct config_faults *faults)
{
    for (size_t i = 0; i < zone->providers.count; i++) {
        const char *name = zone->providers.items[i];

        if (!config_find_provider(config, name))
            continue;
        if (check_request(config, zone, name, READING_FORECAST, faults))
            check_signal(config, zone, name, faults);
    }
    if (config_find_provider(config, zone->actuals))
        (void)check_request(config, zone, zone->actuals, READING_ACTUALS, faults);
}

static int compare(const void *a, const void *b)
{
    const struct config_fault *one = a;
    const struct config_fault *other = b;

    return (one->line > other->line) - (one->line < other->line);
}

void setup_check_grid(const struct config *config, struct config_faults *faults)
{
    for (size_t i = 0; i < config->provider_count; i++)
        check_provider(&config->providers[i], faults);
    for (size_t i = 0; i < config->zone_count; i++)
        check_zone(config, &config->zones[i], faults);
    qsort(faults->items,
          faults->count < CONFIG_FAULTS_MAX ? faults->count : CONFIG_FAULTS_MAX,
          sizeof(faults->items[0]), compare);
}

struct config *setup_load_config(const char *path, struct config_faults *faults)
{
    struct config *config = config_load(path, faults);

    if (!config)
        return NULL;
    setup_check_grid(config, faults);
    if (faults->count == 0)
        return config;
    config_destroy(config);
    return NULL;
}

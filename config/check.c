/* SPDX-License-Identifier: MIT */
#include "config/check.h"

#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "base/words.h"

/* So that all jobs are planned anew in good time; the planner itself takes more. */
#define SLOTS_MAX 1152

static void check_required(struct parser *parser)
{
    for (size_t i = 0; i < parser->section_count; i++) {
        const struct parser_section *section = &parser->sections[i];

        for (int row = 0; settings[row].key; row++) {
            const struct setting *setting = &settings[row];

            if (setting->section == section->kind && !setting->standard
                && !section->key_lines[row]) {
                parser_add_fault_at(parser, section->values, setting->key,
                                    "must be set");
            }
        }
    }
}

/* A relative one would be another directory's wherever the daemon was started. */
static void check_absolute(struct parser *parser, const char *key, const char *path)
{
    if (*path && *path != '/')
        parser_add_fault_at(parser, &parser->config->daemon, key,
                            "'%s' is no absolute path", path);
}

static void check_daemon(struct parser *parser)
{
    struct config_daemon *daemon = &parser->config->daemon;
    const char *port = strrchr(daemon->listen, ':');
    int64_t number;

    if (*daemon->listen
        && (!port || number_parse(port + 1, 1, 65535, &number, NULL) < 0))
        parser_add_fault_at(parser, daemon, "listen",
                            "'%s' is not an address and port such as 127.0.0.1:7373",
                            daemon->listen);
    check_absolute(parser, "launcher", daemon->launcher);
    check_absolute(parser, "powercap", daemon->powercap);
    if (!*daemon->default_queue && parser->config->queue_count > 0)
        memcpy(daemon->default_queue, parser->config->queues[0].name,
               sizeof(daemon->default_queue));
    if (*daemon->default_queue
        && !config_find_queue(parser->config, daemon->default_queue)) {
        parser_add_fault_at(parser, daemon, "default_queue",
                            "there is no [queue %s] in this file",
                            daemon->default_queue);
    }
}

static bool is_http_url(const char *url)
{
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static void check_provider(struct parser *parser,
                           const struct config_provider *provider)
{
    if (*provider->url && !is_http_url(provider->url))
        parser_add_fault_at(parser, provider, "url",
                            "must begin with https:// or http://");
    if (strcmp(provider->kind, "file") == 0 && !*provider->path)
        parser_add_fault_at(parser, provider, "path", "must be set for kind = file");
}

static void check_zone_providers(struct parser *parser, struct config_zone *zone)
{
    struct config_names *names = &zone->providers;

    if (names->count == 1 && strcmp(names->items[0], "none") == 0)
        names->count = 0;
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];

        if (strcmp(name, "none") == 0)
            parser_add_fault_at(parser, zone, "providers", "none can only stand alone");
        else if (strcmp(name, CONFIG_HISTORY) != 0
                 && !config_find_provider(parser->config, name))
            parser_add_fault_at(parser, zone, "providers",
                                "there is no [provider %s] in this file", name);
    }
}

static void check_zone(struct parser *parser, struct config_zone *zone)
{
    check_zone_providers(parser, zone);
    if (strcmp(zone->actuals, "none") == 0)
        zone->actuals[0] = '\0';
    if (strcmp(zone->actuals, CONFIG_HISTORY) == 0)
        parser_add_fault_at(parser, zone, "actuals",
                            "%s measures nothing: name a provider, or none",
                            zone->actuals);
    else if (*zone->actuals && !config_find_provider(parser->config, zone->actuals))
        parser_add_fault_at(parser, zone, "actuals",
                            "there is no [provider %s] in this file", zone->actuals);
}

static void check_command(struct parser *parser, const struct config_pool *pool,
                          const char *key, const char *command)
{
    struct words words;
    struct error err;

    if (*command && words_parse(&words, command, &err) < 0)
        parser_add_fault_at(parser, pool, key, "%s", err.text);
}

static void check_sleep(struct parser *parser, const struct config_pool *pool)
{
    check_command(parser, pool, "sleep_command", pool->sleep_command);
    check_command(parser, pool, "wake_command", pool->wake_command);
    if (*pool->sleep_command && !*pool->wake_command)
        parser_add_fault_at(parser, pool, "wake_command",
                            "must be set with sleep_command");
}

/* What a cluster has, it tells itself. */
static void check_slurm_pool(struct parser *parser, struct config_pool *pool)
{
    const struct config *config = parser->config;

    if (!*pool->partition)
        memcpy(pool->partition, pool->name, sizeof(pool->partition));
    if (!*pool->queue)
        memcpy(pool->queue, config->daemon.default_queue, sizeof(pool->queue));
    else if (!config_find_queue(config, pool->queue))
        parser_add_fault_at(parser, pool, "queue",
                            "there is no [queue %s] in this file", pool->queue);
    if (pool->gpus != CONFIG_AUTO || pool->cpus != CONFIG_AUTO
        || pool->memory != CONFIG_AUTO)
        parser_add_fault_at(parser, pool, "executor",
                            "slurm itself tells what GPUs, CPUs and memory there are: "
                            "leave these out");
    if (*pool->sleep_command || *pool->wake_command)
        parser_add_fault_at(parser, pool, "executor",
                            "slurm puts its nodes to sleep itself: leave the commands "
                            "out");
    for (const struct config_pool *other = config->pools; other < pool; other++)
        if (config_is_slurm(other) && strcmp(other->partition, pool->partition) == 0)
            parser_add_fault_at(parser, pool, "partition",
                                "[pool %s] is that partition already", other->name);
}

/* Whoever sets these and leaves `executor` out has meant a partition. */
static void refuse_slurm_keys(struct parser *parser, const struct config_pool *pool)
{
    static const char *const keys[] = {"partition", "queue", "defer", "start_margin"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        parser_refuse(parser, pool, keys[i],
                      "is only for a pool with executor = slurm");
}

static void check_pool(struct parser *parser, struct config_pool *pool)
{
    const struct config *config = parser->config;

    if (*pool->zone && !config_find_zone(config, pool->zone))
        parser_add_fault_at(parser, pool, "zone", "there is no [zone %s] in this file",
                            pool->zone);
    if (config_is_slurm(pool)) {
        check_slurm_pool(parser, pool);
        return;
    }
    refuse_slurm_keys(parser, pool);
    check_sleep(parser, pool);
    if (pool->gpus != CONFIG_AUTO)
        return;
    /* Two pools that both have all GPUs of a machine would give each of them twice. */
    for (const struct config_pool *other = config->pools; other < pool; other++) {
        if (other->gpus == CONFIG_AUTO && !config_is_slurm(other)) {
            parser_add_fault_at(parser, pool, "gpus",
                                "[pool %s] has all GPUs already: give numbers",
                                other->name);
            return;
        }
    }
}

static void check_queue(struct parser *parser, const struct config_queue *queue)
{
    bool has_condition = queue->max_intensity != CONFIG_NOT_SET
                         || queue->below_percentile != CONFIG_NOT_SET
                         || queue->min_renewable_ppm != CONFIG_NOT_SET;
    char time[DURATION_TEXT_SIZE];

    if (strcmp(queue->policy, "threshold") == 0 && !has_condition)
        parser_add_fault_at(parser, queue, "policy",
                            "threshold needs max_intensity, below_percentile or "
                            "min_renewable");
    if (queue->time_limit != CONFIG_NOT_SET && queue->time_limit < queue->time)
        parser_add_fault_at(parser, queue, "time_limit", "is below time, which is %s",
                            duration_format(queue->time, time));
}

static void check_planner(struct parser *parser)
{
    const struct config_planner *planner = &parser->config->planner;

    if (HOUR % planner->slot != 0) {
        parser_add_fault_at(parser, planner, "slot",
                            "must divide an hour: 1m, 5m, 10m, 15m, 30m, 1h");
        return;
    }
    if (planner->horizon % planner->slot != 0)
        parser_add_fault_at(parser, planner, "horizon", "must be a multiple of slot");
    if (planner->horizon / planner->slot > SLOTS_MAX)
        parser_add_fault_at(parser, planner, "horizon",
                            "is more than %d slots: make slot longer or horizon "
                            "shorter",
                            SLOTS_MAX);
}

static void check_slurm(struct parser *parser)
{
    const struct config_slurm *slurm = &parser->config->slurm;
    const struct {
        const char *key;
        const char *path;
    } paths[] = {
        {"commands", slurm->commands},
        {"conf", slurm->conf},
        {"lease", slurm->lease},
        {"wake_socket", slurm->wake_socket},
        {"rest_token_file", slurm->rest_token_file},
        {"energy_dir", slurm->energy_dir},
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
        if (*paths[i].path && *paths[i].path != '/')
            parser_add_fault_at(parser, slurm, paths[i].key, "'%s' is no absolute path",
                                paths[i].path);
    if (strncmp(slurm->rest_url, "unix:/", 6) != 0
        && strncmp(slurm->rest_url, "http://", 7) != 0)
        parser_add_fault_at(parser, slurm, "rest_url",
                            "must be unix:/PATH or http://HOST:PORT");
    if (strcmp(slurm->backend, "rest") == 0 && !*slurm->rest_token_file)
        parser_add_fault_at(parser, slurm, "rest_token_file",
                            "must be set for backend = rest");
}

void config_check(struct parser *parser)
{
    struct config *config = parser->config;

    check_required(parser);
    check_daemon(parser);
    check_planner(parser);
    check_slurm(parser);
    for (size_t i = 0; i < config->provider_count; i++)
        check_provider(parser, &config->providers[i]);
    for (size_t i = 0; i < config->zone_count; i++)
        check_zone(parser, &config->zones[i]);
    for (size_t i = 0; i < config->pool_count; i++)
        check_pool(parser, &config->pools[i]);
    for (size_t i = 0; i < config->queue_count; i++)
        check_queue(parser, &config->queues[i]);
    if (config->pool_count == 0)
        parser_add_fault(parser, 0, "there is no [pool NAME]: at least one is needed");
    if (config->queue_count == 0)
        parser_add_fault(parser, 0, "there is no [queue NAME]: at least one is needed");
}

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_door.h"

#include <string.h>

#include "daemon/slurm_exchange.h"
#include "nodes/slurm/commands.h"
#include "nodes/slurm/rest.h"

#define LISTING_MAX (SLURM_JOBS_MAX * 4096UL)

static int open_rest(struct slurm_door *door, struct daemon *daemon, struct error *err)
{
    const struct config_slurm *config = &daemon->config->slurm;
    const struct slurm_rest_settings settings = {
        .user = config->rest_user,
        .token_file = config->rest_token_file,
        .list_timeout_ms = config->timeout * 1000,
        .order_timeout_ms = config->timeout * 1000,
        .listing_max = LISTING_MAX,
        .otherwise = door->commands,
    };

    door->exchange = slurm_exchange_create(daemon->http, config->rest_url);
    door->backend = slurm_rest_create(&daemon->loop, door->exchange, &settings, err);
    return door->backend ? 0 : -1;
}

int slurm_door_open(struct slurm_door *door, struct daemon *daemon, struct error *err)
{
    const struct config_slurm *config = &daemon->config->slurm;
    const struct slurm_commands_settings settings = {
        .directory = config->commands,
        .slurm_conf = config->conf,
        .list_timeout_ms = config->timeout * 1000,
        .order_timeout_ms = config->timeout * 1000,
        .listing_max = LISTING_MAX,
    };

    door->commands = slurm_commands_create(&daemon->loop, &settings, err);
    if (!door->commands)
        return -1;
    if (strcmp(config->backend, "rest") == 0)
        return open_rest(door, daemon, err);
    door->backend = door->commands;
    return 0;
}

void slurm_door_close(struct slurm_door *door)
{
    if (door->backend && door->backend != door->commands)
        door->backend->close(door->backend);
    if (door->commands)
        door->commands->close(door->commands);
}

void slurm_door_release(struct slurm_door *door)
{
    slurm_exchange_destroy(door->exchange);
}

/* SPDX-License-Identifier: MIT */
#include "cli/slurm_reach.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "setup/grid.h"

#define TIMEOUT_MS 10000 /* where no config says otherwise */

static int load(const char *path, struct slurm_reach *reach)
{
    struct text text = TEXT_EMPTY;
    struct config_faults faults;

    memset(&faults, 0, sizeof(faults));
    reach->config = setup_load_config(path, &faults);
    if (reach->config)
        return EXIT_WELL;
    config_fault_add(&faults.items[0], path, &text);
    complain("%s", text.bytes);
    text_release(&text);
    if (faults.count > 1)
        complain("and %zu more: see \"penstock check-config %s\"", faults.count - 1,
                 path);
    return EXIT_FAILED;
}

int slurm_reach_open(const char *config, const char *lease, struct slurm_reach *reach)
{
    const char *of_shell = getenv("SLURM_CONF");
    struct slurm_ask_settings settings = {"", "", TIMEOUT_MS};
    struct error err;

    *reach = (struct slurm_reach){.lease = lease, .conf = ""};
    if ((config || !lease)
        && load(config ? config : SLURM_REACH_CONFIG, reach) != EXIT_WELL)
        return EXIT_FAILED;
    if (reach->config) {
        const struct config_slurm *slurm = &reach->config->slurm;

        reach->conf = slurm->conf;
        settings.directory = slurm->commands;
        settings.timeout_ms = slurm->timeout * 1000;
        if (!lease)
            reach->lease = slurm->lease;
    }
    if (!reach->conf[0] && of_shell)
        reach->conf = of_shell;
    settings.slurm_conf = reach->conf;
    if (reach->lease[0] != '/') {
        complain("the lease is no absolute path: \"%s\"", reach->lease);
        slurm_reach_close(reach);
        return EXIT_USAGE;
    }
    reach->ask = slurm_ask_open(&settings, &err);
    if (reach->ask)
        return EXIT_WELL;
    complain("%s", err.text);
    slurm_reach_close(reach);
    return EXIT_FAILED;
}

void slurm_reach_close(struct slurm_reach *reach)
{
    slurm_ask_close(reach->ask);
    config_destroy(reach->config);
    *reach = (struct slurm_reach){.lease = ""};
}

char *slurm_reach_off(const struct slurm_reach *reach)
{
    struct text off = TEXT_EMPTY;

    text_add_format(&off, "%s.off", reach->lease);
    return text_take(&off);
}

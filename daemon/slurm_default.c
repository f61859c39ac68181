/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_default.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "nodes/slurm/commands.h"

#define EVERY_MS (HOUR * 1000)

void slurm_default_init(struct slurm_default *found, struct slurm_backend *commands,
                        void (*on_change)(void *context), void *context)
{
    *found = (struct slurm_default){
        .commands = commands,
        .on_change = on_change,
        .context = context,
    };
}

/* What no pool can be called a lease need not name. Whether it is another one. */
static bool take(struct slurm_default *found, const char *name)
{
    if (!text_is_name(name, sizeof(found->name) - 1))
        name = "";
    if (strcmp(name, found->name) == 0)
        return false;
    text_copy(found->name, sizeof(found->name), name);
    log_notice("jobs that name no partition of Slurm go to %s",
               *name ? name : "none of ours");
    return true;
}

static void on_default(const char *name, const struct error *failure, void *context)
{
    struct slurm_default *found = context;
    bool is_change = !found->is_settled;

    found->is_asking = false;
    found->is_settled = true;
    if (failure && !found->has_failed)
        log_warning("the default partition of Slurm is not known: %s; jobs that name "
                    "none are left alone",
                    failure->text);
    found->has_failed = failure != NULL;
    if (!failure && take(found, name))
        is_change = true;
    if (is_change)
        found->on_change(found->context);
}

bool slurm_default_see(struct slurm_default *found)
{
    int64_t now_ms = monotonic_ms();

    if (!found->is_asking && now_ms >= found->due_ms) {
        found->is_asking = true;
        found->due_ms = now_ms + EVERY_MS;
        slurm_commands_find_default(found->commands, on_default, found);
    }
    return found->is_settled;
}

void slurm_default_doubt(struct slurm_default *found)
{
    found->due_ms = 0;
}

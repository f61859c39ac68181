/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_margins.h"

#include "nodes/slurm/margin.h"

struct learning {
    struct margin margin;
    int64_t rate;
};

static void on_wait(duration wait, void *context)
{
    struct learning *learning = context;

    margin_add(&learning->margin, wait / learning->rate);
}

static int learn(duration *margin, const struct config_pool *pool,
                 struct store_reader *reader, int64_t rate, struct error *err)
{
    struct learning learning = {.margin.count = 0, .rate = rate};

    if (!config_is_slurm(pool))
        return 0;
    if (store_load_start_waits(reader, pool->name, MARGIN_KEPT, on_wait, &learning, err)
        < 0)
        return -1;
    *margin = pool->start_margin == CONFIG_AUTO
                  ? margin_find(&learning.margin)
                  : margin_find_above(&learning.margin, pool->start_margin);
    return 0;
}

int slurm_margins_load(struct slurm_margins *margins, const struct config *config,
                       struct store_reader *reader, int64_t rate, struct error *err)
{
    *margins = (struct slurm_margins){.next = 0};
    for (size_t i = 0; i < config->pool_count; i++)
        if (learn(&margins->of[i], &config->pools[i], reader, rate, err) < 0)
            return -1;
    return 0;
}

int slurm_margins_renew(struct slurm_margins *margins, const struct config *config,
                        struct store_reader *reader, int64_t rate, struct error *err)
{
    size_t index = margins->next;

    for (size_t i = 1;
         i < config->pool_count && !config_is_slurm(&config->pools[index]); i++)
        index = (index + 1) % config->pool_count;
    margins->next = (index + 1) % config->pool_count;
    return learn(&margins->of[index], &config->pools[index], reader, rate, err);
}

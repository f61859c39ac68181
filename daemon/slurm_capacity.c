/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_capacity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "nodes/slurm/executor.h"

void slurm_capacity_init(struct slurm_capacity *capacity, struct daemon *daemon)
{
    *capacity = (struct slurm_capacity){
        .daemon = daemon,
        .outlook = xcalloc(1, sizeof(*capacity->outlook)),
        .is_doubtful = true,
    };
}

void slurm_capacity_release(struct slurm_capacity *capacity)
{
    slurm_nodes_release(&capacity->nodes);
    free(capacity->outlook);
    capacity->outlook = NULL;
}

bool slurm_capacity_is_due(const struct slurm_capacity *capacity, int64_t now_ms)
{
    int64_t interval_ms = capacity->daemon->config->slurm.interval * 1000;

    /* Half an interval early, so that no listing comes just too soon for it. */
    return capacity->is_doubtful
           || now_ms - capacity->asked_ms
                  >= SLURM_NODES_INTERVALS * interval_ms - interval_ms / 2;
}

void slurm_capacity_ask(struct slurm_capacity *capacity, instant now, int64_t now_ms)
{
    capacity->asked = now;
    capacity->asked_ms = now_ms;
    capacity->is_doubtful = false;
}

static bool has_partition(const struct slurm_nodes *nodes, const char *partition)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (text_is_listed(nodes->items[i].partitions, partition))
            return true;
    return false;
}

/* Told once, and again only when it has been there meanwhile. */
static void find_missing(struct slurm_capacity *capacity)
{
    const struct config *config = capacity->daemon->config;

    capacity->trouble[0] = '\0';
    for (size_t i = 0; i < config->pool_count; i++) {
        const struct config_pool *pool = &config->pools[i];
        bool is_missing =
            config_is_slurm(pool) && !has_partition(&capacity->nodes, pool->partition);
        char text[sizeof(capacity->trouble)];

        if (is_missing) {
            snprintf(text, sizeof(text),
                     "pool %s: Slurm has no partition %s, or no nodes in it",
                     pool->name, pool->partition);
            if (!capacity->is_missing[i])
                log_warning("%s; nothing is planned there", text);
            if (!capacity->trouble[0])
                text_copy(capacity->trouble, sizeof(capacity->trouble), text);
        }
        capacity->is_missing[i] = is_missing;
    }
}

void slurm_capacity_take(struct slurm_capacity *capacity, struct slurm_nodes *nodes)
{
    slurm_nodes_release(&capacity->nodes);
    capacity->nodes = *nodes;
    *nodes = (struct slurm_nodes){.items = NULL};
    capacity->is_fresh = true;
    find_missing(capacity);
}

void slurm_capacity_doubt(struct slurm_capacity *capacity)
{
    capacity->is_doubtful = true;
}

static void set_use(struct slurm_capacity *capacity, size_t pool)
{
    const struct clock *clock = capacity->daemon->clock;
    const struct slurm_outlook *outlook = capacity->outlook;
    struct engine_use *uses = xcalloc(outlook->count + 1, sizeof(*uses));

    _Static_assert(SLURM_USES_MAX <= ENGINE_USES_MAX, "all uses can be told");
    for (size_t i = 0; i < outlook->count; i++)
        uses[i] = (struct engine_use){
            .begins = slurm_to_clock(clock, outlook->uses[i].begins),
            .ends = slurm_to_clock(clock, outlook->uses[i].ends),
            .taken = outlook->uses[i].taken,
        };
    engine_set_use(capacity->daemon->engine, pool, &outlook->capacity, uses,
                   outlook->count);
    free(uses);
}

/* A job that was requeued waits, or runs, with that as its submission. */
static bool was_lost(const struct slurm_job *record, instant since)
{
    if (record->state == SLURM_NODE_FAIL || record->state == SLURM_BOOT_FAIL)
        return record->ended >= since;
    return record->restarts > 0 && record->submitted >= since;
}

void slurm_capacity_see(struct slurm_capacity *capacity,
                        const struct slurm_units *units, instant now,
                        slurm_is_ours *is_ours, void *context)
{
    const struct daemon *daemon = capacity->daemon;

    for (size_t i = 0; i < units->count && !capacity->is_doubtful; i++)
        capacity->is_doubtful = was_lost(units->items[i].record, capacity->asked);
    for (size_t i = 0; i < daemon->config->pool_count; i++) {
        struct slurm_view view = {
            .partition = daemon->config->pools[i].partition,
            .nodes = &capacity->nodes,
            .units = units,
            .now = now,
        };

        if (!engine_pool(daemon->engine, i)->delegated)
            continue;
        if (capacity->is_fresh)
            capacity->unseen[i] = slurm_outlook_unseen(&view, capacity->asked);
        view.unseen = capacity->unseen[i];
        slurm_outlook_make(capacity->outlook, &view, is_ours, context);
        set_use(capacity, i);
    }
    capacity->is_fresh = false;
}

/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_refusals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

struct refusal {
    int64_t id; /* of the unit; so for the next */
    int32_t first_task;
    int32_t last_task;
    instant submitted;
    instant again;
    bool is_seen; /* in this listing */
    char why[sizeof(((struct error *)NULL)->text)];
};

struct slurm_refusals {
    struct refusal items[SLURM_REFUSALS_MAX];
    size_t count;
};

struct slurm_refusals *slurm_refusals_create(void)
{
    return xcalloc(1, sizeof(struct slurm_refusals));
}

void slurm_refusals_destroy(struct slurm_refusals *refusals)
{
    free(refusals);
}

static struct refusal *find(struct slurm_refusals *refusals,
                            const struct slurm_unit *unit)
{
    for (size_t i = 0; i < refusals->count; i++) {
        struct refusal *item = &refusals->items[i];

        if (item->id == unit->id && unit->task >= item->first_task
            && unit->task <= item->last_task
            && item->submitted == unit->record->submitted)
            return item;
    }
    return NULL;
}

const char *slurm_refusals_find(struct slurm_refusals *refusals,
                                const struct slurm_unit *unit, instant now)
{
    struct refusal *item = find(refusals, unit);

    if (!item)
        return NULL;
    item->is_seen = true;
    return now < item->again ? item->why : NULL;
}

bool slurm_refusals_add(struct slurm_refusals *refusals, const struct slurm_unit *unit,
                        int32_t last_task, const char *why, instant now)
{
    struct refusal *item = find(refusals, unit);
    bool is_news = !item;

    if (!item && refusals->count == SLURM_REFUSALS_MAX)
        return false;
    if (!item) {
        item = &refusals->items[refusals->count++];
        *item = (struct refusal){
            .id = unit->id,
            .first_task = unit->task,
            .submitted = unit->record->submitted,
        };
    }
    item->last_task = last_task;
    item->again = now + SLURM_REFUSALS_AGAIN;
    item->is_seen = true;
    text_copy(item->why, sizeof(item->why), why);
    return is_news;
}

void slurm_refusals_sweep(struct slurm_refusals *refusals)
{
    size_t kept = 0;

    for (size_t i = 0; i < refusals->count; i++) {
        if (!refusals->items[i].is_seen)
            continue;
        refusals->items[kept] = refusals->items[i];
        refusals->items[kept++].is_seen = false;
    }
    refusals->count = kept;
}

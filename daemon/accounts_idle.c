/* SPDX-License-Identifier: MIT */
#include "daemon/accounts_idle.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "nodes/power.h"

/* More than any pool draws in an hour: so much that sums stay below 2^63. */
#define JOULES_MAX (INT64_C(1) << 50)

struct load {
    struct accounts_hours *hours;
    const struct accounts_question *question;
};

static int on_hour(const char *pool, instant begins, int64_t joules, void *context,
                   struct error *err)
{
    struct load *load = context;
    struct accounts_hours *hours = load->hours;

    (void)err;
    for (size_t i = 0; i < load->question->pool_count; i++) {
        if (strcmp(load->question->pools[i].name, pool) != 0)
            continue;
        hours->items =
            xgrow(hours->items, hours->count, &hours->room, sizeof(*hours->items));
        hours->items[hours->count++] = (struct accounts_hour){
            i, begins, joules < JOULES_MAX ? joules : JOULES_MAX};
    }
    return 0;
}

int accounts_idle_load(struct accounts_hours *hours,
                       const struct accounts_question *question,
                       struct store_reader *reader, struct error *err)
{
    struct accounts_hours loaded = {.count = 0};
    struct load load = {&loaded, question};

    if (store_load_idle_energy(reader, question->from, question->to, on_hour, &load,
                               err)
        < 0) {
        free(loaded.items);
        return -1;
    }
    loaded.idles = xcalloc(question->pool_count + 1, sizeof(*loaded.idles));
    *hours = loaded;
    return 0;
}

void accounts_idle_release(struct accounts_hours *hours)
{
    free(hours->items);
    free(hours->idles);
    *hours = (struct accounts_hours){.count = 0};
}

static void add_hour(struct accounts_idle *idle, const struct accounts_hour *hour,
                     const struct pool *pool, struct accounts_grid *grid, instant now)
{
    int64_t joules = energy_estimate(pool, hour->joules, 1);
    instant ends = hour->begins + HOUR;
    struct accounts_booking booking = {.has_signal = false};

    /* What has been seen of this hour was drawn in what has passed of it. */
    if (ends > now)
        ends = now > hour->begins ? now : hour->begins + 1;
    accounts_grid_book_joules(grid, joules, hour->begins, ends, &booking);
    if (idle->joules == 0) {
        idle->signal = booking.signal;
        idle->synthetic = booking.synthetic;
        idle->is_known = true;
    }
    if (!booking.has_signal || booking.signal != idle->signal
        || booking.synthetic != idle->synthetic)
        idle->is_known = false;
    idle->joules += joules;
    idle->emissions.milligrams += booking.emissions.milligrams;
    idle->emissions.label =
        emissions_label_worse(idle->emissions.label, booking.emissions.label);
}

void accounts_idle_book(struct accounts_hours *hours,
                        const struct accounts_question *question,
                        struct accounts_grid *grid)
{
    for (size_t i = 0; i < hours->count; i++) {
        const struct accounts_hour *hour = &hours->items[i];
        const struct pool *pool = &question->pools[hour->pool];

        if (strcmp(pool->zone, grid->zone->name) == 0 && hour->joules > 0)
            add_hour(&hours->idles[hour->pool], hour, pool, grid, question->now);
    }
}

struct accounts_idle *accounts_idle_take(struct accounts_hours *hours,
                                         const struct accounts_question *question,
                                         size_t *count)
{
    struct accounts_idle *idles = hours->idles;

    *count = 0;
    for (size_t i = 0; i < question->pool_count; i++) {
        struct accounts_idle *kept = &idles[*count];

        if (idles[i].joules == 0)
            continue;
        *kept = idles[i];
        text_copy(kept->pool, sizeof(kept->pool), question->pools[i].name);
        text_copy(kept->zone, sizeof(kept->zone), question->pools[i].zone);
        if (!kept->is_known)
            kept->emissions = (struct emissions){0, EMISSIONS_UNKNOWN};
        (*count)++;
    }
    hours->idles = NULL;
    accounts_idle_release(hours);
    return idles;
}

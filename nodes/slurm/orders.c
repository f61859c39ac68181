/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "nodes/slurm/unit.h"

/* Jobs that one order is about, if the backend takes several. */
#define BATCH_MAX 64

#define BACK_OFF_FIRST_MS 1000
#define BACK_OFF_MAX_MS   60000

struct slurm_orders {
    uv_timer_t timer;
    struct slurm_backend *backend;
    int64_t per_second;
    slurm_on_answer *on_answer;
    void *context;
    struct slurm_wish *waiting; /* first come, first served */
    size_t count;
    size_t room;
    struct slurm_wish batch[BATCH_MAX]; /* what is being asked */
    size_t batch_count;                 /* 0: nothing is */
    uint64_t back_off_ms;               /* 0: slurmctld answers */
    bool is_closing;
};

static void send_next(struct slurm_orders *orders);

static void on_timer(uv_timer_t *timer)
{
    send_next(timer->data);
}

/* Nothing happens within the call of whoever adds. */
static void wake_in(struct slurm_orders *orders, uint64_t delay_ms)
{
    if (!orders->is_closing && orders->batch_count == 0
        && !uv_is_active((uv_handle_t *)&orders->timer))
        uv_timer_start(&orders->timer, on_timer, delay_ms, 0);
}

struct slurm_orders *slurm_orders_create(uv_loop_t *loop, struct slurm_backend *backend,
                                         int64_t per_second, slurm_on_answer *on_answer,
                                         void *context)
{
    struct slurm_orders *orders = xcalloc(1, sizeof(*orders));

    orders->backend = backend;
    orders->per_second = per_second;
    orders->on_answer = on_answer;
    orders->context = context;
    uv_timer_init(loop, &orders->timer);
    orders->timer.data = orders;
    return orders;
}

static bool is_same_unit(const struct slurm_wish *a, const struct slurm_wish *b)
{
    return a->id == b->id && a->task == b->task;
}

static bool go_together(const struct slurm_wish *a, const struct slurm_wish *b)
{
    return a->verb == b->verb && a->begin == b->begin && a->signal == b->signal;
}

static bool is_under_way(const struct slurm_orders *orders,
                         const struct slurm_wish *wish)
{
    for (size_t i = 0; i < orders->batch_count; i++)
        if (is_same_unit(&orders->batch[i], wish)
            && go_together(&orders->batch[i], wish))
            return true;
    return false;
}

void slurm_orders_add(struct slurm_orders *orders, const struct slurm_wish *wish)
{
    struct slurm_wish *waits = NULL;

    if (is_under_way(orders, wish))
        return;
    for (size_t i = 0; i < orders->count && !waits; i++)
        if (is_same_unit(&orders->waiting[i], wish)
            && (orders->waiting[i].verb == wish->verb || wish->verb == SLURM_CANCEL
                || orders->waiting[i].verb == SLURM_CANCEL))
            waits = &orders->waiting[i];
    if (waits && waits->verb == SLURM_CANCEL)
        return;
    if (waits) {
        *waits = *wish;
        return;
    }
    orders->waiting =
        xgrow(orders->waiting, orders->count, &orders->room, sizeof(*orders->waiting));
    orders->waiting[orders->count++] = *wish;
    wake_in(orders, orders->back_off_ms);
}

size_t slurm_orders_waiting(const struct slurm_orders *orders)
{
    return orders->count + orders->batch_count;
}

/* Take the first, and what may go with it, out of the queue. */
static void fill_batch(struct slurm_orders *orders)
{
    const struct slurm_wish first = orders->waiting[0];
    size_t most = orders->backend->targets_max;
    size_t kept = 0;

    if (most > BATCH_MAX)
        most = BATCH_MAX;
    /* Whether slurmctld answers again is tried with one. */
    if (orders->back_off_ms > 0)
        most = 1;
    for (size_t i = 0; i < orders->count; i++) {
        if (orders->batch_count < most && go_together(&orders->waiting[i], &first))
            orders->batch[orders->batch_count++] = orders->waiting[i];
        else
            orders->waiting[kept++] = orders->waiting[i];
    }
    orders->count = kept;
}

static void name_targets(const struct slurm_orders *orders, char *text, size_t size)
{
    char name[SLURM_NAME_SIZE];
    size_t length = 0;

    _Static_assert(BATCH_MAX * (SLURM_NAME_SIZE + 1) <= SLURM_TARGET_MAX,
                   "the names of a batch fit");
    text[0] = '\0';
    for (size_t i = 0; i < orders->batch_count; i++) {
        const struct slurm_wish *wish = &orders->batch[i];

        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? "," : "",
                             slurm_unit_name(wish->id, wish->task, name));
    }
}

static void on_done(const struct error *failure, void *context)
{
    struct slurm_orders *orders = context;
    struct slurm_wish done[BATCH_MAX];
    size_t count = orders->batch_count;
    uint64_t pause_ms = count * 1000 / (uint64_t)orders->per_second;

    memcpy(done, orders->batch, count * sizeof(*done));
    orders->batch_count = 0;
    if (!failure || failure->code != ERROR_UNAVAILABLE)
        orders->back_off_ms = 0;
    else if (orders->back_off_ms == 0)
        orders->back_off_ms = BACK_OFF_FIRST_MS;
    else if (orders->back_off_ms < BACK_OFF_MAX_MS)
        orders->back_off_ms *= 2;
    if (orders->back_off_ms > 0)
        pause_ms = orders->back_off_ms;
    for (size_t i = 0; i < count; i++)
        orders->on_answer(&done[i], failure, orders->context);
    if (orders->count > 0)
        wake_in(orders, pause_ms);
}

static void send_next(struct slurm_orders *orders)
{
    char target[SLURM_TARGET_MAX];
    struct slurm_order order;

    if (orders->count == 0 || orders->batch_count > 0)
        return;
    fill_batch(orders);
    name_targets(orders, target, sizeof(target));
    order = (struct slurm_order){
        .verb = orders->batch[0].verb,
        .target = target,
        .begin = orders->batch[0].begin,
        .signal = orders->batch[0].signal,
    };
    orders->backend->order(orders->backend, &order, on_done, orders);
}

static void on_closed(uv_handle_t *timer)
{
    struct slurm_orders *orders = timer->data;

    free(orders->waiting);
    free(orders);
}

void slurm_orders_destroy(struct slurm_orders *orders)
{
    if (!orders || orders->is_closing)
        return;
    orders->is_closing = true;
    uv_close((uv_handle_t *)&orders->timer, on_closed);
}

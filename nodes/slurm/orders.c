/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "nodes/slurm/gate.h"
#include "nodes/slurm/unit.h"

/* Jobs that one order is about, if the backend takes several. */
#define BATCH_MAX 64

#define PAUSE_MS     1000
#define PAUSE_MAX_MS 60000

struct slurm_orders {
    uv_timer_t timer;
    struct slurm_backend *backend;
    struct gate gate;
    slurm_on_answer *on_answer;
    void *context;
    struct slurm_change *waiting; /* first come, first served */
    size_t count;
    size_t room;
    struct slurm_change batch[BATCH_MAX]; /* what is being asked */
    size_t batch_count;                   /* 0: nothing is */
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
    orders->gate = gate_make(
        &(struct gate_settings){
            .calls_per_second = per_second,
            .burst = BATCH_MAX,
            .failures_max = 1,
            .pause_ms = PAUSE_MS,
            .pause_max_ms = PAUSE_MAX_MS,
        },
        monotonic_ms());
    orders->on_answer = on_answer;
    orders->context = context;
    uv_timer_init(loop, &orders->timer);
    orders->timer.data = orders;
    return orders;
}

static bool is_same_unit(const struct slurm_change *a, const struct slurm_change *b)
{
    return a->id == b->id && a->task == b->task;
}

static bool go_together(const struct slurm_change *a, const struct slurm_change *b)
{
    return a->verb == b->verb && a->begin == b->begin && a->signal == b->signal;
}

static bool is_under_way(const struct slurm_orders *orders,
                         const struct slurm_change *change)
{
    for (size_t i = 0; i < orders->batch_count; i++)
        if (is_same_unit(&orders->batch[i], change)
            && go_together(&orders->batch[i], change))
            return true;
    return false;
}

void slurm_orders_add(struct slurm_orders *orders, const struct slurm_change *change)
{
    struct slurm_change *waits = NULL;

    if (is_under_way(orders, change))
        return;
    for (size_t i = 0; i < orders->count && !waits; i++)
        if (is_same_unit(&orders->waiting[i], change)
            && (orders->waiting[i].verb == change->verb || change->verb == SLURM_CANCEL
                || orders->waiting[i].verb == SLURM_CANCEL))
            waits = &orders->waiting[i];
    if (waits && waits->verb == SLURM_CANCEL)
        return;
    if (waits) {
        *waits = *change;
        return;
    }
    orders->waiting =
        xgrow(orders->waiting, orders->count, &orders->room, sizeof(*orders->waiting));
    orders->waiting[orders->count++] = *change;
    wake_in(orders, 0);
}

size_t slurm_orders_waiting(const struct slurm_orders *orders)
{
    return orders->count + orders->batch_count;
}

/* Take the first, and what may go with it, out of the queue, as the gate allows. */
static void fill_batch(struct slurm_orders *orders)
{
    const struct slurm_change first = orders->waiting[0];
    size_t most = orders->backend->targets_max;
    int64_t now_ms = monotonic_ms();
    int64_t again_ms = now_ms;
    bool is_open = true;
    size_t kept = 0;

    if (most > BATCH_MAX)
        most = BATCH_MAX;
    for (size_t i = 0; i < orders->count; i++) {
        const struct slurm_change *change = &orders->waiting[i];
        bool fits =
            is_open && orders->batch_count < most && go_together(change, &first);

        if (fits)
            is_open = gate_pass(&orders->gate, now_ms, &again_ms);
        if (fits && is_open)
            orders->batch[orders->batch_count++] = *change;
        else
            orders->waiting[kept++] = *change;
    }
    orders->count = kept;
    if (orders->batch_count == 0)
        wake_in(orders, again_ms > now_ms ? (uint64_t)(again_ms - now_ms) : 1);
}

static void name_targets(const struct slurm_orders *orders, char *text, size_t size)
{
    char name[SLURM_NAME_SIZE];
    size_t length = 0;

    _Static_assert(BATCH_MAX * (SLURM_NAME_SIZE + 1) <= SLURM_TARGET_MAX,
                   "the names of a batch fit");
    text[0] = '\0';
    for (size_t i = 0; i < orders->batch_count; i++) {
        const struct slurm_change *change = &orders->batch[i];

        length +=
            (size_t)snprintf(text + length, size - length, "%s%s", i > 0 ? "," : "",
                             slurm_unit_name(change->id, change->task, name));
    }
}

static void on_done(const struct error *failure, void *context)
{
    struct slurm_orders *orders = context;
    struct slurm_change done[BATCH_MAX];
    size_t count = orders->batch_count;

    memcpy(done, orders->batch, count * sizeof(*done));
    orders->batch_count = 0;
    /* It was one call to whoever asks, however many jobs it names. */
    gate_note(&orders->gate, failure ? failure->code : ERROR_NONE, monotonic_ms());
    for (size_t i = 0; i < count; i++)
        orders->on_answer(&done[i], failure, orders->context);
    if (orders->count > 0)
        wake_in(orders, 0);
}

static void send_next(struct slurm_orders *orders)
{
    char target[SLURM_TARGET_MAX];
    struct slurm_order order;

    if (orders->count == 0 || orders->batch_count > 0)
        return;
    fill_batch(orders);
    if (orders->batch_count == 0)
        return;
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

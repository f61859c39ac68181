/* SPDX-License-Identifier: MIT */
#include "tests/support/fakes.h"

#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"

static int fake_start(struct executor *executor, const struct executor_order *order,
                      struct error *err)
{
    struct fake_executor *fake = (struct fake_executor *)executor;

    if (fake->refuses)
        return error_set(err, ERROR_IO, "refused");
    assert(fake->order_count < FAKE_ORDERS_MAX);
    fake->orders[fake->order_count].job_id = order->job_id;
    fake->orders[fake->order_count].attempt = order->attempt;
    fake->orders[fake->order_count].gpu_mask = order->gpu_mask;
    fake->orders[fake->order_count].restarts = order->restarts;
    fake->orders[fake->order_count].time_limit = order->time_limit;
    snprintf(fake->orders[fake->order_count].output,
             sizeof(fake->orders[fake->order_count].output), "%s",
             order->output ? order->output : "");
    snprintf(fake->orders[fake->order_count].reference,
             sizeof(fake->orders[fake->order_count].reference), "%s",
             order->reference ? order->reference : "");
    fake->order_count++;
    return 0;
}

static void fake_stop(struct executor *executor, int64_t job_id, int32_t attempt)
{
    struct fake_executor *fake = (struct fake_executor *)executor;

    (void)attempt;
    fake->stopped[fake->stopped_count++ % 64] = job_id;
}

static void fake_pause(struct executor *executor, int64_t job_id, int32_t attempt,
                       const struct executor_pause *how)
{
    struct fake_executor *fake = (struct fake_executor *)executor;

    (void)how;
    (void)attempt;
    fake->paused[fake->paused_count++ % 64] = job_id;
}

static void fake_adopt(struct executor *executor, int64_t job_id, int32_t attempt)
{
    struct fake_executor *fake = (struct fake_executor *)executor;

    (void)attempt;
    fake->adopted[fake->adopted_count++ % 64] = job_id;
}

static void fake_forget(struct executor *executor, int64_t job_id, int32_t attempt)
{
    struct fake_executor *fake = (struct fake_executor *)executor;

    (void)job_id;
    (void)attempt;
    fake->forgotten_count++;
}

struct fake_executor *fake_executor_create(void)
{
    struct fake_executor *fake = xcalloc(1, sizeof(*fake));

    fake->executor =
        (struct executor){fake_start, fake_stop, fake_pause, fake_adopt, fake_forget};
    return fake;
}

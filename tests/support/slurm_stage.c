/* SPDX-License-Identifier: MIT */
#include "tests/support/slurm_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/support/cmocka.h"

static void take_order(struct slurm_backend *backend, const struct slurm_order *order,
                       slurm_on_done *on_done, void *context)
{
    struct stage *stage = (struct stage *)backend;

    assert_true(stage->asked_count < 8);
    snprintf(stage->asked[stage->asked_count], sizeof(stage->asked[0]), "%s",
             order->target);
    stage->verbs[stage->asked_count++] = order->verb;
    stage->begin = order->begin;
    on_done(NULL, context);
}

static void on_report(const struct executor_report *report, void *context)
{
    struct stage *stage = context;

    assert_true(stage->report_count < 8);
    stage->reports[stage->report_count++] = *report;
}

static void on_gone(int64_t job_id, void *context)
{
    ((struct stage *)context)->gone = job_id;
}

static void on_answer(const struct slurm_change *change, const struct error *failure,
                      void *context)
{
    slurm_executor_on_answer(change, failure, ((struct stage *)context)->executor);
}

int stage_setup(void **state)
{
    const struct slurm_identity identity = {1, 17, -1, 1000, false};
    struct stage *stage = xcalloc(1, sizeof(*stage));

    stage->backend.order = take_order;
    stage->backend.targets_max = 8;
    stage->clock = virtual_clock_at(5000);
    uv_loop_init(&stage->loop);
    stage->orders =
        slurm_orders_create(&stage->loop, &stage->backend, 10000, on_answer, stage);
    stage->executor =
        slurm_executor_create(&stage->clock.clock, stage->orders, on_report, stage);
    slurm_executor_know(stage->executor, &identity);
    *state = stage;
    return 0;
}

int stage_teardown(void **state)
{
    struct stage *stage = *state;

    slurm_executor_destroy(stage->executor);
    slurm_orders_destroy(stage->orders);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&stage->loop));
    scene_release(&stage->scene);
    free(stage);
    return 0;
}

struct executor *stage_port(struct stage *stage)
{
    return slurm_executor_port(stage->executor);
}

void stage_start(struct stage *stage, int32_t attempt)
{
    const struct executor_order order = {.job_id = 1, .attempt = attempt};

    assert_int_equal(0, stage_port(stage)->start(stage_port(stage), &order, NULL));
}

void stage_see(struct stage *stage)
{
    scene_list(&stage->scene);
    slurm_executor_see_absent(stage->executor, &stage->scene.listing,
                              &stage->scene.units);
    slurm_executor_see(stage->executor, &stage->scene.units, on_gone, stage);
    while (slurm_orders_waiting(stage->orders) > 0)
        uv_run(&stage->loop, UV_RUN_ONCE);
}

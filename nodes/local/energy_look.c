/* SPDX-License-Identifier: MIT */
#include "nodes/local/energy_look.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static void on_work(uv_work_t *work)
{
    struct energy_look *look = work->data;

    /* One after the other at once: they are to be of one moment. */
    look->at_ms = monotonic_ms();
    look->cpu.cpus = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
    if (rapl_read(look->rapl, &look->cpu.energy_uj, &look->error) < 0
        || cpu_time_busy(&look->cpu.busy_ms, &look->error) < 0)
        return;
    if (look->count)
        cpu_time_of_trees(look->trees, look->count, NULL);
}

static void on_worked(uv_work_t *work, int status)
{
    struct energy_look *look = work->data;

    (void)status;
    look->on_looked(look);
}

void energy_look_start(struct energy_look *look, uv_loop_t *loop)
{
    look->work.data = look;
    uv_queue_work(loop, &look->work, on_work, on_worked);
}

void energy_look_take(struct energy_look *look)
{
    size_t kept = 0;

    for (size_t i = 0; i < look->count; i++) {
        if (look->trees[i].cpu_ms < 0)
            continue;
        look->shares[kept] = look->shares[i];
        look->shares[kept++].cpu_ms = look->trees[i].cpu_ms;
    }
    look->count = kept;
}

void energy_look_destroy(struct energy_look *look)
{
    free(look->shares);
    free(look->trees);
    free(look);
}

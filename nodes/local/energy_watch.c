/* SPDX-License-Identifier: MIT */
#include "nodes/local/energy_watch.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "nodes/local/energy_internal.h"
#include "nodes/local/meter_files.h"
#include "nodes/local/run_process.h"

static void free_when_over(struct energy_watch *watch)
{
    if (watch->open_handles > 0 || watch->is_looking)
        return;
    while (watch->list) {
        struct watched *gone = watch->list;

        watch->list = gone->next;
        free(gone->record);
        free(gone);
    }
    meter_destroy(watch->meter);
    if (watch->files >= 0)
        close(watch->files);
    free(watch);
}

static void save(struct energy_watch *watch, struct watched *watched)
{
    struct meter_record *record = xcalloc(1, sizeof(*record));
    struct error err = {ERROR_NONE, "", ""};

    watched->saved_ms = monotonic_ms();
    if (watch->files >= 0
        && meter_save(watch->meter, watched->job_id, watched->attempt, record)
        && meter_files_store(watch->files, record, &err) < 0 && !watch->said_trouble) {
        log_warning("what is measured cannot be kept: %s; a restart now leaves energy "
                    "unmeasured",
                    err.text);
        watch->said_trouble = true;
    }
    free(record);
}

/* A file takes some tens of microseconds; so many of them stay below 10 ms a turn. */
void energy_save(struct energy_watch *watch)
{
    int64_t now = monotonic_ms();
    int saved = 0;

    for (struct watched *at = watch->list; at && saved < ENERGY_WATCH_SAVES_MAX;
         at = at->next) {
        if (at->is_ending || now - at->saved_ms < ENERGY_WATCH_SAVE_MS)
            continue;
        save(watch, at);
        saved++;
    }
}

static void on_looked(struct energy_look *found)
{
    struct energy_watch *watch = found->context;
    bool is_seen = found->error.code == ERROR_NONE;

    watch->is_looking = false;
    if (watch->destroying) {
        energy_look_destroy(found);
        free_when_over(watch);
        return;
    }
    if (!is_seen && !watch->said_trouble) {
        log_warning("CPU energy: %s; it is not measured until that is mended",
                    found->error.text);
        watch->said_trouble = true;
    }
    energy_look_take(found);
    meter_sample_cpu(watch->meter, is_seen ? &found->cpu : NULL, found->shares,
                     found->count, found->at_ms);
    energy_add_endings(watch, found);
    energy_look_destroy(found);
    energy_finish(watch, false);
    if (watch->look_again)
        energy_look_at(watch, false);
}

/* Look at the packages, and with `at_trees` at what runs. */
void energy_look_at(struct energy_watch *watch, bool at_trees)
{
    struct energy_look *look;
    size_t room = 0;

    if (watch->is_looking) {
        watch->look_again = true;
        return;
    }
    look = xcalloc(1, sizeof(*look));
    look->rapl = &watch->rapl;
    look->on_looked = on_looked;
    look->context = watch;
    for (const struct watched *at = watch->list; at && at_trees; at = at->next) {
        pid_t runner =
            watch->settings.runner_of(at->job_id, at->attempt, watch->settings.runners);
        size_t tree_room = room;

        if (at->is_ending || runner <= 0)
            continue;
        look->shares = xgrow(look->shares, look->count, &room, sizeof(*look->shares));
        look->trees = xgrow(look->trees, look->count, &tree_room, sizeof(*look->trees));
        look->shares[look->count] = (struct meter_share){at->job_id, at->attempt, 0};
        look->trees[look->count++] = (struct cpu_time_tree){runner, -1};
    }
    watch->look_again = false;
    watch->is_looking = true;
    energy_look_start(look, watch->settings.loop);
}

static void on_period(uv_timer_t *timer)
{
    struct energy_watch *watch = timer->data;

    /* Once more after the last attempt: what is drawn without any is worth knowing. */
    if (!watch->list)
        uv_timer_stop(timer);
    if (watch->has_rapl)
        energy_look_at(watch, true);
    energy_save(watch);
}

static struct watched *add(struct energy_watch *watch, int64_t job_id, int32_t attempt,
                           uint64_t gpu_mask)
{
    struct watched *added = xcalloc(1, sizeof(*added));

    assert(!energy_find(watch, job_id, attempt));
    added->job_id = job_id;
    added->attempt = attempt;
    added->gpu_mask = gpu_mask;
    added->next = watch->list;
    watch->list = added;
    if (watch->has_rapl && !uv_is_active((uv_handle_t *)&watch->period)) {
        uv_timer_start(&watch->period, on_period, ENERGY_WATCH_PERIOD_MS,
                       ENERGY_WATCH_PERIOD_MS);
        energy_look_at(watch, true);
    }
    return added;
}

void energy_watch_begin(struct energy_watch *watch, int64_t job_id, int32_t attempt,
                        uint64_t gpu_mask)
{
    struct watched *added;

    if (!watch->settings.gpus)
        gpu_mask = 0;
    if (!gpu_mask && !watch->has_rapl)
        return;
    meter_begin(watch->meter, job_id, attempt, gpu_mask, monotonic_ms());
    added = add(watch, job_id, attempt, gpu_mask);
    energy_ask_gpus(watch, gpu_mask);
    save(watch, added);
}

void energy_watch_resume(struct energy_watch *watch, int64_t job_id, int32_t attempt)
{
    struct meter_record *record = xcalloc(1, sizeof(*record));
    struct watched *added;

    if (watch->files < 0
        || meter_files_load(watch->files, job_id, attempt, record, NULL) < 0) {
        free(record);
        return;
    }
    meter_resume(watch->meter, record);
    added = add(watch, job_id, attempt, record->gpu_mask);
    added->record = record;
    added->saved_ms = monotonic_ms();
}

void energy_watch_forget(struct energy_watch *watch, int64_t job_id, int32_t attempt)
{
    if (watch->files >= 0)
        meter_files_remove(watch->files, job_id, attempt);
}

void energy_watch_set_idle(struct energy_watch *watch, size_t gpu, int64_t watts)
{
    meter_set_idle(watch->meter, gpu, watts);
}

int64_t energy_watch_take_idle(struct energy_watch *watch, size_t gpu)
{
    return meter_take_idle(watch->meter, gpu) * watch->settings.clock->rate;
}

static void open_rapl(struct energy_watch *watch)
{
    struct error err = {ERROR_NONE, "", ""};

    if (!watch->settings.powercap || !watch->settings.powercap[0])
        return;
    watch->has_rapl = rapl_open(&watch->rapl, watch->settings.powercap, &err) == 0;
    if (!watch->has_rapl)
        log_notice("CPU energy is not measured: %s", err.text);
}

struct energy_watch *energy_watch_create(const struct energy_watch_settings *settings)
{
    struct energy_watch *watch = xcalloc(1, sizeof(*watch));
    char boot_id[RUN_BOOT_ID_LENGTH + 1] = "";
    struct error err = {ERROR_NONE, "", ""};
    const struct gpu_sample *samples;
    size_t count;

    watch->settings = *settings;
    run_process_boot_id(boot_id, NULL);
    watch->meter = meter_create(boot_id);
    watch->files = meter_files_open(settings->state_dir, settings->runs, &err);
    if (watch->files < 0)
        log_warning("what is measured cannot be kept: %s; a restart leaves energy "
                    "unmeasured",
                    err.text);
    open_rapl(watch);
    watch->period.data = watch;
    watch->patience.data = watch;
    watch->open_handles = 2;
    uv_timer_init(settings->loop, &watch->period);
    uv_timer_init(settings->loop, &watch->patience);
    if (settings->gpus) {
        samples = gpu_watch_samples(settings->gpus, &count);
        energy_watch_on_gpus(watch, samples, count);
    }
    return watch;
}

static void on_closed(uv_handle_t *handle)
{
    struct energy_watch *watch = handle->data;

    watch->open_handles--;
    free_when_over(watch);
}

void energy_watch_destroy(struct energy_watch *watch)
{
    if (!watch)
        return;
    assert(!watch->destroying);
    watch->destroying = true;
    for (struct watched *at = watch->list; at; at = at->next)
        if (!at->is_ending)
            save(watch, at);
    uv_close((uv_handle_t *)&watch->period, on_closed);
    uv_close((uv_handle_t *)&watch->patience, on_closed);
}

/* SPDX-License-Identifier: MIT */
#include "daemon/job_view.h"

#include <string.h>

#include "daemon/json.h"
#include "ledger/saving.h"
#include "nodes/slurm/unit.h"

#define BYTES_PER_MIB (INT64_C(1) << 20)

/* A number that means nothing when it is 0. */
static void add_or_null(struct text *json, const char *key, int64_t number)
{
    if (number)
        json_add_number(json, key, number);
    else
        json_add_null(json, key);
}

instant job_view_latest(const struct job *job)
{
    return job->eligible ? job_latest_start(job) : INSTANT_MAX;
}

instant job_view_latest_planned(const struct engine_job *planned)
{
    return planned->job->eligible ? planned->latest : INSTANT_MAX;
}

static void add_wants(struct text *json, const struct job *job)
{
    json_add_number(json, "gpus", job->gpus);
    json_add_number(json, "gpus_min", job->gpus_min);
    json_add_number(json, "gpus_max", job->gpus_max);
    json_add_number(json, "cpus", job->cpus);
    json_add_number(json, "memory", job->memory * BYTES_PER_MIB);
    json_add_number(json, "priority", job->priority);
    json_add_number(json, "time", job->time);
    json_add_number(json, "expected_time", job_expected_time(job));
    json_add_number(json, "time_limit", job->time_limit);
    json_add_instant(json, "submitted", job->submitted);
    json_add_instant(json, "begin", job->begin);
    json_add_instant(json, "deadline", job->deadline);
    json_add_instant(json, "eligible", job->eligible);
}

/* How the command ended; null as long as it has not, or if nobody saw it. */
static void add_exit(struct text *json, const struct job *job)
{
    bool is_seen = job->ended && job->started && job_cause_has_exit(job->cause);

    if (is_seen && !job->exit_signal)
        json_add_number(json, "exit_status", job->exit_status);
    else
        json_add_null(json, "exit_status");
    add_or_null(json, "exit_signal", is_seen ? job->exit_signal : 0);
    if (job->cause == JOB_CAUSE_NONE)
        json_add_null(json, "cause");
    else
        json_add_text(json, "cause", job_cause_name(job->cause));
}

static void add_array(struct text *json, const struct job *job)
{
    add_or_null(json, "array_id", job->array_id);
    if (job->array_id)
        json_add_number(json, "array_index", job->array_index);
    else
        json_add_null(json, "array_index");
}

void job_view_name_slurm(const struct job_row *row, char name[SLURM_NAME_SIZE])
{
    instant submitted;
    int64_t id;

    name[0] = '\0';
    if (row->reference
        && slurm_reference_parse(row->reference, &id, &submitted, NULL) == 0)
        slurm_unit_name(id, row->job.array_id ? row->job.array_index : -1, name);
}

void job_view_add_slurm(struct text *json, const struct job_row *row)
{
    char name[SLURM_NAME_SIZE];

    job_view_name_slurm(row, name);
    json_add_name(json, "slurm", name);
}

void job_view_add_members(struct text *json, const struct job_row *row,
                          const struct engine *engine)
{
    const struct job *job = &row->job;
    struct engine_job found = {.reason = ""};
    bool is_planned = job_is_open(job) && !job_is_active(job)
                      && engine_find(engine, job->id, &found)
                      && !job_is_active(found.job);

    json_add_number(json, "id", job->id);
    json_add_text(json, "name", row->name);
    json_add_text(json, "user", row->user);
    json_add_name(json, "project", row->project);
    json_add_text(json, "queue", row->queue);
    json_add_text(json, "state", job_state_name(job->state));
    json_add_name(json, "reason", is_planned ? found.reason : "");
    add_wants(json, job);
    json_add_instant(json, "planned_start", is_planned ? found.reservation->start : 0);
    json_add_instant(json, "latest_start",
                     is_planned ? job_view_latest_planned(&found)
                                : job_view_latest(job));
    json_add_instant(json, "started", job->started);
    json_add_instant(json, "ended", job->ended);
    json_add_instant(json, "idle_since", job->idle_since);
    json_add_name(json, "pool", row->pool);
    job_view_add_slurm(json, row);
    json_add_bool(json, "dry_run",
                  row->reference && slurm_reference_is_dry(row->reference));
    json_add_number(json, "attempt", job->attempt);
    json_add_number(json, "ran", job->ran);
    add_exit(json, job);
    add_array(json, job);
    json_add_bool(json, "late", is_planned ? found.late : job->late);
}

/* Two ends of a band, in thousandths. */
static void add_band(struct text *json, const char *const keys[2], bool is_known,
                     int64_t low, int64_t high)
{
    if (is_known) {
        json_add_scaled(json, keys[0], low, 3);
        json_add_scaled(json, keys[1], high, 3);
    } else {
        json_add_null(json, keys[0]);
        json_add_null(json, keys[1]);
    }
}

void job_view_add_saving(struct text *json, const struct plan_figures *figures)
{
    static const char *const keys[] = {"saving_low_kg", "saving_high_kg"};
    bool is_known = figures && figures->has_forecast;
    struct saving saving = {.has_share = false};

    if (is_known) {
        saving = saving_of(figures->milligrams_at_once, figures->milligrams_planned);
        json_add_scaled(json, "saving_kg", saving.milligrams, 6);
    } else {
        json_add_null(json, "saving_kg");
    }
    add_band(json, keys, is_known && figures->band.has_saving,
             is_known ? figures->band.saving_low : 0,
             is_known ? figures->band.saving_high : 0);
    if (saving.has_share)
        json_add_scaled(json, "saving_percent", saving.per_mille, 1);
    else
        json_add_null(json, "saving_percent");
}

void job_view_add_levels(struct text *json, const struct plan_figures *figures)
{
    static const char *const keys[] = {"planned_low_g", "planned_high_g"};
    bool is_known = figures && figures->has_forecast;

    if (is_known) {
        json_add_scaled(json, "now_g", figures->level_now, 3);
        json_add_scaled(json, "planned_g", figures->level_planned, 3);
    } else {
        json_add_null(json, "now_g");
        json_add_null(json, "planned_g");
    }
    add_band(json, keys, is_known && figures->band.has_levels,
             is_known ? figures->band.low : 0, is_known ? figures->band.high : 0);
}

/* What sbatch is to be told. */
static void add_handover(struct text *json, const struct slurm_handover *handover)
{
    json_begin_object(json, "sbatch");
    json_add_text(json, "partition", handover->partition);
    json_add_number(json, "minutes", handover->minutes);
    json_add_number(json, "time", handover->time);
    json_add_number(json, "begin", handover->begin);
    json_add_number(json, "wait", handover->wait);
    json_add_instant(json, "deadline", handover->deadline);
    json_end_object(json);
}

void job_view_add_promise(struct text *json, const struct job_promise *promise)
{
    const struct job *job = promise->job;

    json_begin_object(json, NULL);
    add_or_null(json, "id", promise->id);
    json_add_text(json, "name", promise->name);
    json_add_text(json, "state", job ? job_state_name(job->state) : NULL);
    json_add_text(json, "queue", promise->queue);
    json_add_instant(json, "planned_start", job ? promise->reservation->start : 0);
    json_add_instant(json, "latest_start", job ? job_view_latest(job) : 0);
    job_view_add_saving(json, promise->figures);
    json_add_name(json, "reason", promise->reason);
    json_add_bool(json, "late",
                  job && (job->late || promise->reservation->reason == PLAN_LATE));
    json_add_bool(json, "may_pause", promise->may_pause);
    json_add_name(json, "slurm", promise->slurm ? promise->slurm : "");
    if (promise->handover)
        add_handover(json, promise->handover);
    json_end_object(json);
}

void job_view_add_strings(struct text *json, const char *key, const char *strings,
                          size_t size)
{
    json_begin_array(json, key);
    for (size_t at = 0; at < size; at += strlen(strings + at) + 1)
        json_add_text(json, NULL, strings + at);
    json_end_array(json);
}

void job_view_add_names(struct text *json, const char *key, const char *names)
{
    struct text name = TEXT_EMPTY;

    json_begin_array(json, key);
    for (const char *at = names; at && *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",");

        text_clear(&name);
        text_add_bytes(&name, at, length);
        json_add_text(json, NULL, name.bytes);
        at += length;
    }
    json_end_array(json);
    text_release(&name);
}

static void add_piece(struct text *json, instant start, instant ends)
{
    json_begin_object(json, NULL);
    json_add_instant(json, "start", start);
    json_add_instant(json, "end", ends);
    json_end_object(json);
}

void job_view_add_pieces(struct text *json, const struct engine_job *found)
{
    json_begin_array(json, "pieces");
    if (found->later && found->reservation->pool >= 0)
        add_piece(json, found->reservation->start, found->reservation->ends);
    for (size_t i = 0; found->later && i < found->later->count; i++)
        add_piece(json, found->later->list[i].start, found->later->list[i].ends);
    json_end_array(json);
}

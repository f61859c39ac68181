/* SPDX-License-Identifier: MIT */
#include "daemon/routes_report.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "daemon/accounts_config.h"
#include "ledger/idle.h"
#include "ledger/saving.h"

#define SPAN_STANDARD (30 * DAY)

/* A report in the making: on a thread, with a reader and copies of its own. */
struct inquiry {
    struct http_request *request;
    uv_work_t work;
    char directory[CONFIG_TEXT_MAX];
    struct accounts_question question;
    struct pool *pools;
    struct accounts_zone *zones;
    struct text json;
    struct error error;
};

static void release(void *memory)
{
    struct inquiry *inquiry = memory;

    free(inquiry->pools);
    free(inquiry->zones);
    text_release(&inquiry->json);
    free(inquiry);
}

static void add_line(struct text *json, const char *key, const struct report_line *line)
{
    struct saving saving = saving_of(line->shadow_milligrams, line->milligrams);

    json_begin_object(json, key);
    json_add_text(json, "key", line->key);
    json_add_number(json, "jobs", (int64_t)line->jobs);
    json_add_scaled(json, "kwh", accounts_kwh(line->joules), 6);
    json_add_scaled(json, "idle_kwh", accounts_kwh(line->idle_joules), 6);
    json_add_scaled(json, "kg", line->milligrams, 6);
    json_add_scaled(json, "shadow_kg", line->shadow_milligrams, 6);
    json_add_scaled(json, "saving_kg", saving.milligrams, 6);
    if (saving.has_share)
        json_add_scaled(json, "saving_percent", saving.per_mille, 1);
    else
        json_add_null(json, "saving_percent");
    json_add_text(json, "label", emissions_label_name(line->label));
    json_add_text(json, "counterfactual", line->provisional ? "provisional" : "final");
    json_add_text(json, "energy", report_energy_name(line->energy));
    json_add_number(json, "mean_wait", line->waited_mean);
    json_add_number(json, "p95_wait", line->waited_p95);
    json_add_number(json, "missed", (int64_t)line->missed);
    json_end_object(json);
}

static void add_part(struct text *json, const struct report_part *part)
{
    json_begin_object(json, NULL);
    json_add_text(json, "signal", signal_name(part->signal));
    json_add_bool(json, "dry_run", part->dry_run);
    json_add_bool(json, "synthetic", part->synthetic);
    add_line(json, "total", &part->total);
    json_begin_array(json, "lines");
    for (size_t i = 0; i < part->count; i++)
        add_line(json, NULL, &part->lines[i]);
    json_end_array(json);
    json_end_object(json);
}

static void add_skill(struct text *json, const struct accounts_skill *skill)
{
    json_begin_object(json, NULL);
    json_add_text(json, "zone", skill->zone);
    json_add_text(json, "provider", skill->provider);
    json_add_number(json, "intervals", (int64_t)skill->error.count);
    json_add_scaled(json, "mean_absolute_g", skill->error.mean_absolute, 3);
    json_add_scaled(json, "mean_signed_g", skill->error.mean_signed, 3);
    json_add_scaled(json, "mape_percent", skill->error.mape_ppm, 4);
    json_end_object(json);
}

/* What is summed, and of whom. */
struct idle_question {
    struct idle_sum sum;
    int64_t uid; /* -1: of all */
};

static void on_idle(const struct store_idle *idle, void *context)
{
    struct idle_question *question = context;

    if (question->uid < 0 || question->uid == idle->uid)
        idle_sum_add(&question->sum, idle->job_id, idle->gpus, idle->since,
                     idle->until);
}

static void add_idle_jobs(struct text *json, const struct idle_sum *sum)
{
    json_begin_object(json, "idle_jobs");
    json_add_number(json, "jobs", sum->jobs);
    json_add_number(json, "gpus", sum->gpus);
    json_add_scaled(json, "gpu_hours", sum->gpu_seconds * 1000 / HOUR, 3);
    json_end_object(json);
}

static void add_idle_pool(struct text *json, const struct accounts_idle *idle)
{
    json_begin_object(json, NULL);
    json_add_text(json, "pool", idle->pool);
    json_add_text(json, "zone", idle->zone);
    json_add_scaled(json, "kwh", accounts_kwh(idle->joules), 6);
    if (idle->is_known)
        json_add_scaled(json, "kg", idle->emissions.milligrams, 6);
    else
        json_add_null(json, "kg");
    json_add_text(json, "label", emissions_label_name(idle->emissions.label));
    json_add_text(json, "signal", signal_name(idle->signal));
    json_add_bool(json, "synthetic", idle->synthetic);
    json_end_object(json);
}

static void add_accounts(struct text *json, const struct accounts_question *question,
                         const struct accounts *accounts, const struct idle_sum *idle)
{
    json_begin_object(json, NULL);
    json_add_instant(json, "from", question->from);
    json_add_instant(json, "to", question->to);
    json_add_text(json, "by", report_by_name(question->by));
    json_begin_array(json, "parts");
    for (size_t i = 0; i < accounts->report.part_count; i++)
        add_part(json, &accounts->report.parts[i]);
    json_end_array(json);
    add_idle_jobs(json, idle);
    json_begin_array(json, "idle_pools");
    for (size_t i = 0; i < accounts->idle_count; i++)
        add_idle_pool(json, &accounts->idles[i]);
    json_end_array(json);
    json_begin_array(json, "forecasts");
    for (size_t i = 0; i < accounts->skill_count; i++)
        add_skill(json, &accounts->skills[i]);
    json_end_array(json);
    json_end_object(json);
}

static void on_work(uv_work_t *work)
{
    struct inquiry *inquiry = work->data;
    struct idle_question idle = {.uid = inquiry->question.uid};
    struct accounts accounts;
    struct store_reader *reader =
        store_reader_open(inquiry->directory, &inquiry->error);

    if (!reader)
        return;
    if (store_load_idle(reader, inquiry->question.from, inquiry->question.to, on_idle,
                        &idle, &inquiry->error)
            == 0
        && accounts_make(&inquiry->question, reader, &accounts, &inquiry->error) == 0) {
        add_accounts(&inquiry->json, &inquiry->question, &accounts, &idle.sum);
        accounts_release(&accounts);
    }
    store_reader_close(reader);
}

static void on_worked(uv_work_t *work, int status)
{
    struct inquiry *inquiry = work->data;
    struct text json = inquiry->json;
    struct error err = inquiry->error;

    (void)status;
    inquiry->json = TEXT_EMPTY;
    if (err.code == ERROR_NONE) {
        http_answer(inquiry->request, 200, HTTP_JSON, &json);
        return;
    }
    text_release(&json);
    http_answer_error(inquiry->request, &err);
}

static int read_question(const struct call *call, struct accounts_question *question,
                         struct error *err)
{
    const char *by = query_find(&call->query, "by");
    struct error cause = {ERROR_NONE, "", ""};

    question->now = call->now;
    question->to = call->now;
    question->uid = call_sees(call, UINT32_MAX) ? -1 : (int64_t)call->actor.uid;
    if (by && report_by_parse(by, &question->by, &cause) < 0)
        return error_set_field(err, ERROR_INVALID, "by", "%s", cause.text);
    if (query_instant(&call->query, "to", &question->to, err) < 0)
        return -1;
    question->from = question->to > SPAN_STANDARD ? question->to - SPAN_STANDARD : 0;
    return query_instant(&call->query, "from", &question->from, err);
}

void routes_report(const struct call *call)
{
    const struct daemon *daemon = call->daemon;
    struct accounts_question question = {.by = REPORT_BY_NOTHING};
    struct error err = {ERROR_NONE, "", ""};
    struct inquiry *inquiry;

    if (read_question(call, &question, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    inquiry = xcalloc(1, sizeof(*inquiry));
    inquiry->request = call->request;
    inquiry->work.data = inquiry;
    inquiry->json = TEXT_EMPTY;
    inquiry->pools = accounts_copy_pools(daemon->engine, &question.pool_count);
    inquiry->zones = accounts_copy_zones(daemon->config, &question.zone_count);
    inquiry->question = question;
    inquiry->question.pools = inquiry->pools;
    inquiry->question.zones = inquiry->zones;
    text_copy(inquiry->directory, sizeof(inquiry->directory),
              daemon->config->daemon.state_dir);
    http_attach(call->request, inquiry, release);
    uv_queue_work(&call->daemon->loop, &inquiry->work, on_work, on_worked);
}

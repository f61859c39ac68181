/* SPDX-License-Identifier: MIT */
#include "daemon/routes_jobs.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "daemon/job_view.h"
#include "daemon/slurm_watch.h"
#include "nodes/slurm/unit.h"
#include "queue/job_json.h"

#define LIST_STANDARD 100

/* A page of a list on its way into JSON. */
struct page {
    const struct call *call;
    struct text json;
    size_t count;
    int64_t last_id;
};

static int on_row(const struct job_row *row, void *context, struct error *err)
{
    struct page *page = context;

    (void)err;
    json_begin_object(&page->json, NULL);
    job_view_add_members(&page->json, row, page->call->daemon->engine);
    json_end_object(&page->json);
    page->count++;
    page->last_id = row->job.id;
    return 0;
}

/* How references of a job of Slurm begin, whenever it was submitted. */
struct heads {
    char real[SLURM_REFERENCE_SIZE];
    char dry[SLURM_REFERENCE_SIZE];
};

/* "17" or "17_3": a job of Slurm, or all of an array, or a task of one. */
static int read_slurm(const char *name, struct job_filter *filter, struct heads *heads,
                      struct error *err)
{
    char number[24] = "";
    size_t length = strcspn(name, "_");
    int64_t id, task = -1;

    if (length < sizeof(number))
        memcpy(number, name, length);
    if (number_parse(number, 1, INT64_MAX, &id, NULL) < 0
        || (name[length]
            && number_parse(name + length + 1, 0, INT32_MAX, &task, NULL) < 0))
        return error_set_field(err, ERROR_INVALID, "slurm",
                               "slurm must be the id of a job or an array, as 17, or "
                               "of a task, as 17_3");
    slurm_reference_format(id, 0, heads->real);
    slurm_reference_format_dry(id, 0, heads->dry);
    *(strchr(heads->real, '@') + 1) = *(strchr(heads->dry, '@') + 1) = '\0';
    filter->referred[0] = heads->real;
    filter->referred[1] = heads->dry;
    filter->task = (int32_t)task;
    return 0;
}

static int read_filter(const struct call *call, struct job_filter *filter,
                       struct heads *heads, struct error *err)
{
    const char *slurm = query_find(&call->query, "slurm");
    int64_t limit = LIST_STANDARD;

    filter->uid = call_sees(call, UINT32_MAX) ? -1 : (int64_t)call->actor.uid;
    filter->user = query_find(&call->query, "user");
    if (query_states(&call->query, "state", &filter->states, err) < 0
        || query_number(&call->query, "limit", 1, LIST_LIMIT_MAX, &limit, err) < 0
        || query_number(&call->query, "after", 1, INT64_MAX, &filter->below, err) < 0)
        return -1;
    filter->limit = (size_t)limit;
    return slurm ? read_slurm(slurm, filter, heads, err) : 0;
}

void routes_jobs_list(const struct call *call)
{
    struct page page = {.call = call, .json = TEXT_EMPTY};
    struct job_filter filter = {.below = 0};
    struct error err = {ERROR_NONE, "", ""};
    struct heads heads;

    if (read_filter(call, &filter, &heads, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    json_begin_object(&page.json, NULL);
    json_begin_array(&page.json, "jobs");
    if (store_list(call->daemon->reader, &filter, on_row, &page, &err) < 0) {
        text_release(&page.json);
        call_fail(call, &err);
        return;
    }
    json_end_array(&page.json);
    if (page.count == filter.limit)
        json_add_number(&page.json, "next", page.last_id);
    else
        json_add_null(&page.json, "next");
    json_end_object(&page.json);
    call_answer(call, 200, &page.json);
}

/* Answer with the list object of a job: its row is that of the newest id below id + 1.
 */
static void answer_job(const struct call *call, int64_t id)
{
    struct page page = {.call = call, .json = TEXT_EMPTY};
    struct job_filter filter = {.uid = -1, .below = id + 1, .limit = 1};
    struct error err = {ERROR_NONE, "", ""};

    if (store_list(call->daemon->reader, &filter, on_row, &page, &err) == 0
        && page.last_id == id) {
        call_answer(call, 200, &page.json);
        return;
    }
    text_release(&page.json);
    if (err.code == ERROR_NONE)
        error_set(&err, ERROR_MISSING, "there is no job %lld", (long long)id);
    call_fail(call, &err);
}

/* What Slurm calls a job. */
struct slurm_call {
    int64_t id;
    char name[SLURM_NAME_SIZE];
};

static int on_named(const struct job_row *row, void *context, struct error *err)
{
    struct slurm_call *found = context;

    (void)err;
    if (row->job.id == found->id)
        job_view_name_slurm(row, found->name);
    return 0;
}

/* An error that says "job 7" of one that its user knows by Slurm's number says that,
 * too. `command` is of scontrol, and does there what is asked of us; NULL. */
static void name_slurm(const struct call *call, int64_t id, const char *command,
                       struct error *err)
{
    struct job_filter filter = {.uid = -1, .below = id + 1, .limit = 1};
    struct slurm_call found = {id, ""};
    struct error was = *err;
    char head[32], instead[80] = "";
    size_t length = (size_t)snprintf(head, sizeof(head), "job %lld ", (long long)id);

    if (strncmp(err->text, head, length) != 0
        || store_list(call->daemon->reader, &filter, on_named, &found, NULL) < 0
        || !found.name[0])
        return;
    if (command)
        snprintf(instead, sizeof(instead), ", as by \"scontrol %s %s\"", command,
                 found.name);
    error_set_field(err, was.code, was.field, "%s(slurm/%s) %.120s%s", head, found.name,
                    was.text + length, instead);
}

static void on_acted(const struct engine_answer *answer, void *context)
{
    struct call *call = context;
    struct error failure = answer->error;
    int64_t id = 0;

    if (call_job_id(call, &id, NULL) < 0)
        return;
    if (failure.code == ERROR_NONE) {
        answer_job(call, id);
        return;
    }
    name_slurm(call, id, NULL, &failure);
    call_fail(call, &failure);
}

/* To do it with the plan alone would look as if it had been done. */
static int check_dry_run(const struct call *call, int64_t id, struct error *err)
{
    const struct daemon *daemon = call->daemon;
    struct engine_job found;
    int64_t record;

    if (!daemon->slurm || !daemon->config->slurm.dry_run
        || !engine_find(daemon->engine, id, &found) || !call_owns(call, found.job->uid))
        return 0;
    record = slurm_watch_record(daemon->slurm, id);
    if (record == 0)
        return 0;
    return error_set(err, ERROR_CONFLICT,
                     "job %lld is job %lld of Slurm, where the daemon changes nothing "
                     "([slurm] dry_run = yes): use scancel or scontrol",
                     (long long)id, (long long)record);
}

static void fail_to_act(const struct call *call, enum engine_verb verb, int64_t id,
                        struct error *err)
{
    bool is_elsewhere =
        err->code == ERROR_CONFLICT
        && engine_find(call->daemon->engine, id, &(struct engine_job){0})
        && (verb == ENGINE_HOLD || verb == ENGINE_RELEASE);

    /* That it exists is not to be told either. */
    if (err->code == ERROR_FORBIDDEN && call->daemon->config->daemon.private_jobs)
        error_set(err, ERROR_MISSING, "there is no job %lld", (long long)id);
    name_slurm(call, id, is_elsewhere ? verb == ENGINE_HOLD ? "hold" : "release" : NULL,
               err);
    call_fail(call, err);
}

static void act(const struct call *call, enum engine_verb verb,
                const struct job_update *update)
{
    struct error err = {ERROR_NONE, "", ""};
    struct call *kept;
    int64_t id;

    if (call_job_id(call, &id, &err) < 0 || check_dry_run(call, id, &err) < 0) {
        call_fail(call, &err);
        return;
    }
    kept = call_keep(call);
    if (engine_act(call->daemon->engine, verb, id, update, &kept->actor, on_acted, kept,
                   &err)
        < 0)
        fail_to_act(call, verb, id, &err);
    else
        daemon_poke(call->daemon);
}

void routes_jobs_cancel(const struct call *call)
{
    act(call, ENGINE_CANCEL, NULL);
}

void routes_jobs_hold(const struct call *call)
{
    act(call, ENGINE_HOLD, NULL);
}

void routes_jobs_release(const struct call *call)
{
    act(call, ENGINE_RELEASE, NULL);
}

void routes_jobs_update(const struct call *call)
{
    struct job_update update = {.now = false};
    struct error err = {ERROR_NONE, "", ""};

    if (job_update_parse(call->request->body, call->request->body_size, &update, &err)
        < 0)
        call_fail(call, &err);
    else
        act(call, ENGINE_UPDATE, &update);
}

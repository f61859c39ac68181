/* SPDX-License-Identifier: MIT */
#include "daemon/routes_status.h"

#include <stdio.h>
#include <unistd.h>

#include "base/version.h"
#include "daemon/pool_view.h"
#include "daemon/routes_grid.h"
#include "daemon/slurm_lease.h"
#include "daemon/slurm_watch.h"
#include "nodes/slurm/executor.h"

static int add_counts(struct text *json, const struct daemon *daemon, struct error *err)
{
    int64_t counts[JOB_STATES] = {0};

    if (store_count_states(daemon->reader, counts, err) < 0)
        return -1;
    json_begin_object(json, "jobs");
    for (enum job_state i = JOB_WAITING; i < JOB_STATES; i++)
        json_add_number(json, job_state_name(i), counts[i]);
    json_end_object(json);
    return 0;
}

/* What is nobody's business over TCP: whom the daemon serves, and as which process. */
static void add_identity(struct text *json, const struct call *call)
{
    const struct daemon *daemon = call->daemon;
    const char *trouble = daemon->local ? local_executor_trouble(daemon->local) : "";
    char serves[512];

    if (call->request->is_public) {
        json_add_null(json, "pid");
        json_add_null(json, "serves");
        json_add_null(json, "limits");
        return;
    }
    json_add_number(json, "pid", getpid());
    snprintf(serves, sizeof(serves), "%s%s%s", daemon->serves,
             trouble[0] ? ", but " : "", trouble);
    json_add_text(json, "serves", serves);
    serves[0] = '\0';
    if (daemon->local && config_has_pools(daemon->config, false))
        local_executor_describe_limits(daemon->local, serves, sizeof(serves));
    json_add_name(json, "limits", serves);
}

static void add_store(struct text *json, const struct call *call)
{
    const char *failure = call->daemon->store_failure;

    json_begin_object(json, "store");
    json_add_bool(json, "writable", !failure[0]);
    json_add_name(json, "error", call->request->is_public ? "" : failure);
    json_end_object(json);
}

/* The trouble names jobs of others. */
static void add_slurm(struct text *json, const struct call *call)
{
    const struct daemon *daemon = call->daemon;

    if (!daemon->slurm) {
        json_add_null(json, "slurm");
        return;
    }
    json_begin_object(json, "slurm");
    json_add_instant(json, "listed",
                     slurm_to_clock(daemon->clock, slurm_watch_listed(daemon->slurm)));
    json_add_bool(json, "dry_run", daemon->config->slurm.dry_run);
    json_add_bool(json, "off", slurm_lease_is_off(daemon->config));
    json_add_bool(json, "answers", slurm_watch_answers(daemon->slurm));
    json_add_name(json, "error",
                  call->request->is_public ? "" : slurm_watch_trouble(daemon->slurm));
    json_end_object(json);
}

static void add_plan(struct text *json, const struct daemon *daemon)
{
    json_begin_object(json, "plan");
    json_add_instant(json, "made", engine_planned_at(daemon->engine));
    json_add_number(json, "took_ms", daemon->plan_ms);
    json_add_number(json, "late", (int64_t)engine_late_count(daemon->engine));
    json_end_object(json);
}

void routes_status(const struct call *call)
{
    const struct daemon *daemon = call->daemon;
    struct error err = {ERROR_NONE, "", ""};
    struct text json = TEXT_EMPTY;

    json_begin_object(&json, NULL);
    json_add_text(&json, "version", PENSTOCK_VERSION);
    json_add_instant(&json, "now", call->now);
    json_add_number(&json, "clock_rate", daemon->clock->rate);
    json_add_number(&json, "uptime", (monotonic_ms() - daemon->started_ms) / 1000);
    add_identity(&json, call);
    add_store(&json, call);
    if (add_counts(&json, daemon, &err) < 0) {
        text_release(&json);
        call_fail(call, &err);
        return;
    }
    add_plan(&json, daemon);
    add_slurm(&json, call);
    pool_view_add_states(&json, call);
    json_add_number(&json, "worst_turn_ms", daemon->worst_turn_us / 1000);
    routes_grid_add_zones(&json, daemon, call->now);
    json_end_object(&json);
    call_answer(call, 200, &json);
}

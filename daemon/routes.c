/* SPDX-License-Identifier: MIT */
#include "daemon/routes.h"

#include <string.h>

#include "daemon/call.h"
#include "daemon/metrics.h"
#include "daemon/routes_backup.h"
#include "daemon/routes_grid.h"
#include "daemon/routes_import.h"
#include "daemon/routes_jobs.h"
#include "daemon/routes_nodes.h"
#include "daemon/routes_plan.h"
#include "daemon/routes_report.h"
#include "daemon/routes_skill.h"
#include "daemon/routes_slurm.h"
#include "daemon/routes_status.h"
#include "daemon/routes_submit.h"
#include "queue/job_json.h"

struct route {
    const char *method;
    const char *path;
    const char *parameters; /* that it takes, with spaces; NULL: whatever comes */
    bool is_public;         /* names nobody: served over TCP too */
    call_handle *handle;
};

static const struct route routes[] = {
    {"GET", "/v1/jobs", "state user limit after slurm", false, routes_jobs_list},
    {"POST", "/v1/jobs", "dry_run", false, routes_submit},
    {"GET", "/v1/jobs/{id}", "", false, routes_jobs_show},
    {"PATCH", "/v1/jobs/{id}", "", false, routes_jobs_update},
    {"GET", "/v1/jobs/{id}/events", "", false, routes_jobs_events},
    {"POST", "/v1/jobs/{id}/cancel", "", false, routes_jobs_cancel},
    {"POST", "/v1/jobs/{id}/hold", "", false, routes_jobs_hold},
    {"POST", "/v1/jobs/{id}/release", "", false, routes_jobs_release},
    {"POST", "/v1/slurm/jobs", "", false, routes_slurm_register},
    {"GET", "/v1/zones", "", true, routes_grid_zones},
    {"GET", "/v1/zones/{zone}/forecast", "hours", true, routes_grid_forecast},
    {"GET", "/v1/zones/{zone}/skill", "", true, routes_skill},
    {"POST", "/v1/zones/{zone}/actuals", "", false, routes_import_actuals},
    {"POST", "/v1/zones/{zone}/forecasts", "", false, routes_import_forecasts},
    {"GET", "/v1/plan", "limit", false, routes_plan},
    {"GET", "/v1/nodes", "", false, routes_nodes},
    {"POST", "/v1/pools/{pool}/drain", "", false, routes_plan_drain},
    {"POST", "/v1/pools/{pool}/resume", "", false, routes_plan_resume},
    {"GET", "/v1/report", "from to by", false, routes_report},
    {"GET", "/v1/status", "", true, routes_status},
    {"GET", "/v1/backup", "", false, routes_backup},
    {"GET", "/metrics", NULL, true, metrics_show},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* HEAD is GET; libmicrohttpd leaves the body out. */
static bool is_method(const struct route *route, const char *method)
{
    return strcmp(route->method, method) == 0
           || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* Find the route of a call; NULL, and what methods there are instead. */
static const struct route *find_route(struct call *call, struct text *allowed)
{
    for (size_t i = 0; i < ROUTES; i++) {
        const struct route *route = &routes[i];

        if ((call->request->is_public && !route->is_public)
            || !path_match(route->path, call->query.path, &call->words))
            continue;
        if (is_method(route, call->request->method))
            return route;
        text_add_format(allowed, "%s%s", allowed->length ? ", " : "", route->method);
    }
    return NULL;
}

static void handle(struct call *call)
{
    struct error err = {ERROR_NONE, "", ""};
    struct text allowed = TEXT_EMPTY;
    const struct route *route = find_route(call, &allowed);

    if (!route && allowed.length) {
        http_answer_wrong_method(call->request, allowed.bytes);
    } else if (!route) {
        error_set(&err, ERROR_MISSING, "there is nothing at '%.128s'",
                  call->query.path);
        call_fail(call, &err);
    } else if (route->parameters
               && query_check_names(&call->query, route->parameters, &err) < 0) {
        call_fail(call, &err);
    } else {
        route->handle(call);
    }
    text_release(&allowed);
}

static void on_request(struct http_request *request, void *context)
{
    struct daemon *daemon = context;
    struct error err = {ERROR_NONE, "", ""};
    struct call call = {.daemon = daemon, .request = request};

    if (query_parse(&call.query, request->target, &err) < 0) {
        http_answer_error(request, &err);
        return;
    }
    call.now = daemon->clock->now(daemon->clock);
    call.actor = (struct engine_actor){.uid = UINT32_MAX, .user = ""};
    if (!request->is_public)
        http_server_find_actor(daemon->server, request->uid, &call.actor);
    text_copy(call.user, sizeof(call.user), call.actor.user);
    call.actor.user = call.user;
    handle(&call);
    query_release(&call.query);
}

int routes_start(struct daemon *daemon, struct error *err)
{
    const struct config_daemon *config = &daemon->config->daemon;
    struct http_settings settings = {
        .socket = config->socket,
        .listen = config->listen,
        .body_max = REQUEST_BODY_MAX,
        .admin_group = config->admin_group,
        .clock = daemon->clock,
        .on_request = on_request,
        .context = daemon,
    };

    daemon->server = http_server_create(&daemon->loop, &settings, err);
    return daemon->server ? 0 : -1;
}

void routes_stop(struct daemon *daemon)
{
    if (daemon->server)
        http_server_stop(daemon->server);
}

void routes_destroy(struct daemon *daemon)
{
    http_server_destroy(daemon->server);
    daemon->server = NULL;
}

void routes_reload(struct daemon *daemon)
{
    http_server_set_admin_group(daemon->server, daemon->config->daemon.admin_group);
}

/* SPDX-License-Identifier: MIT */
#include "nodes/local/executor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "nodes/local/attempt.h"
#include "nodes/local/cgroup.h"
#include "nodes/local/launch_call.h"
#include "nodes/local/machine.h"
#include "nodes/local/order.h"
#include "nodes/local/removal.h"
#include "nodes/local/run_directory.h"
#include "nodes/local/spawn.h"
#include "nodes/local/watches.h"

/* Of one job, where there is a cgroup to limit them in. */
#define PROCESSES_MAX 16384

struct local_executor {
    struct executor port;
    struct attempt_host host;
    struct launch_client launcher;
    char *launcher_socket;
    char *runner;
    char *runs_path;
    struct attempt *attempts;
    size_t open_attempts; /* the listed ones, and those the loop is closing */
    executor_on_report *on_report;
    void *context;
    uv_timer_t delivery; /* due at once when reports wait */
    struct executor_report *reports;
    size_t report_count;
    size_t report_room;
    struct watches watches;
    bool delivery_is_closed;
    bool destroying;
};

static struct attempt *find_attempt(struct local_executor *local, int64_t job_id,
                                    int32_t number)
{
    struct attempt *attempt = local->attempts;

    while (attempt && (attempt->job_id != job_id || attempt->number != number))
        attempt = attempt->next;
    return attempt;
}

static struct attempt *add_attempt(struct local_executor *local, int64_t job_id,
                                   int32_t number)
{
    struct attempt *attempt = attempt_create(&local->host, job_id, number);

    attempt->next = local->attempts;
    local->attempts = attempt;
    local->open_attempts++;
    return attempt;
}

/* Those whose end has been reported, or with `all` every one. */
static void close_attempts(struct local_executor *local, bool all)
{
    struct attempt **link = &local->attempts;

    while (*link) {
        struct attempt *attempt = *link;

        if (!all && attempt->state != ATTEMPT_OVER) {
            link = &attempt->next;
            continue;
        }
        *link = attempt->next;
        attempt_close(attempt);
    }
}

static void on_delivery(uv_timer_t *timer)
{
    struct local_executor *local = timer->data;
    struct executor_report *reports = local->reports;
    size_t count = local->report_count;

    local->reports = NULL;
    local->report_count = 0;
    local->report_room = 0;
    close_attempts(local, false);
    /* Whoever is told may give orders, or destroy us. */
    for (size_t i = 0; i < count && !local->destroying; i++)
        local->on_report(&reports[i], local->context);
    free(reports);
}

static void deliver(const struct executor_report *report, void *context)
{
    struct local_executor *local = context;

    local->reports = xgrow(local->reports, local->report_count, &local->report_room,
                           sizeof(*local->reports));
    local->reports[local->report_count++] = *report;
    uv_timer_start(&local->delivery, on_delivery, 0, 0);
}

/* An end is told with what the attempt took, which may be known a little later. */
static void on_attempt_report(const struct executor_report *report, void *context)
{
    struct local_executor *local = context;
    struct executor_report whole = *report;

    if (report->outcome == EXECUTOR_STARTED
        || !energy_watch_end(local->watches.energy, &whole))
        deliver(&whole, local);
}

static void free_when_closed(struct local_executor *local)
{
    if (!local->delivery_is_closed || local->open_attempts > 0)
        return;
    close(local->host.runs);
    if (local->host.cgroups >= 0)
        close(local->host.cgroups);
    free(local->launcher_socket);
    free(local->runner);
    free(local->runs_path);
    free(local->reports);
    free(local);
}

static void on_attempt_closed(void *context)
{
    struct local_executor *local = context;

    local->open_attempts--;
    free_when_closed(local);
}

static void on_delivery_closed(uv_handle_t *handle)
{
    struct local_executor *local = handle->data;

    local->delivery_is_closed = true;
    free_when_closed(local);
}

void local_executor_destroy(struct local_executor *local)
{
    if (!local)
        return;
    assert(!local->destroying);
    local->destroying = true;
    close_attempts(local, true);
    watches_stop(&local->watches);
    launch_client_close(&local->launcher);
    uv_close((uv_handle_t *)&local->delivery, on_delivery_closed);
}

/* The attempt keeps it until the launcher is asked; -1 if there is none. */
static int dup_directory(const struct cgroup *cgroup)
{
    return cgroup->directory < 0 ? -1 : fcntl(cgroup->directory, F_DUPFD_CLOEXEC, 0);
}

static struct cgroup make_cgroup(const struct local_executor *local,
                                 const struct executor_order *order, const char *name)
{
    const struct cgroup_limits limits = {order->memory, order->cpus, PROCESSES_MAX};
    struct cgroup cgroup = CGROUP_NONE;

    if (local->host.cgroups >= 0
        && cgroup_make(local->host.cgroups, name, &limits, &cgroup) < 0)
        log_warning("job %lld: no cgroup (%s); its processes are limited one by one",
                    (long long)order->job_id, strerror(errno));
    return cgroup;
}

static int spawn(struct local_executor *local, struct attempt *attempt,
                 const char *name, const struct cgroup *cgroup, struct error *err)
{
    struct text path = TEXT_EMPTY;
    pid_t runner;
    int notice;
    int result;

    text_add_format(&path, "%s/%s", local->runs_path, name);
    result = spawn_runner(local->runner, path.bytes, cgroup, &runner, &notice, err);
    text_release(&path);
    if (result == 0)
        attempt_watch_child(attempt, runner, notice);
    return result;
}

static int store_order(const struct local_executor *local,
                       const struct executor_order *order, const char *name,
                       struct error *err)
{
    char *devices = gpu_watch_format_devices(local->watches.gpus, order->gpu_mask);
    const struct order_terms terms = {local->host.clock->rate, devices,
                                      local->host.launcher != NULL};
    int result = order_store(order, local->host.runs, name, &terms, err);

    free(devices);
    return result;
}

static int executor_start(struct executor *executor, const struct executor_order *order,
                          struct error *err)
{
    struct local_executor *local = (struct local_executor *)executor;
    char name[ATTEMPT_NAME_SIZE];
    struct attempt *attempt;
    struct cgroup cgroup;
    int result;

    assert(!local->destroying);
    assert(!find_attempt(local, order->job_id, order->attempt));
    if (!local->host.launcher && order->uid != local->host.uid)
        return error_set(err, ERROR_FORBIDDEN,
                         "this daemon runs jobs of user %u only, not of user %u",
                         (unsigned int)local->host.uid, (unsigned int)order->uid);
    attempt_format_name(order->job_id, order->attempt, name);
    if (store_order(local, order, name, err) < 0)
        return -1;
    cgroup = make_cgroup(local, order, name);
    attempt = add_attempt(local, order->job_id, order->attempt);
    if (local->host.launcher)
        result = attempt_launch(attempt, order->uid, dup_directory(&cgroup), err);
    else
        result = spawn(local, attempt, name, &cgroup, err);
    cgroup_close(&cgroup);
    if (result == 0) {
        energy_watch_begin(local->watches.energy, order->job_id, order->attempt,
                           order->gpu_mask);
        return 0;
    }
    attempt->state = ATTEMPT_OVER;
    close_attempts(local, false);
    removal_start(&local->host, order->job_id, order->attempt);
    return -1;
}

static void executor_stop(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    struct attempt *attempt = find_attempt(local, job_id, number);

    if (attempt)
        attempt_stop(attempt);
}

static void executor_pause(struct executor *executor, int64_t job_id, int32_t number,
                           const struct executor_pause *how)
{
    struct local_executor *local = (struct local_executor *)executor;
    struct attempt *attempt = find_attempt(local, job_id, number);

    (void)how;
    if (attempt)
        attempt_pause(attempt);
}

static void executor_adopt(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    struct attempt *attempt;

    assert(!local->destroying);
    if (find_attempt(local, job_id, number))
        return;
    energy_watch_resume(local->watches.energy, job_id, number);
    attempt = add_attempt(local, job_id, number);
    attempt_find_owner(attempt);
    attempt_look(attempt);
}

static void executor_forget(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    const struct attempt *attempt = find_attempt(local, job_id, number);

    assert(!attempt || attempt->state == ATTEMPT_OVER);
    removal_start(&local->host, job_id, number);
    energy_watch_forget(local->watches.energy, job_id, number);
}

/* Runners of others that could not be seen would be taken for gone. */
static int check(const struct local_settings *settings, struct error *err)
{
    struct run_process_stat stat;

    if (access(settings->runner, X_OK) < 0)
        return error_set(err, ERROR_INVALID, "%s: %s", settings->runner,
                         strerror(errno));
    if (settings->launcher && run_process_stat(1, &stat, NULL) < 0)
        return error_set(err, ERROR_INVALID,
                         "processes of other users are hidden from the daemon: mount "
                         "/proc without hidepid, or with gid= for the daemon's group");
    return 0;
}

static void set_up(struct local_executor *local, uv_loop_t *loop,
                   const struct local_settings *settings)
{
    local->port = (struct executor){.start = executor_start,
                                    .stop = executor_stop,
                                    .pause = executor_pause,
                                    .adopt = executor_adopt,
                                    .forget = executor_forget};
    local->host.loop = loop;
    local->host.uid = settings->uid;
    local->host.cgroups =
        cgroup_open_root(settings->cgroup ? settings->cgroup : "none", "daemon");
    local->host.clock = settings->clock;
    local->host.on_report = on_attempt_report;
    local->host.on_closed = on_attempt_closed;
    local->host.context = local;
    if (settings->launcher) {
        local->launcher_socket = xstrdup(settings->launcher);
        local->launcher =
            (struct launch_client){.loop = loop, .socket = local->launcher_socket};
        local->host.launcher = &local->launcher;
    }
}

struct local_executor *local_executor_create(uv_loop_t *loop,
                                             const struct local_settings *settings,
                                             executor_on_report *on_report,
                                             void *context, struct error *err)
{
    struct local_executor *local;
    struct text path = TEXT_EMPTY;
    int runs;

    if (check(settings, err) < 0)
        return NULL;
    text_add_format(&path, "%s/runs", settings->state_dir);
    runs = run_directory_open_root(path.bytes, settings->launcher, err);
    if (runs < 0) {
        text_release(&path);
        return NULL;
    }
    local = xcalloc(1, sizeof(*local));
    local->host.runs = runs;
    set_up(local, loop, settings);
    local->runner = run_directory_absolute(settings->runner);
    local->runs_path = run_directory_absolute(path.bytes);
    local->on_report = on_report;
    local->context = context;
    local->delivery.data = local;
    uv_timer_init(loop, &local->delivery);
    text_release(&path);
    local->watches.attempts = &local->attempts;
    local->watches.context = context;
    watches_start(&local->watches, settings, &local->host, deliver, local);
    removal_resume(&local->host);
    return local;
}

void local_executor_clear(struct local_executor *local)
{
    removal_start_others(&local->host, local->attempts);
}

struct resources local_executor_machine(const struct local_executor *local)
{
    return machine_find(local->watches.gpus);
}

struct gpu_watch *local_executor_watch(const struct local_executor *local)
{
    return local->watches.gpus;
}

struct energy_watch *local_executor_energy(const struct local_executor *local)
{
    return local->watches.energy;
}

struct executor *local_executor_port(struct local_executor *local)
{
    return &local->port;
}

void local_executor_describe_limits(const struct local_executor *local, char *text,
                                    size_t size)
{
    cgroup_describe(local->host.cgroups, text, size);
}

const char *local_executor_trouble(const struct local_executor *local)
{
    return local->launcher.trouble;
}

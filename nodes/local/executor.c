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
#include "base/text.h"
#include "nodes/local/attempt.h"
#include "nodes/local/machine.h"
#include "nodes/local/order.h"
#include "nodes/local/run_directory.h"
#include "nodes/local/spawn.h"
#include "nodes/local/watches.h"

struct local_executor {
    struct executor port;
    struct attempt_host host;
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
    uv_close((uv_handle_t *)&local->delivery, on_delivery_closed);
}

static int write_files(int run, const struct executor_order *order, struct text *spec,
                       struct error *err)
{
    struct text script = TEXT_EMPTY;
    int result;

    if (run_directory_store(run, RUN_SPEC_FILE, 0600, spec, err) < 0)
        return -1;
    if (!order->script)
        return 0;
    text_add_bytes(&script, order->script, order->script_size);
    result = run_directory_store(run, RUN_SCRIPT_FILE, 0700, &script, err);
    text_release(&script);
    return result;
}

static int make_run(struct local_executor *local, const struct executor_order *order,
                    const char *name, struct error *err)
{
    char token[RUN_TOKEN_LENGTH + 1];
    struct text spec = TEXT_EMPTY;
    char *devices = gpu_watch_format_devices(local->watches.gpus, order->gpu_mask);
    int result = -1;
    int run = -1;

    if (order_make_token(token, err) < 0
        || order_format(order, token, local->host.clock->rate, devices, &spec, err) < 0)
        goto done;
    if (mkdirat(local->host.runs, name, 0700) < 0) {
        error_set(err, errno == EEXIST ? ERROR_CONFLICT : ERROR_IO, "run %s: %s", name,
                  strerror(errno));
        goto done;
    }
    run =
        openat(local->host.runs, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (run < 0)
        error_set(err, ERROR_IO, "run %s: %s", name, strerror(errno));
    else
        result = write_files(run, order, &spec, err);
    if (result < 0)
        run_directory_remove(local->host.runs, name);

done:
    if (run >= 0)
        close(run);
    text_release(&spec);
    free(devices);
    return result;
}

static int executor_start(struct executor *executor, const struct executor_order *order,
                          struct error *err)
{
    struct local_executor *local = (struct local_executor *)executor;
    char name[ATTEMPT_NAME_SIZE];
    struct text path = TEXT_EMPTY;
    pid_t runner;
    int notice;
    int result;

    assert(!local->destroying);
    assert(!find_attempt(local, order->job_id, order->attempt));
    if (order->uid != local->host.uid)
        return error_set(err, ERROR_FORBIDDEN,
                         "this daemon runs jobs of user %u only, not of user %u",
                         (unsigned int)local->host.uid, (unsigned int)order->uid);
    attempt_format_name(order->job_id, order->attempt, name);
    if (make_run(local, order, name, err) < 0)
        return -1;
    text_add_format(&path, "%s/%s", local->runs_path, name);
    result = spawn_runner(local->runner, path.bytes, &runner, &notice, err);
    text_release(&path);
    if (result < 0) {
        run_directory_remove(local->host.runs, name);
        return -1;
    }
    energy_watch_begin(local->watches.energy, order->job_id, order->attempt,
                       order->gpu_mask);
    attempt_watch_child(add_attempt(local, order->job_id, order->attempt), runner,
                        notice);
    return 0;
}

static void executor_stop(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    struct attempt *attempt = find_attempt(local, job_id, number);

    if (attempt)
        attempt_stop(attempt);
}

static void executor_pause(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    struct attempt *attempt = find_attempt(local, job_id, number);

    if (attempt)
        attempt_pause(attempt);
}

static void executor_adopt(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;

    assert(!local->destroying);
    if (find_attempt(local, job_id, number))
        return;
    energy_watch_resume(local->watches.energy, job_id, number);
    attempt_look(add_attempt(local, job_id, number));
}

static void executor_forget(struct executor *executor, int64_t job_id, int32_t number)
{
    struct local_executor *local = (struct local_executor *)executor;
    const struct attempt *attempt = find_attempt(local, job_id, number);
    char name[ATTEMPT_NAME_SIZE];

    assert(!attempt || attempt->state == ATTEMPT_OVER);
    attempt_format_name(job_id, number, name);
    run_directory_remove(local->host.runs, name);
    energy_watch_forget(local->watches.energy, job_id, number);
}

static int open_runs(const char *path, struct error *err)
{
    int runs;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    runs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (runs < 0)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    return runs;
}

static char *absolute(const char *path)
{
    struct text whole = TEXT_EMPTY;
    char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);

    if (here)
        text_add_format(&whole, "%s/", here);
    free(here);
    text_add(&whole, path);
    return text_take(&whole);
}

struct local_executor *local_executor_create(uv_loop_t *loop,
                                             const struct local_settings *settings,
                                             executor_on_report *on_report,
                                             void *context, struct error *err)
{
    struct local_executor *local;
    struct text path = TEXT_EMPTY;
    int runs = -1;

    if (access(settings->runner, X_OK) < 0) {
        error_set(err, ERROR_INVALID, "%s: %s", settings->runner, strerror(errno));
        return NULL;
    }
    text_add_format(&path, "%s/runs", settings->state_dir);
    runs = open_runs(path.bytes, err);
    if (runs < 0) {
        text_release(&path);
        return NULL;
    }
    run_directory_sweep(runs);
    local = xcalloc(1, sizeof(*local));
    local->port = (struct executor){.start = executor_start,
                                    .stop = executor_stop,
                                    .pause = executor_pause,
                                    .adopt = executor_adopt,
                                    .forget = executor_forget};
    local->host = (struct attempt_host){.loop = loop,
                                        .runs = runs,
                                        .uid = settings->uid,
                                        .clock = settings->clock,
                                        .on_report = on_attempt_report,
                                        .on_closed = on_attempt_closed,
                                        .context = local};
    local->runner = absolute(settings->runner);
    local->runs_path = absolute(path.bytes);
    local->on_report = on_report;
    local->context = context;
    local->delivery.data = local;
    uv_timer_init(loop, &local->delivery);
    text_release(&path);
    local->watches.attempts = &local->attempts;
    local->watches.context = context;
    watches_start(&local->watches, settings, &local->host, deliver, local);
    return local;
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

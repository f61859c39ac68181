/* SPDX-License-Identifier: MIT */
#include "daemon/assembly.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/energy_tally.h"
#include "daemon/gpu_tick.h"
#include "daemon/job_log.h"
#include "daemon/routes.h"
#include "daemon/slurm_watch.h"
#include "daemon/version.h"
#include "grid/providers/http.h"
#include "nodes/local/launch.h"
#include "setup/engine.h"
#include "setup/grid.h"

#ifndef PENSTOCK_LIBEXEC
#define PENSTOCK_LIBEXEC "/usr/local/libexec/penstock"
#endif

struct config *assembly_load_config(const char *path)
{
    struct config_faults faults = {.count = 0};
    struct config *config = setup_load_config(path, &faults);

    for (size_t i = 0; i < faults.count && i < CONFIG_FAULTS_MAX; i++) {
        struct text text = TEXT_EMPTY;

        config_fault_add(&faults.items[i], path, &text);
        log_error("%s", text.bytes);
        text_release(&text);
    }
    if (faults.count > CONFIG_FAULTS_MAX)
        log_error("%s: and %zu more faults", path, faults.count - CONFIG_FAULTS_MAX);
    return config;
}

static void read_boot_id(char *boot_id, size_t size)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, boot_id, size - 1);

    boot_id[length < 0 ? 0 : length] = '\0';
    boot_id[strcspn(boot_id, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

/* Whoever may write in it may put another database, or another run, in place. */
static int check_state_directory(const char *directory, struct error *err)
{
    struct stat found;

    if (stat(directory, &found) < 0)
        return error_set(err, ERROR_IO, "%s: %s", directory, strerror(errno));
    if (!S_ISDIR(found.st_mode))
        return error_set(err, ERROR_INVALID, "%s: is no directory", directory);
    if (found.st_uid != 0 && found.st_uid != geteuid())
        return error_set(err, ERROR_INVALID,
                         "%s: belongs to uid %u; it must be root's or of the user that "
                         "runs penstockd, which is uid %u",
                         directory, found.st_uid, geteuid());
    if (found.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(err, ERROR_INVALID,
                         "%s: its group or others may write in it, and so put other "
                         "jobs into the queue: take that away with chmod go-w",
                         directory);
    return 0;
}

static int open_store(struct daemon *daemon, struct error *err)
{
    const char *directory = daemon->config->daemon.state_dir;
    struct store_identity identity = {
        .clock_rate = daemon->clock_rate,
        .clock_start = daemon->clock_start,
        .clock_anchor_ms = monotonic_ms(),
    };
    char boot_id[sizeof(identity.boot_id)];

    read_boot_id(boot_id, sizeof(boot_id));
    memcpy(identity.boot_id, boot_id, sizeof(boot_id));
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return error_set(err, ERROR_IO, "%s: %s", directory, strerror(errno));
    if (check_state_directory(directory, err) < 0)
        return -1;
    /* Runners of other users pass through, to directories that are theirs. */
    if (daemon->serves_all && chmod(directory, 0711) < 0)
        return error_set(err, ERROR_IO, "%s: %s", directory, strerror(errno));
    if (!(daemon->store = store_open(directory, &identity, err))
        || !(daemon->reader = store_reader_open(directory, err)))
        return -1;
    if (identity.clock_rate == 1) {
        daemon->clock = &system_clock;
        return 0;
    }
    if (strcmp(identity.boot_id, boot_id) != 0)
        return error_set(err, ERROR_CONFLICT,
                         "%s: its accelerated clock stopped when the machine was "
                         "started anew",
                         directory);
    daemon->fast_clock = fast_clock_from(identity.clock_rate, identity.clock_start,
                                         identity.clock_anchor_ms);
    daemon->clock = &daemon->fast_clock.clock;
    return 0;
}

/* Beside the daemon, as in a build tree; else where it is installed. */
static void find_runner(const struct config *config, char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 32);
    char *slash;

    if (config->daemon.runner[0]) {
        snprintf(path, PATH_MAX, "%s", config->daemon.runner);
        return;
    }
    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        memcpy(slash + 1, "penstock-runner", sizeof("penstock-runner"));
        if (access(path, X_OK) == 0)
            return;
        /* PREFIX/sbin/penstockd and PREFIX/libexec/penstock/penstock-runner. */
        snprintf(slash, (size_t)(path + PATH_MAX - slash),
                 "/../libexec/penstock/penstock-runner");
        if (access(path, X_OK) == 0)
            return;
    }
    snprintf(path, PATH_MAX, "%s/penstock-runner", PENSTOCK_LIBEXEC);
}

static int make_executor(struct daemon *daemon, struct error *err)
{
    char runner[PATH_MAX];
    char limits[256];
    struct local_settings settings = {
        .state_dir = daemon->config->daemon.state_dir,
        .runner = runner,
        .clock = daemon->clock,
        .uid = daemon->serves_uid,
        .powercap = daemon->config->daemon.powercap,
        .on_gpus = gpu_tick_on_samples,
        .gpus_of = gpu_tick_gpus_of,
        .launcher =
            daemon->config->daemon.launcher[0] ? daemon->config->daemon.launcher : NULL,
        .cgroup = "auto",
    };

    /* Nothing is started here, so nothing of this machine is to be watched. */
    if (!config_has_pools(daemon->config, false)) {
        settings.powercap = NULL;
        settings.on_gpus = NULL;
        settings.gpus_of = NULL;
    }
    find_runner(daemon->config, runner);
    daemon->local =
        local_executor_create(&daemon->loop, &settings, daemon_on_report, daemon, err);
    if (!daemon->local)
        return -1;
    local_executor_describe_limits(daemon->local, limits, sizeof(limits));
    if (config_has_pools(daemon->config, false))
        log_notice("jobs are held to their limits %s", limits);
    return slurm_watch_open(daemon, &daemon->slurm, err);
}

/* Pools of one machine share its GPUs: the first pool has the first ones, and so on. */
static int place_gpus(struct pool *pool, int *next_gpu, struct error *err)
{
    if (pool->delegated || pool->capacity.gpus > POOL_TRACKED_GPUS_MAX)
        return 0;
    if (*next_gpu + pool->capacity.gpus > POOL_TRACKED_GPUS_MAX)
        return error_set(err, ERROR_INVALID,
                         "pool %s: the pools of this machine have more than %d GPUs",
                         pool->name, POOL_TRACKED_GPUS_MAX);
    pool->first_gpu = *next_gpu % POOL_TRACKED_GPUS_MAX;
    *next_gpu += (int)pool->capacity.gpus;
    return 0;
}

static void on_event(const struct engine_event *event, void *context)
{
    job_log_event(event, context);
    energy_tally_event(context, event);
}

static void start_gpus(struct daemon *daemon)
{
    const struct gpu_watch *watch = local_executor_watch(daemon->local);
    const struct gpu_sample *samples;
    size_t count;

    if (!watch)
        return;
    samples = gpu_watch_samples(watch, &count);
    gpu_tick_start(daemon, samples, count);
}

/* What a plan is worth is told to people; replays, which ask nobody, save the time. */
static struct engine_settings settings_from(const struct config *config)
{
    struct engine_settings settings = setup_engine(config);

    settings.bounds_plan = true;
    return settings;
}

static int make_engine(struct daemon *daemon, struct error *err)
{
    int next_gpu = 0;
    const struct config *config = daemon->config;
    const struct engine_settings settings = settings_from(config);
    const struct engine_ports ports = {daemon->clock, daemon->reader, on_event, daemon};
    const struct resources machine = local_executor_machine(daemon->local);
    struct policy policies[PLAN_CLASSES_MAX];
    size_t count = setup_policies(config, policies);

    daemon->engine = engine_create(&settings, &ports);
    for (size_t i = 0; i < config->zone_count; i++)
        engine_add_zone(daemon->engine, config->zones[i].name);
    engine_set_policies(daemon->engine, policies, count, config->daemon.default_queue);
    for (size_t i = 0; i < config->pool_count; i++) {
        struct pool pool;

        setup_pool(&config->pools[i], &machine, &pool);
        if (place_gpus(&pool, &next_gpu, err) < 0
            || engine_add_pool(daemon->engine, &pool,
                               pool.delegated ? slurm_watch_port(daemon->slurm)
                                              : local_executor_port(daemon->local),
                               err)
                   < 0)
            return -1;
        /* What a cluster has, its first listing tells. */
        if (!pool.delegated)
            store_batch_add_capacity(engine_batch(daemon->engine), pool.name,
                                     daemon->started, &pool.capacity);
    }
    if (engine_load(daemon->engine, store_last_id(daemon->store), err) < 0)
        return -1;
    local_executor_clear(daemon->local);
    start_gpus(daemon);
    energy_tally_start(daemon);
    return 0;
}

static void note_whom_we_serve(struct daemon *daemon)
{
    const struct passwd *user = getpwuid(daemon->serves_uid);
    const char *elsewhere =
        config_has_pools(daemon->config, true) ? "; of all users in Slurm" : "";

    daemon->serves_all = daemon->config->daemon.launcher[0] != '\0';
    if (!config_has_pools(daemon->config, false))
        snprintf(daemon->serves, sizeof(daemon->serves), "jobs of all users in Slurm");
    else if (daemon->serves_all)
        snprintf(daemon->serves, sizeof(daemon->serves),
                 "jobs of all users of uid %d and above by the launcher%s",
                 LAUNCH_UID_MIN, elsewhere);
    else
        snprintf(daemon->serves, sizeof(daemon->serves),
                 "jobs of %s (uid %u) only: there is no launcher%s",
                 user ? user->pw_name : "?", daemon->serves_uid, elsewhere);
}

/* What reads the bytes of strangers is not to be root. */
static int check_user(const struct daemon *daemon, struct error *err)
{
    if (daemon->serves_uid != 0)
        return 0;
    if (daemon->serves_all)
        return error_set(err, ERROR_FORBIDDEN,
                         "run penstockd as a user of its own, for which the launcher "
                         "is there: as root it would read what comes from networks "
                         "and from everybody's jobs");
    log_warning(
        "penstockd runs as root, and reads what comes from networks and clients "
        "as root: give it a user of its own");
    return 0;
}

int assembly_open(struct daemon *daemon, struct error *err)
{
    daemon->serves_uid = geteuid();
    daemon->started_ms = monotonic_ms();
    note_whom_we_serve(daemon);
    if (check_user(daemon, err) < 0 || open_store(daemon, err) < 0)
        return -1;
    daemon->started = daemon->clock->now(daemon->clock);
    daemon->http =
        http_create(&daemon->loop, PENSTOCK_USER_AGENT, daemon->config->daemon.proxy,
                    daemon->config->daemon.ca_file, err);
    if (!daemon->http)
        return -1;
    return make_executor(daemon, err) < 0 ? -1 : make_engine(daemon, err);
}

void assembly_close(struct daemon *daemon)
{
    /* Still there only if something failed before the daemon served. */
    local_executor_destroy(daemon->local);
    slurm_watch_stop(daemon->slurm);
    http_destroy(daemon->http);
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    routes_destroy(daemon);
    gpu_tick_destroy(daemon->gpus);
    engine_destroy(daemon->engine);
    slurm_watch_destroy(daemon->slurm);
    store_reader_close(daemon->reader);
    store_close(daemon->store);
    uv_loop_close(&daemon->loop);
    config_destroy(daemon->config);
}

void assembly_reload(struct daemon *daemon)
{
    struct config *config = assembly_load_config(daemon->config_path);
    struct policy policies[PLAN_CLASSES_MAX];
    char what[96];

    if (!config) {
        log_error("%s: not reloaded; the config as it was stays in force",
                  daemon->config_path);
        return;
    }
    if (!config_can_reload(daemon->config, config, what, sizeof(what))) {
        log_error("%s: %s needs a restart; the config as it was stays in force",
                  daemon->config_path, what);
        config_destroy(config);
        return;
    }
    config_destroy(daemon->config);
    daemon->config = config;
    const struct engine_settings settings = settings_from(config);
    size_t count = setup_policies(config, policies);

    engine_set_settings(daemon->engine, &settings);
    engine_set_policies(daemon->engine, policies, count, config->daemon.default_queue);
    routes_reload(daemon);
    log_notice("%s: reloaded", daemon->config_path);
    daemon_poke(daemon);
}

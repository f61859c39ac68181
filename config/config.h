/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

/*
 * What operators may set: the file in the form of etc/penstock.conf as a struct. It
 * knows names and numbers only; what they mean to the grid, the nodes and the planner
 * is for daemon/ to bring together.
 *
 * Every setting is one row of the table in config/settings.c, which drives parsing,
 * defaults, limits, check-config, reload and the manual page.
 */

#define CONFIG_NAME_MAX     32
#define CONFIG_TEXT_MAX     1024 /* bytes of one value */
#define CONFIG_FILE_MAX     (1 << 20)
#define CONFIG_SECTIONS_MAX 64  /* of each kind */
#define CONFIG_FAULTS_MAX   100 /* reported; more are counted */
#define CONFIG_LIST_MAX     8   /* names in one list */

/* The provider that every zone has: the daemon's own forecast from what it stored. */
#define CONFIG_HISTORY "history"

#define CONFIG_AUTO    ((int64_t)-1) /* "auto" where a number may stand */
#define CONFIG_NOT_SET ((int64_t)-2)

struct config_names {
    char items[CONFIG_LIST_MAX][CONFIG_NAME_MAX + 1];
    size_t count;
};

struct config_daemon {
    char state_dir[CONFIG_TEXT_MAX];
    char socket[108];
    char listen[64];
    char default_queue[CONFIG_NAME_MAX + 1]; /* never "": else the first one */
    char admin_group[CONFIG_NAME_MAX + 1];
    char runner[CONFIG_TEXT_MAX]; /* penstock-runner; "" = beside the daemon */
    char launcher[108];           /* its socket; "" = none */
    char powercap[CONFIG_TEXT_MAX];
    duration keep_jobs;
    duration keep_forecasts;
    bool private_jobs;
    int64_t max_open_jobs;
    char proxy[CONFIG_TEXT_MAX];
    char ca_file[CONFIG_TEXT_MAX];
};

struct config_provider {
    char name[CONFIG_NAME_MAX + 1];
    int line; /* where its section begins; so for the others */
    char kind[CONFIG_NAME_MAX + 1];
    char url[CONFIG_TEXT_MAX];
    char actuals_url[CONFIG_TEXT_MAX];
    char region[CONFIG_NAME_MAX + 1];
    char country[CONFIG_NAME_MAX + 1];
    char path[CONFIG_TEXT_MAX];
    char actuals_path[CONFIG_TEXT_MAX];
    char signal[CONFIG_NAME_MAX + 1];
    int64_t seed;
    duration every; /* how often to ask; CONFIG_NOT_SET: its own cadence */
    duration timeout;
    char user[CONFIG_TEXT_MAX];
    char token_file[CONFIG_TEXT_MAX];
    char token_header[CONFIG_NAME_MAX + 1];
    char json_points[CONFIG_TEXT_MAX];
    char json_time[CONFIG_TEXT_MAX];
    char json_value[CONFIG_TEXT_MAX];
    char json_renewable[CONFIG_TEXT_MAX];
    char unit[CONFIG_NAME_MAX + 1];
    int64_t budget; /* requests in an hour; CONFIG_NOT_SET: what the service allows */
    bool renewable; /* ask for the renewable share too */
};

struct config_zone {
    char name[CONFIG_NAME_MAX + 1];
    int line;
    struct config_names providers;     /* CONFIG_HISTORY may be one; none: count 0 */
    char actuals[CONFIG_NAME_MAX + 1]; /* "": no provider */
    char signal[CONFIG_NAME_MAX + 1];  /* "": that of its first provider */
    int64_t yearly_average;            /* mg/kWh; CONFIG_AUTO: by the zone's name */
    duration settle;
};

struct config_pool {
    char name[CONFIG_NAME_MAX + 1];
    int line;
    char executor[CONFIG_NAME_MAX + 1];
    char zone[CONFIG_NAME_MAX + 1];
    int64_t gpus; /* CONFIG_AUTO: what is there */
    int64_t cpus;
    int64_t memory;    /* bytes, or CONFIG_AUTO */
    int64_t gpu_power; /* W */
    int64_t idle_power;
    int64_t cpu_power;
    int64_t pue_ppm;                     /* 1.3 is 1300000 */
    char sleep_command[CONFIG_TEXT_MAX]; /* "": never */
    char wake_command[CONFIG_TEXT_MAX];
    duration sleep_after;
    duration wake_before;
    char partition[CONFIG_NAME_MAX + 1]; /* of slurm; never "": else the pool's name */
    char queue[CONFIG_NAME_MAX + 1];     /* never "": else the default queue */
    char defer[CONFIG_NAME_MAX + 1];
    duration start_margin; /* CONFIG_AUTO */
};

struct config_queue {
    char name[CONFIG_NAME_MAX + 1];
    int line;
    char policy[CONFIG_NAME_MAX + 1];
    duration time;
    duration time_limit;   /* CONFIG_NOT_SET: twice the time */
    duration max_wait;     /* CONFIG_NOT_SET: none */
    int64_t memory;        /* bytes, or CONFIG_AUTO */
    int64_t max_intensity; /* mg/kWh, CONFIG_NOT_SET; so for the two below */
    int64_t below_percentile;
    int64_t min_renewable_ppm;
    int64_t min_saving_ppm;
    int64_t patience_ppm;
    duration interruptible_after;
    duration restart_cost;
    bool allow_now;
    struct config_names groups; /* none: everybody */
    int64_t max_jobs_per_user;  /* CONFIG_NOT_SET: no limit; so for the next */
    int64_t max_gpus_per_user;
    int64_t scaling_ppm;    /* of elastic jobs */
    int64_t idle_below_ppm; /* of a GPU's time */
    duration idle_after;    /* CONFIG_NOT_SET: never looked at */
    char on_idle[CONFIG_NAME_MAX + 1];
};

struct config_planner {
    int64_t hysteresis_ppm;
    int64_t ramp_ppm;
    int64_t headroom_ppm; /* CONFIG_AUTO */
    int64_t load_gate_ppm;
    duration slot;
    duration horizon;
};

/* What pools with the executor slurm share: one cluster. */
struct config_slurm {
    char backend[CONFIG_NAME_MAX + 1];
    char commands[CONFIG_TEXT_MAX]; /* "": in the PATH */
    char conf[CONFIG_TEXT_MAX];     /* "": Slurm's own default */
    char rest_url[CONFIG_TEXT_MAX];
    char rest_user[CONFIG_NAME_MAX + 1];
    char rest_token_file[CONFIG_TEXT_MAX];
    duration interval;
    duration timeout;
    int64_t orders_per_second;
    char lease[CONFIG_TEXT_MAX];
    char wake_socket[108];                       /* "": none */
    char default_partition[CONFIG_NAME_MAX + 1]; /* of Slurm; "": not known */
    char energy_dir[CONFIG_TEXT_MAX];            /* "": nothing is measured */
    bool tell_users;
    struct config_names qos;
    struct config_names accounts;
    bool dry_run;
};

struct config {
    struct config_daemon daemon;
    struct config_planner planner;
    struct config_slurm slurm;
    struct config_provider *providers;
    size_t provider_count;
    struct config_zone *zones;
    size_t zone_count;
    struct config_pool *pools;
    size_t pool_count;
    struct config_queue *queues;
    size_t queue_count;
};

/* One thing that is wrong with a file. */
struct config_fault {
    int line; /* from 1; 0: of the file as a whole */
    char text[256];
};

struct config_faults {
    struct config_fault items[CONFIG_FAULTS_MAX];
    size_t count; /* may be above CONFIG_FAULTS_MAX: then the rest was only counted */
};

/*
 * Parse the text of a config. All faults are found, not the first: unknown sections and
 * keys, values out of their limits, doubled sections and keys, names that nothing bears
 * (a pool's zone, a zone's provider, the default queue), missing sections. Returns a
 * new config, or NULL with at least one fault; faults are in order of lines. Pure.
 */
struct config *config_parse(const char *text, size_t size,
                            struct config_faults *faults);

/* The same for a file, read with a bound. A file that cannot be read is a fault too. */
struct config *config_load(const char *path, struct config_faults *faults);

/* Add "PATH:LINE: TEXT", or "PATH: TEXT" of the file as a whole. */
void config_fault_add(const struct config_fault *fault, const char *path,
                      struct text *text);

void config_destroy(struct config *config);

/*
 * Whether `after` may replace `before` while the daemon runs. False, and `what` names
 * the first setting that needs a restart ("[daemon] state_dir"). Queues may come, go
 * and change; providers, zones and pools must be the same ones in the same order.
 */
bool config_can_reload(const struct config *before, const struct config *after,
                       char *what, size_t size);

/* Whether its jobs are Slurm's: the pool is a partition of the cluster. */
bool config_is_slurm(const struct config_pool *pool);

/* Whether any pool is of Slurm, or any of this machine. */
bool config_has_pools(const struct config *config, bool of_slurm);

/* What bears that name, or NULL. */
struct config_provider *config_find_provider(const struct config *config,
                                             const char *name);
struct config_zone *config_find_zone(const struct config *config, const char *name);
struct config_pool *config_find_pool(const struct config *config, const char *name);
struct config_queue *config_find_queue(const struct config *config, const char *name);

/* How long jobs wait that do not say, by the queue of that name, and at most `most`, as
 * also where there is no such queue or it sets no bound. */
duration config_default_wait(const struct config *config, const char *queue,
                             duration most);

#endif

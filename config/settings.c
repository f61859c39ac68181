/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <string.h>

#include "base/time.h"
#include "config/config.h"

#define DAEMON(member)                                                                 \
    .section = SECTION_DAEMON, .key = #member,                                         \
    .offset = offsetof(struct config_daemon, member)
#define PROVIDER(member)                                                               \
    .section = SECTION_PROVIDER, .key = #member,                                       \
    .offset = offsetof(struct config_provider, member)
#define ZONE(member)                                                                   \
    .section = SECTION_ZONE, .key = #member,                                           \
    .offset = offsetof(struct config_zone, member)
#define POOL(member)                                                                   \
    .section = SECTION_POOL, .key = #member,                                           \
    .offset = offsetof(struct config_pool, member)
#define QUEUE(member)                                                                  \
    .section = SECTION_QUEUE, .key = #member,                                          \
    .offset = offsetof(struct config_queue, member)

/* Where the member is called otherwise than the key: it carries its unit. */
#define POOL_AS(name, member)                                                          \
    .section = SECTION_POOL, .key = (name),                                            \
    .offset = offsetof(struct config_pool, member)
#define QUEUE_AS(name, member)                                                         \
    .section = SECTION_QUEUE, .key = (name),                                           \
    .offset = offsetof(struct config_queue, member)
#define PLANNER_AS(name, member)                                                       \
    .section = SECTION_PLANNER, .key = (name),                                         \
    .offset = offsetof(struct config_planner, member)

#define SLURM(member)                                                                  \
    .section = SECTION_SLURM, .key = #member,                                          \
    .offset = offsetof(struct config_slurm, member)

#define PATH .type = SETTING_TEXT, .most = CONFIG_TEXT_MAX - 1
#define NAME .type = SETTING_NAME, .most = CONFIG_NAME_MAX

#define PPM 1000000

const struct setting settings[] = {
    {DAEMON(state_dir), PATH, .standard = "/var/lib/penstock",
     .help = "Directory of the database, the scripts and the runs of jobs, on a local "
             "disk: network file systems are refused."},
    {DAEMON(socket), .type = SETTING_TEXT,
     .most = sizeof(((struct config_daemon *)NULL)->socket) - 1,
     .standard = "/run/penstock/penstock.sock",
     .help = "Unix socket of the API, which the command line connects to."},
    {DAEMON(listen), .type = SETTING_TEXT,
     .most = sizeof(((struct config_daemon *)NULL)->listen) - 1, .standard = "",
     .help = "Numeric address and port, such as 127.0.0.1:7373, for the metrics "
             "and what of the API names no jobs and no users. Empty: no TCP at all."},
    {DAEMON(default_queue), NAME, .standard = "", .reloads = true,
     .help = "Queue of the jobs that name none. Empty: the first one in the file."},
    {DAEMON(admin_group), NAME, .standard = "penstock-admin", .reloads = true,
     .help = "Members of this group may change the jobs of everybody, as root may."},
    {DAEMON(runner), PATH, .standard = "",
     .help = "Path of penstock-runner. Empty: where it was installed with the daemon."},
    {DAEMON(launcher), .type = SETTING_TEXT,
     .most = sizeof(((struct config_daemon *)NULL)->launcher) - 1, .standard = "",
     .help = "Socket of penstock-launcher, which starts jobs as their owners. Empty: "
             "jobs of the daemon's own user only."},
    {DAEMON(powercap), PATH, .standard = "/sys/class/powercap",
     .help = "Directory in which the kernel tells what the CPUs draw (RAPL)."},
    {DAEMON(keep_jobs), .type = SETTING_DURATION, .standard = "90d", .least = HOUR,
     .most = DURATION_MAX, .reloads = true,
     .help = "How long jobs that ended, and their events, are kept."},
    {DAEMON(keep_forecasts), .type = SETTING_DURATION, .standard = "400d",
     .least = 7 * DAY, .most = DURATION_MAX, .reloads = true,
     .help = "How long forecasts and measured intensities are kept."},
    {DAEMON(private_jobs), .type = SETTING_YES_NO, .standard = "no", .reloads = true,
     .help =
         "Whether users see their own jobs only. What these run is private anyhow."},
    {DAEMON(max_open_jobs), .type = SETTING_NUMBER, .standard = "1000000", .least = 1,
     .most = 1000000, .reloads = true,
     .help = "How many jobs may wait or run at a time; more are refused."},
    {DAEMON(proxy), PATH, .standard = "",
     .help = "URL of the proxy through which providers are reached. Empty: none."},
    {DAEMON(ca_file), PATH, .standard = "",
     .help = "Certificates to trust in place of the system's, in PEM form."},

    {PROVIDER(kind), .type = SETTING_CHOICE, .standard = NULL,
     .choices = "neso|energy-charts|electricity-maps|watttime|carbon-aware-sdk|"
                "http-json|file|synthetic",
     .help = "The service: neso for Great Britain, energy-charts for Europe, "
             "electricity-maps and watttime for most of the world, carbon-aware-sdk "
             "and http-json for what you run yourselves, file for what is written by "
             "something else, synthetic for trials."},
    {PROVIDER(url), PATH, .standard = "",
     .help = "Address in place of the service's own, beginning with https:// or "
             "http://. For http-json all of it; {zone}, {from} and {to} in it stand "
             "for the name of the zone and the time asked for."},
    {PROVIDER(actuals_url), PATH, .standard = "",
     .help = "For http-json: where measured intensities are, if not at url."},
    {PROVIDER(region), NAME, .standard = "",
     .help = "What the service calls the zone, where it is not the zone's own name. "
             "For neso: number of a region, from 1 to 17; empty: all of Great "
             "Britain."},
    {PROVIDER(country), NAME, .standard = "",
     .help = "For energy-charts: code of the country. Empty: the name of the zone."},
    {PROVIDER(path), PATH, .standard = "",
     .help = "For file: a CSV or JSON file, read again when it changes; {zone} in it "
             "stands for the name of the zone."},
    {PROVIDER(actuals_path), PATH, .standard = "",
     .help = "For file: where measured intensities are, if not in path."},
    {PROVIDER(signal), .type = SETTING_CHOICE, .standard = "",
     .choices = "average/direct|average/lifecycle|marginal/direct|marginal/lifecycle",
     .help = "Which figures to ask for, where a service has several; for file, "
             "http-json and carbon-aware-sdk, what its figures are. Empty: the "
             "service's usual ones, average/direct for file and http-json. Different "
             "signals are never mixed."},
    {PROVIDER(seed), .type = SETTING_NUMBER, .standard = "1", .least = 0,
     .most = INT32_MAX, .help = "For synthetic: another number makes another grid."},
    {PROVIDER(every), .type = SETTING_DURATION, .standard = "", .least = MINUTE,
     .most = DAY, .help = "How often to ask. Empty: as often as the service updates."},
    {PROVIDER(timeout), .type = SETTING_DURATION, .standard = "30s", .least = 1,
     .most = 5 * MINUTE, .help = "How long one request may take."},
    {PROVIDER(budget), .type = SETTING_NUMBER, .standard = "", .least = 1,
     .most = 100000,
     .help = "Requests in an hour, for all zones together. Empty: what the service is "
             "known to allow."},
    {PROVIDER(renewable), .type = SETTING_YES_NO, .standard = "yes",
     .help = "Whether to ask for the renewable share too, where that takes a request "
             "of its own."},
    {PROVIDER(user), PATH, .standard = "",
     .help = "For watttime: name of the account whose password is in token_file."},
    {PROVIDER(token_file), PATH, .standard = "",
     .help = "File with the token, or the password, of the service; refused when "
             "others can read it. Read anew for each request."},
    {PROVIDER(token_header), NAME, .standard = "",
     .help = "For http-json: header that the token goes into. Empty: Authorization, "
             "as a bearer token."},
    {PROVIDER(json_points), PATH, .standard = "",
     .help = "For http-json: where the array of points is, such as data.forecast or "
             "data[0].points. Empty: the document itself."},
    {PROVIDER(json_time), PATH, .standard = "datetime",
     .help = "For http-json: where in a point its beginning is: ISO 8601 with a zone, "
             "or seconds or milliseconds of Unix time. When it leads to an array, "
             "json_value leads to one of the same length."},
    {PROVIDER(json_value), PATH, .standard = "carbon_intensity",
     .help = "For http-json: where in a point its carbon intensity is."},
    {PROVIDER(json_renewable), PATH, .standard = "",
     .help = "For http-json: where in a point its renewable share is, in per cent. "
             "Empty: it has none."},
    {PROVIDER(unit), .type = SETTING_CHOICE, .standard = "g/kWh",
     .choices = "g/kWh|kg/MWh|lb/MWh|kg/kWh",
     .help = "For http-json: what carbon intensities are counted in."},

    {ZONE(providers), .type = SETTING_NAMES, .standard = NULL,
     .help = "Providers of forecasts, in the order in which they are trusted; history "
             "is the daemon's own forecast from what it has stored; none: jobs of this "
             "zone do not wait for green power."},
    {ZONE(actuals), NAME, .standard = "",
     .help = "Provider of the measured intensity by which emissions are booked. Empty "
             "or none: they are booked by forecasts, and say so."},
    {ZONE(signal), .type = SETTING_CHOICE, .standard = "",
     .choices = "average/direct|average/lifecycle|marginal/direct|marginal/lifecycle",
     .help = "Signal that the zone is planned by: all of its providers must give it. "
             "Empty: that of the first of them."},
    {ZONE(yearly_average), .type = SETTING_GRAMS, .standard = "auto", .least = 0,
     .most = 3000000, .allows_auto = true,
     .help = "What is said of the zone when nothing better is known, in g/kWh; auto: "
             "the figure of the country that the zone's name begins with."},
    {ZONE(settle), .type = SETTING_DURATION, .standard = "48h", .least = 0,
     .most = 30 * DAY,
     .help = "For how long measured intensities may still be revised: emissions are "
             "provisional until then."},

    {POOL(executor), .type = SETTING_CHOICE, .standard = "local",
     .choices = "local|slurm",
     .help = "Who starts jobs: local, on this machine; slurm, a cluster that is asked "
             "as [slurm] says, and tells what the pool has."},
    {POOL(partition), NAME, .standard = "",
     .help = "For slurm: the partition that is the pool. Empty: the pool's name."},
    {POOL(queue), NAME, .standard = "", .help = "For slurm: the queue of its jobs."},
    {POOL(defer), .type = SETTING_CHOICE, .standard = "ask", .choices = "ask|all",
     .help = "For slurm: which jobs wait: those that ask, or all that do not decline."},
    {POOL(start_margin), .type = SETTING_DURATION, .standard = "auto", .least = 0,
     .most = DAY, .allows_auto = true,
     .help = "For slurm: how long jobs queue there, at least, between being eligible "
             "and starting: as 19 of 20 of the last did; auto: 5m until 20 have."},
    {POOL(zone), NAME, .standard = NULL, .help = "Zone that the power comes from."},
    {POOL(gpus), .type = SETTING_NUMBER, .standard = "auto", .least = 0, .most = 4096,
     .allows_auto = true, .help = "GPUs for jobs; auto: all that the machine has."},
    {POOL(cpus), .type = SETTING_NUMBER, .standard = "auto", .least = 1, .most = 65536,
     .allows_auto = true, .help = "CPUs for jobs; auto: all that the machine has."},
    {POOL(memory), .type = SETTING_SIZE, .standard = "auto", .least = INT64_C(1) << 20,
     .most = INT64_C(16) << 40, .allows_auto = true,
     .help = "Memory for jobs; auto: all that the machine has."},
    {POOL(gpu_power), .type = SETTING_WATTS, .standard = "300W", .least = 1,
     .most = 10000, .help = "What a busy GPU draws, where nothing better is known."},
    {POOL(idle_power), .type = SETTING_WATTS, .standard = "60W", .least = 0,
     .most = 10000, .help = "What a GPU draws when nothing runs on it."},
    {POOL(cpu_power), .type = SETTING_WATTS, .standard = "10W", .least = 0,
     .most = 1000, .help = "What a busy CPU draws; counts for jobs without GPUs."},
    {POOL_AS("pue", pue_ppm), .type = SETTING_FACTOR, .standard = "1.0", .least = PPM,
     .most = 5000000,
     .help = "Power usage effectiveness: what the building draws for each watt of "
             "computing."},

    {POOL(sleep_command), PATH, .standard = "",
     .help = "Command that puts the pool to sleep when the plan leaves it empty for "
             "sleep_after; the first word is an absolute path. Words are separated by "
             "blanks, those with blanks stand in double quotes, no shell reads them. "
             "Its environment is PATH and PENSTOCK_POOL. Empty: it never sleeps."},
    {POOL(wake_command), PATH, .standard = "",
     .help = "Command that wakes the pool, wake_before its next start; it ends with 0 "
             "when the pool is ready. When it fails three times the pool is drained."},
    {POOL(sleep_after), .type = SETTING_DURATION, .standard = "1h", .least = MINUTE,
     .most = 30 * DAY,
     .help = "For how long a pool must stay empty by the plan to be put to sleep."},
    {POOL(wake_before), .type = SETTING_DURATION, .standard = "5m", .least = 0,
     .most = DAY, .help = "How long the pool takes to wake."},

    {QUEUE(policy), .type = SETTING_CHOICE, .standard = NULL, .reloads = true,
     .choices = "immediate|threshold|cleanest",
     .help = "When jobs start: immediate as soon as there is room, threshold when the "
             "grid is clean enough, cleanest when it is at its cleanest within what "
             "the job may wait."},
    {QUEUE(time), .type = SETTING_DURATION, .standard = "1h", .least = 1,
     .most = 30 * DAY, .reloads = true,
     .help = "How long a job is expected to run that neither says so nor resembles "
             "others that ran."},
    {QUEUE(time_limit), .type = SETTING_DURATION, .standard = "", .least = 1,
     .most = 30 * DAY, .reloads = true,
     .help = "When jobs that do not say otherwise are stopped. Empty: after twice "
             "their expected time."},
    {QUEUE(max_wait), .type = SETTING_DURATION, .standard = "24h", .least = 0,
     .most = DURATION_MAX, .allows_none = true, .reloads = true,
     .help = "How long jobs wait at most that do not say otherwise; none: until their "
             "deadline."},
    {QUEUE(memory), .type = SETTING_SIZE, .standard = "auto", .least = INT64_C(1) << 20,
     .most = INT64_C(16) << 40, .allows_auto = true, .reloads = true,
     .help =
         "Memory of a job that does not say otherwise, and what it is held to; auto: "
         "as much of its pool's as it takes of its GPUs, or of its CPUs if that is "
         "more."},
    {QUEUE_AS("scaling", scaling_ppm), .type = SETTING_PERCENT, .standard = "90%",
     .least = PPM / 100, .most = PPM, .reloads = true,
     .help =
         "What more GPUs are worth to a job with a range of them that does not say: "
         "m times as many make it m to the power of this as fast. Whole per cents."},
    {QUEUE(max_intensity), .type = SETTING_GRAMS, .standard = "", .least = 0,
     .most = 3000000, .reloads = true,
     .help = "For threshold: start at this carbon intensity or below, in g/kWh."},
    {QUEUE(below_percentile), .type = SETTING_NUMBER, .standard = "", .least = 0,
     .most = 100, .reloads = true,
     .help = "For threshold: start when the intensity is within this lowest part of "
             "the next 24 hours, in percent."},
    {QUEUE_AS("min_renewable", min_renewable_ppm), .type = SETTING_PERCENT,
     .standard = "", .least = 0, .most = PPM, .reloads = true,
     .help = "For threshold: start at this share of renewable power or above."},
    {QUEUE_AS("min_saving", min_saving_ppm), .type = SETTING_PERCENT, .standard = "2%",
     .least = 0, .most = PPM, .reloads = true,
     .help = "For cleanest: do not wait for less than this part of a job's carbon."},
    {QUEUE_AS("patience", patience_ppm), .type = SETTING_PERCENT, .standard = "0.2%",
     .least = 0, .most = PPM, .reloads = true,
     .help = "For cleanest: carbon saving that one hour of waiting must bring."},
    {QUEUE(interruptible_after), .type = SETTING_DURATION, .standard = "8h", .least = 0,
     .most = DURATION_MAX, .reloads = true,
     .help = "Jobs shorter than this are never split, even if they may be paused."},
    {QUEUE(restart_cost), .type = SETTING_DURATION, .standard = "5m", .least = 0,
     .most = DAY, .reloads = true,
     .help = "Run time that a job loses when it is paused and started again: to save "
             "its state, to load it, and what was done since."},
    {QUEUE(allow_now), .type = SETTING_YES_NO, .standard = "yes", .reloads = true,
     .help = "Whether users may ask that a job does not wait for green power."},
    {QUEUE(groups), .type = SETTING_NAMES, .standard = "", .reloads = true,
     .help = "Groups whose members may use the queue. Empty: everybody."},
    {QUEUE(max_jobs_per_user), .type = SETTING_NUMBER, .standard = "", .least = 1,
     .most = 1000000, .reloads = true,
     .help = "How many open jobs a user may have in the queue; more are refused. "
             "Empty: no limit."},
    {QUEUE(max_gpus_per_user), .type = SETTING_NUMBER, .standard = "", .least = 1,
     .most = 4096, .reloads = true,
     .help = "How many GPUs jobs of one user may hold at a time in the queue; others "
             "wait until some are free. Empty: no limit."},
    {QUEUE(idle_after), .type = SETTING_DURATION, .standard = "30m", .least = MINUTE,
     .most = 30 * DAY, .allows_none = true, .reloads = true,
     .help = "For how long the GPUs of a job must stand idle before it is reported."},
    {QUEUE_AS("idle_below", idle_below_ppm), .type = SETTING_PERCENT, .standard = "5%",
     .least = 0, .most = PPM, .reloads = true,
     .help = "Below this use a GPU counts as idle."},
    {QUEUE(on_idle), .type = SETTING_CHOICE, .standard = "warn", .choices = "warn|stop",
     .reloads = true,
     .help = "What happens to a job whose GPUs stand idle: warn reports it, stop also "
             "ends it."},
    {PLANNER_AS("slot", slot), .type = SETTING_DURATION, .standard = "5m",
     .least = MINUTE, .most = HOUR,
     .help = "Resolution of the plan; must divide an hour."},
    {PLANNER_AS("horizon", horizon), .type = SETTING_DURATION, .standard = "96h",
     .least = HOUR, .most = 96 * HOUR,
     .help = "How far the plan reaches: a multiple of slot, at most 1152 of them."},
    {PLANNER_AS("hysteresis", hysteresis_ppm), .type = SETTING_PERCENT,
     .standard = "2%", .least = 0, .most = PPM, .reloads = true,
     .help = "A job keeps its planned start unless another is better by this."},
    {PLANNER_AS("ramp", ramp_ppm), .type = SETTING_PERCENT, .standard = "10%",
     .least = 0, .most = PPM, .allows_off = true, .reloads = true,
     .help = "Part of a pool's GPUs that may start in one slot, but at least one job; "
             "off: all of them."},
    {PLANNER_AS("headroom", headroom_ppm), .type = SETTING_PERCENT, .standard = "auto",
     .least = 0, .most = PPM, .allows_auto = true, .reloads = true,
     .help =
         "Part of a pool that is kept free for jobs that cannot wait an hour; auto: "
         "twice what they use and 5% at least, if that is over 1% of all work."},
    {PLANNER_AS("load_gate", load_gate_ppm), .type = SETTING_PERCENT, .standard = "80%",
     .least = 0, .most = PPM, .reloads = true,
     .help = "When more than this part of all pools was asked for in the last week, "
             "jobs do not wait for green power; 100%: they always do."},
    {SLURM(backend), .type = SETTING_CHOICE, .standard = "commands",
     .choices = "commands|rest",
     .help = "How slurmctld is asked: by its commands, or through slurmrestd."},
    {SLURM(commands), PATH, .standard = "",
     .help = "Directory of squeue, sinfo, scontrol and scancel. Empty: in the PATH."},
    {SLURM(conf), PATH, .standard = "",
     .help = "Path of slurm.conf. Empty: where the commands look for it."},
    {SLURM(rest_url), PATH, .standard = "unix:/run/slurmrestd/slurmrestd.socket",
     .help = "Where slurmrestd listens: unix:PATH or http://HOST:PORT."},
    {SLURM(rest_user), NAME, .standard = "penstock", .help = "Its user of the token."},
    {SLURM(rest_token_file), PATH, .standard = "",
     .help = "File with its JWT, which only the daemon's user may read."},
    {SLURM(interval), .type = SETTING_DURATION, .standard = "30s", .least = 1,
     .most = HOUR, .reloads = true, .help = "How often the jobs are listed."},
    {SLURM(timeout), .type = SETTING_DURATION, .standard = "10s", .least = 1,
     .most = 5 * MINUTE, .help = "How long slurmctld may take to answer."},
    {SLURM(orders_per_second), .type = SETTING_NUMBER, .standard = "500", .least = 1,
     .most = 10000, .help = "How many jobs are changed in a second at most."},
    {SLURM(lease), PATH, .standard = "/run/penstock/slurm.lease",
     .help = "File by which the plugin knows how long jobs may wait; old, or without "
             "it, it leaves jobs alone."},
    {SLURM(wake_socket), .type = SETTING_TEXT, .most = 107,
     .standard = "/run/penstock/slurm.sock",
     .help = "Socket on which the plugin tells of new jobs. Empty: none."},
    {SLURM(energy_dir), PATH, .standard = "",
     .help = "Where the SPANK plugin leaves what GPUs drew. Empty: it is estimated."},
    {SLURM(default_partition), NAME, .standard = "",
     .help = "Slurm's partition for jobs that name none. Empty: Slurm's word counts."},
    {SLURM(tell_users), .type = SETTING_YES_NO, .standard = "yes", .reloads = true,
     .help = "Whether sbatch says until when a job may wait."},
    {SLURM(qos), .type = SETTING_NAMES, .standard = "", .reloads = true,
     .help = "QOS all of whose jobs wait for green power unless they decline."},
    {SLURM(accounts), .type = SETTING_NAMES, .standard = "", .reloads = true,
     .help = "Accounts of which the same holds."},
    {SLURM(dry_run), .type = SETTING_YES_NO, .standard = "no",
     .help = "Whether jobs are listed and planned, and nothing is changed in Slurm."},
    {.key = NULL},
};

_Static_assert(sizeof(settings) / sizeof(settings[0]) - 1 <= SETTINGS_MAX,
               "there is room for a line number per setting");

static const struct {
    const char *name;
    bool is_named;
    const char *help;
} sections[SECTIONS] = {
    [SECTION_DAEMON] = {"daemon", false, "The daemon itself."},
    [SECTION_PROVIDER] = {"provider", true,
                          "Who publishes the carbon intensity of electricity."},
    [SECTION_ZONE] = {"zone", true,
                      "A grid, with its own carbon intensity: a country, or a region "
                      "of one."},
    [SECTION_POOL] = {"pool", true,
                      "Machines that jobs run on. At least one is needed."},
    [SECTION_QUEUE] = {"queue", true,
                       "A class of jobs, and how long and for what they wait. At "
                       "least one is needed."},
    [SECTION_PLANNER] = {"planner", false, "How the queues are planned as a whole."},
    [SECTION_SLURM] = {"slurm", false, "How the cluster of Slurm pools is reached."},
};

const char *setting_section_name(enum setting_section section)
{
    return sections[section].name;
}

int setting_section_parse(const char *name, enum setting_section *section)
{
    for (int i = 0; i < SECTIONS; i++) {
        if (strcmp(name, sections[i].name) == 0) {
            *section = (enum setting_section)i;
            return 0;
        }
    }
    return -1;
}

const char *setting_section_help(enum setting_section section)
{
    return sections[section].help;
}

bool setting_section_is_named(enum setting_section section)
{
    return sections[section].is_named;
}

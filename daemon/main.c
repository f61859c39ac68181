/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/number.h"
#include "base/options.h"
#include "base/time.h"
#include "base/version.h"
#include "daemon/assembly.h"
#include "daemon/clock_watch.h"
#include "daemon/daemon.h"
#include "daemon/driver.h"
#include "daemon/grid_watch.h"
#include "daemon/routes.h"
#include "daemon/sleepers.h"
#include "daemon/slurm_watch.h"
#include "daemon/writer.h"
#include "grid/providers/http.h"

#define EXIT_USAGE    2
#define CONFIG_SYSTEM "/etc/penstock.conf"

struct arguments {
    const char *config;
    const char *clock_rate;
    const char *clock_start;
    const char *log_level;
    bool version;
    bool help;
};

/* Signals that the loop takes, and what it does on them. */
struct signals {
    uv_signal_t reload;
    uv_signal_t terminate;
    uv_signal_t interrupt;
};

static void print_help(const struct option_def *options)
{
    struct text help = TEXT_EMPTY;

    options_format_help(options, &help);
    printf(
        "usage: penstockd [-c FILE]\n\nThe daemon of Penstock, in the foreground.\n\n"
        "%s",
        help.bytes);
    text_release(&help);
}

static int parse_clock(const struct arguments *arguments, int64_t *rate, instant *start,
                       struct error *err)
{
    *rate = 1;
    *start = 0;
    if (arguments->clock_rate
        && number_parse(arguments->clock_rate, 1, CLOCK_RATE_MAX, rate, err) < 0)
        return -1;
    if (arguments->clock_start && instant_parse(arguments->clock_start, start, err) < 0)
        return -1;
    if ((*rate == 1) != !arguments->clock_start)
        return error_set(err, ERROR_INVALID,
                         "--clock-rate above 1 and --clock-start go together");
    return 0;
}

/* 0: go on. Otherwise what to exit with, plus 1. */
static int read_arguments(int argc, char **argv, struct daemon *daemon)
{
    struct arguments arguments = {.config = CONFIG_SYSTEM};
    const struct option_def options[] = {
        {"config", 'c', OPTION_STRING, &arguments.config, "FILE",
         "the config, " CONFIG_SYSTEM " by default", "@file"},
        {"clock-rate", 0, OPTION_STRING, &arguments.clock_rate, "R",
         "let time run R times as fast, for trials", NULL},
        {"clock-start", 0, OPTION_STRING, &arguments.clock_start, "TIME",
         "where such time begins, as 2026-11-21T00:00:00Z", NULL},
        {"log-level", 0, OPTION_STRING, &arguments.log_level, "LEVEL",
         "error, warning, notice, info or debug", "error warning notice info debug"},
        {"version", 'V', OPTION_FLAG, &arguments.version, NULL, "print the version",
         NULL},
        {"help", 'h', OPTION_FLAG, &arguments.help, NULL, "print this", NULL},
        OPTIONS_END,
    };
    enum log_level level = LOG_LEVEL_INFO;
    struct error err;
    int operands;

    if (options_parse(options, argc - 1, argv + 1, false, &operands, &err) < 0)
        goto wrong;
    if (arguments.help) {
        print_help(options);
        return EXIT_SUCCESS + 1;
    }
    if (arguments.version) {
        printf("penstockd %s\n", PENSTOCK_VERSION);
        return EXIT_SUCCESS + 1;
    }
    if (operands < argc - 1) {
        error_set(&err, ERROR_INVALID, "unexpected argument '%s'", argv[1 + operands]);
        goto wrong;
    }
    if (parse_clock(&arguments, &daemon->clock_rate, &daemon->clock_start, &err) < 0)
        goto wrong;
    if (arguments.log_level && log_level_parse(arguments.log_level, &level) < 0) {
        error_set(&err, ERROR_INVALID, "--log-level %s: not a level",
                  arguments.log_level);
        goto wrong;
    }
    log_set_level(level);
    daemon->config_path = arguments.config;
    return 0;

wrong:
    fprintf(stderr, "penstockd: %s\nSee penstockd --help.\n", err.text);
    return EXIT_USAGE + 1;
}

static void stop(struct daemon *daemon)
{
    if (daemon->stopping)
        return;
    log_notice("stopping; jobs that run go on, and the next start finds them");
    sd_notify(0, "STOPPING=1");
    driver_stop(daemon);
    grid_watch_stop(daemon->grid);
    clock_watch_stop(daemon->clock_watch);
    sleepers_stop(daemon->sleepers);
    slurm_watch_stop(daemon->slurm);
    http_destroy(daemon->http);
    daemon->http = NULL;
    writer_stop(daemon->writer);
    local_executor_destroy(daemon->local);
    daemon->local = NULL;
    routes_stop(daemon);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;

    (void)number;
    stop(daemon);
}

static void on_reload_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;

    (void)number;
    if (!daemon->stopping)
        assembly_reload(daemon);
}

static void watch_signal(struct daemon *daemon, uv_signal_t *handle,
                         uv_signal_cb on_signal, int number)
{
    uv_signal_init(&daemon->loop, handle);
    handle->data = daemon;
    uv_signal_start(handle, on_signal, number);
    /* Not what keeps the loop alive: it ends when all that serves has closed. */
    uv_unref((uv_handle_t *)handle);
}

static void watch_signals(struct daemon *daemon, struct signals *signals)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    watch_signal(daemon, &signals->reload, on_reload_signal, SIGHUP);
    watch_signal(daemon, &signals->terminate, on_stop_signal, SIGTERM);
    watch_signal(daemon, &signals->interrupt, on_stop_signal, SIGINT);
}

static void close_signals(struct daemon *daemon, struct signals *signals)
{
    uv_close((uv_handle_t *)&signals->reload, NULL);
    uv_close((uv_handle_t *)&signals->terminate, NULL);
    uv_close((uv_handle_t *)&signals->interrupt, NULL);
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
}

static void on_clock_set(void *context)
{
    struct daemon *daemon = context;

    log_notice("the clock was set, or the machine slept: jobs that run go on, what is "
               "due starts");
    daemon_poke(daemon);
}

static int serve(struct daemon *daemon, struct error *err)
{
    struct signals signals;

    daemon->writer =
        writer_start(&daemon->loop, daemon->store, driver_on_written, daemon);
    driver_start(daemon);
    watch_signals(daemon, &signals);
    daemon->sleepers = sleepers_start(daemon);
    slurm_watch_start(daemon->slurm);
    if (daemon->clock->rate == 1)
        daemon->clock_watch =
            clock_watch_start(&daemon->loop, on_clock_set, daemon, err);
    if ((daemon->clock->rate == 1 && !daemon->clock_watch)
        || !(daemon->grid = grid_watch_start(daemon, err))
        || routes_start(daemon, err) < 0) {
        log_error("%s", err->text);
        stop(daemon);
        uv_run(&daemon->loop, UV_RUN_DEFAULT);
        close_signals(daemon, &signals);
        return -1;
    }
    log_notice("penstock %s listens on %s with %zu open jobs; it serves %s",
               PENSTOCK_VERSION, daemon->config->daemon.socket,
               engine_open_count(daemon->engine), daemon->serves);
    sd_notify(0, "READY=1");
    uv_run(&daemon->loop, UV_RUN_DEFAULT);
    close_signals(daemon, &signals);
    routes_destroy(daemon);
    return 0;
}

int main(int argc, char **argv)
{
    struct daemon daemon = {.config_path = NULL};
    struct error err = {.code = ERROR_NONE};
    int status = read_arguments(argc, argv, &daemon);

    if (status > 0)
        return status - 1;
    status = EXIT_FAILURE;
    if (!(daemon.config = assembly_load_config(daemon.config_path)))
        return EXIT_USAGE;
    if (uv_loop_init(&daemon.loop) < 0
        || uv_loop_configure(&daemon.loop, UV_METRICS_IDLE_TIME) < 0) {
        log_error("cannot make an event loop");
        return EXIT_FAILURE;
    }
    if (assembly_open(&daemon, &err) < 0)
        log_error("%s", err.text);
    else if (serve(&daemon, &err) == 0)
        status = EXIT_SUCCESS;
    assembly_close(&daemon);
    return status;
}

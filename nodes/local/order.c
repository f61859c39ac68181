/* SPDX-License-Identifier: MIT */
#include "nodes/local/order.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "nodes/local/run_directory.h"

/* Ours to set. One that does not apply is taken away, so that a job that submits a job
 * does not pass on what was its own. */
static const char *const our_variables[] = {
    "PENSTOCK_JOB_ID",   "PENSTOCK_ATTEMPT",     "PENSTOCK_RESTART",
    "PENSTOCK_GPUS",     "PENSTOCK_CPUS",        "PENSTOCK_POOL",
    "PENSTOCK_ARRAY_ID", "PENSTOCK_ARRAY_INDEX", RUN_TOKEN_VARIABLE,
};

static bool is_named(const char *variable, const char *name)
{
    size_t length = strlen(name);

    return strncmp(variable, name, length) == 0 && variable[length] == '=';
}

/* Above POOL_TRACKED_GPUS_MAX nobody knows which GPUs these are: the user's word stays.
 */
static bool knows_gpus(const struct executor_order *order)
{
    return order->gpus == 0 || order->gpu_mask != 0;
}

static bool is_ours(const struct executor_order *order, const char *variable)
{
    for (size_t i = 0; i < sizeof(our_variables) / sizeof(our_variables[0]); i++)
        if (is_named(variable, our_variables[i]))
            return true;
    return knows_gpus(order)
           && (is_named(variable, "CUDA_VISIBLE_DEVICES")
               || (order->gpus > 0 && is_named(variable, "CUDA_DEVICE_ORDER")));
}

static void add_variable(struct text *block, const char *name, int64_t value)
{
    text_add_format(block, "%s=%lld", name, (long long)value);
    text_add_bytes(block, "", 1);
}

static void add_devices(struct text *block, const struct executor_order *order,
                        const char *devices)
{
    const char *comma = "";

    if (!knows_gpus(order))
        return;
    text_add_format(block, "CUDA_VISIBLE_DEVICES=%s", devices ? devices : "");
    for (int i = 0; i < 64 && !devices; i++) {
        if (!(order->gpu_mask >> i & 1))
            continue;
        text_add_format(block, "%s%d", comma, i);
        comma = ",";
    }
    text_add_bytes(block, "", 1);
    /* CUDA's own order is fastest first; ours is the bus's, as NVML has it. */
    if (order->gpus > 0)
        text_add_bytes(block, "CUDA_DEVICE_ORDER=PCI_BUS_ID",
                       sizeof("CUDA_DEVICE_ORDER=PCI_BUS_ID"));
}

static void add_environment(struct text *block, const struct executor_order *order,
                            const char *token, const char *devices)
{
    const char *at = order->environment;
    const char *end = at ? at + order->environment_size : NULL;

    for (; at < end; at += strlen(at) + 1)
        if (*at && strchr(at + 1, '=') && !is_ours(order, at))
            text_add_bytes(block, at, strlen(at) + 1);
    text_add_format(block, RUN_TOKEN_VARIABLE "=%s", token);
    text_add_bytes(block, "", 1);
    add_variable(block, "PENSTOCK_JOB_ID", order->job_id);
    add_variable(block, "PENSTOCK_ATTEMPT", order->attempt);
    add_variable(block, "PENSTOCK_RESTART", order->restarts);
    add_variable(block, "PENSTOCK_GPUS", order->gpus);
    add_variable(block, "PENSTOCK_CPUS", order->cpus);
    if (order->array_id) {
        add_variable(block, "PENSTOCK_ARRAY_ID", order->array_id);
        add_variable(block, "PENSTOCK_ARRAY_INDEX", order->array_index);
    }
    text_add_format(block, "PENSTOCK_POOL=%s", order->pool ? order->pool : "");
    text_add_bytes(block, "", 1);
    add_devices(block, order, devices);
}

/* A block of NUL-terminated strings as an array, which the caller frees. */
static char **split(char *block, size_t size, size_t *count)
{
    char **items = NULL;
    size_t length = 0;
    size_t room = 0;

    for (size_t at = 0; at < size; at += strlen(block + at) + 1) {
        items = xgrow(items, length, &room, sizeof(*items));
        items[length++] = block + at;
    }
    *count = length;
    return items;
}

static int check_block(const char *name, const char *block, size_t size,
                       struct error *err)
{
    if (size > RUN_STRINGS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "%s: over %d bytes", name,
                         RUN_STRINGS_MAX);
    if (size > 0 && block[size - 1] != '\0')
        return error_set(err, ERROR_INVALID, "%s: the last has no end", name);
    return 0;
}

static int check_path(const char *name, const char *path, struct error *err)
{
    if (!path || path[0] == '\0' || strlen(path) > RUN_PATH_MAX)
        return error_set(err, ERROR_INVALID, "%s: empty, or over %d bytes", name,
                         RUN_PATH_MAX);
    return 0;
}

static int check_order(const struct executor_order *order, struct error *err)
{
    if (check_block("arguments", order->arguments, order->arguments_size, err) < 0
        || check_block("environment", order->environment, order->environment_size, err)
               < 0
        || check_path("directory", order->directory, err) < 0
        || check_path("output", order->output, err) < 0
        || (order->error && check_path("error", order->error, err) < 0))
        return -1;
    if (order->directory[0] != '/')
        return error_set(err, ERROR_INVALID, "directory: not absolute");
    if (!order->script && order->arguments_size == 0)
        return error_set(err, ERROR_INVALID, "there is no command");
    if (order->script && order->script_size > RUN_SCRIPT_MAX)
        return error_set(err, ERROR_TOO_LARGE, "script: over %d bytes", RUN_SCRIPT_MAX);
    if (order->script
        && (order->script_size < 2 || memcmp(order->script, "#!", 2) != 0))
        return error_set(err, ERROR_INVALID, "script: does not begin with #!");
    return 0;
}

static duration within_limit(duration length)
{
    if (length < 0)
        return 0;
    return length > RUN_TIME_LIMIT_MAX ? RUN_TIME_LIMIT_MAX : length;
}

int order_format(const struct executor_order *order, const char *token, int64_t rate,
                 const char *devices, struct text *spec, struct error *err)
{
    struct text block = TEXT_EMPTY;
    char *arguments;
    struct run_spec run = {
        .token = token,
        .time_limit = within_limit(order->time_limit),
        .grace = within_limit(order->grace),
        .pause_signal = order->signal > 0 ? order->signal : SIGTERM,
        .rate = rate,
        .cpus = order->cpus,
        .memory = order->memory,
        .script = order->script != NULL,
        .user = order->user && *order->user ? order->user : NULL,
        .directory = order->directory,
        .output = order->output,
        .error = order->error,
    };

    if (check_order(order, err) < 0)
        return -1;
    arguments = xmemdup(order->arguments, order->arguments_size);
    run.arguments = split(arguments, order->arguments_size, &run.argument_count);
    add_environment(&block, order, token, devices);
    run.environment = split(block.bytes, block.length, &run.environment_count);
    run_spec_format(&run, spec);
    run_spec_release(&run);
    text_release(&block);
    free(arguments);
    return 0;
}

int order_make_token(char token[RUN_TOKEN_LENGTH + 1], struct error *err)
{
    unsigned char bytes[RUN_TOKEN_LENGTH / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return error_set(err, ERROR_IO, "no random bytes: %s", strerror(errno));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

/* What a launched runner reads stays the daemon's. Nobody but the owner gets into its
 * directory, so it may be read by whoever does. */
static int store_file(int run, const char *name, unsigned int mode,
                      const struct text *bytes, struct error *err)
{
    if (run_directory_store(run, name, mode, bytes, err) < 0)
        return -1;
    /* Whatever our umask. */
    if (fchmodat(run, name, mode, 0) == 0)
        return 0;
    return error_set(err, ERROR_IO, "%s: %s", name, strerror(errno));
}

static int store_files(const struct executor_order *order, int run, bool is_shared,
                       const struct text *spec, struct error *err)
{
    struct text script = TEXT_EMPTY;
    int result;

    if (store_file(run, RUN_SPEC_FILE, is_shared ? 0644 : 0600, spec, err) < 0)
        return -1;
    if (!order->script)
        return 0;
    text_add_bytes(&script, order->script, order->script_size);
    result = store_file(run, RUN_SCRIPT_FILE, is_shared ? 0755 : 0700, &script, err);
    text_release(&script);
    return result;
}

int order_store(const struct executor_order *order, int runs, const char *name,
                const struct order_terms *terms, struct error *err)
{
    char token[RUN_TOKEN_LENGTH + 1];
    struct text spec = TEXT_EMPTY;
    int result = -1;
    int run = -1;

    if (order_make_token(token, err) < 0
        || order_format(order, token, terms->rate, terms->devices, &spec, err) < 0)
        goto done;
    if (mkdirat(runs, name, 0700) < 0) {
        error_set(err, errno == EEXIST ? ERROR_CONFLICT : ERROR_IO, "run %s: %s", name,
                  strerror(errno));
        goto done;
    }
    run = openat(runs, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (run < 0)
        error_set(err, ERROR_IO, "run %s: %s", name, strerror(errno));
    else
        result = store_files(order, run, terms->is_shared, &spec, err);
    if (result < 0)
        run_directory_remove(runs, name);

done:
    if (run >= 0)
        close(run);
    text_release(&spec);
    return result;
}

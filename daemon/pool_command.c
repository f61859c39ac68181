/* SPDX-License-Identifier: MIT */
#include "daemon/pool_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/words.h"

#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Of output that is there when the command has ended; a child of it may write on. */
#define LAST_READS_MAX 256

struct pool_command {
    uv_process_t process;
    uv_timer_t limit;
    uv_poll_t output;
    int descriptor; /* of output */
    int open_handles;
    bool is_over_limit;
    char line[POOL_COMMAND_LINE_MAX + 1]; /* the last whole one that is not empty */
    char begun[POOL_COMMAND_LINE_MAX + 1];
    size_t length; /* of what is begun */
    struct error failure;
    pool_command_on_end *on_end; /* NULL: nobody listens any more */
    void *context;
};

static void end_line(struct pool_command *command)
{
    if (command->length == 0)
        return;
    command->begun[command->length] = '\0';
    memcpy(command->line, command->begun, command->length + 1);
    command->length = 0;
}

static void take_output(struct pool_command *command, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];

        if (c == '\n')
            end_line(command);
        else if (command->length < POOL_COMMAND_LINE_MAX)
            command->begun[command->length++] = (char)(c < ' ' || c > '~' ? '?' : c);
    }
}

/* False when there is no more to come. */
static bool read_some(struct pool_command *command)
{
    char bytes[4096];
    ssize_t size = read(command->descriptor, bytes, sizeof(bytes));

    if (size > 0)
        take_output(command, bytes, (size_t)size);
    return size > 0;
}

static void on_output(uv_poll_t *output, int status, int events)
{
    (void)events;
    if (status < 0 || (!read_some(output->data) && errno != EAGAIN))
        uv_poll_stop(output);
}

static void on_closed(uv_handle_t *handle)
{
    struct pool_command *command = handle->data;

    if (--command->open_handles > 0)
        return;
    close(command->descriptor);
    if (command->on_end)
        command->on_end(command->failure.code == ERROR_NONE ? NULL : &command->failure,
                        command->line, command->context);
    free(command);
}

static void close_handles(struct pool_command *command)
{
    uv_close((uv_handle_t *)&command->process, on_closed);
    uv_close((uv_handle_t *)&command->limit, on_closed);
    uv_close((uv_handle_t *)&command->output, on_closed);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct pool_command *command = process->data;

    for (int i = 0; i < LAST_READS_MAX && read_some(command); i++)
        continue;
    end_line(command);
    if (command->is_over_limit)
        error_set(&command->failure, ERROR_IO, "it took too long and was killed");
    else if (signal)
        error_set(&command->failure, ERROR_IO, "killed by signal %d", signal);
    else if (status)
        error_set(&command->failure, ERROR_IO, "exit status %d", (int)status);
    close_handles(command);
}

static void on_limit(uv_timer_t *limit)
{
    struct pool_command *command = limit->data;

    command->is_over_limit = true;
    kill(-command->process.pid, SIGKILL);
}

static int spawn(struct pool_command *command, struct words *words, const char *pool,
                 int output, struct error *err)
{
    char variable[64];
    char path[] = PATH;
    char *environment[] = {path, variable, NULL};
    uv_stdio_container_t files[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = output},
        {.flags = UV_INHERIT_FD, .data.fd = output},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .env = environment,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = files,
    };
    int problem;

    snprintf(variable, sizeof(variable), "PENSTOCK_POOL=%s", pool);
    options.file = words->items[0];
    options.args = words->items;
    problem = uv_spawn(command->limit.loop, &command->process, &options);
    if (problem == 0)
        return 0;
    return error_set(err, ERROR_IO, "cannot run %.100s: %s", words->items[0],
                     uv_strerror(problem));
}

static struct pool_command *create(uv_loop_t *loop, int descriptor)
{
    struct pool_command *command = xcalloc(1, sizeof(*command));

    command->descriptor = descriptor;
    command->process.data = command;
    command->limit.data = command;
    command->output.data = command;
    command->open_handles = 3;
    uv_timer_init(loop, &command->limit);
    if (uv_poll_init(loop, &command->output, descriptor) < 0)
        abort();
    return command;
}

struct pool_command *pool_command_start(uv_loop_t *loop,
                                        const struct pool_command_order *order,
                                        pool_command_on_end *on_end, void *context,
                                        struct error *err)
{
    struct pool_command *command;
    struct words words;
    int ends[2];
    int result;

    if (words_parse(&words, order->command, err) < 0)
        return NULL;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(err, ERROR_IO, "cannot make a pipe: %s", strerror(errno)),
               NULL;
    /* Only our end: the command's is an ordinary one. */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    command = create(loop, ends[0]);
    result = spawn(command, &words, order->pool, ends[1], err);
    close(ends[1]);
    if (result < 0) {
        close_handles(command);
        return NULL;
    }
    command->on_end = on_end;
    command->context = context;
    uv_poll_start(&command->output, UV_READABLE, on_output);
    uv_timer_start(&command->limit, on_limit, order->limit_ms, 0);
    return command;
}

void pool_command_abandon(struct pool_command *command)
{
    if (!command)
        return;
    command->on_end = NULL;
    if (!uv_is_closing((uv_handle_t *)&command->process))
        close_handles(command);
}

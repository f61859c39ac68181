/* SPDX-License-Identifier: MIT */
#include "nodes/local/launch_call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "nodes/local/run_files.h"

#define AGAIN_MS    1000
#define PATIENCE_MS 30000 /* above what any errand takes, see runner_errand.c */

/* What is awaited: a reply on the socket, or of errands their word on the pipe. */
struct wait {
    uv_poll_t poll;
    struct launch_call *call; /* NULL: it was let go of */
    int socket;
    int pipe; /* -1 of RUN */
};

struct launch_call {
    struct launch_call *next;
    struct launch_client *client;
    struct launch_task task;
    launch_on_done *on_done;
    void *context;
    uv_timer_t timer;
    struct wait *wait; /* NULL: nothing is sent */
    int tries;
};

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_wait_closed(uv_handle_t *handle)
{
    struct wait *wait = handle->data;

    close(wait->socket);
    if (wait->pipe >= 0)
        close(wait->pipe);
    free(wait);
}

static void stop_waiting(struct launch_call *call)
{
    if (call->wait) {
        call->wait->call = NULL;
        uv_close((uv_handle_t *)&call->wait->poll, on_wait_closed);
    }
    call->wait = NULL;
}

void launch_call_cancel(struct launch_call *call)
{
    struct launch_call **link = &call->client->calls;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    stop_waiting(call);
    uv_close((uv_handle_t *)&call->timer, on_timer_closed);
}

void launch_client_close(struct launch_client *client)
{
    while (client->calls)
        launch_call_cancel(client->calls);
}

static void end(struct launch_call *call, const char *failure, int process)
{
    launch_on_done *on_done = call->on_done;
    void *context = call->context;

    launch_call_cancel(call);
    on_done(failure, process, context);
}

/* Said once when it begins, and once when it is over. */
static void note_trouble(struct launch_client *client, const char *trouble)
{
    if (*trouble && !client->trouble[0])
        log_warning("%s; jobs start, stop and pause once it can be", trouble);
    else if (!*trouble && client->trouble[0])
        log_notice("the launcher at %s answers again", client->socket);
    snprintf(client->trouble, sizeof(client->trouble), "%.*s",
             (int)sizeof(client->trouble) - 1, trouble);
}

static void on_due(uv_timer_t *timer);

static void try_again(struct launch_call *call, const char *failure)
{
    stop_waiting(call);
    if (++call->tries >= call->task.tries_max)
        end(call, failure, -1);
    else
        uv_timer_start(&call->timer, on_due, AGAIN_MS, 0);
}

/* To the pidfd that came with the reply, -1 if there is none, and the problem told. */
static int receive_reply(int socket, int *problem)
{
    struct launch_reply reply = {0};
    struct iovec piece = {&reply, sizeof(reply)};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    const struct cmsghdr *part;
    ssize_t length;
    int process = -1;

    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    part = length < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (part && part->cmsg_type == SCM_RIGHTS
        && part->cmsg_len == CMSG_LEN(sizeof(process)))
        memcpy(&process, CMSG_DATA(part), sizeof(process));
    *problem = length == (ssize_t)sizeof(reply) && reply.magic == LAUNCH_MAGIC
                       && reply.version == LAUNCH_VERSION
                   ? reply.problem
                   : EPROTO;
    return process;
}

static void take_reply(struct launch_call *call)
{
    int problem;
    int process = receive_reply(call->wait->socket, &problem);
    char failure[RUN_TEXT_SIZE];

    if (problem == 0) {
        end(call, NULL, process);
        return;
    }
    if (process >= 0)
        close(process);
    snprintf(failure, sizeof(failure), "the launcher did not start it: %s",
             problem == EPERM    ? "it runs no jobs of that user"
             : problem == EPROTO ? "it dropped the request; see its log"
                                 : strerror(problem));
    end(call, failure, -1);
}

static void take_notice(struct launch_call *call)
{
    char notice[RUN_NOTICE_SIZE];
    ssize_t length = read(call->wait->pipe, notice, sizeof(notice) - 1);

    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    notice[length < 0 ? 0 : length] = '\0';
    if (notice[0] == RUN_NOTICE_ENDED)
        end(call, NULL, -1);
    else
        try_again(call, notice[0] == RUN_NOTICE_FAILED ? notice + 1
                                                       : "the launcher did not do it");
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct wait *wait = poll->data;

    (void)status;
    (void)events;
    if (!wait->call)
        return;
    if (wait->pipe < 0)
        take_reply(wait->call);
    else
        take_notice(wait->call);
}

static int connect_to(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int socket_file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (socket_file >= 0 && text_copy(address.sun_path, sizeof(address.sun_path), path)
        && connect(socket_file, (const struct sockaddr *)&address, sizeof(address))
               == 0)
        return socket_file;
    error_set(err, ERROR_UNAVAILABLE, "the launcher at %s cannot be reached: %s", path,
              strerror(errno));
    if (socket_file >= 0)
        close(socket_file);
    return -1;
}

static int send_request(int socket, const struct launch_task *task, int notice,
                        struct error *err)
{
    const int files[2] = {notice, task->cgroup};
    size_t size = task->cgroup < 0 ? sizeof(int) : 2 * sizeof(int);
    struct launch_request request = {
        .magic = LAUNCH_MAGIC,
        .version = LAUNCH_VERSION,
        .verb = (uint16_t)task->verb,
        .job_id = task->job_id,
        .attempt = task->attempt,
        .uid = task->uid,
    };
    struct iovec piece = {&request, sizeof(request)};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {0};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    struct cmsghdr *part;

    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    part = CMSG_FIRSTHDR(&message);
    part->cmsg_len = CMSG_LEN(size);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(part), files, size);
    if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT)
        == (ssize_t)sizeof(request))
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "the launcher cannot be asked: %s",
                     strerror(errno));
}

/* The ends of the pipe of an errand; of RUN it is the caller's. */
static int open_pipe(const struct launch_task *task, int ends[2], struct error *err)
{
    ends[0] = -1;
    ends[1] = task->notice;
    if (task->verb == LAUNCH_RUN || pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0)
        return 0;
    return error_set(err, ERROR_UNAVAILABLE, "cannot make a pipe: %s", strerror(errno));
}

static int ask(const struct launch_call *call, struct wait *wait, struct error *err)
{
    int ends[2];
    int result;

    if (open_pipe(&call->task, ends, err) < 0)
        return -1;
    wait->pipe = ends[0];
    wait->socket = connect_to(call->client->socket, err);
    result =
        wait->socket < 0 ? -1 : send_request(wait->socket, &call->task, ends[1], err);
    if (ends[0] >= 0)
        close(ends[1]);
    return result;
}

static void on_due(uv_timer_t *timer)
{
    struct launch_call *call = timer->data;
    struct wait *wait;
    struct error err = {.text = "the launcher cannot be watched"};

    if (call->wait) {
        note_trouble(call->client, "the launcher does not answer");
        if (call->task.verb == LAUNCH_RUN)
            end(call, "the launcher does not answer", -1);
        else
            try_again(call, "the launcher does not answer");
        return;
    }
    wait = xcalloc(1, sizeof(*wait));
    wait->socket = -1;
    wait->pipe = -1;
    if (ask(call, wait, &err) < 0
        || uv_poll_init(call->client->loop, &wait->poll,
                        wait->pipe < 0 ? wait->socket : wait->pipe)
               < 0) {
        note_trouble(call->client, err.text);
        if (wait->socket >= 0)
            close(wait->socket);
        if (wait->pipe >= 0)
            close(wait->pipe);
        free(wait);
        try_again(call, err.text);
        return;
    }
    note_trouble(call->client, "");
    wait->poll.data = wait;
    wait->call = call;
    call->wait = wait;
    uv_poll_start(&wait->poll, UV_READABLE, on_readable);
    uv_timer_start(&call->timer, on_due, PATIENCE_MS, 0);
}

struct launch_call *launch_call_start(struct launch_client *client,
                                      const struct launch_task *task,
                                      launch_on_done *on_done, void *context)
{
    struct launch_call *call = xcalloc(1, sizeof(*call));

    call->client = client;
    call->task = *task;
    call->on_done = on_done;
    call->context = context;
    call->next = client->calls;
    client->calls = call;
    call->timer.data = call;
    uv_timer_init(client->loop, &call->timer);
    /* By the loop, so that nobody is called back from within his own call. */
    uv_timer_start(&call->timer, on_due, 0, 0);
    return call;
}

/* SPDX-License-Identifier: MIT */
#include "cli/sbatch_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"

#define NOT_RUN  127
#define GRACE_MS 2000
#define LOOK_MS  20

struct child {
    pid_t pid;
    struct pollfd ends[2]; /* of its two outputs */
    int64_t until_ms;
    int wait_status;
};

void sbatch_result_release(struct sbatch_result *result)
{
    text_release(&result->output);
    text_release(&result->complaint);
}

/* What sbatch opens as its script: what was read once cannot be another file then. */
static int open_script(const struct text *script, struct error *err)
{
    int file = memfd_create("script", 0);
    size_t written = 0;

    while (file >= 0 && written < script->length) {
        ssize_t count = write(file, script->bytes + written, script->length - written);

        if (count < 0 && errno != EINTR)
            break;
        written += count > 0 ? (size_t)count : 0;
    }
    if (file >= 0 && written == script->length)
        return file;
    error_set(err, ERROR_IO, "cannot keep the script for sbatch: %s", strerror(errno));
    if (file >= 0)
        close(file);
    return -1;
}

static char **join(const struct sbatch_order *order, char *script)
{
    size_t count = order->words->count, more = order->arguments->count;
    char **all = xcalloc(count + more + 2, sizeof(*all));

    for (size_t i = 0; i < count; i++)
        all[i] = order->words->items[i];
    all[count] = script;
    for (size_t i = 0; i < more; i++)
        all[count + 1 + i] = order->arguments->items[i];
    return all;
}

static void run_child(char **words, char **environment, const int outputs[2])
{
    int nothing = open("/dev/null", O_RDONLY);

    dup2(nothing, STDIN_FILENO);
    dup2(outputs[0], STDOUT_FILENO);
    dup2(outputs[1], STDERR_FILENO);
    execvpe(words[0], words, environment);
    dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
    _exit(NOT_RUN);
}

static int start(struct child *child, char **words, char **environment,
                 struct error *err)
{
    int output[2] = {-1, -1}, complaint[2] = {-1, -1}, outputs[2];
    int result = -1;

    child->pid = -1;
    if (pipe2(output, O_CLOEXEC) == 0 && pipe2(complaint, O_CLOEXEC) == 0) {
        outputs[0] = output[1];
        outputs[1] = complaint[1];
        child->pid = fork();
        if (child->pid == 0)
            run_child(words, environment, outputs);
    }
    if (child->pid < 0)
        error_set(err, ERROR_IO, "cannot run %s: %s", words[0], strerror(errno));
    else
        result = 0;
    child->ends[0] = (struct pollfd){.fd = output[0], .events = POLLIN};
    child->ends[1] = (struct pollfd){.fd = complaint[0], .events = POLLIN};
    if (output[1] >= 0)
        close(output[1]);
    if (complaint[1] >= 0)
        close(complaint[1]);
    return result;
}

/* Read what there is; a closed end is looked at no more. */
static void read_end(struct pollfd *end, struct text *text)
{
    char bytes[4096];
    ssize_t count;

    if (end->fd < 0 || !end->revents)
        return;
    count = read(end->fd, bytes, sizeof(bytes));
    if (count > 0 && text->length < SBATCH_OUTPUT_MAX)
        text_add_bytes(text, bytes, (size_t)count);
    if (count > 0 || (count < 0 && errno == EINTR))
        return;
    close(end->fd);
    end->fd = -1;
}

/* Whether it has ended; its outputs are read meanwhile, so that it never waits for us.
 */
static bool await(struct child *child, struct sbatch_result *result)
{
    while (monotonic_ms() < child->until_ms) {
        bool has_ended =
            waitpid(child->pid, &child->wait_status, WNOHANG) == child->pid;

        /* What it wrote before it ended is there now. */
        while (poll(child->ends, 2, has_ended ? 0 : LOOK_MS) > 0) {
            read_end(&child->ends[0], &result->output);
            read_end(&child->ends[1], &result->complaint);
            if (monotonic_ms() >= child->until_ms)
                break;
        }
        if (has_ended)
            return true;
    }
    return false;
}

static void finish(struct child *child, struct sbatch_result *result)
{
    result->is_late = !await(child, result);
    if (result->is_late) {
        kill(child->pid, SIGTERM);
        child->until_ms = monotonic_ms() + GRACE_MS;
        if (!await(child, result)) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, &child->wait_status, 0);
        }
    }
    result->status = !result->is_late && WIFEXITED(child->wait_status)
                         ? WEXITSTATUS(child->wait_status)
                         : -1;
}

int sbatch_run(const struct sbatch_order *order, struct sbatch_result *result,
               struct error *err)
{
    struct child child = {.until_ms = monotonic_ms() + order->timeout_ms};
    int file = open_script(order->script, err);
    char path[64], **words = NULL;
    int status = -1;

    *result = (struct sbatch_result){TEXT_EMPTY, TEXT_EMPTY, -1, false};
    if (file < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    words = join(order, path);
    if (start(&child, words, order->environment->items, err) == 0) {
        finish(&child, result);
        status = 0;
    }
    for (int i = 0; i < 2; i++)
        if (child.ends[i].fd >= 0)
            close(child.ends[i].fd);
    if (status == 0 && result->status == NOT_RUN) {
        result->complaint.bytes[strcspn(result->complaint.bytes, "\n")] = '\0';
        status = error_set(err, ERROR_MISSING, "cannot run sbatch: %.200s",
                           result->complaint.bytes);
    }
    free(words);
    close(file);
    return status;
}

int64_t sbatch_result_id(const struct sbatch_result *result)
{
    const char *line = result->output.bytes;
    char digits[24] = "";
    size_t length = strspn(line, "0123456789");
    int64_t id;

    if (length >= sizeof(digits) || !strchr(";\n", line[length]))
        return 0;
    memcpy(digits, line, length);
    return number_parse(digits, 1, UINT32_MAX, &id, NULL) == 0 ? id : 0;
}

bool sbatch_result_is_doubtful(const struct sbatch_result *result)
{
    static const char *const signs[] = {
        "timed out",
        "Unable to contact",
        "Zero Bytes were transmitted",
        "Connection reset",
        "Unexpected message received",
    };

    if (result->is_late || result->status < 0)
        return true;
    if (result->status == 0)
        return sbatch_result_id(result) == 0;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (strstr(result->complaint.bytes, signs[i]))
            return true;
    return false;
}

bool sbatch_result_is_unsent(const struct sbatch_result *result)
{
    return !result->is_late && result->status > 0
           && strstr(result->complaint.bytes, "(connect failure)");
}

/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/asking.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/job_text.h"
#include "cli/waiting.h"

#define POLL_MS   500 /* between looks at the file */
#define ASK_EVERY 4   /* looks between questions to the daemon */

struct logs_options {
    bool follow;
    bool error;
};

static const struct command_option rows[] = {
    {"follow", 'f', OPTION_FLAG, offsetof(struct logs_options, follow), NULL,
     "go on until the job has ended", NULL},
    {"error", 'e', OPTION_FLAG, offsetof(struct logs_options, error), NULL,
     "show standard error, where it has a file of its own", NULL},
    COMMAND_OPTIONS_END,
};

/* An output file as its reader sees it. */
struct tail {
    const char *path;
    int file; /* -1: not there yet */
    off_t offset;
};

static int refuse_path(const struct tail *tail, const char *why)
{
    complain("cannot read %s: %s", tail->path, why);
    return EXIT_FAILED;
}

/* Open the file if it is there. */
static int open_tail(struct tail *tail)
{
    struct stat status;

    tail->file = open(tail->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (tail->file < 0)
        return errno == ENOENT ? EXIT_WELL : refuse_path(tail, strerror(errno));
    if (fstat(tail->file, &status) < 0 || S_ISDIR(status.st_mode))
        return refuse_path(tail, "it is no file");
    return EXIT_WELL;
}

/* Copy what is new in the file to standard output. */
static int copy_new(struct tail *tail)
{
    struct stat status;
    char buffer[16384];

    if (tail->file < 0)
        return EXIT_WELL;
    /* A job that starts again may begin its file anew. */
    if (fstat(tail->file, &status) == 0 && S_ISREG(status.st_mode)
        && status.st_size < tail->offset)
        tail->offset = lseek(tail->file, 0, SEEK_SET);
    for (;;) {
        ssize_t count = read(tail->file, buffer, sizeof(buffer));

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN)
            return refuse_path(tail, strerror(errno));
        if (count <= 0)
            break;
        tail->offset += count;
        if (fwrite(buffer, 1, (size_t)count, stdout) != (size_t)count)
            break;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        complain("cannot write the output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_WELL;
}

static int follow(const struct invocation *invocation, const char *api_path,
                  struct tail *tail)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    struct waiting_line line = {invocation->client, 0};
    bool is_ended = false;
    struct error err;

    for (unsigned look = 0; !is_ended; look++) {
        int status = EXIT_WELL;
        json_t *job = NULL;

        if (look % ASK_EVERY == 0 && waiting_ask(&line, api_path, &job, &err) < 0)
            status = client_complain(invocation->client, &err);
        /* Asked before the last look, so that nothing written before the end is lost.
         */
        is_ended = job && job_text_is_ended(answer_text(job, "state"));
        json_decref(job);
        if (status == EXIT_WELL && tail->file < 0)
            status = open_tail(tail);
        if (status == EXIT_WELL)
            status = copy_new(tail);
        if (status != EXIT_WELL)
            return status;
        if (!is_ended)
            nanosleep(&pause, NULL);
    }
    return EXIT_WELL;
}

static int show(const struct invocation *invocation, const char *api_path,
                const json_t *job)
{
    const struct logs_options *options = invocation->options;
    int64_t id = answer_integer(job, "id");
    struct tail tail = {answer_text(job, "output"), -1, 0};
    int status;

    if (options->error && answer_has(job, "error"))
        tail.path = answer_text(job, "error");
    if (answer_has(job, "slurm")) {
        complain("job %" PRId64
                 " is run by Slurm: 'scontrol show job %s' names its files",
                 id, answer_text(job, "slurm"));
        return EXIT_FAILED;
    }
    if (tail.path[0] != '/') {
        complain("the files of job %" PRId64 " are shown to its owner only", id);
        return EXIT_FAILED;
    }
    status = open_tail(&tail);
    if (status == EXIT_WELL && tail.file < 0) {
        complain(
            "job %" PRId64 " is %s: %s %s", id, answer_text(job, "state"), tail.path,
            options->follow ? "does not exist yet, waiting for it" : "does not exist");
        status = options->follow ? EXIT_WELL : EXIT_FAILED;
    }
    if (status == EXIT_WELL)
        status =
            options->follow ? follow(invocation, api_path, &tail) : copy_new(&tail);
    if (tail.file >= 0)
        close(tail.file);
    return status;
}

static int run(const struct invocation *invocation)
{
    char api_path[48];
    json_t *job = NULL;
    struct ids ids;
    int status = asking_ids(invocation, &ids);

    if (status == EXIT_WELL) {
        snprintf(api_path, sizeof(api_path), "/v1/jobs/%" PRId64, ids.items[0]);
        status = client_ask(invocation->client, "GET", api_path, NULL, &job);
    }
    if (status == EXIT_WELL)
        status = show(invocation, api_path, job);
    json_decref(job);
    ids_release(&ids);
    return status;
}

const struct command command_logs = {
    .name = "logs",
    .operands = "ID",
    .summary = "print what a job has written",
    .details =
        "The file is opened as you, so you see what you may read. With --follow it "
        "goes on through a restart of the daemon.",
    .values = "@job",
    .options = rows,
    .options_size = sizeof(struct logs_options),
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};

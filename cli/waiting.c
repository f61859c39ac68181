/* SPDX-License-Identifier: MIT */
#include "cli/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/job_text.h"
#include "cli/run_text.h"

#define PAUSE_LEAST 200 /* milliseconds from one question to the next, then longer */
#define PAUSE_MOST  3000

struct waiting {
    struct client *client;
    struct terminal terminal;
    size_t total;
    size_t ended;
    size_t failed;
    int64_t
        lost_since; /* monotonic ms since the daemon is out of reach; 0: it is not */
};

static void show(const struct waiting *waiting, int64_t id, const char *state)
{
    struct text line = TEXT_EMPTY;

    if (!waiting->terminal.is_terminal)
        return;
    terminal_add(&waiting->terminal, &line, STYLE_PLAIN, state);
    fprintf(stderr, "\r\033[Kjob %" PRId64 " %s, %zu of %zu ended", id, line.bytes,
            waiting->ended, waiting->total);
    fflush(stderr);
    text_release(&line);
}

static void clear(const struct waiting *waiting)
{
    if (waiting->terminal.is_terminal)
        fputs("\r\033[K", stderr);
}

static void pause_for(int milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

/* Ask for a job; -1 and `answer` NULL when that failed for good, else 0. */
static int ask(struct waiting *waiting, int64_t id, json_t **answer, struct error *err)
{
    char path[48];

    *answer = NULL;
    snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, id);
    if (client_request(waiting->client, "GET", path, NULL, answer, err) == 0) {
        waiting->lost_since = 0;
        return 0;
    }
    if (err->code != ERROR_UNAVAILABLE && err->code != ERROR_IO)
        return -1;
    if (waiting->lost_since == 0)
        waiting->lost_since = monotonic_ms();
    return monotonic_ms() - waiting->lost_since > INT64_C(1000) * WAITING_PATIENCE ? -1
                                                                                   : 0;
}

static void count_end(struct waiting *waiting, int64_t id, const json_t *job)
{
    const char *state = answer_text(job, "state");
    struct text raw = TEXT_EMPTY, safe = TEXT_EMPTY;

    waiting->ended++;
    if (strcmp(state, "done") == 0)
        return;
    waiting->failed++;
    clear(waiting);
    text_add_format(&raw, "job %" PRId64 " (%s) %s: ", id, answer_text(job, "name"),
                    state);
    run_text_add_end(job, &raw);
    terminal_add(&waiting->terminal, &safe, STYLE_PLAIN, raw.bytes);
    fprintf(stderr, "%s\n", safe.bytes);
    text_release(&raw);
    text_release(&safe);
}

static int wait_for_one(struct waiting *waiting, int64_t id)
{
    int pause = PAUSE_LEAST;

    for (;;) {
        json_t *job;
        struct error err;
        bool is_ended;

        if (ask(waiting, id, &job, &err) < 0) {
            clear(waiting);
            return client_complain(waiting->client, &err);
        }
        is_ended = job && job_text_is_ended(answer_text(job, "state"));
        if (is_ended)
            count_end(waiting, id, job);
        else
            show(waiting, id, job ? answer_text(job, "state") : "out of reach");
        json_decref(job);
        if (is_ended)
            return EXIT_WELL;
        pause_for(pause);
        pause = pause * 3 / 2 < PAUSE_MOST ? pause * 3 / 2 : PAUSE_MOST;
    }
}

int waiting_run(struct client *client, const struct ids *ids)
{
    struct waiting waiting = {
        .client = client,
        .terminal = terminal_from(STDERR_FILENO),
        .total = ids->count,
    };

    /* All must end, so that it does not matter which one is asked about. */
    for (size_t i = 0; i < ids->count; i++) {
        int status = wait_for_one(&waiting, ids->items[i]);

        if (status != EXIT_WELL)
            return status;
    }
    clear(&waiting);
    return waiting.failed ? EXIT_FAILED : EXIT_WELL;
}

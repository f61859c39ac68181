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
    struct waiting_line line;
    struct terminal terminal;
    size_t total;
    size_t ended;
    size_t failed;
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

int waiting_ask(struct waiting_line *line, const char *path, json_t **answer,
                struct error *err)
{
    json_t *found = NULL;

    if (client_request(line->client, "GET", path, NULL, &found, err) == 0) {
        line->lost_since = 0;
    } else if (err->code != ERROR_UNAVAILABLE && err->code != ERROR_IO) {
        return -1;
    } else {
        if (line->lost_since == 0)
            line->lost_since = monotonic_ms();
        if (monotonic_ms() - line->lost_since > INT64_C(1000) * WAITING_PATIENCE)
            return -1;
    }
    *answer = found;
    return 0;
}

static int ask(struct waiting *waiting, int64_t id, json_t **answer, struct error *err)
{
    char path[48];

    snprintf(path, sizeof(path), "/v1/jobs/%" PRId64, id);
    return waiting_ask(&waiting->line, path, answer, err);
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
            return client_complain(waiting->line.client, &err);
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
        .line = {client, 0},
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

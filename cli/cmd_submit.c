/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/answer.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/directives.h"
#include "cli/figures.h"
#include "cli/file.h"
#include "cli/ids.h"
#include "cli/promise_text.h"
#include "cli/submit_check.h"
#include "cli/submit_options.h"
#include "cli/submit_slurm.h"
#include "cli/waiting.h"
#include "queue/job.h"

/* All that a submission is made from; what it owns is released at the end. */
struct draft {
    struct submit_options options; /* the command line's, then completed */
    struct submit_source source;
    struct directives directives;
    struct text script;
    char *directory;
    char *slurm_pool; /* NULL: it is not for Slurm */
};

static void release_draft(struct draft *draft)
{
    command_release(&command_submit, &draft->options);
    directives_release(&draft->directives);
    text_release(&draft->script);
    free(draft->directory);
    free(draft->slurm_pool);
}

/* Check the values of one line's options, so that it can be named. */
static int check_line(const struct submit_options *options, struct error *err)
{
    char *const nothing[] = {NULL};
    char word[] = "true";
    char *operands[] = {word};
    const struct submit_source source = {
        .operands = operands,
        .operand_count = 1,
        .directory = "/",
        .environment = nothing,
    };
    json_t *body = submit_options_to_json(options, &source, err);

    json_decref(body);
    return body ? 0 : -1;
}

/* Parse one line of options into a zeroed struct, to be released by the caller. */
static int parse_line(const struct directive *line, struct submit_options *options,
                      struct error *err)
{
    bool help = false;
    int operands;

    if (command_parse(&command_submit, line->argc, line->argv, options, &operands,
                      &help, err)
        < 0)
        return -1;
    if (help || operands < line->argc)
        return error_set(err, ERROR_INVALID, "only options of submit may stand here");
    return check_line(options, err);
}

/* Parse the options in the script's head; what the command line says stays. */
static int apply_directives(struct draft *draft, const char *name, struct error *err)
{
    /* From the last line to the first, since the last one wins. */
    for (size_t i = draft->directives.count; i-- > 0;) {
        const struct directive *line = &draft->directives.items[i];
        struct submit_options found;
        struct error why;
        int result;

        memset(&found, 0, sizeof(found));
        result = parse_line(line, &found, &why);
        if (result == 0)
            command_merge(&command_submit, &draft->options, &found);
        command_release(&command_submit, &found);
        if (result < 0)
            return error_set(err, ERROR_INVALID, "%.80s:%d: %.160s", name, line->line,
                             why.text);
    }
    return 0;
}

static int read_script(struct draft *draft, const char *path, struct error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "(standard input)" : path;

    if (file_read(is_stdin ? NULL : path, JOB_SCRIPT_MAX, &draft->script, err) < 0
        || directives_parse(draft->script.bytes, draft->script.length, name,
                            &draft->directives, err)
               < 0)
        return -1;
    draft->source.script = draft->script.bytes;
    draft->source.script_size = draft->script.length;
    draft->source.script_name = is_stdin ? NULL : path;
    return apply_directives(draft, name, err);
}

static int make_draft(const struct invocation *invocation, struct draft *draft)
{
    struct error err;

    memset(draft, 0, sizeof(*draft));
    draft->script = TEXT_EMPTY;
    command_merge(&command_submit, &draft->options, invocation->options);
    draft->directory = getcwd(NULL, 0);
    draft->source = (struct submit_source){
        .operands = invocation->operands,
        .operand_count = invocation->operand_count,
        .directory = draft->directory,
        .environment = environ,
    };
    if (!draft->directory) {
        complain("cannot tell the current directory: %s", strerror(errno));
        return EXIT_FAILED;
    }
    if (!invocation->after_dashes) {
        if (read_script(draft, invocation->operands[0], &err) < 0) {
            complain("%s", err.text);
            return err.code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILED;
        }
        draft->source.operands++;
        draft->source.operand_count--;
    }
    if (submit_options_need_now(&draft->options))
        return client_find_now(invocation->client, &draft->source.now);
    return EXIT_WELL;
}

/* Many jobs in two lines: what they are, and when and with what they start. */
static void add_jobs(const json_t *jobs, instant now, struct text *text)
{
    char first_text[WHEN_TEXT_SIZE], last_text[WHEN_TEXT_SIZE];
    size_t count = json_array_size(jobs), planned = 0, held = 0;
    const json_t *first = json_array_get(jobs, 0);
    instant earliest = INSTANT_MAX, latest = 0, start;
    char saving[FIGURE_TEXT_SIZE];
    double kg = 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *job = json_array_get(jobs, i);

        kg += answer_number(job, "saving_kg");
        held += strcmp(answer_text(job, "reason"), "held") == 0;
        if (!answer_instant(job, "planned_start", &start))
            continue;
        planned++;
        earliest = start < earliest ? start : earliest;
        latest = start > latest ? start : latest;
    }
    text_add_format(text, "%zu job%s", count, count == 1 ? "" : "s");
    if (answer_integer(first, "id") > 0)
        text_add_format(
            text, " %" PRId64 "-%" PRId64, answer_integer(first, "id"),
            answer_integer(json_array_get(jobs, count ? count - 1 : 0), "id"));
    text_add_format(text, " (%s): ", answer_text(first, "name"));
    if (planned == 0)
        text_add(text, count > 0 && held == count ? "held until they are released"
                                                  : "no start planned yet");
    else
        text_add_format(text, "planned %s to %s",
                        when_format(earliest, now, first_text),
                        when_format(latest, now, last_text));
    if (planned > 0 && planned < count)
        text_add_format(text, " (%zu of them)", planned);
    if (kg > 0)
        text_add_format(text, ", saves %s in all",
                        kg < 0.0005 ? "less than 1 g" : figure_format_mass(kg, saving));
    text_add(text, "\n");
}

static int tell(const struct invocation *invocation,
                const struct submit_options *options, const json_t *answer)
{
    const json_t *jobs = json_object_get(answer, "jobs");
    instant now = client_now(invocation->client);
    struct text raw = TEXT_EMPTY, safe = TEXT_EMPTY;

    if (options->json) {
        answer_format(answer, &safe);
        return command_print(&safe);
    }
    if (options->dry_run)
        text_add(&raw, "(not submitted) ");
    if (jobs)
        add_jobs(jobs, now, &raw);
    else
        promise_text_add(answer, now, &raw);
    terminal_add_lines(&invocation->terminal, &safe, raw.bytes);
    text_release(&raw);
    return command_print(&safe);
}

static int wait_for(const struct invocation *invocation, const json_t *answer)
{
    const json_t *jobs = json_object_get(answer, "jobs");
    struct ids ids = {NULL, 0, 0};
    int status;

    if (!jobs && answer_integer(answer, "id") == 0) {
        complain("it cannot be waited for here: Penstock does not plan it");
        return EXIT_FAILED;
    }
    if (!jobs)
        ids_add(&ids, answer_integer(answer, "id"));
    for (size_t i = 0; i < json_array_size(jobs); i++)
        ids_add(&ids, answer_integer(json_array_get(jobs, i), "id"));
    status = waiting_run(invocation->client, &ids);
    ids_release(&ids);
    return status;
}

static void warn(const struct draft *draft)
{
    struct text doubts = TEXT_EMPTY;

    submit_check(&draft->options, &draft->source, &doubts);
    for (char *line = doubts.bytes, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        complain("warning: %s", line);
    }
    text_release(&doubts);
}

static int submit_here(const struct invocation *invocation, const struct draft *draft,
                       json_t **answer)
{
    const char *path = draft->options.dry_run ? "/v1/jobs?dry_run=1" : "/v1/jobs";
    struct error err;
    json_t *body;
    char *text;
    int status;

    body = submit_options_to_json(&draft->options, &draft->source, &err);
    if (!body)
        return command_refuse(&command_submit, "%s", err.text);
    text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    status = client_ask(invocation->client, "POST", path, text, answer);
    free(text);
    if (status == EXIT_WELL)
        warn(draft);
    return status;
}

static int hand_in(const struct invocation *invocation, struct draft *draft,
                   json_t **answer)
{
    if (!draft->slurm_pool)
        return submit_here(invocation, draft, answer);
    draft->options.pools = draft->slurm_pool;
    return submit_slurm(invocation, &draft->options, &draft->source, answer);
}

static int send_draft(const struct invocation *invocation, struct draft *draft)
{
    json_t *answer = NULL;
    int status =
        submit_slurm_find(invocation, draft->options.pools, &draft->slurm_pool);

    if (status == EXIT_WELL)
        status = hand_in(invocation, draft, &answer);
    if (status == EXIT_WELL)
        status = tell(invocation, &draft->options, answer);
    if (status == EXIT_WELL && draft->options.wait && !draft->options.dry_run)
        status = wait_for(invocation, answer);
    json_decref(answer);
    return status;
}

static int run(const struct invocation *invocation)
{
    struct draft draft;
    int status = make_draft(invocation, &draft);

    if (status == EXIT_WELL)
        status = send_draft(invocation, &draft);
    release_draft(&draft);
    return status;
}

const struct command command_submit = {
    .name = "submit",
    .operands = "SCRIPT [ARG...] | -- COMMAND [ARG...]",
    .summary = "hand in a job, and be told when it is planned to start",
    .details =
        "A SCRIPT (\"-\" for standard input) is copied into the queue as it is now, "
        "with "
        "the environment and the directory. Lines \"#PENSTOCK --option value\" in its "
        "head are options; those of the command line win. What follows the SCRIPT is "
        "handed to it.\n"
        "WHEN is 08:00, \"today 08:00\", \"tomorrow 08:00\", 2026-11-22, \"2026-11-22 "
        "08:00\" in local time, 2026-11-22T08:00Z, +24h, 24h or now. A DURATION is "
        "90s, "
        "15m, "
        "24h, 7d, or 1h30m.\n"
        "An --interruptible job is paused when dirty hours come and clean ones follow: "
        "it "
        "gets its --signal (TERM), may save what it has done for as long as its "
        "--grace "
        "(30s) and must end then, with a status other than 0. It is started again with "
        "the "
        "same command, and PENSTOCK_RESTART says how often it was.\n"
        "A job that is cancelled, or has come to its --time-limit, gets SIGTERM, and "
        "SIGKILL after its --grace too.\n"
        "To a --pool of Slurm, or if that is the only pool, the job is handed by "
        "sbatch, as you, and is planned with "
        "all others; if the daemon dies, Slurm starts it at its latest start. There %j "
        "is Slurm's id, the output is slurm-%j.out unless said, --time-limit is in "
        "whole "
        "minutes, and with --now the job is Slurm's alone.\n"
        "  penstock submit --gpus 2 --time 3h --deadline 'tomorrow 08:00' train.sh",
    .values = "@file",
    .options = submit_option_rows,
    .options_size = sizeof(struct submit_options),
    .operands_least = 1,
    .operands_most = -1,
    .in_order = true,
    .run = run,
};

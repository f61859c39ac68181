/* SPDX-License-Identifier: MIT */
#include "cli/submit_slurm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/sbatch_run.h"
#include "cli/slurm_key.h"

#define SBATCH_TIMEOUT_MS 60000
#define KEY_BYTES         16

enum outcome { TAKEN, REFUSED, DOUBTFUL };

/* One submission to Slurm. */
struct handing {
    const struct invocation *invocation;
    json_t *body;
    struct sbatch_terms terms;
    char key[2 * KEY_BYTES + 1];
    struct words words, arguments, environment;
    struct text script;
    int64_t id;        /* Slurm's; 0: it has none yet */
    bool may_be_taken; /* though nobody has said so */
};

static bool is_slurm(const json_t *pool)
{
    return strcmp(answer_text(pool, "executor"), "slurm") == 0;
}

static bool is_slurm_named(const json_t *pools, const char *name, size_t length)
{
    const json_t *pool;
    size_t i;

    json_array_foreach(pools, i, pool)
    {
        const char *found = answer_text(pool, "pool");

        if (strlen(found) == length && strncmp(found, name, length) == 0)
            return is_slurm(pool);
    }
    return false;
}

/* Where all pools are Slurm's, what is none of them is nothing. */
static int refuse_unknown(const json_t *known, const char *name)
{
    struct text names = TEXT_EMPTY;
    const json_t *pool;
    bool is_mixed = false;
    int status = EXIT_WELL;
    size_t i;

    json_array_foreach(known, i, pool)
    {
        is_mixed = is_mixed || !is_slurm(pool);
        text_add_format(&names, "%s%s", i ? ", " : "", answer_text(pool, "pool"));
    }
    if (!is_mixed && names.length > 0)
        status = command_refuse(&command_submit,
                                "--pool: there is no pool %s; there are: %s", name,
                                names.bytes);
    text_release(&names);
    return status;
}

int submit_slurm_find(const struct invocation *invocation, const char *pools,
                      char **pool)
{
    const json_t *known, *only;
    json_t *nodes = NULL;
    int status;

    *pool = NULL;
    status = client_ask(invocation->client, "GET", "/v1/nodes", NULL, &nodes);
    if (status != EXIT_WELL)
        return status;
    known = json_object_get(nodes, "pools");
    only = json_array_size(known) == 1 ? json_array_get(known, 0) : NULL;
    if (!pools && only && is_slurm(only))
        *pool = xstrdup(answer_text(only, "pool"));
    for (const char *at = pools; at && *at && !*pool;) {
        size_t length = strcspn(at, ",");

        if (is_slurm_named(known, at, length))
            *pool = xstrdup(pools);
        at += length + (at[length] == ',');
    }
    if (pools && !*pool)
        status = refuse_unknown(known, pools);
    json_decref(nodes);
    if (*pool && strchr(*pool, ','))
        return command_refuse(&command_submit,
                              "--pool: a pool of Slurm can only stand alone");
    return status;
}

static int make_key(struct handing *handing)
{
    unsigned char bytes[KEY_BYTES];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        complain("there are no random numbers to be had for the job's key");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < KEY_BYTES; i++)
        snprintf(handing->key + 2 * i, 3, "%02x", bytes[i]);
    return EXIT_WELL;
}

static int preview(struct handing *handing, json_t **answer)
{
    char *text = json_dumps(handing->body, JSON_COMPACT);
    int status = client_ask(handing->invocation->client, "POST", "/v1/jobs?dry_run=1",
                            text, answer);

    free(text);
    return status;
}

/* What the preview says; an array's tasks all have the same. */
static int read_terms(struct handing *handing, const json_t *answer)
{
    const json_t *jobs = json_object_get(answer, "jobs");
    const json_t *said =
        json_object_get(jobs ? json_array_get(jobs, 0) : answer, "sbatch");

    if (answer_integer(said, "minutes") < 1 || !*answer_text(said, "partition")) {
        complain("the daemon does not say how to hand this job to Slurm: is it of an "
                 "older version?");
        return EXIT_FAILED;
    }
    handing->terms = (struct sbatch_terms){
        .partition = answer_text(said, "partition"),
        .minutes = answer_integer(said, "minutes"),
        .time = answer_integer(said, "time"),
        .begin = answer_integer(said, "begin"),
        .wait = answer_integer(said, "wait"),
        .key = handing->key,
    };
    answer_instant(said, "deadline", &handing->terms.deadline);
    return EXIT_WELL;
}

static enum outcome call_sbatch(struct handing *handing)
{
    const struct sbatch_order order = {
        .words = &handing->words,
        .arguments = &handing->arguments,
        .environment = &handing->environment,
        .script = &handing->script,
        .timeout_ms = SBATCH_TIMEOUT_MS,
    };
    enum outcome outcome = REFUSED;
    struct sbatch_result result;
    struct error err;

    if (sbatch_run(&order, &result, &err) < 0) {
        complain("%s", err.text);
        sbatch_result_release(&result);
        return REFUSED;
    }
    fwrite(result.complaint.bytes, 1, result.complaint.length, stderr);
    if (sbatch_result_is_doubtful(&result)) {
        outcome = DOUBTFUL;
        handing->may_be_taken =
            handing->may_be_taken || !sbatch_result_is_unsent(&result);
    } else if (result.status == 0) {
        handing->id = sbatch_result_id(&result);
        outcome = TAKEN;
    }
    sbatch_result_release(&result);
    return outcome;
}

static enum outcome give_up(const struct handing *handing, const char *why)
{
    if (!handing->may_be_taken) {
        complain("Slurm has not taken the job: slurmctld was not reached");
        return REFUSED;
    }
    complain("nobody knows whether Slurm has taken the job%s%s: look for the comment "
             "\"key=%s\" in \"squeue --me --format='%%i %%k'\" before you submit it "
             "again",
             *why ? ": " : "", why, handing->key);
    return REFUSED;
}

/* Look for what may have happened, and only do it again if it surely has not. */
static enum outcome make_sure(struct handing *handing)
{
    enum outcome outcome;
    struct error err;

    complain("sbatch had no answer from slurmctld: looking for the job there");
    if (slurm_key_find(handing->key, SLURM_KEY_SURE, &handing->id, &err) < 0)
        return give_up(handing, err.text);
    if (handing->id > 0)
        return TAKEN;
    complain("it is not there: submitting it again");
    outcome = call_sbatch(handing);
    if (outcome == TAKEN) {
        slurm_key_keep_one(handing->key, handing->id);
        return TAKEN;
    }
    if (outcome == REFUSED)
        return REFUSED;
    if (slurm_key_find(handing->key, SLURM_KEY_QUICK, &handing->id, &err) < 0)
        return give_up(handing, err.text);
    return handing->id > 0 ? TAKEN : give_up(handing, "");
}

static int hand_over(struct handing *handing)
{
    const json_t *arguments = json_object_get(handing->body, "arguments");
    enum outcome outcome;

    sbatch_words_make(handing->body, &handing->terms, &handing->words);
    sbatch_words_make_environment(handing->body, &handing->environment);
    sbatch_words_add_script(handing->body, &handing->script);
    words_add_all(&handing->arguments, arguments);
    outcome = call_sbatch(handing);
    if (outcome == DOUBTFUL)
        outcome = make_sure(handing);
    return outcome == TAKEN ? EXIT_WELL : EXIT_FAILED;
}

/* A job that the daemon does not plan, or not yet. */
static json_t *describe(const struct handing *handing)
{
    const struct sbatch_terms *terms = &handing->terms;
    int64_t later = terms->wait > 0 ? terms->begin + terms->wait : terms->begin;
    instant latest = system_clock.now(&system_clock) + later;
    char id[24], utc[INSTANT_TEXT_SIZE];

    snprintf(id, sizeof(id), "%" PRId64, handing->id);
    return json_pack("{s:n, s:O, s:s, s:s?}", "id", "name",
                     json_object_get(handing->body, "name"), "slurm", id,
                     "latest_start", later > 0 ? instant_format(latest, utc) : NULL);
}

/* Have the daemon plan it. If it does not, the job is Slurm's all the same. */
static void register_job(struct handing *handing, json_t **answer)
{
    struct client *client = handing->invocation->client;
    struct text body = TEXT_EMPTY;
    struct error err;

    text_add_format(&body, "{\"slurm\": \"%" PRId64 "\", \"key\": \"%s\"}", handing->id,
                    handing->key);
    if (client_request(client, "POST", "/v1/slurm/jobs", body.bytes, answer, &err)
        < 0) {
        complain("%s", err.text);
        *answer = describe(handing);
    }
    text_release(&body);
}

static int submit(struct handing *handing, const struct submit_options *options,
                  json_t **answer)
{
    json_t *offer = NULL;
    int status = preview(handing, &offer);

    if (status == EXIT_WELL && options->dry_run) {
        *answer = offer;
        return EXIT_WELL;
    }
    if (status == EXIT_WELL)
        status = read_terms(handing, offer);
    if (status == EXIT_WELL)
        status = make_key(handing);
    if (status == EXIT_WELL)
        status = hand_over(handing);
    if (status == EXIT_WELL && handing->terms.wait > 0) {
        register_job(handing, answer);
    } else if (status == EXIT_WELL) {
        if (!options->now)
            complain("warning: there is no time for it to wait for green power");
        *answer = describe(handing);
    }
    json_decref(offer);
    return status;
}

int submit_slurm(const struct invocation *invocation,
                 const struct submit_options *options,
                 const struct submit_source *source, json_t **answer)
{
    struct handing handing = {.invocation = invocation, .script = TEXT_EMPTY};
    struct error err;
    int status;

    if (sbatch_words_check(options, &err) < 0)
        return command_refuse(&command_submit, "%s", err.text);
    handing.body = submit_options_to_json(options, source, &err);
    if (!handing.body)
        return command_refuse(&command_submit, "%s", err.text);
    sbatch_words_name(handing.body);
    status = submit(&handing, options, answer);
    words_release(&handing.words);
    words_release(&handing.arguments);
    words_release(&handing.environment);
    text_release(&handing.script);
    json_decref(handing.body);
    return status;
}

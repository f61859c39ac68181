/* SPDX-License-Identifier: MIT */
#include "cli/sbatch_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "queue/job.h"

#define BYTES_PER_MIB (INT64_C(1) << 20)

void words_release(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = WORDS_NONE;
}

static void append(struct words *words, char *word_taken)
{
    words->items =
        xgrow(words->items, words->count + 1, &words->room, sizeof(*words->items));
    words->items[words->count++] = word_taken;
    words->items[words->count] = NULL;
}

static void append_format(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append_format(struct words *words, const char *format, ...)
{
    va_list arguments;
    char *word;

    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0)
        abort();
    va_end(arguments);
    append(words, word);
}

void words_add_all(struct words *words, const json_t *strings)
{
    for (size_t i = 0; i < json_array_size(strings); i++)
        append(words, xstrdup(json_string_value(json_array_get(strings, i))));
}

int sbatch_words_check(const struct submit_options *options, struct error *err)
{
    const struct {
        const char *name;
        bool is_given;
        const char *instead;
    } lacking[] = {
        {"after", options->after,
         "use \"sbatch --dependency=afterok:ID --comment=penstock:on\""},
        {"hold", options->hold, "use \"scontrol hold ID\" once it is submitted"},
        {"priority", options->priority,
         "use \"scontrol update JobId=ID Nice=N\" once it is submitted"},
        {"zone", options->zones, "its pool stands in one zone"},
        {"power", options->power, "its draw is learnt, or the pool's"},
        {"gpus", options->gpus && strchr(options->gpus, '-'),
         "name one number of GPUs"},
        {"scaling", options->scaling, "name one number of GPUs"},
        {"project", options->project, "use Slurm's accounts: set SBATCH_ACCOUNT"},
        {"signal", options->signal, "Slurm tells it to pause by TERM"},
        {"grace", options->grace, "Slurm's KillWait is its grace"},
    };

    for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++)
        if (lacking[i].is_given)
            return error_set_field(err, ERROR_INVALID, lacking[i].name,
                                   "--%s: Slurm has no equal for it; %s",
                                   lacking[i].name, lacking[i].instead);
    if (options->now && options->wait)
        return error_set_field(err, ERROR_INVALID, "wait",
                               "--wait: with --now a job is Slurm's alone; use "
                               "\"sbatch --wait\"");
    return 0;
}

void sbatch_words_name(json_t *body)
{
    const char *command =
        json_string_value(json_array_get(json_object_get(body, "command"), 0));
    const char *slash = command ? strrchr(command, '/') : NULL;
    const char *name = slash ? slash + 1 : command;

    if (json_object_get(body, "name"))
        return;
    if (!name || !text_is_name(name, JOB_NAME_MAX))
        name = "script";
    json_object_set_new(body, "name", json_string(name));
}

static void append_text(struct words *words, const char *option, const json_t *body,
                        const char *member)
{
    const char *value = json_string_value(json_object_get(body, member));

    if (value)
        append_format(words, "--%s=%s", option, value);
}

static void append_resources(struct words *words, const json_t *body)
{
    int64_t gpus = json_integer_value(json_object_get(body, "gpus"));
    int64_t cpus = json_integer_value(json_object_get(body, "cpus"));
    int64_t memory = json_integer_value(json_object_get(body, "memory"));

    if (gpus > 0)
        append_format(words, "--gres=gpu:%" PRId64, gpus);
    if (cpus > 0)
        append_format(words, "--cpus-per-task=%" PRId64, cpus);
    if (memory > 0)
        append_format(words, "--mem=%" PRId64 "M",
                      (memory + BYTES_PER_MIB - 1) / BYTES_PER_MIB);
}

/* What Penstock, and slurmctld's plugin, are told. */
static void append_comment(struct words *words, const json_t *body,
                           const struct sbatch_terms *terms)
{
    char utc[INSTANT_TEXT_SIZE];
    struct text comment = TEXT_EMPTY;

    if (terms->wait == 0) {
        text_add(&comment, "penstock:off");
    } else {
        if (terms->begin > 0)
            text_add_format(&comment, "penstock:on,max-wait=%" PRId64 "s", terms->wait);
        else
            text_add(&comment, "penstock:early");
        if (json_is_true(json_object_get(body, "interruptible")))
            text_add(&comment, ",interruptible");
        if (json_object_get(body, "time"))
            text_add_format(&comment, ",time=%" PRId64 "s", terms->time);
        if (terms->deadline > 0)
            text_add_format(&comment, ",deadline=%s",
                            instant_format(terms->deadline, utc));
    }
    text_add_format(&comment, ",key=%s", terms->key);
    append_format(words, "--comment=%s", comment.bytes);
    text_release(&comment);
}

/* Its begin time is its latest start, unless it has one of its own: then that stays. */
static void append_times(struct words *words, const struct sbatch_terms *terms)
{
    int64_t begin = terms->begin > 0 ? terms->begin : terms->wait;

    append_format(words, "--time=%" PRId64, terms->minutes);
    if (begin > 0)
        append_format(words, "--begin=now+%" PRId64, begin);
}

void sbatch_words_make(const json_t *body, const struct sbatch_terms *terms,
                       struct words *words)
{
    *words = WORDS_NONE;
    append(words, xstrdup("sbatch"));
    append(words, xstrdup("--parsable"));
    append_format(words, "--partition=%s", terms->partition);
    append_text(words, "job-name", body, "name");
    append_resources(words, body);
    append_times(words, terms);
    append_comment(words, body, terms);
    append_text(words, "output", body, "output");
    append_text(words, "error", body, "error");
    append_text(words, "chdir", body, "directory");
    append_text(words, "array", body, "array");
    if (json_is_true(json_object_get(body, "requeue"))
        || json_is_true(json_object_get(body, "interruptible")))
        append(words, xstrdup("--requeue"));
    append(words, xstrdup("--export=ALL"));
}

void sbatch_words_make_environment(const json_t *body, struct words *words)
{
    *words = WORDS_NONE;
    words_add_all(words, json_object_get(body, "environment"));
}

/* Within '' nothing is special to the shell but ' itself. */
static void add_quoted(struct text *script, const char *word)
{
    text_add(script, " '");
    for (; *word; word++) {
        if (*word == '\'')
            text_add(script, "'\\''");
        else
            text_add_bytes(script, word, 1);
    }
    text_add(script, "'");
}

void sbatch_words_add_script(const json_t *body, struct text *script)
{
    const json_t *given = json_object_get(body, "script");
    const json_t *command = json_object_get(body, "command");

    if (given) {
        text_add_bytes(script, json_string_value(given), json_string_length(given));
        return;
    }
    text_add(script, "#!/bin/sh\nexec");
    for (size_t i = 0; i < json_array_size(command); i++)
        add_quoted(script, json_string_value(json_array_get(command, i)));
    text_add(script, "\n");
}

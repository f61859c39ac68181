/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/command_line.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

#define SIGNAL_MAX 64

int slurm_target_check(const char *target, struct error *err)
{
    size_t length = strlen(target);

    if (length > SLURM_TARGET_MAX)
        return error_set(err, ERROR_TOO_LARGE, "a list of tasks above %d bytes",
                         SLURM_TARGET_MAX);
    /* Nothing that could be an option, another job, or a word of its own. */
    if (!text_is_digit(target[0])
        || target[strspn(target, "0123456789_[],-:+")] != '\0')
        return error_set(err, ERROR_INVALID, "no job of Slurm's: %.60s", target);
    return 0;
}

int slurm_time_format(instant when, char text[SLURM_TIME_SIZE], struct error *err)
{
    char iso[INSTANT_TEXT_SIZE];

    if (when <= 0 || when > INSTANT_MAX)
        return error_set(err, ERROR_INVALID, "no begin time: %lld", (long long)when);
    instant_format(when, iso);
    memcpy(text, iso, SLURM_TIME_SIZE - 1);
    text[SLURM_TIME_SIZE - 1] = '\0';
    return 0;
}

static void set_words(struct command_line *line,
                      const char *const words[COMMAND_LINE_WORDS])
{
    memcpy(line->words, words, sizeof(line->words));
}

static int format_defer(const struct slurm_order *order, struct command_line *line,
                        struct error *err)
{
    char begin[SLURM_TIME_SIZE];

    if (slurm_time_format(order->begin, begin, err) < 0)
        return -1;
    snprintf(line->value, sizeof(line->value), "StartTime=%s", begin);
    set_words(line, (const char *const[COMMAND_LINE_WORDS]){"scontrol", "update",
                                                            line->target, line->value});
    return 0;
}

static int format_signal(const struct slurm_order *order, struct command_line *line,
                         struct error *err)
{
    if (order->signal <= 0 || order->signal > SIGNAL_MAX)
        return error_set(err, ERROR_INVALID, "no signal: %d", order->signal);
    snprintf(line->value, sizeof(line->value), "--signal=%d", order->signal);
    set_words(line, (const char *const[COMMAND_LINE_WORDS]){
                        "scancel", "--batch", line->value, order->target});
    return 0;
}

int command_line_format(const struct slurm_order *order, struct command_line *line,
                        struct error *err)
{
    if (slurm_target_check(order->target, err) < 0)
        return -1;
    snprintf(line->target, sizeof(line->target), "JobId=%s", order->target);
    switch (order->verb) {
    case SLURM_RELEASE:
        set_words(line, (const char *const[COMMAND_LINE_WORDS]){
                            "scontrol", "update", line->target, "StartTime=now",
                            "ResetAccrueTime"});
        return 0;
    case SLURM_DEFER:
        return format_defer(order, line, err);
    case SLURM_REQUEUE:
        /* Without the word what has ended meanwhile would be run once more. */
        set_words(line, (const char *const[COMMAND_LINE_WORDS]){
                            "scontrol", "requeue", "Incomplete", order->target});
        return 0;
    case SLURM_REQUEUE_ENDED:
        set_words(line, (const char *const[COMMAND_LINE_WORDS]){"scontrol", "requeue",
                                                                order->target});
        return 0;
    case SLURM_CANCEL:
        /* Only a talkative scancel tells of jobs that are not there. */
        set_words(line, (const char *const[COMMAND_LINE_WORDS]){"scancel", "--verbose",
                                                                order->target});
        return 0;
    case SLURM_SIGNAL:
        return format_signal(order, line, err);
    case SLURM_VERBS:
        break;
    }
    return error_set(err, ERROR_INVALID, "no order: %d", (int)order->verb);
}

/* SPDX-License-Identifier: MIT */
#include "cli/simulate_waits.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "base/time.h"

#define RULE_SIZE 64
#define MILLION   1000000

/* "0h" and "0": nobody has to say of what there is none. */
static int parse_wait(const char *text, duration *wait, struct error *err)
{
    if (strcmp(text, "0") == 0) {
        *wait = 0;
        return 0;
    }
    return duration_parse(text, wait, err);
}

/* One rule of the list; `is_last` ones need no bound. */
static int parse_rule(char *rule, bool is_last, struct simulate_waits *waits,
                      struct error *err)
{
    char *colon = strchr(rule, ':');
    size_t at = waits->count;
    bool is_share = colon && colon > rule && colon[-1] == '%';

    if (at == SIMULATE_WAITS_MAX)
        return error_set(err, ERROR_TOO_LARGE, "more than %d rules",
                         SIMULATE_WAITS_MAX);
    waits->rules[at].length = DURATION_MAX;
    if (at > 0 && is_share != waits->by_share)
        return error_set(err, ERROR_INVALID, "shares and lengths do not mix");
    waits->by_share = is_share;
    if (!colon && !is_last)
        return error_set(err, ERROR_INVALID, "'%s' leaves nothing to those after it",
                         rule);
    if (colon)
        *colon = '\0';
    if (colon && is_share && percent_parse(rule, &waits->rules[at].share_ppm, err) < 0)
        return -1;
    if (colon && !is_share && duration_parse(rule, &waits->rules[at].length, err) < 0)
        return -1;
    if (parse_wait(colon ? colon + 1 : rule, &waits->rules[at].wait, err) < 0)
        return -1;
    waits->count++;
    return 0;
}

/* Every job must fall under a rule. */
static int check(const struct simulate_waits *waits, struct error *err)
{
    int64_t sum = 0;

    for (size_t i = 0; i < waits->count; i++)
        sum += waits->rules[i].share_ppm;
    if (waits->by_share && sum != MILLION)
        return error_set(err, ERROR_INVALID, "the shares do not come to 100%%");
    if (!waits->by_share && waits->rules[waits->count - 1].length != DURATION_MAX)
        return error_set(err, ERROR_INVALID,
                         "it does not say how long longer jobs may wait");
    return 0;
}

int simulate_waits_parse(const char *text, struct simulate_waits *waits,
                         struct error *err)
{
    *waits = (struct simulate_waits){.count = 0};
    for (const char *at = text; at;) {
        size_t length = strcspn(at, ",");
        bool is_last = at[length] == '\0';
        char rule[RULE_SIZE];

        if (length >= sizeof(rule))
            return error_set(err, ERROR_INVALID, "'%.40s...' is no rule", at);
        memcpy(rule, at, length);
        rule[length] = '\0';
        if (parse_rule(rule, is_last, waits, err) < 0)
            return -1;
        at = is_last ? NULL : at + length + 1;
    }
    return check(waits, err);
}

/* A number from 0 to 999 999 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014: splitmix64). */
static int64_t draw(uint64_t *state)
{
    uint64_t number = (*state += UINT64_C(0x9e3779b97f4a7c15));

    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((number ^ number >> 31) % MILLION);
}

static duration wait_of(const struct simulate_waits *waits, duration length,
                        int64_t drawn)
{
    size_t i = 0;

    if (waits->by_share)
        for (; drawn >= waits->rules[i].share_ppm; i++)
            drawn -= waits->rules[i].share_ppm;
    else
        while (length > waits->rules[i].length)
            i++;
    return waits->rules[i].wait;
}

void simulate_waits_apply(const struct simulate_waits *waits, uint64_t seed,
                          struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_job *job = &trace->jobs[i];
        duration wait = wait_of(waits, job->length, draw(&seed));

        if (job->max_wait == TRACE_NOT_SET && job->deadline == TRACE_NOT_SET)
            job->max_wait = wait;
    }
}

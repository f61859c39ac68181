/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/wish.h"

#include <stddef.h>
#include <string.h>

#include "base/time.h"
#include "base/when.h"

#define HEAD          "penstock:"
#define DEADLINE      "deadline="
#define INTERRUPTIBLE "interruptible"

/* What is found in a comment. */
struct found {
    struct wish wish;
    bool interruptible;
    duration time;
};

bool wish_asks(const struct wish *wish)
{
    if (wish->choice == WISH_UNSAID)
        return wish->deadline > 0 || wish->max_wait >= 0;
    return wish->choice != WISH_OFF;
}

bool wish_is_torn(const struct wish *wish)
{
    return wish->choice == WISH_OFF && (wish->deadline > 0 || wish->max_wait >= 0);
}

int wish_parse_deadline(const char *value, instant now, instant *deadline,
                        struct error *err)
{
    if (now < 0 || now > INSTANT_MAX)
        return error_set(err, ERROR_INVALID, "the clock is out of range");
    return when_parse(value, now, deadline, err);
}

int wish_parse_max_wait(const char *value, duration *max_wait, struct error *err)
{
    return duration_parse(value, max_wait, err);
}

int wish_parse_choice(const char *value, enum wish_choice *choice, struct error *err)
{
    if (strcmp(value, "on") == 0)
        *choice = WISH_ON;
    else if (strcmp(value, "off") == 0)
        *choice = WISH_OFF;
    else
        return error_set(err, ERROR_INVALID, "'%.40s' is neither on nor off", value);
    return 0;
}

static bool starts_with(const char *string, const char *start)
{
    return strncmp(string, start, strlen(start)) == 0;
}

static int parse_key(const char *value, struct wish *wish, struct error *err)
{
    size_t length = strlen(value);

    if (length == 0 || length >= sizeof(wish->key))
        return error_set(err, ERROR_INVALID, "a key has 1 to %d characters",
                         WISH_KEY_SIZE - 1);
    memcpy(wish->key, value, length + 1);
    return 0;
}

static int parse_item(const char *item, instant now, struct found *found,
                      struct error *err)
{
    struct wish *wish = &found->wish;
    const char *value = strchr(item, '=');

    value = value ? value + 1 : item;
    if (starts_with(item, DEADLINE))
        return wish_parse_deadline(value, now, &wish->deadline, err);
    if (starts_with(item, "max-wait="))
        return wish_parse_max_wait(value, &wish->max_wait, err);
    if (starts_with(item, "time="))
        return duration_parse(value, &found->time, err);
    if (starts_with(item, "key="))
        return parse_key(value, wish, err);
    if (strcmp(item, INTERRUPTIBLE) == 0) {
        found->interruptible = true;
        return 0;
    }
    if (strcmp(item, "early") == 0) {
        wish->choice = WISH_EARLY;
        return 0;
    }
    if (value == item && wish_parse_choice(item, &wish->choice, NULL) == 0)
        return 0;
    return error_set(err, ERROR_INVALID,
                     "'%.40s' is not understood; write on, off, early, interruptible, "
                     "max-wait=8h, deadline=08:00 or time=90m",
                     item);
}

static size_t word_length(const char *at)
{
    size_t length = 0;

    while ((unsigned char)at[length] > ' ' && at[length] != ',' && at[length] != ';')
        length++;
    return length;
}

/* Whether so long a part of an item is a deadline's day, which a time may follow. */
static bool is_day(const char *at, size_t length)
{
    static const char *const days[] = {DEADLINE "today", DEADLINE "tomorrow"};
    static const char date[] = DEADLINE "2026-11-22";

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
        if (strlen(days[i]) == length && strncmp(at, days[i], length) == 0)
            return true;
    return length == sizeof(date) - 1 && starts_with(at, DEADLINE)
           && at[sizeof(DEADLINE "2026") - 1] == '-';
}

/* Where the item at `at` ends: at a comma, or where the whole wish does. */
static size_t item_length(const char *at)
{
    size_t length = word_length(at), hour;

    if (at[length] != ' ' || !is_day(at, length))
        return length;
    hour = strspn(at + length + 1, "0123456789");
    if (hour < 1 || hour > 2 || at[length + 1 + hour] != ':')
        return length;
    return length + 1 + word_length(at + length + 1);
}

static int parse_items(const char *at, instant now, struct found *found,
                       struct error *err)
{
    char item[sizeof("max-wait=") + WISH_VALUE_SIZE] = "";

    for (;; at++) {
        size_t length = item_length(at);

        if (length >= sizeof(item))
            return error_set(err, ERROR_INVALID, "'%.40s...' is too long", at);
        memcpy(item, at, length);
        item[length] = '\0';
        if (parse_item(item, now, found, err) < 0)
            return -1;
        at += length;
        if (*at != ',')
            return 0;
    }
}

static bool is_inside_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || c == '_' || c == '-';
}

static int parse_comment(const char *comment, instant now, struct found *found,
                         struct error *err)
{
    for (const char *at = comment; at && (at = strstr(at, HEAD));) {
        bool is_apart = at == comment || !is_inside_word(at[-1]);

        at += sizeof(HEAD) - 1;
        if (is_apart && parse_items(at, now, found, err) < 0)
            return -1;
    }
    return 0;
}

int wish_parse_comment(const char *comment, instant now, struct wish *wish,
                       struct error *err)
{
    struct found found = {*wish, false, 0};

    if (parse_comment(comment, now, &found, err) < 0)
        return -1;
    *wish = found.wish;
    return 0;
}

bool wish_is_interruptible(const char *comment, instant now)
{
    struct found found = {WISH_NONE, false, 0};

    return parse_comment(comment, now, &found, NULL) == 0 && found.interruptible;
}

duration wish_time(const char *comment, instant now)
{
    struct found found = {WISH_NONE, false, 0};

    return parse_comment(comment, now, &found, NULL) == 0 ? found.time : 0;
}

void wish_override(struct wish *wish, const struct wish *over)
{
    if (over->choice != WISH_UNSAID
        && !(over->choice == WISH_ON && wish->choice == WISH_EARLY))
        wish->choice = over->choice;
    if (over->deadline > 0)
        wish->deadline = over->deadline;
    if (over->max_wait >= 0)
        wish->max_wait = over->max_wait;
    if (over->key[0])
        memcpy(wish->key, over->key, sizeof(wish->key));
}

/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/time.h"
#include "config/config.h"

#define AMOUNT_TEXT_SIZE 40

/* Decimal places that are kept. */
#define GRAM_DIGITS   3
#define FACTOR_DIGITS 6

static bool is_amount(enum setting_type type)
{
    switch (type) {
    case SETTING_TEXT:
    case SETTING_NAME:
    case SETTING_NAMES:
    case SETTING_CHOICE:
    case SETTING_YES_NO:
        return false;
    case SETTING_NUMBER:
    case SETTING_DURATION:
    case SETTING_SIZE:
    case SETTING_PERCENT:
    case SETTING_FACTOR:
    case SETTING_WATTS:
    case SETTING_GRAMS:
        break;
    }
    return true;
}

static void format_amount(enum setting_type type, int64_t amount,
                          char text[AMOUNT_TEXT_SIZE])
{
    char number[NUMBER_TEXT_SIZE];

    switch (type) {
    case SETTING_DURATION:
        duration_format(amount, number);
        break;
    case SETTING_SIZE:
        size_format(amount, number);
        break;
    case SETTING_PERCENT:
        number_format_scaled(amount, 4, number);
        break;
    case SETTING_FACTOR:
        number_format_scaled(amount, FACTOR_DIGITS, number);
        break;
    case SETTING_GRAMS:
        number_format_scaled(amount, GRAM_DIGITS, number);
        break;
    default:
        number_format_scaled(amount, 0, number);
        break;
    }
    snprintf(text, AMOUNT_TEXT_SIZE, "%s%s", number,
             type == SETTING_PERCENT ? "%"
             : type == SETTING_WATTS ? "W"
                                     : "");
}

/* "300W" or "1.2kW", with or without a space before the unit. */
static int parse_watts(const char *text, int64_t *watts, struct error *err)
{
    const char *unit = text + strcspn(text, " kW");
    const char *letters = unit + strspn(unit, " ");
    char number[NUMBER_TEXT_SIZE];
    int digits = strcmp(letters, "kW") == 0 ? 3 : 0;

    if (strcmp(letters, "W") != 0 && digits == 0)
        goto fail;
    if ((size_t)(unit - text) >= sizeof(number))
        goto fail;
    memcpy(number, text, (size_t)(unit - text));
    number[unit - text] = '\0';
    if (number_parse_scaled(number, digits, 0, INT64_C(1000000000), watts, NULL) < 0)
        goto fail;
    return 0;
fail:
    return error_set(err, ERROR_INVALID,
                     "'%.40s' is not a power in whole watts such as 300W or 1.2kW",
                     text);
}

static int parse_any_amount(const struct setting *setting, const char *text,
                            int64_t *amount, struct error *err)
{
    switch (setting->type) {
    case SETTING_DURATION:
        return duration_parse(text, amount, err);
    case SETTING_SIZE:
        return size_parse(text, amount, err);
    case SETTING_PERCENT:
        return percent_parse(text, amount, err);
    case SETTING_FACTOR:
        return number_parse_scaled(text, FACTOR_DIGITS, setting->least, setting->most,
                                   amount, err);
    case SETTING_GRAMS:
        return number_parse_scaled(text, GRAM_DIGITS, setting->least, setting->most,
                                   amount, err);
    case SETTING_WATTS:
        return parse_watts(text, amount, err);
    default:
        return number_parse(text, setting->least, setting->most, amount, err);
    }
}

static int parse_amount(const struct setting *setting, const char *text,
                        int64_t *amount, struct error *err)
{
    char least[AMOUNT_TEXT_SIZE], most[AMOUNT_TEXT_SIZE];
    int64_t value = 0;

    /* Of what there is none the unit does not matter. */
    if (strcmp(text, "0") != 0 && !(setting->allows_off && strcmp(text, "off") == 0)
        && parse_any_amount(setting, text, &value, err) < 0)
        return -1;
    if (value < setting->least || value > setting->most) {
        format_amount(setting->type, setting->least, least);
        format_amount(setting->type, setting->most, most);
        return error_set(err, ERROR_INVALID, "'%.40s' is out of range: from %s to %s",
                         text, least, most);
    }
    *amount = value;
    return 0;
}

static int parse_name(const char *text, char name[CONFIG_NAME_MAX + 1],
                      struct error *err)
{
    if (!text_is_name(text, CONFIG_NAME_MAX)
        || !text_copy(name, CONFIG_NAME_MAX + 1, text)) {
        return error_set(err, ERROR_INVALID,
                         "'%.40s' is not a name: at most %d letters, digits, '.', '_' "
                         "and '-', and no '-' or '.' in front",
                         text, CONFIG_NAME_MAX);
    }
    return 0;
}

static bool has_name(const struct config_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

/* Add a name of a list: `length` bytes at `start`, with white space around it. */
static int add_name(struct config_names *names, const char *start, size_t length,
                    struct error *err)
{
    char name[CONFIG_TEXT_MAX];

    while (length > 0 && (*start == ' ' || *start == '\t')) {
        start++;
        length--;
    }
    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
        length--;
    if (length >= sizeof(name))
        return error_set(err, ERROR_INVALID, "the list is too long");
    memcpy(name, start, length);
    name[length] = '\0';
    if (names->count == CONFIG_LIST_MAX) {
        return error_set(err, ERROR_INVALID, "a list has at most %d names",
                         CONFIG_LIST_MAX);
    }
    if (parse_name(name, names->items[names->count], err) < 0)
        return -1;
    if (has_name(names, name))
        return error_set(err, ERROR_INVALID, "'%s' stands in the list twice", name);
    names->count++;
    return 0;
}

static int parse_names(const char *text, struct config_names *names, struct error *err)
{
    struct config_names parsed = {.count = 0};

    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");

        if (add_name(&parsed, at, length, err) < 0)
            return -1;
        at += length;
        if (!*at)
            break;
    }
    *names = parsed;
    return 0;
}

/* "a|b|c" as "a, b, c". */
static void format_choices(const char *choices, char *text, size_t size)
{
    size_t used = 0;

    for (; *choices && used + 3 < size; choices++) {
        if (*choices == '|')
            text[used++] = ',';
        text[used++] = (char)(*choices == '|' ? ' ' : *choices);
    }
    text[used] = '\0';
}

static int parse_choice(const char *choices, const char *text, char *choice,
                        struct error *err)
{
    size_t length = strlen(text);
    char known[256];

    for (const char *at = choices;; at++) {
        size_t size = strcspn(at, "|");

        if (size == length && strncmp(at, text, size) == 0) {
            memcpy(choice, text, length + 1);
            return 0;
        }
        at += size;
        if (!*at)
            break;
    }
    format_choices(choices, known, sizeof(known));
    return error_set(err, ERROR_INVALID, "'%.40s' is not known here: one of %s", text,
                     known);
}

static int parse_text(const struct setting *setting, const char *text, char *array,
                      struct error *err)
{
    if (!text_copy(array, (size_t)setting->most + 1, text)) {
        return error_set(err, ERROR_INVALID, "the value is longer than %lld bytes",
                         (long long)setting->most);
    }
    return 0;
}

static int parse_yes_no(const char *text, bool *answer, struct error *err)
{
    bool is_yes = strcmp(text, "yes") == 0;

    if (!is_yes && strcmp(text, "no") != 0)
        return error_set(err, ERROR_INVALID, "'%.40s' is neither yes nor no", text);
    *answer = is_yes;
    return 0;
}

/* Nothing after the sign: that is a value where it is the default too. */
static int store_nothing(const struct setting *setting, void *field, struct error *err)
{
    if (!setting->standard || *setting->standard)
        return error_set(err, ERROR_INVALID, "needs a value");
    if (is_amount(setting->type))
        *(int64_t *)field = CONFIG_NOT_SET;
    else if (setting->type == SETTING_NAMES)
        ((struct config_names *)field)->count = 0;
    else
        *(char *)field = '\0';
    return 0;
}

int value_parse(const struct setting *setting, const char *text, void *section,
                struct error *err)
{
    void *field = (char *)section + setting->offset;

    if (!*text)
        return store_nothing(setting, field, err);
    if (setting->allows_auto && strcmp(text, "auto") == 0) {
        *(int64_t *)field = CONFIG_AUTO;
        return 0;
    }
    if (setting->allows_none && strcmp(text, "none") == 0) {
        *(int64_t *)field = CONFIG_NOT_SET;
        return 0;
    }
    switch (setting->type) {
    case SETTING_TEXT:
        return parse_text(setting, text, field, err);
    case SETTING_NAME:
        return parse_name(text, field, err);
    case SETTING_NAMES:
        return parse_names(text, field, err);
    case SETTING_CHOICE:
        return parse_choice(setting->choices, text, field, err);
    case SETTING_YES_NO:
        return parse_yes_no(text, field, err);
    default:
        return parse_amount(setting, text, field, err);
    }
}

bool value_is_equal(const struct setting *setting, const void *section,
                    const void *other)
{
    const void *field = (const char *)section + setting->offset;
    const void *other_field = (const char *)other + setting->offset;
    const struct config_names *names = field;
    const struct config_names *other_names = other_field;

    if (is_amount(setting->type))
        return *(const int64_t *)field == *(const int64_t *)other_field;
    if (setting->type == SETTING_YES_NO)
        return *(const bool *)field == *(const bool *)other_field;
    if (setting->type != SETTING_NAMES)
        return strcmp(field, other_field) == 0;
    for (size_t i = 0; i < names->count && i < other_names->count; i++)
        if (strcmp(names->items[i], other_names->items[i]) != 0)
            return false;
    return names->count == other_names->count;
}

void value_format_range(const struct setting *setting, struct text *text)
{
    char least[AMOUNT_TEXT_SIZE], most[AMOUNT_TEXT_SIZE], known[128];

    switch (setting->type) {
    case SETTING_TEXT:
        text_add(text, "text");
        break;
    case SETTING_NAME:
        text_add(text, "a name");
        break;
    case SETTING_NAMES:
        text_add_format(text, "at most %d names with commas between them",
                        CONFIG_LIST_MAX);
        break;
    case SETTING_CHOICE:
        format_choices(setting->choices, known, sizeof(known));
        text_add_format(text, strchr(known, ',') ? "one of %s" : "%s", known);
        break;
    case SETTING_YES_NO:
        text_add(text, "yes or no");
        break;
    default:
        format_amount(setting->type, setting->least, least);
        format_amount(setting->type, setting->most, most);
        text_add_format(text, "from %s to %s", least, most);
        break;
    }
    if (setting->allows_auto)
        text_add(text, ", or auto");
    if (setting->allows_off)
        text_add(text, ", or off");
    if (setting->allows_none)
        text_add(text, ", or none");
}

/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/tres.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "nodes/slurm/record.h"

#define ITEM_SIZE 128

/* The next item without what stands in brackets; returns what comes after it. */
static const char *take_item(const char *text, char item[ITEM_SIZE])
{
    int depth = 0;
    size_t length = 0;

    for (; *text && (*text != ',' || depth > 0); text++) {
        if (*text == '(')
            depth++;
        else if (*text == ')' && depth > 0)
            depth--;
        else if (depth == 0 && length < ITEM_SIZE)
            item[length++] = *text;
    }
    /* None that we know is so long. */
    item[length < ITEM_SIZE ? length : 0] = '\0';
    return *text ? text + 1 : text;
}

static int64_t amount_of(const char *text)
{
    int64_t amount;

    return number_parse(text, 0, SLURM_AMOUNT_MAX, &amount, NULL) < 0 ? -1 : amount;
}

/* "1000M", "4G", "1.50T"; without a suffix MiB. */
static int64_t memory_of(char *text)
{
    static const char suffixes[] = "KMGTP";
    const char *suffix;
    size_t length = strlen(text);
    int64_t memory;

    suffix = length > 0 ? strchr(suffixes, text[length - 1]) : NULL;
    if (suffix && *suffix)
        text[length - 1] = '\0';
    else
        suffix = suffixes + 1;
    if (number_parse_scaled(text, 3, 0, INT64_C(1000) * SLURM_AMOUNT_MAX, &memory, NULL)
        < 0)
        return -1;
    if (*suffix == 'K')
        memory /= 1024;
    /* At most 2^40 * 2^30 before the check. */
    for (const char *step = suffixes + 1; step < suffix; step++)
        memory = memory > INT64_C(1000) * SLURM_AMOUNT_MAX ? memory : memory * 1024;
    memory /= 1000;
    return memory <= SLURM_AMOUNT_MAX ? memory : -1;
}

/* GPUs as they are read: in all, and by type, which may both be said. */
struct gpus {
    int64_t all;
    int64_t typed;
};

static void add(int64_t *sum, int64_t amount)
{
    if (amount >= 0)
        *sum = (*sum < 0 ? 0 : *sum) + amount;
    if (*sum > SLURM_AMOUNT_MAX)
        *sum = SLURM_AMOUNT_MAX;
}

/* What comes after "gpu": "", ":2", "=2", ":a100", ":a100:2" or ":a100=2". */
static void add_gpus(struct gpus *gpus, char *rest, struct tres *tres)
{
    char *last = strpbrk(rest, ":=") ? rest + strlen(rest) : NULL;
    int64_t amount = 1;

    while (last && *last != ':' && *last != '=')
        last--;
    if (last && (text_is_digit(last[1]) || *last == '=')) {
        amount = amount_of(last + 1);
        *last = '\0';
    }
    if (rest[0] == '\0') {
        add(&gpus->all, amount);
        return;
    }
    rest++;
    rest[strcspn(rest, ":=")] = '\0';
    add(&gpus->typed, amount);
    if (tres->gpu_type[0] == '\0')
        text_copy(tres->gpu_type, sizeof(tres->gpu_type), rest);
}

static void add_item(struct gpus *gpus, char *item, struct tres *tres)
{
    if (strncmp(item, "gres:", 5) == 0 || strncmp(item, "gres/", 5) == 0)
        item += 5;
    if (strncmp(item, "cpu=", 4) == 0)
        tres->cpus = amount_of(item + 4);
    else if (strncmp(item, "mem=", 4) == 0)
        tres->memory = memory_of(item + 4);
    else if (strncmp(item, "gpu", 3) == 0 && strchr(":=", item[3]))
        add_gpus(gpus, item + 3, tres);
}

void tres_parse(const char *text, struct tres *tres)
{
    struct gpus gpus = {-1, -1};
    char item[ITEM_SIZE] = "";

    *tres = (struct tres){.gpus = -1, .cpus = -1, .memory = -1};
    while (*text) {
        text = take_item(text, item);
        add_item(&gpus, item, tres);
    }
    tres->gpus = gpus.all > gpus.typed ? gpus.all : gpus.typed;
}

/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/steps.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

#define STEPS_VERSION 1
#define WORD          4
#define HEAD          9 /* the version, and when it begins */

_Static_assert(INTENSITY_MAX <= UINT32_MAX, "a level fits 4 bytes");
_Static_assert(SHARE_MAX <= UINT32_MAX, "a share fits 4 bytes");
_Static_assert(SERIES_SPAN_MAX <= UINT32_MAX, "a step fits 4 bytes");

static void put(struct text *bytes, uint64_t number, size_t size)
{
    unsigned char little[8];

    for (size_t i = 0; i < size; i++)
        little[i] = (unsigned char)(number >> (8 * i) & 0xff);
    text_add_bytes(bytes, little, size);
}

static instant step_ends(const struct series *series, size_t i)
{
    if (i + 1 < series_count(series))
        return series_at(series, i + 1).begins;
    return series_ends(series);
}

/* How many steps from `first` on are as long as it is. */
static size_t run_count(const struct series *series, size_t first, duration step)
{
    size_t i = first;

    while (i < series_count(series)
           && step_ends(series, i) - series_at(series, i).begins == step)
        i++;
    return i - first;
}

void steps_encode(const struct series *series, struct text *bytes)
{
    size_t i = 0;

    put(bytes, STEPS_VERSION, 1);
    put(bytes, (uint64_t)series_begins(series), HEAD - 1);
    while (i < series_count(series)) {
        duration step = step_ends(series, i) - series_at(series, i).begins;
        size_t count = run_count(series, i, step);

        put(bytes, (uint64_t)step, WORD);
        put(bytes, count, WORD);
        for (; count > 0; count--, i++)
            put(bytes, (uint64_t)series_at(series, i).level, WORD);
    }
}

/* What is left to read. */
struct input {
    const unsigned char *at;
    size_t left;
};

static uint64_t take(struct input *input, size_t size)
{
    uint64_t number = 0;

    assert(input->left >= size);
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)input->at[i] << (8 * i);
    input->at += size;
    input->left -= size;
    return number;
}

/* Read a run into samples, of which there are enough for all the bytes. */
static int take_run(struct input *input, struct series_sample *samples, size_t *length,
                    instant *ends)
{
    uint64_t step;
    uint64_t count;

    if (input->left < (size_t)2 * WORD)
        return -1;
    step = take(input, WORD);
    count = take(input, WORD);
    if (step == 0 || step > SERIES_SPAN_MAX || count == 0 || count > input->left / WORD)
        return -1;
    for (; count > 0; count--) {
        samples[(*length)++] = (struct series_sample){
            .begins = *ends, .level = (int64_t)take(input, WORD)};
        *ends += (instant)step;
    }
    return 0;
}

struct series *steps_decode(const void *bytes, size_t size, int64_t level_max,
                            struct error *err)
{
    struct input input = {bytes, size};
    struct series_sample *samples = NULL;
    struct series *series = NULL;
    size_t length = 0;
    instant ends;

    if (size < HEAD || size > HEAD + (size_t)3 * WORD * SERIES_SAMPLES_MAX
        || take(&input, 1) != STEPS_VERSION)
        goto fail;
    ends = (instant)take(&input, HEAD - 1);
    if (ends < 0 || ends > INSTANT_MAX)
        goto fail;
    samples = xcalloc(size / WORD, sizeof(*samples));
    while (input.left > 0)
        if (take_run(&input, samples, &length, &ends) < 0)
            goto fail;
    series = series_create(samples, length, ends, level_max, NULL);
    if (!series)
        goto fail;
    free(samples);
    return series;

fail:
    free(samples);
    error_set(err, ERROR_IO, "the database holds a damaged forecast");
    return NULL;
}

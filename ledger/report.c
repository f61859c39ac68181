/* SPDX-License-Identifier: MIT */
#include "ledger/report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"

static const char *const by_names[REPORT_BYS] = {
    [REPORT_BY_NOTHING] = "total",   [REPORT_BY_USER] = "user",
    [REPORT_BY_PROJECT] = "project", [REPORT_BY_QUEUE] = "queue",
    [REPORT_BY_POOL] = "pool",       [REPORT_BY_ZONE] = "zone",
    [REPORT_BY_DAY] = "day",
};

const char *report_by_name(enum report_by by)
{
    assert(by < REPORT_BYS);
    return by_names[by];
}

static const char *const energy_names[REPORT_ENERGIES] = {
    [REPORT_ESTIMATED] = "estimated",
    [REPORT_MEASURED] = "measured",
    [REPORT_PARTLY_MEASURED] = "partly measured",
};

const char *report_energy_name(enum report_energy energy)
{
    assert(energy < REPORT_ENERGIES);
    return energy_names[energy];
}

enum report_energy report_energy_of(size_t measured, size_t count)
{
    if (measured == 0)
        return REPORT_ESTIMATED;
    return measured == count ? REPORT_MEASURED : REPORT_PARTLY_MEASURED;
}

int report_by_parse(const char *name, enum report_by *by, struct error *err)
{
    for (int i = 0; i < REPORT_BYS; i++)
        if (!strcmp(name, by_names[i])) {
            *by = (enum report_by)i;
            return 0;
        }
    return error_set(err, ERROR_INVALID,
                     "no report by \"%.64s\": it must be user, project, queue, pool, "
                     "zone, day or total",
                     name);
}

/* An item and what it is sorted by. */
struct row {
    const struct report_item *item;
    char key[REPORT_KEY_MAX + 1];
};

static void format_key(const struct report_item *item, enum report_by by,
                       char key[REPORT_KEY_MAX + 1])
{
    char when[INSTANT_TEXT_SIZE];
    const char *text = "";

    switch (by) {
    case REPORT_BY_USER:
        text = item->user;
        break;
    case REPORT_BY_PROJECT:
        text = item->project;
        break;
    case REPORT_BY_QUEUE:
        text = item->queue;
        break;
    case REPORT_BY_POOL:
        text = item->pool;
        break;
    case REPORT_BY_ZONE:
        text = item->zone;
        break;
    case REPORT_BY_DAY:
        text = instant_format(item->ended, when);
        *strchr(when, 'T') = '\0';
        break;
    case REPORT_BY_NOTHING:
    case REPORT_BYS:
        break;
    }
    snprintf(key, REPORT_KEY_MAX + 1, "%s", text ? text : "");
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;

    if (left->item->signal != right->item->signal)
        return left->item->signal < right->item->signal ? -1 : 1;
    if (left->item->synthetic != right->item->synthetic)
        return left->item->synthetic ? 1 : -1;
    if (left->item->dry_run != right->item->dry_run)
        return left->item->dry_run ? 1 : -1;
    return strcmp(left->key, right->key);
}

static int compare_durations(const void *a, const void *b)
{
    const duration *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* Stays at the largest number rather than running over. */
static int64_t sum_of(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

static void add_item(struct report_line *line, const struct report_item *item)
{
    if (line->jobs++ == 0)
        line->energy = item->energy;
    else if (line->energy != item->energy)
        line->energy = REPORT_PARTLY_MEASURED;
    line->joules = sum_of(line->joules, item->joules);
    line->idle_joules = sum_of(line->idle_joules, item->idle_joules);
    line->milligrams = sum_of(line->milligrams, item->actual.milligrams);
    line->shadow_milligrams = sum_of(line->shadow_milligrams, item->shadow.milligrams);
    line->label = emissions_label_worse(line->label, item->actual.label);
    line->label = emissions_label_worse(line->label, item->shadow.label);
    line->provisional |= item->shadow_provisional;
    line->missed += item->missed;
}

/* Sum up `count` rows, at least one; `waits` has room for as many. */
static void make_line(struct report_line *line, const struct row *rows, size_t count,
                      duration *waits)
{
    int64_t waited = 0;

    *line = (struct report_line){.label = EMISSIONS_MEASURED};
    for (size_t i = 0; i < count; i++) {
        add_item(line, rows[i].item);
        waits[i] = rows[i].item->waited;
        waited = sum_of(waited, waits[i]);
    }
    qsort(waits, count, sizeof(waits[0]), compare_durations);
    line->waited_mean = sum_of(waited, (int64_t)count / 2) / (int64_t)count;
    line->waited_p95 = waits[(95 * count + 99) / 100 - 1];
}

/* How many rows from the first on are of its part. */
static size_t count_part(const struct row *rows, size_t count)
{
    size_t same = 1;

    while (same < count && rows[same].item->signal == rows[0].item->signal
           && rows[same].item->synthetic == rows[0].item->synthetic
           && rows[same].item->dry_run == rows[0].item->dry_run)
        same++;
    return same;
}

/* How many rows from the first on have its key. */
static size_t count_key(const struct row *rows, size_t count)
{
    size_t same = 1;

    while (same < count && !strcmp(rows[same].key, rows[0].key))
        same++;
    return same;
}

/* Add a line for each key of these rows, which are of one part. */
static void make_lines(struct report_part *part, const struct row *rows, size_t count,
                       duration *waits)
{
    size_t room = 0, alike;

    for (size_t i = 0; i < count; i += alike) {
        struct report_line *line;

        alike = count_key(rows + i, count - i);
        part->lines = xgrow(part->lines, part->count, &room, sizeof(part->lines[0]));
        line = &part->lines[part->count++];
        make_line(line, rows + i, alike, waits);
        memcpy(line->key, rows[i].key, sizeof(line->key));
    }
}

void report_make(struct report *report, const struct report_item *items, size_t count,
                 enum report_by by)
{
    struct row *rows = xcalloc(count, sizeof(rows[0]));
    duration *waits = xcalloc(count, sizeof(waits[0]));
    size_t alike;

    *report = (struct report){.part_count = 0};
    for (size_t i = 0; i < count; i++) {
        assert(items[i].signal < SIGNALS);
        rows[i].item = &items[i];
        format_key(&items[i], by, rows[i].key);
    }
    qsort(rows, count, sizeof(rows[0]), compare_rows);
    for (size_t i = 0; i < count; i += alike) {
        struct report_part *part = &report->parts[report->part_count++];

        alike = count_part(rows + i, count - i);
        part->signal = rows[i].item->signal;
        part->synthetic = rows[i].item->synthetic;
        part->dry_run = rows[i].item->dry_run;
        make_line(&part->total, rows + i, alike, waits);
        if (by != REPORT_BY_NOTHING)
            make_lines(part, rows + i, alike, waits);
    }
    free(waits);
    free(rows);
}

void report_release(struct report *report)
{
    for (size_t i = 0; i < report->part_count; i++)
        free(report->parts[i].lines);
    *report = (struct report){.part_count = 0};
}

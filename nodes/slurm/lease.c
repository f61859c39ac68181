/* SPDX-License-Identifier: MIT */
#include "nodes/slurm/lease.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nodes/slurm/cursor.h"

#define NOTHING "-" /* where there is no name or path */

static const char *const kind_names[LEASE_KINDS] = {
    [LEASE_PARTITION] = "partition",
    [LEASE_QOS] = "qos",
    [LEASE_ACCOUNT] = "account",
    [LEASE_ANY] = "any",
};

/* The longest row is "partition", three lengths and a name; the head has two names. */
_Static_assert((LEASE_ROWS_MAX + 8) * (32 + 3 * 8 + LEASE_NAME_SIZE) + LEASE_PATH_SIZE
                   < LEASE_SIZE_MAX,
               "every lease fits the largest file");

const char *lease_kind_name(enum lease_kind kind)
{
    return kind_names[kind];
}

bool lease_is_fresh(const struct lease *lease, instant now)
{
    return lease->written <= now + LEASE_AHEAD_MAX
           && now <= lease->written + lease->valid;
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* What stands at the end of a line: no control characters, and not "-" itself. */
static bool is_writable(const char *string, size_t size)
{
    size_t length = strnlen(string, size);

    if (length == size || strcmp(string, NOTHING) == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (is_control(string[i]))
            return false;
    return true;
}

static bool is_within(int64_t number, int64_t most)
{
    return number >= 0 && number <= most;
}

static bool is_row_valid(const struct lease_row *row)
{
    return row->kind >= 0 && row->kind < LEASE_KINDS
           && is_within(row->wait_max, LEASE_WAIT_MAX)
           && is_within(row->wait_default, row->wait_max)
           && is_within(row->margin, row->kind == LEASE_PARTITION ? LEASE_WAIT_MAX : 0)
           && is_writable(row->name, sizeof(row->name))
           && (row->kind == LEASE_ANY) == (row->name[0] == '\0');
}

static const char *or_nothing(const char *string)
{
    return *string ? string : NOTHING;
}

static int check(const struct lease *lease, struct error *err)
{
    if (!is_within(lease->written, INSTANT_MAX)
        || !is_within(lease->valid, LEASE_VALID_MAX)
        || !is_within(lease->margin, LEASE_WAIT_MAX)
        || lease->row_count > LEASE_ROWS_MAX)
        return error_set(err, ERROR_INVALID, "a number of the lease is out of range");
    if (!is_writable(lease->wake, sizeof(lease->wake))
        || !is_writable(lease->default_partition, sizeof(lease->default_partition)))
        return error_set(err, ERROR_INVALID,
                         "the socket or the default partition of the lease cannot be "
                         "written in a line");
    for (size_t i = 0; i < lease->row_count; i++)
        if (!is_row_valid(&lease->rows[i]))
            return error_set(err, ERROR_INVALID, "row %zu of the lease is invalid", i);
    return 0;
}

/* Add what snprintf would have needed, also if it did not fit. */
static void advance(size_t *used, int written)
{
    *used += written < 0 ? 0 : (size_t)written;
}

static size_t room(size_t used, size_t size)
{
    return used < size ? size - used : 0;
}

static size_t format_row(const struct lease_row *row, char *text, size_t size)
{
    char margin[24] = "";
    size_t used = 0;

    if (row->kind == LEASE_PARTITION)
        snprintf(margin, sizeof(margin), "%lld ", (long long)row->margin);
    advance(&used, snprintf(text, size, "%s %s %lld %lld %s%s\n", kind_names[row->kind],
                            row->must_ask ? "ask" : "all", (long long)row->wait_default,
                            (long long)row->wait_max, margin, or_nothing(row->name)));
    return used;
}

int lease_format(const struct lease *lease, char *text, size_t size, struct error *err)
{
    size_t used = 0;

    if (check(lease, err) < 0)
        return -1;
    advance(&used,
            snprintf(text, size,
                     "penstock-lease 1\nwritten %lld\nvalid %lld\nmargin %lld\n"
                     "tell %s\nwake %s\ndefault %s\n",
                     (long long)lease->written, (long long)lease->valid,
                     (long long)lease->margin, lease->tells_users ? "yes" : "no",
                     or_nothing(lease->wake), or_nothing(lease->default_partition)));
    for (size_t i = 0; i < lease->row_count && used < size; i++) {
        const struct lease_row *row = &lease->rows[i];

        used += format_row(row, text + used, room(used, size));
    }
    if (used < size)
        advance(&used,
                snprintf(text + used, room(used, size), "end %zu\n", lease->row_count));
    if (used >= size)
        return error_set(err, ERROR_TOO_LARGE, "the lease does not fit %zu bytes",
                         size);
    return 0;
}

/* What the line ends with, and its end: "" for "-". */
static bool take_end_of_line(struct cursor *cursor, char *string, size_t size)
{
    const char *end = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
    size_t length = end ? (size_t)(end - cursor->at) : 0;

    if (!end || length == 0 || length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        if (is_control(cursor->at[i]))
            return false;
    memset(string, 0, size);
    if (length > 1 || *cursor->at != NOTHING[0])
        memcpy(string, cursor->at, length);
    cursor->at = end + 1;
    return true;
}

static bool take_head(struct cursor *cursor, struct lease *lease)
{
    if (!cursor_take_word(cursor, "penstock-lease 1\n"))
        return false;
    if (!cursor_take_setting(cursor, "written ", INSTANT_MAX, &lease->written)
        || !cursor_take_setting(cursor, "valid ", LEASE_VALID_MAX, &lease->valid)
        || !cursor_take_setting(cursor, "margin ", LEASE_WAIT_MAX, &lease->margin))
        return false;
    lease->tells_users = cursor_take_word(cursor, "tell yes\n");
    if (!lease->tells_users && !cursor_take_word(cursor, "tell no\n"))
        return false;
    return cursor_take_word(cursor, "wake ")
           && take_end_of_line(cursor, lease->wake, sizeof(lease->wake))
           && cursor_take_word(cursor, "default ")
           && take_end_of_line(cursor, lease->default_partition,
                               sizeof(lease->default_partition));
}

/* With the blank behind it. */
static bool take_length(struct cursor *cursor, duration *length)
{
    return cursor_take_number(cursor, LEASE_WAIT_MAX, length)
           && cursor_take_word(cursor, " ");
}

static bool take_row(struct cursor *cursor, struct lease_row *row)
{
    int kind = 0;

    while (kind < LEASE_KINDS && !cursor_take_word(cursor, kind_names[kind]))
        kind++;
    if (kind == LEASE_KINDS)
        return false;
    row->kind = (enum lease_kind)kind;
    row->must_ask = cursor_take_word(cursor, " ask ");
    if (!row->must_ask && !cursor_take_word(cursor, " all "))
        return false;
    row->margin = 0;
    return take_length(cursor, &row->wait_default)
           && take_length(cursor, &row->wait_max)
           && (row->kind != LEASE_PARTITION || take_length(cursor, &row->margin))
           && take_end_of_line(cursor, row->name, sizeof(row->name))
           && is_row_valid(row);
}

int lease_parse(const char *bytes, size_t size, struct lease *lease, struct error *err)
{
    struct cursor cursor = {bytes, bytes + size};
    struct lease found;
    int64_t count = 0;

    if (size > LEASE_SIZE_MAX)
        return error_set(err, ERROR_INVALID, "the lease is larger than %d bytes",
                         LEASE_SIZE_MAX);
    if (!take_head(&cursor, &found))
        return error_set(err, ERROR_INVALID, "the head of the lease is damaged");
    found.row_count = 0;
    while (!cursor_take_word(&cursor, "end ")) {
        if (found.row_count == LEASE_ROWS_MAX
            || !take_row(&cursor, &found.rows[found.row_count]))
            return error_set(err, ERROR_INVALID, "row %zu of the lease is damaged",
                             found.row_count);
        found.row_count++;
    }
    if (!cursor_take_number(&cursor, LEASE_ROWS_MAX, &count)
        || !cursor_take_word(&cursor, "\n") || (size_t)count != found.row_count
        || cursor.at != cursor.end)
        return error_set(err, ERROR_INVALID, "the end of the lease is damaged");
    *lease = found;
    return 0;
}

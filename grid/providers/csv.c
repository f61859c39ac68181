/* SPDX-License-Identifier: MIT */
#include "grid/providers/csv.h"

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/time.h"
#include "grid/mix.h"

/* Thousandths of what a fuel generates, in whatever unit. */
#define MIX_AMOUNT_MAX INT64_C(1000000000000)

/* A stretch of the body. */
struct slice {
    const char *bytes;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice slice)
{
    while (slice.length > 0 && is_blank(slice.bytes[0])) {
        slice.bytes++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.bytes[slice.length - 1]))
        slice.length--;
    return slice;
}

/* Take what stands before the next `end`, or all, and that too, off the front. */
static struct slice take_until(struct slice *rest, char end)
{
    const char *found = memchr(rest->bytes, end, rest->length);
    size_t length = found ? (size_t)(found - rest->bytes) : rest->length;
    size_t taken = found ? length + 1 : length;
    struct slice slice = {rest->bytes, length};

    rest->bytes += taken;
    rest->length -= taken;
    return slice;
}

static struct slice take_field(struct slice *rest)
{
    struct slice start = trim(*rest);
    struct slice field;

    if (start.length == 0 || start.bytes[0] != '"')
        return trim(take_until(rest, ','));
    start.bytes++;
    start.length--;
    field = take_until(&start, '"');
    take_until(&start, ',');
    *rest = start;
    return trim(field);
}

static bool begins_with(struct slice name, const char *prefix)
{
    size_t length = strlen(prefix);

    return name.length >= length && strncasecmp(name.bytes, prefix, length) == 0;
}

/* Which field of a row is what; -1: there is none. */
struct header {
    int time;
    int level;
    int renewable;
    int fuels[FUELS];
    bool has_fuels;
    enum signal signal; /* by whose factors a mix counts */
};

static void name_fuel(struct header *header, struct slice name, int column)
{
    char text[CSV_FIELD_SIZE];
    enum fuel fuel;

    if (name.length >= sizeof(text))
        return;
    memcpy(text, name.bytes, name.length);
    text[name.length] = '\0';
    if (!mix_find_fuel(text, &fuel) || header->fuels[fuel] >= 0)
        return;
    header->fuels[fuel] = column;
    header->has_fuels = true;
}

static bool holds(struct slice name, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; i + length <= name.length; i++)
        if (strncasecmp(name.bytes + i, word, length) == 0)
            return true;
    return false;
}

/* A column that says of what kind its figures are is taken by the signal only. */
static bool is_of_signal(struct slice name, enum signal signal)
{
    bool is_direct = holds(name, "(direct)");
    bool is_lifecycle = holds(name, "(life cycle)") || holds(name, "(lca)");

    if (!is_direct && !is_lifecycle)
        return true;
    return signal == (is_direct ? SIGNAL_AVERAGE_DIRECT : SIGNAL_AVERAGE_LIFECYCLE);
}

static void name_column(struct header *header, struct slice name, int column,
                        enum reading_kind wanted)
{
    const char *other = wanted == READING_ACTUALS ? "actual_carbon_intensity"
                                                  : "forecasted_carbon_intensity";

    if (begins_with(name, "datetime") || begins_with(name, "utc time")) {
        if (header->time < 0)
            header->time = column;
    } else if (begins_with(name, "carbon_intensity") || begins_with(name, other)
               || (begins_with(name, "carbon intensity")
                   && is_of_signal(name, header->signal))) {
        if (header->level < 0)
            header->level = column;
    } else if (begins_with(name, "renewable") && header->renewable < 0) {
        header->renewable = column;
    } else {
        name_fuel(header, name, column);
    }
}

static int parse_header(struct slice line, enum reading_kind wanted,
                        struct header *header, struct error *err)
{
    header->time = header->level = header->renewable = -1;
    header->has_fuels = false;
    for (int i = 0; i < FUELS; i++)
        header->fuels[i] = -1;
    for (int column = 0; line.length > 0; column++) {
        if (column == CSV_FIELDS_MAX)
            return error_set(err, ERROR_INVALID, "line 1: more than %d columns",
                             CSV_FIELDS_MAX);
        name_column(header, take_field(&line), column, wanted);
    }
    if (header->time < 0)
        return error_set(err, ERROR_INVALID,
                         "line 1: no column \"datetime\" or \"UTC time\"");
    if (header->level < 0 && !header->has_fuels)
        return error_set(err, ERROR_INVALID, "line 1: no column \"carbon_intensity\"");
    return 0;
}

/* The field as a string; "" if the column is not there. */
static int copy_field(const struct slice *fields, int count, int column,
                      char text[CSV_FIELD_SIZE], struct error *err)
{
    text[0] = '\0';
    if (column < 0 || column >= count)
        return 0;
    if (fields[column].length >= CSV_FIELD_SIZE
        || memchr(fields[column].bytes, '\0', fields[column].length))
        return error_set(err, ERROR_INVALID, "field %d is no time or figure",
                         column + 1);
    memcpy(text, fields[column].bytes, fields[column].length);
    text[fields[column].length] = '\0';
    return 0;
}

/* A figure times 10 to the power of `digits`; POINT_NONE if the field is empty. */
static int parse_figure(const char *text, int digits, int64_t most, int64_t *figure,
                        struct error *err)
{
    *figure = POINT_NONE;
    if (text[0] == '\0')
        return 0;
    return number_parse_scaled(text, digits, 0, most, figure, err);
}

/* What the fuels of a row say where the row itself does not. */
static int apply_mix(const struct slice *fields, int count, const struct header *header,
                     struct point *point, struct error *err)
{
    struct mix mix = {{0}};

    for (int i = 0; i < FUELS; i++) {
        char text[CSV_FIELD_SIZE];
        int64_t amount = 0;

        if (copy_field(fields, count, header->fuels[i], text, err) < 0)
            return -1;
        if (text[0] != '\0'
            && number_parse_scaled(text, 3, -MIX_AMOUNT_MAX, MIX_AMOUNT_MAX, &amount,
                                   err)
                   < 0)
            return -1;
        mix.amounts[i] = (double)amount;
    }
    if (header->renewable < 0 && !mix_renewable(&mix, &point->renewable))
        point->renewable = POINT_NONE;
    if (header->level < 0 && !mix_intensity(&mix, header->signal, &point->level))
        point->level = POINT_NONE;
    return 0;
}

static int parse_row(struct slice line, const struct header *header,
                     struct point *parsed, struct error *err)
{
    struct slice fields[CSV_FIELDS_MAX];
    char time[CSV_FIELD_SIZE];
    char level[CSV_FIELD_SIZE];
    char renewable[CSV_FIELD_SIZE];
    struct point point = {0, POINT_OPEN, POINT_NONE, POINT_NONE};
    int count = 0;

    while (line.length > 0 && count < CSV_FIELDS_MAX)
        fields[count++] = take_field(&line);
    if (copy_field(fields, count, header->time, time, err) < 0
        || copy_field(fields, count, header->level, level, err) < 0
        || copy_field(fields, count, header->renewable, renewable, err) < 0
        || instant_parse(time, &point.begins, err) < 0
        || parse_figure(level, 3, INTENSITY_MAX, &point.level, err) < 0
        || parse_figure(renewable, 1, SHARE_MAX, &point.renewable, err) < 0)
        return -1;
    if (header->has_fuels && apply_mix(fields, count, header, &point, err) < 0)
        return -1;
    *parsed = point;
    return 0;
}

/* Take the header off the front. */
static int take_header(const struct provider_body *body, enum reading_kind wanted,
                       struct slice *rest, struct header *header, struct error *err)
{
    static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};

    *rest = (struct slice){body->bytes, body->size};
    if (rest->length >= sizeof(byte_order_mark)
        && memcmp(rest->bytes, byte_order_mark, sizeof(byte_order_mark)) == 0)
        *rest = (struct slice){body->bytes + sizeof(byte_order_mark),
                               body->size - sizeof(byte_order_mark)};
    if (rest->length == 0)
        return error_set(err, ERROR_INVALID, "the file is empty");
    return parse_header(trim(take_until(rest, '\n')), wanted, header, err);
}

int csv_parse(const struct provider_body *body, enum reading_kind wanted,
              enum signal signal, struct points *points, struct error *err)
{
    struct header header = {.signal = signal};
    struct slice rest;
    struct error fault;

    if (take_header(body, wanted, &rest, &header, err) < 0)
        return -1;
    for (size_t number = 2; rest.length > 0; number++) {
        struct slice line = trim(take_until(&rest, '\n'));
        struct point point;

        if (line.length > 0
            && (parse_row(line, &header, &point, &fault) < 0
                || points_add(points, point, &fault) < 0))
            return error_set(err, ERROR_INVALID, "line %zu: %.200s", number,
                             fault.text);
    }
    return points_close(points, err);
}

/* A run has ended: hand it on, and begin another. */
static int end_run(struct points *points, csv_on_run *on_run, void *context,
                   struct error *err)
{
    int status = 0;

    if (points->count > 0)
        status = points_close(points, err) < 0 ? -1 : on_run(points, context, err);
    points_release(points);
    return status;
}

/* Add a row to the run, or end that and begin the next with it. */
static int add_to_run(struct points *points, struct point point, csv_on_run *on_run,
                      void *context, struct error *err)
{
    if (points->count > 0 && point.begins < points->items[points->count - 1].begins
        && end_run(points, on_run, context, err) < 0)
        return -1;
    return points_add(points, point, err);
}

int csv_parse_runs(const struct provider_body *body, enum reading_kind wanted,
                   enum signal signal, csv_on_run *on_run, void *context,
                   struct error *err)
{
    struct header header = {.signal = signal};
    struct points points = POINTS_EMPTY;
    struct slice rest;
    struct error fault;
    size_t number = 2;

    if (take_header(body, wanted, &rest, &header, err) < 0)
        return -1;
    for (; rest.length > 0; number++) {
        struct slice line = trim(take_until(&rest, '\n'));
        struct point point;

        if (line.length > 0
            && (parse_row(line, &header, &point, &fault) < 0
                || add_to_run(&points, point, on_run, context, &fault) < 0))
            goto fail;
    }
    if (end_run(&points, on_run, context, &fault) == 0)
        return 0;
fail:
    points_release(&points);
    return error_set(err, fault.code, "line %zu: %.200s", number, fault.text);
}

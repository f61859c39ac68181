/* SPDX-License-Identifier: MIT */
#include "queue/sqlite/steps.h"

#include <string.h>

#include "tests/support/cmocka.h"

static void assert_same(const struct series *a, const struct series *b)
{
    assert_int_equal(series_count(a), series_count(b));
    assert_int_equal(series_ends(a), series_ends(b));
    for (size_t i = 0; i < series_count(a); i++) {
        assert_int_equal(series_at(a, i).begins, series_at(b, i).begins);
        assert_int_equal(series_at(a, i).level, series_at(b, i).level);
    }
}

static void steps_of_any_lengths_come_back(void **state)
{
    static const struct series_sample samples[] = {
        {INSTANT_MAX - 20 * DAY, INTENSITY_MAX},
        {INSTANT_MAX - 20 * DAY + 1800, 0},
        {INSTANT_MAX - 20 * DAY + 3600, 211500},
        {INSTANT_MAX - 20 * DAY + 3601, 1},
        {INSTANT_MAX - 10 * DAY, 2},
    };

    (void)state;
    for (size_t count = 1; count <= 5; count++) {
        struct series *series =
            series_create(samples, count, INSTANT_MAX - 5 * DAY, INTENSITY_MAX, NULL);
        struct text bytes = TEXT_EMPTY;
        struct series *decoded;

        steps_encode(series, &bytes);
        decoded = steps_decode(bytes.bytes, bytes.length, INTENSITY_MAX, NULL);
        assert_non_null(decoded);
        assert_same(series, decoded);
        series_destroy(series);
        series_destroy(decoded);
        text_release(&bytes);
    }
}

/* Two steps of an hour and one of half an hour, from 1970-01-02 on. */
static const unsigned char known[] = {
    1,    0x80, 0x51, 1, 0, 0, 0, 0, 0,          /* version, begins */
    0x10, 0x0e, 0,    0, 2, 0, 0, 0, 5, 0, 0, 0, /* 2 times 3600 s: 5 */
    0xff, 0xff, 0,    0,                         /* 65535 */
    0x08, 0x07, 0,    0, 1, 0, 0, 0, 7, 0, 0, 0, /* once 1800 s: 7 */
};

static void the_bytes_are_as_documented(void **state)
{
    static const struct series_sample samples[] = {
        {86400, 5}, {90000, 65535}, {93600, 7}};
    struct series *series = series_create(samples, 3, 95400, INTENSITY_MAX, NULL);
    struct text bytes = TEXT_EMPTY;

    (void)state;
    steps_encode(series, &bytes);
    assert_int_equal(bytes.length, sizeof(known));
    assert_memory_equal(bytes.bytes, known, sizeof(known));
    series_destroy(series);
    text_release(&bytes);
}

static void damaged_bytes_are_refused(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
    } cases[] = {
        {0, 0},    /* another version */
        {8, 0x80}, /* begins before time */
        {8, 0x7f}, /* begins after it */
        {12, 9},   /* a step of five years */
        {13, 0},   /* a run of no steps */
        {13, 9},   /* a run of more steps than there are bytes */
        {20, 1},   /* a level above the limit */
    };
    struct error err = {0};

    (void)state;
    for (size_t size = 0; size < sizeof(known); size++)
        if (size != 25 && steps_decode(known, size, INTENSITY_MAX, NULL))
            fail_msg("%zu bytes were taken", size);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned char bytes[sizeof(known)];

        memcpy(bytes, known, sizeof(known));
        bytes[cases[i].at] = cases[i].value;
        if (steps_decode(bytes, sizeof(bytes), INTENSITY_MAX, &err))
            fail_msg("case %zu was taken", i);
        assert_int_equal(err.code, ERROR_IO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_any_lengths_come_back),
        cmocka_unit_test(the_bytes_are_as_documented),
        cmocka_unit_test(damaged_bytes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

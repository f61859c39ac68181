/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/slurm/lease.h"

#define NOW  ((instant)1795292100)
#define HEAD "penstock-lease 1\nwritten 1795292100\nvalid 180\nmargin 120\ntell yes\n"
#define ROWS HEAD "wake -\ndefault -\n"

static struct lease example(void)
{
    return (struct lease){
        .written = NOW,
        .valid = 180,
        .margin = 120,
        .tells_users = true,
        .wake = "/run/penstock/wake",
        .default_partition = "main",
        .rows = {{LEASE_PARTITION, false, 14400, 86400, 90, "main"},
                 {LEASE_ACCOUNT, true, 0, 172800, 0, "physics of ice"},
                 {LEASE_QOS, false, 60, 60, 0, "long"},
                 {LEASE_ANY, true, 3600, 86400, 0, ""}},
        .row_count = 4,
    };
}

static const char *const example_text = HEAD
    "wake /run/penstock/wake\ndefault main\npartition all 14400 86400 90 main\n"
    "account ask 0 172800 physics of ice\nqos all 60 60 long\nany ask 3600 86400 -\n"
    "end 4\n";

static int parse(const char *text, struct lease *lease)
{
    /* Without a NUL behind it, so that a sanitizer sees what reads too far. */
    size_t size = strlen(text);
    char *bytes = malloc(size ? size : 1);
    struct error err = {0};
    int result;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = text[i];
    result = lease_parse(bytes, size, lease, &err);
    if (result < 0)
        assert_int_equal(err.code, ERROR_INVALID);
    free(bytes);
    return result;
}

static void a_lease_is_written_and_read(void **state)
{
    const struct lease lease = example();
    char text[LEASE_SIZE_MAX];
    struct lease read;

    (void)state;
    assert_int_equal(lease_format(&lease, text, sizeof(text), NULL), 0);
    assert_string_equal(text, example_text);
    assert_int_equal(parse(text, &read), 0);
    assert_int_equal(read.written, NOW);
    assert_int_equal(read.valid, 180);
    assert_int_equal(read.margin, 120);
    assert_true(read.tells_users);
    assert_string_equal(read.wake, "/run/penstock/wake");
    assert_string_equal(read.default_partition, "main");
    assert_int_equal(read.row_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(read.rows[i].kind, lease.rows[i].kind);
        assert_int_equal(read.rows[i].must_ask, lease.rows[i].must_ask);
        assert_int_equal(read.rows[i].wait_default, lease.rows[i].wait_default);
        assert_int_equal(read.rows[i].wait_max, lease.rows[i].wait_max);
        assert_int_equal(read.rows[i].margin, lease.rows[i].margin);
        assert_string_equal(read.rows[i].name, lease.rows[i].name);
    }
}

static void every_part_of_a_file_that_was_cut_is_refused(void **state)
{
    char text[1024];
    struct lease lease;

    (void)state;
    for (size_t size = 0; size < strlen(example_text); size++) {
        snprintf(text, sizeof(text), "%.*s", (int)size, example_text);
        assert_int_equal(parse(text, &lease), -1);
    }
}

static void one_byte_changed_breaks_nothing_but_the_lease(void **state)
{
    char text[1024];
    struct lease lease;
    int refused = 0;

    (void)state;
    for (size_t at = 0; at < strlen(example_text); at++)
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, example_text, strlen(example_text) + 1);
            text[at] = (char)byte;
            refused += lease_parse(text, strlen(example_text), &lease, NULL) < 0;
        }
    assert_true(refused > 20000);
}

static void the_largest_lease_fits_the_largest_file(void **state)
{
    static char text[LEASE_SIZE_MAX];
    struct lease lease = example(), read;

    (void)state;
    lease.written = INSTANT_MAX;
    lease.valid = LEASE_VALID_MAX;
    lease.margin = LEASE_WAIT_MAX;
    lease.row_count = LEASE_ROWS_MAX;
    memset(lease.wake, 'w', LEASE_PATH_SIZE - 1);
    memset(lease.default_partition, 'd', LEASE_NAME_SIZE - 1);
    for (size_t i = 0; i < LEASE_ROWS_MAX; i++) {
        lease.rows[i] = (struct lease_row){
            LEASE_PARTITION, true, LEASE_WAIT_MAX, LEASE_WAIT_MAX, LEASE_WAIT_MAX, ""};
        memset(lease.rows[i].name, 'n', LEASE_NAME_SIZE - 1);
    }
    assert_int_equal(lease_format(&lease, text, sizeof(text), NULL), 0);
    assert_int_equal(parse(text, &read), 0);
    assert_int_equal(read.row_count, LEASE_ROWS_MAX);
}

static void a_lease_that_does_not_fit_is_said_to(void **state)
{
    const struct lease lease = example();
    size_t needed = strlen(example_text) + 1;
    char text[1024];
    struct error err;

    (void)state;
    for (size_t size = 0; size < needed; size++) {
        memset(text, '~', sizeof(text));
        assert_int_equal(lease_format(&lease, text, size, &err), -1);
        assert_int_equal(err.code, ERROR_TOO_LARGE);
        assert_int_equal(text[size], '~');
    }
    assert_int_equal(lease_format(&lease, text, needed, &err), 0);
}

static void what_is_no_lease_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "penstock-lease 2\n",
        ROWS,
        ROWS "end 1\n",
        ROWS "end 0",
        ROWS "end 0\n\n",
        ROWS "end 0\nend 0\n",
        ROWS "end 00\n",
        ROWS "end -0\n",
        ROWS "\nend 0\n",
        HEAD "wake \ndefault -\nend 0\n",
        HEAD "default -\nwake -\nend 0\n",
        ROWS "any all 1 2 -\nend 2\n",
        ROWS "any all 1 2 name\nend 1\n",
        ROWS "partition all 1 2 5 -\nend 1\n",
        ROWS "partition all 1 2 5 \nend 1\n",
        ROWS "partition all 1 2\nend 1\n",
        ROWS "partition all 1 2 main\nend 1\n",
        ROWS "partition all 1 2 2678401 main\nend 1\n",
        ROWS "partition some 1 2 main\nend 1\n",
        ROWS "partition all 3 2 5 main\nend 1\n",
        ROWS "partition all 1 2678401 5 main\nend 1\n",
        ROWS "partition all 1 99999999999999999999999999999999 5 main\nend 1\n",
        ROWS "partition all -1 2 5 main\nend 1\n",
        ROWS "partition all +1 2 5 main\nend 1\n",
        ROWS "partition all 01 2 5 main\nend 1\n",
        ROWS "partition all 1 2 5 ma\tin\nend 1\n",
        ROWS "partition all 1 2 5 ma\rin\nend 1\n",
        ROWS "node all 1 2 main\nend 1\n",
        ROWS
        "partition all 1 2 5 "
        "0123456789012345678901234567890123456789012345678901234567890123\nend 1\n",
        "penstock-lease 1\nwritten 253402300800\nvalid 180\nmargin 120\ntell yes\nwake "
        "-\ndefault -\nend 0\n",
        "penstock-lease 1\nwritten 1\nvalid 3601\nmargin 120\ntell yes\nwake "
        "-\ndefault "
        "-\nend 0\n",
        "penstock-lease 1\nwritten 1\nvalid 180\nmargin 120\ntell maybe\nwake "
        "-\ndefault -\nend 0\n",
    };
    struct lease lease;

    (void)state;
    assert_int_equal(parse(ROWS "end 0\n", &lease), 0);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (parse(texts[i], &lease) == 0)
            fail_msg("taken: %s", texts[i]);
}

static void a_file_that_is_too_large_is_refused_at_once(void **state)
{
    static char bytes[LEASE_SIZE_MAX + 1];
    struct lease lease;

    (void)state;
    memcpy(bytes, ROWS, sizeof(ROWS));
    assert_int_equal(lease_parse(bytes, sizeof(bytes), &lease, NULL), -1);
}

static void sixty_five_rows_are_refused(void **state)
{
    static char text[LEASE_SIZE_MAX];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s", ROWS);
    struct lease lease;

    (void)state;
    for (int i = 0; i <= LEASE_ROWS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "any all 1 2 -\n");
    snprintf(text + used, sizeof(text) - used, "end 65\n");
    assert_int_equal(parse(text, &lease), -1);
}

static void a_failed_reading_leaves_the_lease_as_it_was(void **state)
{
    struct lease lease, before;

    (void)state;
    memset(&lease, 'x', sizeof(lease));
    before = lease;
    assert_int_equal(parse(ROWS "any all 1 2 -\nend 2\n", &lease), -1);
    assert_memory_equal(&lease, &before, sizeof(lease));
}

/* Each changes one member of a good lease to what cannot be written. */
static void what_cannot_be_read_again_is_not_written(void **state)
{
    char text[LEASE_SIZE_MAX];

    (void)state;
    for (int i = 0; i < 14; i++) {
        struct lease lease = example();
        struct error err;

        switch (i) {
        case 0:
            lease.written = -1;
            break;
        case 1:
            lease.written = INSTANT_MAX + 1;
            break;
        case 2:
            lease.valid = LEASE_VALID_MAX + 1;
            break;
        case 3:
            lease.margin = -1;
            break;
        case 4:
            lease.row_count = LEASE_ROWS_MAX + 1;
            break;
        case 5:
            memset(lease.wake, 'x', sizeof(lease.wake));
            break;
        case 6:
            lease.wake[3] = '\n';
            break;
        case 7:
            lease.default_partition[0] = '\x7f';
            break;
        case 8:
            memcpy(lease.rows[0].name, "-", 2);
            break;
        case 9:
            lease.rows[0].name[0] = '\0';
            break;
        case 10:
            lease.rows[3].name[0] = 'x';
            break;
        case 11:
            lease.rows[0].wait_default = 86401;
            break;
        case 12:
            lease.rows[0].wait_max = LEASE_WAIT_MAX + 1;
            break;
        default:
            lease.rows[1].kind = LEASE_KINDS;
            break;
        }
        assert_int_equal(lease_format(&lease, text, sizeof(text), &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
    }
}

static void only_partitions_have_a_margin_and_none_of_months(void **state)
{
    char text[LEASE_SIZE_MAX];
    struct lease lease = example();

    (void)state;
    lease.rows[0].margin = LEASE_WAIT_MAX + 1;
    assert_int_equal(lease_format(&lease, text, sizeof(text), NULL), -1);
    lease = example();
    lease.rows[1].margin = 1;
    assert_int_equal(lease_format(&lease, text, sizeof(text), NULL), -1);
}

static void a_lease_is_fresh_for_as_long_as_it_says(void **state)
{
    const struct lease lease = example();

    (void)state;
    assert_true(lease_is_fresh(&lease, NOW));
    assert_true(lease_is_fresh(&lease, NOW + 180));
    assert_false(lease_is_fresh(&lease, NOW + 181));
    assert_true(lease_is_fresh(&lease, NOW - MINUTE));
    assert_false(lease_is_fresh(&lease, NOW - MINUTE - 1));
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(lease_kind_name(LEASE_QOS), "qos");
    assert_string_equal(lease_kind_name(LEASE_ANY), "any");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_written_and_read),
        cmocka_unit_test(every_part_of_a_file_that_was_cut_is_refused),
        cmocka_unit_test(one_byte_changed_breaks_nothing_but_the_lease),
        cmocka_unit_test(the_largest_lease_fits_the_largest_file),
        cmocka_unit_test(a_lease_that_does_not_fit_is_said_to),
        cmocka_unit_test(what_is_no_lease_is_refused),
        cmocka_unit_test(a_file_that_is_too_large_is_refused_at_once),
        cmocka_unit_test(sixty_five_rows_are_refused),
        cmocka_unit_test(a_failed_reading_leaves_the_lease_as_it_was),
        cmocka_unit_test(what_cannot_be_read_again_is_not_written),
        cmocka_unit_test(only_partitions_have_a_margin_and_none_of_months),
        cmocka_unit_test(a_lease_is_fresh_for_as_long_as_it_says),
        cmocka_unit_test(kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

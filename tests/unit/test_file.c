/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A file in a directory of its own, and what was read of it. */
struct place {
    char directory[32];
    char path[64];
    struct text contents;
    struct error err;
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    assert_true(
        text_copy(place->directory, sizeof(place->directory), "/tmp/test_file.XXXXXX"));
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/file", place->directory);
    place->contents = TEXT_EMPTY;
    *state = place;
    return 0;
}

static int drop_place(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    rmdir(place->directory);
    text_release(&place->contents);
    free(place);
    return 0;
}

static void write_file(const struct place *place, size_t size)
{
    int fd = open(place->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *bytes = malloc(size + 1);

    assert_true(fd >= 0);
    assert_non_null(bytes);
    memset(bytes, 'x', size);
    assert_int_equal(size, write(fd, bytes, size));
    free(bytes);
    close(fd);
}

static int load(struct place *place, size_t limit)
{
    return file_load(place->path, limit, &place->contents, &place->err);
}

static void a_file_is_added_to_the_text(void **state)
{
    struct place *place = *state;

    write_file(place, 40000);
    text_add(&place->contents, "before");
    assert_int_equal(0, load(place, 40000));
    assert_int_equal(40006, place->contents.length);
    assert_memory_equal("beforexxx", place->contents.bytes, 9);
}

static void an_empty_file_is_no_error(void **state)
{
    struct place *place = *state;

    write_file(place, 0);
    assert_int_equal(0, load(place, 0));
    assert_int_equal(0, place->contents.length);
}

static void a_file_over_the_limit_is_refused_whole(void **state)
{
    struct place *place = *state;

    write_file(place, 40000);
    assert_int_equal(-1, load(place, 39999));
    assert_int_equal(ERROR_TOO_LARGE, place->err.code);
    assert_non_null(strstr(place->err.text, "more than 39999 bytes"));
    assert_int_equal(0, place->contents.length);
}

static void a_file_that_is_not_there_is_missing(void **state)
{
    struct place *place = *state;

    assert_int_equal(-1, load(place, 10));
    assert_int_equal(ERROR_MISSING, place->err.code);
    assert_non_null(strstr(place->err.text, place->path));
}

static void a_directory_is_refused(void **state)
{
    struct place *place = *state;

    assert_int_equal(-1,
                     file_load(place->directory, 10, &place->contents, &place->err));
    assert_int_equal(ERROR_INVALID, place->err.code);
}

static void a_pipe_that_nobody_writes_to_does_not_hold_us_up(void **state)
{
    struct place *place = *state;

    assert_int_equal(0, mkfifo(place->path, 0600));
    assert_int_equal(-1, load(place, 10));
    assert_int_equal(ERROR_INVALID, place->err.code);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_file_is_added_to_the_text),
        IN_PLACE(an_empty_file_is_no_error),
        IN_PLACE(a_file_over_the_limit_is_refused_whole),
        IN_PLACE(a_file_that_is_not_there_is_missing),
        IN_PLACE(a_directory_is_refused),
        IN_PLACE(a_pipe_that_nobody_writes_to_does_not_hold_us_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

static void write_secret(const struct place *place, const char *bytes, mode_t mode)
{
    int fd = open(place->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(strlen(bytes), write(fd, bytes, strlen(bytes)));
    assert_int_equal(0, fchmod(fd, mode));
    close(fd);
}

static int load_secret(struct place *place)
{
    return file_load_secret(place->path, 20, &place->contents, &place->err);
}

static void a_secret_comes_without_blanks_and_the_end_of_its_line(void **state)
{
    static const char *const written[] = {"to ken", "to ken\n", "to ken\r\n",
                                          " \tto ken \t\n"};
    struct place *place = *state;

    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        write_secret(place, written[i], i % 2 ? 0400 : 0600);
        text_clear(&place->contents);
        assert_int_equal(0, load_secret(place));
        assert_string_equal("to ken", place->contents.bytes);
    }
}

static void a_secret_that_others_can_touch_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0620, 0604, 0602, 0644};
    struct place *place = *state;

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        write_secret(place, "hidden", modes[i]);
        assert_int_equal(-1, load_secret(place));
        assert_int_equal(ERROR_FORBIDDEN, place->err.code);
        assert_non_null(strstr(place->err.text, place->path));
        assert_non_null(strstr(place->err.text, "chmod 600"));
        assert_int_equal(0, place->contents.length);
    }
}

static void a_secret_of_nothing_or_of_several_lines_is_refused_untold(void **state)
{
    static const char *const written[] = {
        "",           "\n",         "\r\n",          " \t \n",
        "hidden\n\n", "hid\nden\n", "hid\x1b[den\n", "hid\177den",
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        write_secret(place, written[i], 0600);
        assert_int_equal(-1, load_secret(place));
        assert_int_equal(ERROR_INVALID, place->err.code);
        assert_non_null(strstr(place->err.text, place->path));
        assert_null(strstr(place->err.text, "hid"));
        assert_int_equal(0, place->contents.length);
    }
}

static void a_secret_over_the_limit_is_refused(void **state)
{
    struct place *place = *state;

    write_secret(place, "twenty-one characters", 0600);
    assert_int_equal(-1, load_secret(place));
    assert_int_equal(ERROR_TOO_LARGE, place->err.code);
    write_secret(place, "twenty characters...", 0600);
    assert_int_equal(0, load_secret(place));
}

static void a_secret_that_is_not_there_is_missing(void **state)
{
    assert_int_equal(-1, load_secret(*state));
    assert_int_equal(ERROR_MISSING, ((struct place *)*state)->err.code);
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
        IN_PLACE(a_secret_comes_without_blanks_and_the_end_of_its_line),
        IN_PLACE(a_secret_that_others_can_touch_is_refused),
        IN_PLACE(a_secret_of_nothing_or_of_several_lines_is_refused_untold),
        IN_PLACE(a_secret_over_the_limit_is_refused),
        IN_PLACE(a_secret_that_is_not_there_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "cli/submit_check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

static char directory[] = "/tmp/penstock-submit-XXXXXX";

static int make_place(void **state)
{
    int place, file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place >= 0);
    assert_int_equal(0, mkdirat(place, "logs", 0700));
    file = openat(place, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    close(place);
    return 0;
}

static int remove_place(void **state)
{
    int place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    unlinkat(place, "logs", AT_REMOVEDIR);
    unlinkat(place, "file", 0);
    close(place);
    return rmdir(directory);
}

#define CR_DOUBT                                                                       \
    "the script's first line ends in CR, as DOS has it, and its interpreter will be "  \
    "looked for with that; \"sed -i 's/\\r$//'\" mends it\n"

/* A submission from a directory with "logs/" and "file", and what is doubted of it. */
static const struct {
    const char *script;
    struct submit_options options;
    const char *doubts;
} cases[] = {
    {NULL, {.output = NULL}, ""},
    {"#!/bin/sh\ntrue\r\n", {.output = "new", .error = "logs/%j"}, ""},
    {"#!/bin/sh -e", {.output = "file", .error = "/dev/null"}, ""},
    {"#! /bin/sh\r\ntrue\r\n", {.output = NULL}, CR_DOUBT},
    {"#!/opt/none/sh -e\n",
     {.output = NULL},
     "the script's interpreter /opt/none/sh cannot be run: No such file or "
     "directory\n"},
    {NULL,
     {.output = "logs"},
     "the job cannot write its output to logs: Is a directory\n"},
    {NULL,
     {.output = "none/%j", .error = "file/%j"},
     "the job cannot write its output to none/%j: No such file or directory\n"
     "the job cannot write its errors to file/%j: Not a directory\n"},
    {NULL, {.output = "run-%j/out"}, ""},
    {NULL, {.directory = "logs", .output = "../file"}, ""},
    {NULL,
     {.directory = "/opt/none"},
     "the job cannot enter its directory /opt/none: No such file or directory\n"},
    {NULL,
     {.directory = "/dev/null"},
     "the job cannot enter its directory /dev/null: Not a directory\n"},
};

static void what_could_not_start_is_doubted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct submit_source source = {
            .script = cases[i].script,
            .script_size = cases[i].script ? strlen(cases[i].script) : 0,
            .directory = directory,
        };
        struct text doubts = TEXT_EMPTY;

        submit_check(&cases[i].options, &source, &doubts);
        assert_string_equal(cases[i].doubts, doubts.bytes);
        text_release(&doubts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_not_start_is_doubted),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}

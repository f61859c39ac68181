/* SPDX-License-Identifier: MIT */
#include "nodes/local/run_directory.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

struct scene {
    char path[64];
    int directory;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    strcpy(scene->path, "/tmp/penstock-test-XXXXXX");
    assert_non_null(mkdtemp(scene->path));
    scene->directory = open(scene->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(scene->directory >= 0);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    unlinkat(scene->directory, "lock", 0);
    unlinkat(scene->directory, "other", 0);
    close(scene->directory);
    rmdir(scene->path);
    free(scene);
    return 0;
}

static void store(const struct scene *scene, const char *name)
{
    struct text bytes = TEXT_EMPTY;

    text_add(&bytes, "something");
    assert_int_equal(run_directory_store(scene->directory, name, 0600, &bytes, NULL),
                     0);
    text_release(&bytes);
}

static enum error_code load(const struct scene *scene, const char *name)
{
    struct text bytes = TEXT_EMPTY;
    struct error err = {.code = ERROR_NONE};
    int result = run_directory_load(scene->directory, name, 100, &bytes, &err);

    text_release(&bytes);
    return result == 0 ? ERROR_NONE : err.code;
}

/* Else its owner could say for ever that nobody can tell what it says. */
static void a_file_that_is_leased_is_not_waited_for(void **state)
{
    const struct scene *scene = *state;
    int file;

    store(scene, "lock");
    assert_int_equal(load(scene, "lock"), ERROR_NONE);
    file = openat(scene->directory, "lock", O_RDWR | O_CLOEXEC);
    signal(SIGIO, SIG_IGN);
    if (fcntl(file, F_SETLEASE, F_WRLCK) < 0) {
        close(file);
        skip();
    }
    assert_int_equal(load(scene, "lock"), ERROR_INVALID);
    close(file);
}

static void a_file_that_something_is_mounted_on_is_not_opened(void **state)
{
    const struct scene *scene = *state;
    enum error_code found;
    char paths[2][96];

    store(scene, "lock");
    store(scene, "other");
    snprintf(paths[0], sizeof(paths[0]), "%s/lock", scene->path);
    snprintf(paths[1], sizeof(paths[1]), "%s/other", scene->path);
    if (mount(paths[1], paths[0], NULL, MS_BIND, NULL) < 0)
        skip();
    found = load(scene, "lock");
    assert_int_equal(umount(paths[0]), 0);
    assert_int_equal(found, ERROR_INVALID);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_file_that_is_leased_is_not_waited_for),
        SCENE_TEST(a_file_that_something_is_mounted_on_is_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

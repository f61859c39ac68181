/* SPDX-License-Identifier: MIT */
#include "tests/support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local/rapl.h"
#include "tests/support/stores.h"

#define RANGE "262143328850\n"

struct tree {
    char root[200];
    struct rapl rapl;
};

static int setup(void **state)
{
    struct tree *tree = calloc(1, sizeof(*tree));

    assert_non_null(tree);
    stores_make_directory(tree->root);
    *state = tree;
    return 0;
}

static int teardown(void **state)
{
    struct tree *tree = *state;

    stores_remove_directory(tree->root);
    free(tree);
    return 0;
}

static void put(struct tree *tree, const char *zone, const char *name, const char *text)
{
    char path[400];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", tree->root, zone);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s/%s/%s", tree->root, zone, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void add(struct tree *tree, const char *zone, const char *name,
                const char *energy)
{
    char line[100];

    snprintf(line, sizeof(line), "%s\n", name);
    put(tree, zone, "name", line);
    put(tree, zone, "max_energy_range_uj", RANGE);
    put(tree, zone, "energy_uj", energy);
}

static int64_t total(struct tree *tree)
{
    int64_t uj = -1;
    struct error err = {ERROR_NONE, "", ""};

    if (rapl_read(&tree->rapl, &uj, &err) < 0)
        fail_msg("%s", err.text);
    return uj;
}

static void packages_and_their_memory_are_summed(void **state)
{
    struct tree *tree = *state;

    add(tree, "intel-rapl:0", "package-0", "1000\n");
    add(tree, "intel-rapl:0:0", "core", "10\n");
    add(tree, "intel-rapl:0:1", "uncore", "10\n");
    add(tree, "intel-rapl:0:2", "dram", "100\n");
    add(tree, "intel-rapl:1", "package-1", "2000\n");
    add(tree, "intel-rapl:2", "psys", "9000\n");
    add(tree, "intel-rapl-mmio:0", "package-0", "1000\n");
    put(tree, "intel-rapl", "enabled", "1\n");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, NULL), 0);
    assert_int_equal(tree->rapl.count, 3);
    assert_int_equal(total(tree), 0);
    add(tree, "intel-rapl:0", "package-0", "1500\n");
    add(tree, "intel-rapl:0:0", "core", "400\n");
    add(tree, "intel-rapl:0:2", "dram", "107\n");
    add(tree, "intel-rapl:1", "package-1", "2030\n");
    add(tree, "intel-rapl:2", "psys", "99999\n");
    add(tree, "intel-rapl-mmio:0", "package-0", "1500\n");
    assert_int_equal(total(tree), 537);
    assert_int_equal(total(tree), 537);
}

static void a_counter_begins_anew_after_its_range(void **state)
{
    struct tree *tree = *state;

    add(tree, "intel-rapl:0", "package-0", "262143328800\n");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, NULL), 0);
    add(tree, "intel-rapl:0", "package-0", "25\n");
    assert_int_equal(total(tree), 75);
    add(tree, "intel-rapl:0", "package-0", "26\n");
    assert_int_equal(total(tree), 76);
}

static void nonsense_is_refused_and_the_next_reading_is_taken(void **state)
{
    static const char *const nonsense[] = {
        "",
        "\n",
        "-1\n",
        "x\n",
        "1 2\n",
        "1\n2\n",
        "0x10\n",
        "262143328851\n", /* above its range */
        "99999999999999999999999\n",
        "1e9\n",
        "11111111111111111111111111111111111111111111111111111111111111111111111111\n",
    };
    struct tree *tree = *state;
    struct error err;
    int64_t uj = 42;

    add(tree, "intel-rapl:0", "package-0", "1000\n");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, NULL), 0);
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        add(tree, "intel-rapl:0", "package-0", nonsense[i]);
        assert_int_equal(rapl_read(&tree->rapl, &uj, &err), -1);
        assert_int_equal(err.code, ERROR_INVALID);
        assert_int_equal(uj, 42);
    }
    add(tree, "intel-rapl:0", "package-0", "1007\n");
    assert_int_equal(total(tree), 7);
}

static void a_tree_without_packages_measures_nothing(void **state)
{
    struct tree *tree = *state;
    struct error err;
    char path[300];

    add(tree, "intel-rapl:0", "psys", "1000\n");
    add(tree, "intel-rapl:x", "package-0", "1000\n");
    add(tree, "intel-rapl:0:0:0", "dram", "1000\n");
    add(tree, "dtpm:0", "package-0", "1000\n");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
    snprintf(path, sizeof(path), "%s/none", tree->root);
    assert_int_equal(rapl_open(&tree->rapl, path, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
}

static void a_zone_that_goes_away_fails_until_it_is_back(void **state)
{
    struct tree *tree = *state;
    struct error err;
    char path[300];
    int64_t uj;

    add(tree, "intel-rapl:0", "package-0", "1000\n");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, NULL), 0);
    snprintf(path, sizeof(path), "%s/intel-rapl:0/energy_uj", tree->root);
    unlink(path);
    assert_int_equal(rapl_read(&tree->rapl, &uj, &err), -1);
    assert_int_equal(err.code, ERROR_MISSING);
    add(tree, "intel-rapl:0", "package-0", "1001\n");
    assert_int_equal(total(tree), 1);
}

/* Root may read anything, so it steps back for this. */
static void what_may_not_be_read_is_told_as_such(void **state)
{
    struct tree *tree = *state;
    bool is_root = geteuid() == 0;
    struct error err = {ERROR_NONE, "", ""};
    char path[300];

    add(tree, "intel-rapl:0", "package-0", "1000\n");
    snprintf(path, sizeof(path), "%s/intel-rapl:0/energy_uj", tree->root);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(chmod(tree->root, 0755), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    rapl_open(&tree->rapl, tree->root, &err);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(err.code, ERROR_FORBIDDEN);
}

static void pipes_and_long_names_do_no_harm(void **state)
{
    struct tree *tree = *state;
    struct error err;
    char path[300];

    add(tree, "intel-rapl:0", "package-0", "1000\n");
    snprintf(path, sizeof(path), "%s/intel-rapl:0/name", tree->root);
    unlink(path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_int_equal(rapl_open(&tree->rapl, tree->root, &err), -1);
    unlink(path);
    put(tree, "intel-rapl:0", "name",
        "package-0package-0package-0package-0package-0package-0package-0package-0");
    assert_int_equal(rapl_open(&tree->rapl, tree->root, &err), -1);
    assert_int_equal(err.code, ERROR_INVALID);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(packages_and_their_memory_are_summed),
        TREE_TEST(a_counter_begins_anew_after_its_range),
        TREE_TEST(nonsense_is_refused_and_the_next_reading_is_taken),
        TREE_TEST(a_tree_without_packages_measures_nothing),
        TREE_TEST(a_zone_that_goes_away_fails_until_it_is_back),
        TREE_TEST(what_may_not_be_read_is_told_as_such),
        TREE_TEST(pipes_and_long_names_do_no_harm),
    };

    return cmocka_run_group_tests_name("RAPL", tests, NULL, NULL);
}

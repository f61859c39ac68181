/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_renewal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

#define NOW         ((instant)1795292100)
#define INTERVAL_MS ((int64_t)30000)

static const char text[] = "[zone GB]\n"
                           "providers = none\n"
                           "[pool gpu]\n"
                           "executor = slurm\n"
                           "zone = GB\n"
                           "[slurm]\n"
                           "interval = 30s\n"
                           "lease = %s/lease\n"
                           "[queue training]\n"
                           "policy = cleanest\n";

static struct config *make_config(const char *directory)
{
    static struct config_faults faults;
    struct config *config;
    char filled[512];

    snprintf(filled, sizeof(filled), text, directory);
    config = config_parse(filled, strlen(filled), &faults);
    if (!config)
        fail_msg("line %d: %s", faults.items[0].line, faults.items[0].text);
    return config;
}

/* What is wrong with the renewal; "": nothing is. */
static const char *renew(struct slurm_renewal *renewal, const struct config *config)
{
    static const duration margins[] = {60};
    static char trouble[SLURM_TROUBLE_SIZE];
    const struct slurm_terms terms = {margins, 1, "main"};

    trouble[0] = '\0';
    slurm_renewal_make(renewal, config, &terms, NOW, trouble);
    return trouble;
}

static void a_second_daemon_counts_until_it_was_not_seen_for_ten_intervals(void **state)
{
    char directory[] = "/tmp/penstock-renewal-XXXXXX";
    char lease[64];
    struct slurm_renewal ours = {.has_written = false}, theirs = ours;
    struct config *config;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(lease, sizeof(lease), "%s/lease", directory);
    config = make_config(directory);
    assert_string_equal("", renew(&ours, config));
    assert_string_equal("", renew(&ours, config));
    assert_string_equal("", renew(&theirs, config));
    assert_non_null(strstr(renew(&ours, config), "two daemons on this cluster?"));
    ours.seen_ms -= 9 * INTERVAL_MS;
    assert_non_null(strstr(renew(&ours, config), "two daemons on this cluster?"));
    ours.seen_ms -= INTERVAL_MS;
    assert_string_equal("", renew(&ours, config));
    renew(&theirs, config);
    assert_non_null(strstr(renew(&ours, config), "two daemons on this cluster?"));
    unlink(lease);
    rmdir(directory);
    config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_second_daemon_counts_until_it_was_not_seen_for_ten_intervals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#ifndef NODES_LOCAL_RAPL_H
#define NODES_LOCAL_RAPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * What the machine's CPU packages and their memory take, by the kernel's powercap tree
 * (Documentation/power/powercap/powercap.rst; Intel and, from Linux 5.8 on, AMD):
 *
 *     ROOT/intel-rapl:0/name                  "package-0"
 *     ROOT/intel-rapl:0/energy_uj             counts up to, and then begins anew after
 *     ROOT/intel-rapl:0/max_energy_range_uj
 *     ROOT/intel-rapl:0:1/...                 a part of it: "dram", "core", "uncore"
 *
 * Packages and "dram" are summed. "core" and "uncore" are in their package already, and
 * "psys" holds all of them; the tree "intel-rapl-mmio" shows the same packages again.
 * The files are not believed: what is no number, or out of its range, is refused.
 */

#define RAPL_ZONES_MAX  64
#define RAPL_NAME_MAX   63
#define RAPL_RANGE_MAX  (INT64_C(1) << 60) /* microjoules */
#define RAPL_NUMBER_MAX 32                 /* bytes of a file that holds one */

struct rapl_zone {
    char directory[RAPL_NAME_MAX + 1]; /* in the root */
    int64_t range_uj;
    int64_t last_uj;
};

struct rapl {
    char root[4096];
    struct rapl_zone zones[RAPL_ZONES_MAX];
    size_t count;
    int64_t total_uj; /* since it was opened */
};

/*
 * Find the zones, and read them for the first time. ERROR_MISSING if there are none,
 * ERROR_FORBIDDEN if they may not be read (the kernel lets only root, unless told
 * otherwise), ERROR_INVALID if they hold nonsense.
 */
int rapl_open(struct rapl *rapl, const char *root, struct error *err);

/*
 * Read what all zones have taken since rapl_open(). To be called more often than the
 * counters begin anew: after some minutes at full load. On failure nothing changes, and
 * it may be tried again. Blocks for as long as the kernel takes.
 */
int rapl_read(struct rapl *rapl, int64_t *total_uj, struct error *err);

/* Pure, for the above and the tests. */

/* What a zone called so, in a directory called so, is. */
enum rapl_kind { RAPL_IGNORED, RAPL_PACKAGE, RAPL_MEMORY };
enum rapl_kind rapl_kind_of(const char *directory, const char *name);

/* A file's content: a number, and a newline. */
int rapl_number_parse(const char *text, int64_t most, int64_t *number,
                      struct error *err);

/* How far a counter of this range has come since. */
int64_t rapl_step(int64_t from_uj, int64_t to_uj, int64_t range_uj);

#endif

/* SPDX-License-Identifier: MIT */
#include "nodes/local/rapl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"

#define PREFIX "intel-rapl:"

/* How many names in the root are looked at. */
#define NAMES_MAX 1024

/* "intel-rapl:0" is of depth 1, "intel-rapl:0:1" of 2; 0: it is neither. */
static int find_depth(const char *directory)
{
    const char *at = directory + sizeof(PREFIX) - 1;
    int depth = 0;

    if (strncmp(directory, PREFIX, sizeof(PREFIX) - 1) != 0)
        return 0;
    for (;;) {
        size_t digits = strspn(at, "0123456789");

        if (digits == 0 || digits > 4 || ++depth > 2)
            return 0;
        at += digits;
        if (*at == '\0')
            return depth;
        if (*at++ != ':')
            return 0;
    }
}

enum rapl_kind rapl_kind_of(const char *directory, const char *name)
{
    int depth = find_depth(directory);

    if (depth == 1 && strncmp(name, "package-", 8) == 0)
        return RAPL_PACKAGE;
    if (depth == 2 && strcmp(name, "dram") == 0)
        return RAPL_MEMORY;
    return RAPL_IGNORED;
}

int rapl_number_parse(const char *text, int64_t most, int64_t *number,
                      struct error *err)
{
    char digits[RAPL_NUMBER_MAX];
    size_t length = strcspn(text, "\n");

    if (length >= sizeof(digits) || (text[length] == '\n' && text[length + 1] != '\0'))
        return error_set(err, ERROR_INVALID, "not one number");
    memcpy(digits, text, length);
    digits[length] = '\0';
    return number_parse(digits, 0, most, number, err);
}

int64_t rapl_step(int64_t from_uj, int64_t to_uj, int64_t range_uj)
{
    return to_uj >= from_uj ? to_uj - from_uj : range_uj - from_uj + to_uj;
}

static enum error_code code_of(int number)
{
    if (number == EACCES || number == EPERM)
        return ERROR_FORBIDDEN;
    return number == ENOENT || number == ENOTDIR ? ERROR_MISSING : ERROR_IO;
}

/* Read a small file of a zone, and put a NUL after it. */
static int load(const struct rapl *rapl, const char *directory, const char *name,
                char text[RAPL_NAME_MAX + 1], struct error *err)
{
    char path[sizeof(rapl->root) + 2 * sizeof(rapl->zones[0].directory)];
    ssize_t length;
    int file;

    snprintf(path, sizeof(path), "%s/%s/%s", rapl->root, directory, name);
    /* Without blocking, should somebody's tree hold a pipe. */
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return error_set(err, code_of(errno), "%s: %s", path, strerror(errno));
    length = read(file, text, RAPL_NAME_MAX + 1);
    if (length < 0)
        error_set(err, code_of(errno), "%s: %s", path, strerror(errno));
    else if (length > RAPL_NAME_MAX || memchr(text, '\0', (size_t)length))
        length = error_set(err, ERROR_INVALID, "%s: not what it should be", path);
    close(file);
    if (length < 0)
        return -1;
    text[length] = '\0';
    return 0;
}

static int load_number(const struct rapl *rapl, const char *directory, const char *name,
                       int64_t most, int64_t *number, struct error *err)
{
    char text[RAPL_NAME_MAX + 1];
    struct error why = {ERROR_NONE, "", ""};

    if (load(rapl, directory, name, text, err) < 0)
        return -1;
    if (rapl_number_parse(text, most, number, &why) < 0)
        return error_set(err, ERROR_INVALID, "%.100s/%s/%s: %.100s", rapl->root,
                         directory, name, why.text);
    return 0;
}

static int add_zone(struct rapl *rapl, const char *directory, struct error *err)
{
    struct rapl_zone zone = {.range_uj = 0};
    char name[RAPL_NAME_MAX + 1];

    if (!text_copy(zone.directory, sizeof(zone.directory), directory)
        || find_depth(directory) == 0)
        return 0;
    if (load(rapl, directory, "name", name, err) < 0)
        return -1;
    name[strcspn(name, "\n")] = '\0';
    if (rapl_kind_of(directory, name) == RAPL_IGNORED)
        return 0;
    if (rapl->count == RAPL_ZONES_MAX)
        return error_set(err, ERROR_INVALID, "%.200s: more than %d zones", rapl->root,
                         RAPL_ZONES_MAX);
    if (load_number(rapl, directory, "max_energy_range_uj", RAPL_RANGE_MAX,
                    &zone.range_uj, err)
            < 0
        || load_number(rapl, directory, "energy_uj", zone.range_uj, &zone.last_uj, err)
               < 0)
        return -1;
    rapl->zones[rapl->count++] = zone;
    return 0;
}

int rapl_open(struct rapl *rapl, const char *root, struct error *err)
{
    const struct dirent *entry;
    DIR *listing;
    int result = 0;

    *rapl = (struct rapl){.count = 0};
    if (!text_copy(rapl->root, sizeof(rapl->root), root))
        return error_set(err, ERROR_INVALID, "powercap: the path is too long");
    listing = opendir(root);
    if (!listing)
        return error_set(err, code_of(errno), "%s: %s", root, strerror(errno));
    for (int i = 0; i < NAMES_MAX && result == 0 && (entry = readdir(listing)); i++)
        result = add_zone(rapl, entry->d_name, err);
    closedir(listing);
    if (result == 0 && rapl->count == 0)
        result = error_set(err, ERROR_MISSING, "%s: no CPU package", root);
    return result;
}

int rapl_read(struct rapl *rapl, int64_t *total_uj, struct error *err)
{
    int64_t now_uj[RAPL_ZONES_MAX] = {0};
    int64_t total = rapl->total_uj;

    for (size_t i = 0; i < rapl->count; i++) {
        const struct rapl_zone *zone = &rapl->zones[i];

        if (load_number(rapl, zone->directory, "energy_uj", zone->range_uj, &now_uj[i],
                        err)
            < 0)
            return -1;
        if (__builtin_add_overflow(
                total, rapl_step(zone->last_uj, now_uj[i], zone->range_uj), &total))
            return error_set(err, ERROR_INVALID, "%s: counters that leap", rapl->root);
    }
    for (size_t i = 0; i < rapl->count; i++)
        rapl->zones[i].last_uj = now_uj[i];
    rapl->total_uj = total;
    *total_uj = total;
    return 0;
}

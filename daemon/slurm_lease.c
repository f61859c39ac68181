/* SPDX-License-Identifier: MIT */
#include "daemon/slurm_lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* It outlasts so many listings that fail, so that no hiccup switches the plugin off. */
#define INTERVALS 4

/* Shorter than a listing may take. */
#define VALID_MIN MINUTE

_Static_assert(LEASE_WAIT_MAX <= INT64_MAX / CLOCK_RATE_MAX,
               "the longest wait of a lease can be told by any clock");

static duration wait_of(const struct config *config, const char *queue, int64_t rate)
{
    return config_default_wait(config, queue, LEASE_WAIT_MAX * rate) / rate;
}

static void add_row(struct lease *lease, const struct lease_row *row, const char *name)
{
    struct lease_row *added = &lease->rows[lease->row_count];

    if (lease->row_count == LEASE_ROWS_MAX)
        return;
    *added = *row;
    added->wait_max = LEASE_WAIT_MAX;
    if (text_copy(added->name, sizeof(added->name), name))
        lease->row_count++;
}

static void add_names(struct lease *lease, enum lease_kind kind,
                      const struct config_names *names, duration wait)
{
    const struct lease_row row = {.kind = kind, .wait_default = wait};

    for (size_t i = 0; i < names->count; i++)
        add_row(lease, &row, names->items[i]);
}

/* Its partition's row. */
static void add_pool(struct lease *lease, const struct config *config, size_t index,
                     const struct slurm_terms *terms)
{
    const struct config_pool *pool = &config->pools[index];
    const struct lease_row row = {
        .kind = LEASE_PARTITION,
        .must_ask = strcmp(pool->defer, "ask") == 0,
        .wait_default = wait_of(config, pool->queue, terms->rate),
        .margin = terms->margins[index],
    };

    add_row(lease, &row, pool->partition);
    if (row.margin > lease->margin)
        lease->margin = row.margin;
}

void slurm_lease_make(const struct config *config, const struct slurm_terms *terms,
                      instant now, struct lease *lease)
{
    const struct config_slurm *slurm = &config->slurm;
    duration wait = wait_of(config, config->daemon.default_queue, terms->rate);

    *lease = (struct lease){
        .written = now,
        .valid = INTERVALS * slurm->interval,
        .tells_users = slurm->tell_users,
    };
    if (lease->valid < VALID_MIN)
        lease->valid = VALID_MIN;
    if (lease->valid > LEASE_VALID_MAX)
        lease->valid = LEASE_VALID_MAX;
    text_copy(lease->wake, sizeof(lease->wake), slurm->wake_socket);
    text_copy(lease->default_partition, sizeof(lease->default_partition),
              *slurm->default_partition ? slurm->default_partition
                                        : terms->default_partition);
    add_names(lease, LEASE_QOS, &slurm->qos, wait);
    add_names(lease, LEASE_ACCOUNT, &slurm->accounts, wait);
    for (size_t i = 0; i < config->pool_count; i++)
        if (config_is_slurm(&config->pools[i]))
            add_pool(lease, config, i, terms);
}

static int write_file(const char *path, const char *text, struct error *err)
{
    size_t length = strlen(text);
    /* Not to be changed by whoever can write into the directory, if it is shared. */
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool is_whole;

    if (file < 0)
        return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
    is_whole = write(file, text, length) == (ssize_t)length && fchmod(file, 0644) == 0;
    if (close(file) < 0 || !is_whole)
        return error_set(err, ERROR_IO, "%s: cannot be written whole", path);
    return 0;
}

static int replace(const char *path, const char *text, struct error *err)
{
    struct text fresh = TEXT_EMPTY;
    int result = -1;

    text_add_format(&fresh, "%s.new", path);
    if (write_file(fresh.bytes, text, err) < 0)
        goto done;
    if (rename(fresh.bytes, path) < 0) {
        error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
        goto done;
    }
    result = 0;

done:
    text_release(&fresh);
    return result;
}

bool slurm_lease_is_off(const struct config *config)
{
    struct text off = TEXT_EMPTY;
    bool is_there;

    text_add_format(&off, "%s.off", config->slurm.lease);
    is_there = access(off.bytes, F_OK) == 0;
    text_release(&off);
    return is_there;
}

int slurm_lease_renew(const struct config *config, const struct slurm_terms *terms,
                      instant now, struct error *err)
{
    const char *path = config->slurm.lease;
    char text[LEASE_SIZE_MAX];
    struct lease lease;

    if (slurm_lease_is_off(config)) {
        unlink(path);
        return 0;
    }
    slurm_lease_make(config, terms, now, &lease);
    if (lease_format(&lease, text, sizeof(text), err) < 0)
        return -1;
    return replace(path, text, err);
}

bool slurm_lease_remove(const struct config *config)
{
    return unlink(config->slurm.lease) == 0;
}

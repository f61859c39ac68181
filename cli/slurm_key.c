/* SPDX-License-Identifier: MIT */
#include "cli/slurm_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/terminal.h"
#include "nodes/slurm/ask.h"

#define ASK_TIMEOUT_MS 30000
#define PAUSE_SECONDS  3

static struct slurm_ask *open_ask(struct error *err)
{
    const char *conf = getenv("SLURM_CONF");
    const struct slurm_ask_settings settings = {
        .directory = "",
        .slurm_conf = conf ? conf : "",
        .timeout_ms = ASK_TIMEOUT_MS,
    };

    return slurm_ask_open(&settings, err);
}

/* The first job with that key which is not `but`; 0: there is none. */
static int list(struct slurm_ask *ask, const char *key, int64_t but, int64_t *id,
                struct error *err)
{
    struct slurm_listing listing = {NULL, 0};
    struct text mark = TEXT_EMPTY;

    if (slurm_ask_jobs(ask, &listing, err) < 0)
        return -1;
    text_add_format(&mark, "key=%s", key);
    *id = 0;
    for (size_t i = 0; i < listing.count && *id == 0; i++) {
        const struct slurm_job *job = &listing.jobs[i];
        int64_t found = job->array_id > 0 ? job->array_id : job->job_id;

        if (found != but && strstr(job->comment, mark.bytes))
            *id = found;
    }
    text_release(&mark);
    slurm_listing_release(&listing);
    return 0;
}

int slurm_key_find(const char *key, enum slurm_key_care care, int64_t *id,
                   struct error *err)
{
    struct slurm_ask *ask = open_ask(err);
    int64_t found = 0;
    int result;

    if (!ask)
        return -1;
    result = list(ask, key, 0, &found, err);
    if (result == 0 && found == 0 && care == SLURM_KEY_SURE) {
        sleep(PAUSE_SECONDS);
        result = list(ask, key, 0, &found, err);
    }
    slurm_ask_close(ask);
    if (result == 0)
        *id = found;
    return result;
}

void slurm_key_keep_one(const char *key, int64_t id)
{
    struct error err;
    struct slurm_ask *ask = open_ask(&err);
    struct slurm_order order = {.verb = SLURM_CANCEL};
    char target[24];
    int64_t other = 0;

    if (!ask)
        return;
    if (list(ask, key, id, &other, &err) == 0 && other > 0) {
        snprintf(target, sizeof(target), "%" PRId64, other);
        order.target = target;
        if (slurm_ask_order(ask, &order, &err) == 0)
            complain("job %s of Slurm is the same, submitted before: cancelled",
                     target);
        else
            complain("job %s of Slurm is the same, submitted before, and could not be "
                     "cancelled: %s",
                     target, err.text);
    }
    slurm_ask_close(ask);
}

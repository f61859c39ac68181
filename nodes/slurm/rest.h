/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_REST_H
#define NODES_SLURM_REST_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "nodes/slurm/backend.h"
#include "nodes/slurm/exchange.h"

/*
 * A backend that speaks to slurmrestd, with a token of JWT: no child for each question,
 * and no command of Slurm's on this machine. It finds out which version of the API
 * there is, and takes the newest that it knows; after an upgrade of Slurm it finds out
 * again. The token is read from its file for each request, so that whoever renews it
 * need tell nobody. At most four requests are under way.
 *
 * What commands do and this does not:
 *
 *   RELEASE          does not reset the accrue time: its age counts from its old begin,
 *                    unless PriorityFlags has ACCRUE_ALWAYS
 *   REQUEUE          slurmrestd has no such thing
 *   list_ended       is in another part of its API, that 22.05 tells no exit codes by
 *   CANCEL, SIGNAL   of a job that has ended go well
 *   of "12_[1-3]"    with 23.02 and later only whole jobs and arrays can be ordered; in
 *                    22.05 the answer is that of the first task
 *
 * What it cannot is given to the backend `otherwise`, or is ERROR_CONFLICT if there is
 * none. slurmrestd must run with SLURM_BITSTR_LEN=0, or long lists of tasks are cut.
 * That of 22.05 answers to a wrong token, and for a slurmctld that is gone, alike: both
 * are ERROR_UNAVAILABLE.
 */

struct slurm_rest_settings {
    const char *user;       /* whose token it is */
    const char *token_file; /* only its owner may read it */
    int64_t list_timeout_ms;
    int64_t order_timeout_ms;
    size_t listing_max;              /* bytes of one listing; a job has about 3200 */
    struct slurm_backend *otherwise; /* is closed with or after this; may be NULL */
};

/*
 * The settings are copied; the exchange must live until the memory is gone. Errors are
 * those of file_load_secret().
 */
struct slurm_backend *slurm_rest_create(uv_loop_t *loop,
                                        struct slurm_exchange *exchange,
                                        const struct slurm_rest_settings *settings,
                                        struct error *err);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SLURM_RIGHTS_H
#define DAEMON_SLURM_RIGHTS_H

#include "base/error.h"

/*
 * Of an order that Slurm forbids: the failure with what is to be done about it, which
 * is put into `explained`. Any other, or NULL, as it is.
 */
const struct error *slurm_rights_explain(const struct error *failure,
                                         struct error *explained);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CLI_SUBMIT_CHECK_H
#define CLI_SUBMIT_CHECK_H

#include "base/text.h"
#include "cli/submit_options.h"

/*
 * What about a submission looks as if the job could not start: a script with the ends
 * of line of DOS, an interpreter, a directory or an output that cannot be had. The
 * files are looked at as the user sees them now, and may be other ones when the job
 * starts, so that all this is to warn, not to refuse.
 */

/* Add each doubt as a line. What it is made from must have made a good request. */
void submit_check(const struct submit_options *options,
                  const struct submit_source *source, struct text *doubts);

#endif

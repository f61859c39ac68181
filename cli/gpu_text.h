/* SPDX-License-Identifier: MIT */
#ifndef CLI_GPU_TEXT_H
#define CLI_GPU_TEXT_H

#include <jansson.h>

#include "base/text.h"
#include "cli/terminal.h"

/*
 * Add what an answer of GET /v1/nodes knows of the GPUs: a table of them, then a line
 * for each that is not well or that somebody else is on, and for what idle ones draw.
 * Where there is no NVML one line says so, if there are GPUs at all.
 */
void gpu_text_add(const json_t *answer, const struct terminal *terminal,
                  struct text *text);

#endif

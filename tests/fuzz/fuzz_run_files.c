/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nodes/local/run_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_spec(char *bytes, size_t size)
{
    struct text again = TEXT_EMPTY;
    struct run_spec first;
    struct run_spec second;

    if (run_spec_parse(bytes, size, &first, NULL) < 0)
        return;
    /* What was taken once is taken again, and means the same. */
    run_spec_format(&first, &again);
    if (run_spec_parse(again.bytes, again.length, &second, NULL) < 0)
        abort();
    if (second.argument_count != first.argument_count
        || second.environment_count != first.environment_count
        || second.time_limit != first.time_limit || second.cpus != first.cpus
        || second.memory != first.memory || second.pause_signal != first.pause_signal
        || strcmp(second.output, first.output) != 0)
        abort();
    run_spec_release(&second);
    run_spec_release(&first);
    text_release(&again);
}

static void try_exit(char *bytes, size_t size)
{
    struct text again = TEXT_EMPTY;
    struct run_exit first;
    struct run_exit second;

    if (run_exit_parse(bytes, size, &first, NULL) < 0)
        return;
    run_exit_format(&first, &again);
    if (run_exit_parse(again.bytes, again.length, &second, NULL) < 0
        || second.out_of_memory != first.out_of_memory || second.cpu_ms != first.cpu_ms
        || second.paused != first.paused || second.ended.utc != first.ended.utc)
        abort();
    text_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run_process_stat stat;
    struct run_moment started;
    struct run_lock lock;
    char *bytes = malloc(size + 1);

    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    try_spec(bytes, size);
    try_exit(bytes, size);
    run_lock_parse(bytes, size, &lock, NULL);
    run_started_parse(bytes, size, &started, NULL);
    run_process_stat_parse(bytes, &stat, NULL);
    free(bytes);
    return 0;
}

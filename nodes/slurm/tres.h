/* SPDX-License-Identifier: MIT */
#ifndef NODES_SLURM_TRES_H
#define NODES_SLURM_TRES_H

#include <stdint.h>

#define TRES_TYPE_SIZE 32

/*
 * What a list of trackable resources says, in any of the ways in which Slurm writes
 * one: "cpu=2,mem=1000M,gres/gpu=2,gres/gpu:a100=2", "gres:gpu:a100:2", "gpu:2(S:0)".
 */
struct tres {
    int64_t gpus; /* of all types; -1: it does not say; so for the next */
    int64_t cpus;
    int64_t memory;                /* MiB */
    char gpu_type[TRES_TYPE_SIZE]; /* the first that is named; "" */
};

/* What makes no sense counts as not said, as do amounts above SLURM_AMOUNT_MAX. */
void tres_parse(const char *text, struct tres *tres);

#endif

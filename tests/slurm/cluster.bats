#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# That the cluster of the other tests is one.

load common

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; }

@test "a job runs on the GPUs that it was given" {
    local id
    id=$(sbatch --parsable --gres=gpu:2 -t 1 -o out --wrap 'echo "on $CUDA_VISIBLE_DEVICES"')
    eventually is_state "$id" COMPLETED
    grep -q '^on 0,1$' out
}

@test "two clusters run at once, and one ends without the other" {
    local other=$CLUSTER/other
    NODES=1 "$ROOT/tests/slurm/cluster" start "$other" 3>&-
    SLURM_CONF=$other/etc/slurm.conf sbatch -t 1 -o /dev/null --wrap 'sleep 600'
    "$ROOT/tests/slurm/cluster" stop "$other" 3>&-
    fails pgrep -f "$other"
    scontrol ping | grep -q 'is UP'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What three thousand waiting jobs cost slurmctld. They wait for a licence, so that no node
# has to run them when they are released.

load common
load daemon

setup_file() {
    NODES=4 CPUS=800 MEMORY=100000 GPUS=0 \
        EXTRA='Licenses=key:1\nMaxJobCount=20000\nSchedulerParameters=batch_sched_delay=0,sched_interval=60,bf_interval=60,default_queue_depth=10,max_rpc_cnt=100' \
        start_cluster
}
teardown_file() { stop_cluster; }
setup() { need_cluster; }
teardown() { end_penstock; }

# utime and stime of slurmctld, in milliseconds
spent() { awk '{print ($14 + $15) * 10}' "/proc/$(slurmctld_pid)/stat"; }

written() { sed -n 's/^written //p' "$P/lease"; }

is_renewed() { [ "$(written)" != "$1" ]; }

count_begin() { timeout 20 squeue -h -t PENDING -o %r | grep -c '^BeginTime$' || true; }

all_released() { [ "$(count_begin)" -eq 0 ]; }

all_known() { [ "$(penstock status --json | jq .jobs.waiting)" -eq 3000 ]; }

@test "3000 waiting jobs: a cycle costs slurmctld half a second at most, all are released" {
    make_penstock 'orders_per_second = 1000'
    sed -i 's/^interval = .*/interval = 3s/' "$P/penstock.conf"
    sbatch -Q -o /dev/null -t 60 -L key:1 --wrap 'sleep 3600'
    eventually sh -c '[ "$(squeue -h -t RUNNING -o %A | wc -l)" -eq 1 ]'
    seq 3000 | xargs -P 4 -I{} sbatch -Q -o /dev/null -t 5 -n 1 --mem 1 -L key:1 \
        --begin now+10hours --comment penstock:early -J j{} --wrap true
    start_daemon
    BOUND=120
    eventually all_known
    eventually is_renewed "$(written)"
    before=$(spent) at=$(written)
    eventually is_renewed "$at"
    cost=$(($(spent) - before))
    echo "# one cycle: $cost ms of slurmctld" >&3
    [ "$cost" -le 500 ]
    sed -i 's/^policy = .*/policy = immediate/' "$P/penstock.conf"
    kill -HUP "$DAEMON"
    begun=$SECONDS
    eventually all_released
    echo "# all released after $((SECONDS - begun)) s" >&3
    [ "$(squeue -h -t PENDING -o %A | wc -l)" -eq 3000 ]
    [ "$(penstock status --json | jq .jobs.starting)" -eq 3000 ]
    squeue -h -o %A | xargs -n 500 scancel
}

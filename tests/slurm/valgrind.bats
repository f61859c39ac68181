#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# slurmctld with the job_submit plugin under valgrind: what it reports of Slurm is Slurm's,
# but no frame may be ours.

load common

setup_file() {
    command -v valgrind >/dev/null || return 0
    make_cluster
    export PENSTOCK_LEASE=$CLUSTER/lease
    [ -e "$BUILD/slurm/spank_penstock.so" ] || return 0
    echo "required $(realpath "$BUILD")/slurm/spank_penstock.so" >"$CLUSTER/etc/plugstack.conf"
    BOUND=120 NODES=1 PLUGINDIR=$(realpath "$BUILD")/slurm JOBSUBMIT=penstock \
        PLUGSTACK=$CLUSTER/etc/plugstack.conf \
        SLURMCTLD="valgrind --log-file=$CLUSTER/log/valgrind.%p --keep-debuginfo=yes
            --leak-check=full --error-limit=no --num-callers=40" start_cluster
}

teardown_file() { stop_cluster; }

setup() {
    command -v valgrind >/dev/null || skip 'valgrind is not installed'
    need_plugins
    need_cluster
}

@test "no report of valgrind has a frame of the plugin" {
    local words
    for _ in 1 2 3; do
        WAKE=$CLUSTER/nobody lease 'partition all 3600 7200 main' 'partition ask 1800 7200 green'
        while read -r words; do
            # shellcheck disable=SC2086
            submit $words
        done <<'WORDS'
--comment=x
-p green
-p main,green --carbon=on
--carbon-deadline=2h --comment penstock:max-wait=1h,key=1234
--comment penstock:max-wait=never
--carbon=off
--array=0-9
--deadline=now+3hours
--begin=now+1hour
-H
WORDS
        timeout 60 srun -t 1 true
        head -c 500 /dev/urandom >"$CLUSTER/lease"
        submit
        rm "$CLUSTER/lease"
        submit
    done
    scontrol reconfigure
    [ -n "$(mark 1)" ]
    scontrol update JobId=1 StartTime=now
    "$ROOT/tests/slurm/cluster" stop "$CLUSTER" 3>&-
    grep -q 'ERROR SUMMARY' "$CLUSTER"/log/valgrind.*
    fails grep -hE '(at|by) 0x.*\((in .*job_submit_penstock\.so|(job_submit_penstock|lease|lease_file|mark|wish|deferral|options)\.c:)' \
        "$CLUSTER"/log/valgrind.*
}

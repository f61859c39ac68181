#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the SPANK plugin measures of a job's GPUs is what its energy is booked by.

load common
load daemon

setup_file() {
    make_cluster
    mkdir -m 755 "$CLUSTER/energy"
    for gpu in 0 1; do
        echo "uuid=GPU-fake-$gpu name=Fake bus=$gpu memory=81920 limit=400 power=50" \
            "energy=100 rate=50 utilisation=0 since=1"
    done >"$CLUSTER/nvml"
    echo "required $(realpath "$BUILD")/slurm/spank_penstock.so energy_dir=$CLUSTER/energy" \
        >"$CLUSTER/etc/plugstack.conf"
    PENSTOCK_FAKE_NVML=$CLUSTER/nvml LD_LIBRARY_PATH=$(realpath "$BUILD")/tests/nvml \
        NODES=1 PLUGSTACK=$CLUSTER/etc/plugstack.conf start_cluster
}
teardown_file() { stop_cluster; }
setup() { need_cluster; need_plugins; make_penstock "energy_dir = $CLUSTER/energy"; }
teardown() { end_penstock; }

@test "a job's energy is measured, on all GPUs that it had" {
    touch -d '-40 days' "$CLUSTER/energy/1234567.0.0.joules"
    start_daemon
    id=$(submit --gres=gpu:2 -- sleep 2)
    eventually is_deferred "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    penstock show "$(job "$id" id)" --json >shown
    jq -e '.energy.source == "measured"' shown
    # Two GPUs of 50 W for two seconds and more.
    jq -e '.energy.kwh * 3600000 | . > 190 and . < 3000' shown
    # What nobody has looked at for a month is gone, where the directory is the daemon's.
    [ ! -e "$CLUSTER/energy/1234567.0.0.joules" ]
    ls "$CLUSTER/energy/$id".*.joules
}

@test "a job of which nothing was measured is estimated" {
    start_daemon
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    chmod 777 "$CLUSTER/energy"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    chmod 755 "$CLUSTER/energy"
    penstock show "$(job "$id" id)" --json | jq -e '.energy.source == "estimated"'
    grep 'others may write in it' "$P/log"
}

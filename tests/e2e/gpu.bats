#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A daemon on a machine whose GPUs a file makes up; see tests/nvml/fake_nvml.c.

load lib

FAKE=$BUILD/tests/nvml

# gpus [WORDS FOR 0 [FOR 1 [FOR 2]]]: three GPUs, each with what else is said of it.
gpus() {
    local i
    for i in 0 1 2; do
        echo "uuid=GPU-fake-$i name=Fake bus=$i memory=81920 limit=400 power=5$i" \
            "energy=100 rate=5$i utilisation=0 $1"
        [ $# -eq 0 ] || shift
    done >"$HOME_DIR/nvml.new"
    mv "$HOME_DIR/nvml.new" "$HOME_DIR/nvml"
}

start_with_gpus() {
    sed -i 's/^gpus = .*/gpus = auto/' penstock.conf
    export PENSTOCK_FAKE_NVML=$HOME_DIR/nvml
    LD_LIBRARY_PATH=$FAKE "$BUILD/penstockd" -c penstock.conf 2>>log &
    DAEMON=$!
    wait_for daemon_answers
}

nodes_show() { penstock nodes | grep -q "$1"; }

nodes_do_not_show() { ! nodes_show "$1"; }

# A job on GPUs that lives until the file "go" is there.
submit_waiting() { submit_id --queue urgent --gpus "$1" -- sh -c 'echo "$CUDA_VISIBLE_DEVICES" >>devices; while [ ! -e go ]; do sleep 0.05; done'; }

@test "jobs are told of their GPUs by UUID, in the order of the bus" {
    local id
    gpus
    start_with_gpus
    penstock nodes --json | grep -q '"gpus": 3'
    id=$(submit_waiting 2)
    wait_for test -s devices
    [ "$(cat devices)" = GPU-fake-0,GPU-fake-1 ]
    touch go
    wait_for is_in_state "$id" done
}

@test "a GPU that somebody else is on is named, and free once he is gone" {
    local id other began
    gpus
    start_with_gpus
    sleep 600 &
    other=$!
    gpus '' "pids=$other"
    began=$SECONDS
    wait_for nodes_show "GPU 1: pid $other of $(id -un) is on it"
    [ $((SECONDS - began)) -le 5 ]
    id=$(submit_waiting 3)
    wait_for grep -q "pid $other of $(id -un) is on it; not free until it ends" log
    is_in_state "$id" waiting
    # What has room beside it is not kept waiting.
    penstock submit --queue urgent --gpus 2 --wait -- sh -c 'echo "$CUDA_VISIBLE_DEVICES" >two'
    [ "$(cat two)" = GPU-fake-0,GPU-fake-2 ]
    is_in_state "$id" waiting
    kill "$other"
    wait "$other" || true
    wait_for is_in_state "$id" running
    touch go
    wait_for is_in_state "$id" done
}

@test "a job's own processes are not foreign, however deep" {
    gpus
    start_with_gpus
    submit_id --queue urgent --gpus 1 -- sh -c '(setsid sh -c "echo \$\$ >deep; while [ ! -e go ]; do sleep 0.05; done" &); while [ ! -e go ]; do sleep 0.05; done'
    wait_for test -s deep
    gpus "pids=$(cat deep)" "pids=$$"
    wait_for nodes_show "GPU 1: pid $$ of"
    nodes_do_not_show "GPU 0: pid"
    penstock nodes --json | grep -q '"foreign": false'
    # A daemon that finds the job running knows as much.
    kill_daemon
    start_with_gpus
    wait_for nodes_show "GPU 1: pid $$ of"
    wait_for ours_again
    ! grep 'pid .* beside job' log || return 1
    touch go
}

# A second set of samples, taken since the restart.
ours_again() { penstock nodes --json | grep -q '"foreign": false'; }

@test "a lost GPU drains, and its job ends as lost; the others run on" {
    local first second
    gpus
    start_with_gpus
    first=$(submit_waiting 1)
    second=$(submit_waiting 1)
    wait_for is_in_state "$second" running
    gpus state=lost
    wait_for is_in_state "$first" failed
    penstock show "$first" --json | grep -q '"cause": "lost"'
    penstock show "$first" | grep -q 'GPU 0 was lost'
    penstock why "$first" | tr -s '\n ' ' ' | grep -q 'was lost: GPU 0 was lost)'
    grep -q "job $first: failed (lost) after .*: GPU 0 was lost" log
    grep -q "pool lab: GPU 0 (GPU-fake-0): GPU is lost; drained, job $first ends as lost" log
    nodes_show 'drained'
    penstock nodes --json | grep -q '"gpus_usable": 2'
    nodes_show '^lab .* 1 of 2 '
    nodes_show 'pool lab: 1 of 3 GPUs cannot be used now'
    is_in_state "$second" running
    # Well again, it is only given away after a while, or when somebody says so.
    gpus
    touch go
    wait_for is_in_state "$second" done
    wait_for healthy
    nodes_show 'drained'
    penstock resume lab
    nodes_do_not_show 'drained'
    penstock submit --queue urgent --gpus 3 --wait -- true
}

healthy() { ! penstock nodes --json | grep -q '"health": "lost"'; }

@test "a GPU that is gone at the next start is lost, and the others keep their place" {
    local first second
    gpus
    start_with_gpus
    first=$(submit_waiting 1)
    second=$(submit_waiting 1)
    wait_for is_in_state "$second" running
    kill_daemon
    sed -i /GPU-fake-0/d nvml
    start_with_gpus
    wait_for is_in_state "$first" failed
    penstock show "$first" --json | grep -q '"cause": "lost"'
    is_in_state "$second" running
    grep -q "GPU 0 (GPU-fake-0): .*; drained, job $first ends as lost" log
    touch go
    wait_for is_in_state "$second" done
    penstock submit --queue urgent --gpus 2 --wait -- sh -c 'echo "$CUDA_VISIBLE_DEVICES" >two'
    [ "$(cat two)" = GPU-fake-1,GPU-fake-2 ]
}

@test "a driver that hangs holds up neither the daemon nor its end" {
    gpus
    start_with_gpus
    gpus state=hang
    penstock submit --queue urgent --gpus 1 --wait -- true
    wait_for nodes_show 'no answer for 1[0-9] s'
    nodes_show silent
    kill "$DAEMON"
    wait "$DAEMON"
    DAEMON=
}

@test "idle GPUs show what they draw" {
    gpus
    start_with_gpus
    wait_for nodes_show 'pool lab: 3 idle GPUs draw 153 W'
    penstock nodes --json | grep -q '"power": "measured"'
    [ "$(penstock nodes | awk '{ if (length > most) most = length } END { print most }')" -le 80 ]
}

@test "without NVML there are GPUs by number" {
    start_daemon
    grep -q 'there is no libnvidia-ml.so.1' log || skip "this machine has NVML"
    nodes_show 'no NVML: nothing is known of the GPUs but their number'
    penstock submit --queue urgent --gpus 2 --wait -- sh -c 'echo "$CUDA_VISIBLE_DEVICES" >devices'
    [ "$(cat devices)" = 0,1 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs that hold GPUs and leave them idle, on a machine whose GPUs a file makes up.

load lib

# use PER-CENT-OF-0 PER-CENT-OF-1: two GPUs.
use() {
    echo "uuid=GPU-fake-0 name=Fake bus=0 memory=81920 limit=400 power=60 energy=1 rate=60 utilisation=$1
uuid=GPU-fake-1 name=Fake bus=1 memory=81920 limit=400 power=60 energy=1 rate=60 utilisation=$2" >nvml.new
    mv nvml.new nvml
}

# A minute in a second; a job is idle after two minutes.
start_watching() { # start_watching warn|stop
    sed -i 's/^gpus = .*/gpus = auto/' penstock.conf
    printf '%s\n' '[queue gpu]' 'policy = immediate' 'memory = 1M' 'idle_after = 2m' "on_idle = $1" >>penstock.conf
    use 0 0
    export PENSTOCK_FAKE_NVML=$HOME_DIR/nvml
    LD_LIBRARY_PATH=$BUILD/tests/nvml start_daemon --clock-rate 60 --clock-start 2026-11-21T00:00:00Z
}

submit_lazy() { submit_id --queue gpu --gpus "$1" --time 10h --name lazy -- sh -c 'while [ ! -e go ]; do sleep 0.05; done'; }

says() { # says ID WORDS
    penstock why "$1" | tr -s ' \n' ' ' | grep -q "$2"
}

@test "a job whose GPUs stand idle is named everywhere until they work again" {
    local id
    start_watching warn
    id=$(submit_lazy 2)
    wait_for says "$id" 'stood idle since'
    penstock list | grep -q idle
    penstock show "$id" | grep -q 'leaves its GPUs idle'
    grep -q "job $id: .*idle" log
    is_in_state "$id" running
    use 0 80
    wait_for grep -q "job $id: its GPUs work again" log
    ! says "$id" 'stood idle' || return 1
    touch go
    wait_for is_in_state "$id" done
    penstock report | grep -qE '1 job left 2 GPUs idle for [0-9.]+ GPU-hours'
}

@test "a queue that stops idle jobs ends them, and says why" {
    local id busy
    start_watching stop
    use 0 90
    id=$(submit_lazy 1)
    wait_for is_in_state "$id" running
    busy=$(submit_lazy 1)
    wait_for is_in_state "$id" failed
    penstock show "$id" --json | grep -q '"cause": *"idle"'
    says "$id" 'GPUs stood idle'
    is_in_state "$busy" running
    touch go
    wait_for is_in_state "$busy" done
}

@test "a daemon that is killed after it found a job idle still stops it" {
    local id
    start_watching stop
    id=$(submit_id --queue gpu --gpus 1 --time 10h --grace 10m -- sh -c 'trap "" TERM; while :; do sleep 0.05; done')
    wait_for grep -q "job $id: .*idle" log
    kill_daemon
    LD_LIBRARY_PATH=$BUILD/tests/nvml start_daemon --clock-rate 60 --clock-start 2026-11-21T00:00:00Z
    wait_for is_in_state "$id" failed
    penstock show "$id" --json | grep -q '"cause": *"idle"'
}

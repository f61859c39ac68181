#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of several users on GPUs that a file makes up; see tests/nvml/fake_nvml.c.

load lib
load users

start_daemon() {
    cp "$BUILD/tests/nvml/libnvidia-ml.so.1" "$HOME_DIR/bin/"
    [ -e "$HOME_DIR/nvml" ] || gpus
    as "$KEEPER" env LD_LIBRARY_PATH="$HOME_DIR/bin" PENSTOCK_FAKE_NVML="$HOME_DIR/nvml" \
        "$HOME_DIR/bin/penstockd" -c "$HOME_DIR/penstock.conf" 2>>"$HOME_DIR/log" &
    DAEMON=$!
    wait_for daemon_answers
}

# gpus [WORDS FOR 0 [FOR 1]]
gpus() {
    printf 'uuid=GPU-fake-%s name=Fake bus=%s memory=81920 limit=400 power=50 energy=100 rate=50 utilisation=0 %s\n' \
        0 0 "$1" 1 1 "$2" >"$HOME_DIR/nvml.new"
    mv "$HOME_DIR/nvml.new" "$HOME_DIR/nvml"
}

nodes_show() { penstock nodes | grep -q "$1"; }

@test "what a job of another user runs on its GPU is not foreign" {
    local id
    id=$(submit_as "$ALICE" --gpus 1 -o /dev/null -- sh -c 'echo $$ >pid; exec sleep 600')
    wait_for test -s "$ALICE/pid"
    gpus "pids=$(cat "$ALICE/pid")" "pids=$$"
    wait_for nodes_show "GPU 1: pid $$ of"
    ! nodes_show "GPU 0: pid" || false
    ! grep 'pid .* beside job' log || false
    penstock cancel "$id"
    wait_for is_in_state "$id" cancelled
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Steps of the wall clock, and sleeps of the machine, which are steps to whoever sleeps
# with it: no job ends by them, and none starts twice.

load lib

# The daemon sees a wall clock that follows a file; runners and jobs see the real one,
# and all have the real monotonic one.
setup_file() {
    LIBRARY=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
    export LIBRARY
}

start_with_clock() {
    [ -n "$LIBRARY" ] || skip "there is no libfaketime"
    ! nm "$BUILD/penstockd" 2>/dev/null | grep -q __asan_init || skip "sanitizers come first"
    set_clock +0
    start_again
}

start_again() {
    LD_PRELOAD=$LIBRARY FAKETIME_TIMESTAMP_FILE=$HOME_DIR/clock FAKETIME_NO_CACHE=1 \
        FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 start_daemon
}

set_clock() { # set_clock +SECONDS|-SECONDS, from the real one
    echo "$1" >"$HOME_DIR/clock.new"
    mv "$HOME_DIR/clock.new" "$HOME_DIR/clock"
}

daemon_clock() { date -d "$(penstock status --json | grep -o '"now": *"[^"]*"' | cut -d'"' -f4)" +%s; }

# The daemon has decided something by its new clock: a job that is new has started.
decides() { # decides OFFSET
    local ahead id
    ahead=$(($(daemon_clock) - $(date +%s) - $1))
    [ "$ahead" -ge -5 ] && [ "$ahead" -le 5 ]
    id=$(submit_id --queue urgent -- true)
    wait_for is_in_state "$id" done
}

events() { penstock show "$1" --json | grep -c "\"event\": *\"$2\"" || true; }

@test "an hour forth and back ends no job, and starts none twice or early" {
    local runs waits
    start_with_clock
    mkfifo go
    runs=$(submit_id --queue urgent --gpus 1 --time 1m --time-limit 10m -- sh -c \
        'echo ran >>"$PENSTOCK_JOB_ID"; read word <go; exit 3')
    waits=$(submit_id --gpus 1 --time 30m -- sh -c 'echo ran >>"$PENSTOCK_JOB_ID"')
    wait_for is_in_state "$runs" running
    is_in_state "$waits" waiting

    set_clock +3000
    decides 3000
    is_in_state "$runs" running
    is_in_state "$waits" waiting

    set_clock -3600
    decides -3600
    is_in_state "$runs" running
    is_in_state "$waits" waiting

    # A daemon that is killed meanwhile finds all by another clock.
    kill_daemon
    set_clock +3600
    start_again
    decides 3600
    is_in_state "$runs" running

    echo on >go
    wait_for is_in_state "$runs" failed
    penstock show "$runs" --json | grep -q '"exit_status": *3'
    [ "$(wc -l <"$runs")" -eq 1 ]
    [ "$(events "$runs" starting)" -eq 1 ]
    [ "$(events "$runs" broke)" -eq 1 ]
}

@test "what came due while the machine slept starts once it is awake" {
    local id
    start_with_clock
    id=$(submit_id --gpus 1 --time 30m -- sh -c 'echo ran >>"$PENSTOCK_JOB_ID"')
    is_in_state "$id" waiting
    kill -STOP "$DAEMON"
    set_clock +10800
    kill -CONT "$DAEMON"
    decides 10800
    wait_for is_in_state "$id" done
    [ "$(wc -l <"$id")" -eq 1 ]
    [ "$(events "$id" starting)" -eq 1 ]
}

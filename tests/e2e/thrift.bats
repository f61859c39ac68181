#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is idle, what sleeps, and how much one user may have.

load lib

# says TEXT: whether the last output has it, wherever its lines are broken.
says() { [[ "${output//$'\n'/ }" == *"$1"* ]]; }

# set_in SECTION LINE...: add settings to a section of the config.
set_in() {
    local section=$1 line
    shift
    for line in "$@"; do
        sed -i "/^\[$section\]\$/a $line" "$HOME_DIR/penstock.conf"
    done
}

# make_command NAME: a command that notes that it ran, with its pool, and then does what
# the file NAME.then says.
make_command() {
    cat >"$HOME_DIR/$1" <<SCRIPT
#!/bin/sh
echo "$1 \$PENSTOCK_POOL \$*" >>"$HOME_DIR/commands"
. "$HOME_DIR/$1.then"
SCRIPT
    chmod +x "$HOME_DIR/$1"
    echo "${2:-exit 0}" >"$HOME_DIR/$1.then"
    touch "$HOME_DIR/commands"
}

let_sleep() {
    make_command sleep
    make_command wake "$1"
    set_in "pool lab" "sleep_command = $HOME_DIR/sleep \"well until\" called" \
        "wake_command = $HOME_DIR/wake" "sleep_after = 10m" "wake_before = 5m"
}

has_run() { [ "$(grep -c "^$1 " "$HOME_DIR/commands")" -ge "${2:-1}" ]; }

pool_is() { penstock nodes --json | grep -q "\"sleep\": *\"$1\""; }

nodes_tell_of_trouble() {
    penstock nodes --json | grep -q '"sleep_trouble": *"its wake_command failed: exit status 3: no answer"'
}

pool_is_drained() { penstock nodes --json | grep -q '"drained": *true'; }

@test "a drained pool stays drained when the daemon is killed" {
    start_daemon
    run penstock drain lab
    [ "$status" -eq 0 ]
    kill_daemon
    start_daemon
    run penstock nodes
    says "pool lab is drained: nothing starts there until it is resumed"
    run penstock status
    says "pool lab is drained"
    id=$(submit_id --queue urgent --gpus 1 -- true)
    run penstock why "$id"
    says "all pools that it may run in are drained"
    run penstock plan
    says "pool lab is drained"
    run penstock resume lab
    [ "$status" -eq 0 ]
    run penstock wait "$id"
    [ "$status" -eq 0 ]
    kill_daemon
    start_daemon
    run penstock nodes
    ! says drained || false
}

@test "a user holds no more GPUs than the queue allows, and is told so" {
    set_in "queue urgent" "max_gpus_per_user = 2"
    start_daemon
    first=$(submit_id --queue urgent --gpus 2 --time 1h -- sleep 600)
    second=$(submit_id --queue urgent --gpus 1 -- true)
    wait_for is_in_state "$first" running
    run penstock why "$second"
    says "its owner already holds as many GPUs as the queue lets one user hold"
    run penstock list --json
    [[ "$output" == *'"user-limit"'* ]]
    run penstock cancel "$first"
    [ "$status" -eq 0 ]
    run penstock wait "$second"
    [ "$status" -eq 0 ]
}

@test "an array says that as many of it run as may at once" {
    start_daemon
    penstock submit --queue urgent --array 0-2%1 --time 1h -- sleep 600
    wait_for is_in_state 1 running
    run penstock why 2
    says "as many jobs of its array run as may at once"
}

@test "a report tells as CSV how long GPUs stood idle, in as many fields as it has columns" {
    start_daemon
    run penstock wait "$(submit_id --queue urgent -- true)"
    [ "$status" -eq 0 ]
    penstock report --csv >report.csv
    head -n 1 report.csv | grep -q ',idle_gpus,idle_gpu_hours,dry_run$'
    grep -q '^,,idle,,0,.*,0,0,$' report.csv
    [ "$(tr -cd ',\n' <report.csv | sort -u | wc -l)" -eq 1 ]
    penstock report --json | grep -q '"gpu_hours": *0.0'
}

@test "an empty pool is put to sleep, and woken before what is planned there" {
    let_sleep
    start_daemon --clock-rate 600 --clock-start "$(date -u +%FT%TZ)"
    wait_for pool_is asleep
    grep -qx "sleep lab well until called" "$HOME_DIR/commands"
    run penstock nodes
    says "pool lab is asleep"
    id=$(submit_id --time 10m -- true)
    [ "$(grep -c ^wake "$HOME_DIR/commands")" -eq 0 ]
    run penstock wait "$id"
    [ "$status" -eq 0 ]
    has_run wake
    wait_for has_run sleep 2
}

@test "what is due wakes a pool that sleeps" {
    let_sleep
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    wait_for pool_is asleep
    id=$(submit_id --queue urgent -- true)
    run penstock wait "$id"
    [ "$status" -eq 0 ]
    grep -qx "wake lab " "$HOME_DIR/commands"
}

@test "a daemon that is killed while a pool sleeps wakes it before it starts anything there" {
    let_sleep
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    wait_for pool_is asleep
    kill_daemon
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    pool_is asleep
    id=$(submit_id --queue urgent -- cat "$HOME_DIR/commands")
    run penstock wait "$id"
    [ "$status" -eq 0 ]
    run penstock logs "$id"
    says "wake lab"
}

@test "a pool that does not wake is drained with the reason until it is resumed" {
    let_sleep 'echo "no answer"; exit 3'
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    wait_for pool_is asleep
    id=$(submit_id --queue urgent --max-wait 24h -- true)
    wait_for has_run wake
    wait_for nodes_tell_of_trouble
    wait_for pool_is_drained
    [ "$(grep -c '^wake ' "$HOME_DIR/commands")" -eq 3 ]
    grep -q "pool lab: its wake_command failed: exit status 3: no answer; it is tried again in" \
        "$HOME_DIR/log"
    run penstock nodes
    says "drained, asleep"
    says "its wake_command failed 3 times: exit status 3: no answer"
    is_in_state "$id" waiting
    # The reason is kept, and that it sleeps.
    kill_daemon
    start_daemon --clock-rate 60 --clock-start "$(date -u +%FT%TZ)"
    run penstock status
    says "its wake_command failed 3 times"
    echo "exit 0" >"$HOME_DIR/wake.then"
    penstock resume lab
    run penstock wait "$id"
    [ "$status" -eq 0 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real job is paused in dirty hours and goes on from its checkpoint, on a clock on
# which an hour takes four seconds.

load lib

START=2026-06-15T00:00:00Z

# Two clean hours, two dirty ones, two clean ones, and then nothing but dirty ones: a job
# of four hours gains nothing by waiting, and much by a pause.
write_grid() {
    local hour level
    {
        echo datetime,carbon_intensity
        for hour in $(seq -24 71); do
            level=400
            case $hour in 0 | 1 | 4 | 5) level=100 ;; esac
            echo "$(date -u -d "$START $hour hours" +%FT%TZ),$level"
        done
    } >forecast.csv
    cat >>penstock.conf <<CONF
[queue long]
policy = cleanest
time = 4h
max_wait = 24h
memory = 1M
interruptible_after = 2h
restart_cost = 2m
patience = 0%
CONF
}

# Thirteen seconds of work, a tenth of a second in each step. It goes on from where the
# last attempt left off, and on SIGUSR1 leaves off itself, not before $HOME_DIR/go exists.
write_job() {
    cat >train.sh <<'SH'
#!/bin/bash
leave_off() {
    echo "$step" >checkpoint
    echo told >>lines
    until [ -e go ]; do sleep 0.05; done
    exit 75
}
trap leave_off USR1
step=$(cat checkpoint 2>/dev/null || echo 0)
echo "restart=$PENSTOCK_RESTART from=$step" >>lines
while [ "$step" -lt 130 ]; do
    sleep 0.1
    step=$((step + 1))
done
echo "ended at $step" >>lines
SH
}

begin() {
    write_grid
    write_job
    start_daemon --clock-rate 900 --clock-start "$START"
    ID=$(submit_id --queue long --gpus 1 --time 4h --interruptible --signal USR1 \
        --grace "$1" train.sh)
}

was_told() { [ -e checkpoint ] && grep -q told lines; }

no_runner() { ! pgrep -f "penstock-runner $HOME_DIR" >/dev/null; }

# Twice its command ran, once it was paused, and all of its work was done.
check_life() {
    local id=$1 from
    wait_for is_in_state "$id" done
    [ "$(grep -c restart= lines)" -eq 2 ]
    grep -q '^restart=0 from=0$' lines
    from=$(sed -n 's/^restart=1 from=//p' lines)
    [ "$from" -gt 0 ]
    [ "$(tail -n 1 lines)" = 'ended at 130' ]
    [ "$(penstock show "$id" --json | grep -c '"event": *"paused"')" -eq 1 ]
    [ "$(penstock show "$id" --json | grep -c '"event": *"started"')" -eq 2 ]
    penstock show "$id" --json | grep -q '"restarts": *1'
}

@test "a job is paused in dirty hours and goes on from its checkpoint" {
    : >go
    begin 30m
    wait_for is_in_state "$ID" paused
    penstock why "$ID" | tr '\n' ' ' | grep -q 'is paused at 400 g/kWh since .* of work'
    penstock nodes | grep -q lab
    penstock list --state paused --json | grep -q '"ran": *[1-9]'
    api GET /metrics | grep -qx 'penstock_pauses_total 1'
    check_life "$ID"
    grep -q "job $ID: paused after .* at 400 g/kWh, resumes 2026-06-15T0[34]:" log
    penstock show "$ID" | grep -q 'restarted 1 time'
}

@test "the daemon is killed while a job pauses, and while it is paused" {
    begin 1h
    wait_for was_told
    is_in_state "$ID" pausing
    kill_daemon
    start_daemon --clock-rate 900 --clock-start "$START"
    is_in_state "$ID" pausing
    : >go
    wait_for is_in_state "$ID" paused
    kill_daemon
    start_daemon --clock-rate 900 --clock-start "$START"
    check_life "$ID"
    [ "$(grep -c told lines)" -eq 1 ]
}

@test "a job that pauses while no daemon runs is paused by the next one" {
    begin 1h
    wait_for was_told
    kill_daemon
    : >go
    wait_for no_runner
    start_daemon --clock-rate 900 --clock-start "$START"
    check_life "$ID"
}

@test "a job that is cancelled while it pauses is cancelled" {
    begin 1h
    wait_for was_told
    penstock cancel "$ID"
    wait_for is_in_state "$ID" cancelled
    wait_for no_runner
    [ "$(grep -c restart= lines)" -eq 1 ]
}

@test "a submission says that the job may be paused" {
    write_grid
    start_daemon --clock-rate 900 --clock-start "$START"
    penstock submit --dry-run --queue long --time 4h --interruptible -- true \
        | grep -q 'may be paused in dirty hours'
    ! penstock submit --dry-run --queue long --time 1h --interruptible -- true \
        | grep -q 'may be paused'
    run penstock submit --dry-run --interruptible --signal KILL -- true
    [ "$status" -eq 2 ] || [ "$status" -eq 1 ]
    [[ "$output" == *USR1* ]]
    run penstock submit --dry-run --interruptible --grace 2d -- true
    [ "$status" -eq 2 ] || [ "$status" -eq 1 ]
    [[ "$output" == *grace* ]]
}

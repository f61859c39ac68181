#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whoever dies, hangs or lies: no job is lost, none starts late through us, none twice.

load common
load daemon

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; make_penstock; }
teardown() { end_penstock; start_slurmctld; }

# A job that leaves a line for each time that it runs.
submit_line() { submit "$@" -- "echo ran >>$BATS_TEST_TMPDIR/ran-\$SLURM_JOB_ID"; }

has_run_once() { [ "$(wc -l <"$BATS_TEST_TMPDIR/ran-$1")" -eq 1 ]; }

log_says() { grep -q "$1" "$P/log"; }

count_known() { penstock list --all --json | jq '[.jobs[].slurm] | length'; }

@test "a daemon that is killed twenty times forgets no job and starts none twice" {
    local ids=() round
    for round in $(seq 12); do ids+=("$(submit_line)"); done
    start_daemon
    for round in $(seq 20); do
        [ $((round % 5)) -ne 0 ] || penstock list --json \
            | jq -r '[.jobs[] | select(.state == "waiting")][:3][].id' \
            | xargs -r -n 1 "$BUILD/penstock" update --now || true
        sleep "0.$((RANDOM % 10))"
        kill_daemon
        start_daemon
    done
    eventually is_known "${ids[11]}"
    [ "$(count_known)" -eq 12 ]
    for id in "${ids[@]}"; do
        ! has_state "$id" waiting || penstock update "$(job "$id" id)" --now
    done
    for id in "${ids[@]}"; do
        eventually has_state "$id" done
        has_run_once "$id"
    done
}

start_margin() { penstock nodes --json | jq '.pools[0].start_margin'; }

has_learnt() { [ "$(start_margin)" -lt 300 ]; }

all_have_ended() { [ "$(penstock list --all --json | jq '[.jobs[] | select(.state == "done")] | length')" -eq "$1" ]; }

@test "how long jobs queue in Slurm is known after a restart, and in the lease" {
    local id
    start_daemon
    [ "$(start_margin)" -eq 300 ]
    eventually grep -q '^partition ask [0-9]* [0-9]* 300 main$' "$P/lease"
    id=$(sbatch --parsable -o /dev/null -t 1 -c 1 --mem 10 --array=1-20 --begin now+10hours \
        --comment penstock:early --wrap true)
    eventually is_known "${id}_20"
    penstock list --json | jq -r '.jobs[].id' | xargs -n 1 "$BUILD/penstock" update --now
    eventually all_have_ended 20
    eventually has_learnt
    kill_daemon
    start_daemon
    has_learnt
    eventually grep -q "^partition ask [0-9]* [0-9]* $(start_margin) main$" "$P/lease"
}

@test "what ended while no daemon ran is told by the next one" {
    start_daemon
    id=$(submit_line)
    eventually is_deferred "$id"
    kill_daemon
    scontrol update JobId="$id" StartTime=now
    eventually is_state "$id" COMPLETED
    start_daemon
    eventually has_state "$id" done
    has_run_once "$id"
}

make_default() { # make_default PARTITION: when slurmctld reads its config anew
    sed -i -e '/^PartitionName/s/ Default=YES//' -e "s/^PartitionName=$1 /&Default=YES /" \
        "$SLURM_CONF"
}

@test "a slurmctld that is killed and comes back keeps begin times, and we go on" {
    start_daemon
    id=$(submit_line)
    gone=$(submit_line)
    eventually is_deferred "$id"
    eventually is_deferred "$gone"
    eventually grep -q '^default main$' "$P/lease"
    # It saves its state some seconds after a change.
    sleep 6
    kill_slurmctld
    make_default green
    eventually log_says 'cannot list'
    penstock status --json | jq -r .slurm.error | grep -E 'does not answer|Unable to contact'
    penstock cancel "slurm/$gone" 2>said
    grep 'Slurm does not answer now: it is told as soon as it does' said
    start_slurmctld
    eventually log_says 'Slurm answers again'
    eventually is_state "$gone" CANCELLED
    is_deferred "$id"
    eventually grep -q '^default green$' "$P/lease"
    make_default main
    scontrol reconfigure
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    has_run_once "$id"
}

@test "a job that slurmctld forgot is reported as lost, and the others are not touched" {
    start_daemon
    kept=$(submit_line)
    eventually is_deferred "$kept"
    sleep 6
    lost=$(submit_line)
    eventually is_known "$lost"
    kill_slurmctld
    start_slurmctld
    if timeout 5 squeue -h -j "$lost" >/dev/null 2>&1 && [ -n "$(squeue -h -j "$lost")" ]; then
        skip "slurmctld had saved it in time"
    fi
    eventually has_state "$lost" cancelled
    [ "$(job "$lost" cause)" = lost ]
    log_says 'slurmctld no longer knows it'
    [ "$(job "$kept" state)" = waiting ]
}

@test "a slurmctld that hangs for 15 s holds up nobody, and is asked less often" {
    start_daemon
    id=$(submit_line)
    eventually is_deferred "$id"
    kill -STOP "$(slurmctld_pid)"
    penstock update "$(job "$id" id)" --now
    for second in $(seq 15); do
        timeout 1 "$BUILD/penstock" status >/dev/null
        sleep 1
    done
    kill -CONT "$(slurmctld_pid)"
    eventually has_state "$id" done
    has_run_once "$id"
}

@test "a store that is lost takes in again what Slurm still has, and starts nothing twice" {
    start_daemon
    id=$(submit_line)
    eventually is_deferred "$id"
    kill_daemon
    rm -rf "$P/state"
    start_daemon
    eventually is_known "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    has_run_once "$id"
}

@test "a node that dies loses its job, and one that may be requeued runs again" {
    start_daemon
    fails=$(submit --no-requeue -w cn2 -- sleep 300)
    eventually is_deferred "$fails"
    penstock update "$(job "$fails" id)" --now
    eventually has_state "$fails" running
    scontrol update NodeName=cn2 State=DOWN Reason=test
    eventually has_state "$fails" failed
    [ "$(job "$fails" cause)" = lost ]
    eventually scontrol update NodeName=cn2 State=IDLE
}

@test "commands that lie or hang change nothing" {
    mkdir bin
    for command in squeue sinfo scontrol scancel; do
        printf '#!/bin/sh\necho "{\\"jobs\\": 7"\n' >"bin/$command"
        chmod 755 "bin/$command"
    done
    sed -i "s|^conf = .*|commands = $PWD/bin|" "$P/penstock.conf"
    start_daemon
    eventually log_says 'cannot list'
    printf '#!/bin/sh\nexec sleep 600\n' >bin/sinfo
    sleep 7
    timeout 1 "$BUILD/penstock" status >/dev/null
    printf '#!/bin/sh\nexec yes\n' >bin/sinfo
    sleep 3
    timeout 1 "$BUILD/penstock" status >/dev/null
    [ "$(count_known)" -eq 0 ]
}

@test "the lease is renewed while all is well, and runs out when the daemon is gone" {
    start_daemon
    eventually test -s "$P/lease"
    written=$(sed -n 's/^written //p' "$P/lease")
    eventually sh -c "[ \"\$(sed -n 's/^written //p' '$P/lease')\" -gt $written ]"
    : >"$P/lease.off"
    eventually test ! -e "$P/lease"
    rm "$P/lease.off"
    eventually test -s "$P/lease"
}

@test "a second daemon on the cluster is noticed by the first, and told of once" {
    start_daemon
    eventually test -s "$P/lease"
    sleep 3
    fails log_says 'written by somebody else'
    sed -e "s|^state_dir = .*|state_dir = $P/other|" -e "s|^socket = .*|socket = $P/socket.2|" \
        -e "s|^wake_socket = .*|wake_socket = $P/wake.2|" "$P/penstock.conf" >"$P/other.conf"
    "$BUILD/penstockd" -c "$P/other.conf" 2>"$P/other.log" 3>&- &
    other=$!
    eventually log_says 'written by somebody else'
    sleep 3
    kill "$other"
    wait "$other" || true
    [ "$(grep -c 'written by somebody else' "$P/log")" -eq 1 ]
    penstock status --json | jq -e '.slurm.error | contains("two daemons")'
    eventually sh -c "penstock status --json | jq -e '.slurm.error == null'"
}

start_at() { # start_at OFFSET: the daemon's clock is off by so much
    LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) FAKETIME="$1" \
        DONT_FAKE_MONOTONIC=1 start_daemon
}

@test "a daemon whose clock is three days ahead starts a job at once, and once" {
    start_at +3d
    id=$(submit_line)
    eventually is_state "$id" COMPLETED
    sleep 3
    has_run_once "$id"
}

# Ten seconds are Slurm's own: its backfill looks every few.
starts_at() { # starts_at JOB TIME
    local started
    started=$(date -d "$(field "$1" StartTime)" +%s)
    [ "$started" -ge "$2" ] && [ "$started" -le $(($2 + 10)) ]
}

@test "a daemon that is gone, or hangs with a clock three days behind: jobs start at their latest" {
    local left behind latest
    BOUND=100
    start_daemon
    # Or it would be released at once: a minute is too short for a cleaner hour.
    penstock drain cluster
    left=$(submit_line --begin=now+65)
    eventually is_known "$left"
    latest=$(begin "$left")
    kill_daemon
    start_at -3d
    behind=$(submit_line --begin=now+65)
    eventually is_known "$behind"
    kill -STOP "$DAEMON"
    is_state "$left" PENDING
    eventually is_state "$left" COMPLETED
    starts_at "$left" "$latest"
    eventually is_state "$behind" COMPLETED
    starts_at "$behind" "$(($(date -d "$(field "$behind" SubmitTime)" +%s) + 65))"
    kill -CONT "$DAEMON"
    has_run_once "$left"
    has_run_once "$behind"
}

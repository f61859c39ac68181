#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A dry run on a real Slurm: what is planned, reported, and left alone.

bats_require_minimum_version 1.5.0
load common
load daemon

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; make_penstock; }
teardown() { end_penstock; }

has_event() {
    penstock show "slurm/$1" --json | jq -e --arg event "$2" 'any(.events[]; .event == $event)'
}

@test "a dry run plans what it would defer, and changes nothing" {
    make_penstock 'dry_run = yes'
    sed -i 's/^partition = main/&\ndefer = all/' "$P/penstock.conf"
    start_daemon
    id=$(submit --begin=now+5hours --deadline now+12hours -- sleep 1)
    plain=$(sbatch --parsable -o /dev/null -t 5 --gres=gpu:1 --comment penstock:key=abc --wrap 'sleep 9')
    eventually is_known "$id"
    eventually is_known "$plain"
    sleep 7
    penstock nodes --json | jq -e '.pools[0].gpus_usable == 4'
    begins_in "$id" 17000 18000
    [ "$(job "$id" state)" = waiting ]
    eventually is_state "$plain" COMPLETED
    [ "$(job "$plain" state)" = waiting ]
    [ "$(job "$plain" dry_run)" = true ]
    penstock show "slurm/$plain" --json | jq -e '.dry_run'
    curl -s --unix-socket "$PENSTOCK_SOCKET" -d "{\"slurm\": \"$plain\", \"key\": \"abc\"}" \
        http://penstock/v1/slurm/jobs | jq -e --arg id "$plain" '.slurm == $id'
    [ ! -e "$P/lease" ]
    penstock status | grep -q '^  slurm *dry run: nothing is changed there; listed'
    run -1 penstock cancel "$(job "$plain" id)"
    [[ "$output" == *"where the daemon changes nothing"* ]]
    run -1 penstock update "$(job "$plain" id)" --now
    [ "$(job "$plain" state)" = waiting ]
    scontrol update JobId="$id" TimeLimit=9:00:00
    eventually has_event "$id" max-wait-set
    [ "$(date -d "$(job "$id" latest_start)" +%s)" -lt $(($(date +%s) + 10800)) ]
    begins_in "$id" 17000 18000
    [ "$(job "$id" state)" = waiting ]

    echo "on paper the job starts when its time has come, and runs as long as it did"
    sed -i 's/^policy = .*/policy = immediate/' "$P/penstock.conf"
    kill -HUP "$DAEMON"
    eventually has_state "$plain" done
    penstock list --all | grep -q 'exit status 0, dry run'
    penstock why "slurm/$id" | tr '\n' ' ' | grep -q 'This is a dry run: in Slurm it'
    penstock show "$(job "$plain" id)" | grep -q 'dry run: Slurm runs it as if'
    eventually is_reported_as_dry
    penstock report | grep -q 'DRY RUN: what would have been saved'

    echo "what is left of it is dropped when it is over"
    kill_daemon
    sed -i 's/^policy = .*/policy = cleanest/; /^dry_run/d' "$P/penstock.conf"
    start_daemon
    eventually is_deferred_for_real "$id"
    eventually has_no_dry_run
    penstock list --all | grep -E "^ *[0-9]+ +$id .*cancelled .*the dry run is over"

    echo "and what was deferred in earnest is said to be left alone by a dry run"
    eventually test -e "$P/lease"
    kill_daemon
    sed -i 's/^conf = /dry_run = yes\n&/' "$P/penstock.conf"
    start_daemon
    [ ! -e "$P/lease" ]
    grep -q 'lease is removed: no more jobs are deferred' "$P/log"
    eventually eval '[ "$(penstock list --json | jq -r --arg id "$id" \
        ".jobs[] | select(.slurm == \$id) | .reason")" = slurm ]'
    penstock why "slurm/$id" | tr '\n' ' ' | grep 'a dry run starts nothing'
}

is_reported_as_dry() {
    penstock report --json \
        | jq -e '.parts | length == 1 and .[0].dry_run and .[0].total.jobs == 1'
}

has_no_dry_run() { penstock list --json | jq -e 'all(.jobs[]; .dry_run | not)'; }

is_deferred_for_real() {
    penstock list --json | jq -e --arg id "$1" \
        '.jobs[] | select(.slurm == $id and .state == "waiting" and (.dry_run | not))'
}

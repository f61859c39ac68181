#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of a real Slurm, planned by a real daemon.

bats_require_minimum_version 1.5.0
load common
load daemon

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; make_penstock; }
teardown() { end_penstock; }

events_of() { penstock show "$(job "$1" id)" --json | jq -r '[.events[].event] | join(" ")'; }

plan_names() { # plan_names SLURM-NAME: the plan has it, below its title
    penstock plan | grep -q '^   ID SLURM ' && penstock plan | grep -q "^ *[0-9]* $1  *wrap "
}

has_event() { events_of "$1" | grep -qw "$2"; }

@test "a job that asks for it waits for the clean hour, and Slurm knows its latest start" {
    start_daemon
    id=$(submit -- sleep 1)
    eventually is_known "$id"
    eventually is_deferred "$id"
    [ "$(job "$id" state)" = waiting ]
    [ "$(job "$id" reason)" = green ]
    planned=$(date -d "$(job "$id" planned_start)" +%s)
    [ $((planned % 3600)) -eq 0 ]
    [ $((planned - $(date +%s))) -gt 3600 ]
}

@test "a job is released when its hour has come, runs, and is booked" {
    start_daemon
    id=$(submit -- 'echo $CUDA_VISIBLE_DEVICES')
    eventually is_deferred "$id"
    write_grid 0
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
    is_state "$id" COMPLETED
    [ "$(cat "out-$id")" -ge 0 ]
    [ "$(events_of "$id")" = "submitted now-set starting started finished" ]
    penstock show "$(job "$id" id)" --json | jq -e '.energy.kwh >= 0'
}

@test "how a job ended in Slurm is how it ended here" {
    start_daemon
    id=$(submit -- exit 3)
    eventually is_deferred "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" failed
    [ "$(job "$id" exit_status)" -eq 3 ]
}

@test "a job of somebody who asks for nothing is left alone, and holds its GPUs in the plan" {
    start_daemon
    id=$(sbatch --parsable -o /dev/null -t 5 --gres=gpu:2 --wrap 'sleep 300')
    eventually has_started "$id"
    marked=$(submit -- sleep 1)
    eventually is_known "$marked"
    ! is_known "$id"
    penstock nodes --json | jq -e '.pools[0].gpus == 4 and .pools[0].gpus_usable == 2'
}

has_gpus() { penstock nodes --json | jq -e --argjson gpus "$1" '.pools[0].gpus_usable == $gpus'; }

@test "a node that is drained is seen, though nodes are listed less often than jobs" {
    local command
    mkdir bin
    for command in squeue sinfo scontrol scancel; do
        printf '#!/bin/sh\necho %s >>%s\nexec %s "$@"\n' $command "$PWD/calls" \
            "$(command -v $command)" >bin/$command
        chmod +x bin/$command
    done
    sed -i "s|^conf = |commands = $PWD/bin\nconf = |" "$P/penstock.conf"
    start_daemon
    eventually has_gpus 4
    scontrol update NodeName=cn2 State=DRAIN Reason=test
    eventually has_gpus 2
    scontrol update NodeName=cn2 State=RESUME
    eventually has_gpus 4
    [ "$(grep -c sinfo calls)" -ge 2 ]
    [ "$(grep -c sinfo calls)" -le $(($(grep -c squeue calls) / 4 + 1)) ]
}

@test "each task of an array waits, starts and ends by itself" {
    start_daemon
    id=$(submit --array=0-2,7%2 -- sleep 0.2)
    eventually is_known "${id}_7"
    penstock list --json | jq -e '[.jobs[].slurm] | length == 4'
    # Slurm's names are taken as ours are.
    penstock list | head -n 1 | grep -q '^ *ID  SLURM  *NAME'
    penstock list | grep -q "  ${id}_7  "
    eventually plan_names "${id}_7"
    penstock names jobs | grep -qx "slurm/${id}_7"
    penstock why "slurm/${id}_2" | grep -q "^Job $(job "${id}_2" id) "
    penstock show "slurm/$id" --json \
        | jq -e --arg id "$id" '[.jobs[].slurm] == [0, 1, 2, 7 | "\($id)_\(.)"]'
    run -1 penstock show "slurm/${id}_3"
    [ "$output" = "penstock: there is no job ${id}_3 of Slurm here: those that were not deferred only squeue knows" ]
    run -2 penstock cancel "slurm/${id}_"
    [[ "$output" == *'is no job id; write 7, 10-19, or for Slurm'* ]]
    run -1 penstock logs "slurm/${id}_7"
    [[ "$output" == *"'scontrol show job ${id}_7' names its files" ]]
    penstock update "slurm/${id}_1" --now
    eventually has_state "${id}_1" done
    [ "$(job "${id}_0" state)" = waiting ]
    scancel "${id}_2"
    eventually has_state "${id}_2" cancelled
    [ "$(job "${id}_2" cause)" = user ]
    [ "$(job "${id}_7" state)" = waiting ]
    penstock update "$(job "${id}_7" id)" --now
    eventually has_state "${id}_7" done
    # Those that are cancelled one by one leave a record that names none of them.
    id=$(submit --array=1-3 -- sleep 1)
    eventually is_known "${id}_3"
    scancel "${id}_1" "${id}_2" "${id}_3"
    eventually has_state "${id}_3" cancelled
    penstock list --all --json | jq -e --arg id "$id" \
        '[.jobs[] | select(.slurm // "" | startswith($id + "_")).cause] == ["user", "user", "user"]'
}

@test "the parts of a heterogeneous job are one job" {
    start_daemon
    id=$(sbatch --parsable -o /dev/null -t 5 --gres=gpu:1 --begin now+10hours \
        --comment penstock:early : --gres=gpu:1 --begin now+10hours --comment penstock:early --wrap 'sleep 0.2' | tail -1)
    eventually is_known "$id"
    [ "$(job "$id" gpus)" -eq 2 ]
    penstock list --json | jq -e '.jobs | length == 1'
    eventually is_deferred "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
}

@test "a job that depends on another one waits for it, and then for its hour" {
    sed -i 's/^policy = .*/policy = immediate/' "$P/penstock.conf"
    start_daemon
    base=$(sbatch --parsable -o /dev/null -t 5 --gres=gpu:1 --wrap 'sleep 100')
    id=$(submit --dependency=afterok:"$base" -- sleep 1)
    eventually has_state "$id" held
    sleep 2
    fails has_event "$id" starting
    scancel "$base" "$id"
    kill_daemon
    sed -i 's/^policy = .*/policy = cleanest/' "$P/penstock.conf"
    start_daemon
    first=$(submit -- sleep 1)
    eventually is_deferred "$first"
    id=$(submit --dependency=afterok:"$first" -- sleep 1)
    eventually has_state "$id" held
    penstock update "$(job "$first" id)" --now
    eventually has_state "$first" done
    eventually has_state "$id" waiting
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
}

@test "a job that is cancelled in Slurm has ended, waiting or running" {
    start_daemon
    waits=$(submit -- sleep 100)
    runs=$(submit -- sleep 100)
    eventually is_known "$runs"
    penstock update "$(job "$runs" id)" --now
    eventually has_state "$runs" running
    scancel "$waits" "$runs"
    eventually has_state "$waits" cancelled
    eventually has_state "$runs" cancelled
}

@test "a job that is cancelled here is cancelled in Slurm, waiting or running" {
    start_daemon
    waits=$(submit -- sleep 100)
    runs=$(submit -- sleep 100)
    eventually is_known "$runs"
    penstock update "$(job "$runs" id)" --now
    eventually has_state "$runs" running
    run penstock cancel "$(job "$waits" id)" "$(job "$runs" id)"
    [[ "$output" == *", $waits in Slurm): cancelled"*", $runs in Slurm): "* ]]
    eventually is_state "$waits" CANCELLED
    eventually is_state "$runs" CANCELLED
    eventually has_state "$runs" cancelled
}

@test "a job whose begin time its user sets is left to Slurm, and said so" {
    start_daemon
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    scontrol update JobId="$id" StartTime=now+5hours
    eventually has_state "$id" held
    penstock show "$(job "$id" id)" | grep 'set by somebody else'
    penstock why "$(job "$id" id)" | tr '\n' ' ' | grep 'is left to Slurm: its begin time was set'
    # Nobody fights over it.
    sleep 3
    begins_in "$id" 17000 18000
    scontrol update JobId="$id" StartTime=now
    eventually has_state "$id" done
    penstock show "$(job "$id" id)" | grep 'Slurm has started it by itself'
    # So is one that is moved out of its pool, until it is moved back.
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    scontrol update JobId="$id" Partition=green
    eventually has_state "$id" held
    penstock show "$(job "$id" id)" | grep 'it is in partition green now'
    is_deferred "$id"
    scontrol update JobId="$id" Partition=green,main
    eventually has_state "$id" waiting
    # But who says so here wins, too.
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    scontrol update JobId="$id" StartTime=now+5hours
    eventually has_state "$id" held
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" done
}

@test "a job that is to start now is handed over at once, though Slurm has no room yet" {
    start_daemon
    other=$(sbatch --parsable -o /dev/null -t 60 -N 2 --gres=gpu:2 --exclusive --wrap 'sleep 300')
    eventually has_started "$other"
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    run -0 penstock update "$(job "$id" id)" --now
    [[ "$output" == *"Slurm starts it as soon as there is room"* ]]
    eventually begins_in "$id" -60 0
    [ "$(job "$id" state)" = starting ]
    is_state "$id" PENDING
    scancel "$other"
    eventually has_state "$id" done
    [ "$(events_of "$id")" = "submitted now-set starting started finished" ]
}

@test "a job whose limit is raised, or deadline moved, begins in time, and is still ours" {
    start_daemon
    id=$(submit --deadline now+12hours -- sleep 1)
    eventually is_deferred "$id"
    first=$(begin "$id")
    scontrol update JobId="$id" TimeLimit=4:00:00
    # Twelve hours less four, less the margin.
    eventually begins_in "$id" 27000 28500
    eventually has_event "$id" time-limit-set
    penstock show "$(job "$id" id)" | grep 'begins sooner, so as to end by its deadline'
    [ "$(job "$id" time_limit)" -eq 14400 ]
    [ "$(date -d "$(job "$id" latest_start)" +%s)" -eq "$(begin "$id")" ]
    [ "$(begin "$id")" -lt "$first" ]
    # What leaves more time changes nothing.
    scontrol update JobId="$id" TimeLimit=5
    eventually eval '[ "$(job "$id" time_limit)" -eq 300 ]'
    begins_in "$id" 27000 28500
    scontrol update JobId="$id" Deadline=now+6hours
    eventually begins_in "$id" 20500 21100
    eventually has_event "$id" deadline-set
    sleep 3
    [ "$(job "$id" state)" = waiting ]
    fails has_event "$id" held
    # So does a daemon that was killed before it could store what it had ordered.
    kill_daemon
    deadline=$(squeue --json | jq --argjson id "$id" '.jobs[] | select(.job_id == $id).deadline')
    scontrol update JobId="$id" TimeLimit=2:00:00 StartTime="$(date -d "@$((deadline - 7500))" +%FT%T)"
    start_daemon
    eventually eval '[ "$(job "$id" time_limit)" -eq 7200 ]'
    scontrol update JobId="$id" TimeLimit=5:59:00
    eventually has_state "$id" done
    has_event "$id" now-set
    fails has_event "$id" held
    fails has_event "$id" late
    # One that cannot end by its deadline any more begins at once, and that is said.
    # Slurm's own deadline would end it.
    id=$(submit --comment penstock:early,deadline=+12h -- sleep 1)
    eventually is_deferred "$id"
    scontrol update JobId="$id" TimeLimit=20:00:00
    eventually has_event "$id" time-limit-set
    eventually has_event "$id" started
    penstock show "$(job "$id" id)" | grep 'it ends after its deadline'
    fails eval 'penstock show "$(job "$id" id)" | grep -E "no room|begins sooner"'
}

@test "what release-all has let go of waits in Slurm, and who let it go is said" {
    start_daemon
    id=$(submit -- sleep 1)
    moved=$(submit -- sleep 1)
    tasks=$(submit --array=1-3%1 -- sleep 7)
    eventually is_deferred "$id"
    eventually is_deferred "$moved"
    eventually is_deferred "${tasks}_3"
    scontrol update NodeName=cn[1-2] State=DRAIN Reason=test
    : >"$P/lease.off"
    scontrol update JobId="$moved" StartTime=now+5hours
    eventually has_state "$moved" held
    penstock slurm release-all --config "$P/penstock.conf"
    eventually has_state "$id" held
    penstock list | grep -E "^ *$(job "$id" id) .*waiting .*left to Slurm"
    penstock why "$(job "$id" id)" | tr '\n' ' ' | grep "left to Slurm: 'penstock slurm release-all' has let go"
    penstock why "$(job "$moved" id)" | tr '\n' ' ' | grep 'set by somebody else'
    scontrol update NodeName=cn[1-2] State=RESUME
    eventually has_state "$id" done
    # What waits for other tasks of its array has no begin time any more.
    eventually has_state "${tasks}_1" running
    rm "$P/lease.off"
    sleep 3
    [ "$(squeue -h -j "${tasks}_3" -o %r)" = JobArrayTaskLimit ]
    [ "$(job "${tasks}_3" state)" = held ]
    fails has_event "${tasks}_3" released
    # Unless it is there because one task was let go.
    id=$(submit --array=1-2%1 -- sleep 7)
    eventually is_deferred "${id}_2"
    penstock update "slurm/${id}_1" --now
    eventually has_state "${id}_1" running
    sleep 3
    [ "$(job "${id}_2" state)" = waiting ]
    fails has_event "${id}_2" held
}

@test "of an array whose limit is raised each task begins in time" {
    start_daemon
    id=$(submit --array=1-3 --deadline now+12hours -- sleep 1)
    eventually is_deferred "${id}_3"
    scontrol update JobId="$id" TimeLimit=4:00:00
    eventually begins_in "${id}_1" 27000 28500
    eventually has_event "${id}_1" max-wait-set
    eventually has_event "${id}_3" max-wait-set
    scontrol update JobId="${id}_2" TimeLimit=6:00:00
    eventually begins_in "${id}_2" 20000 21300
    eventually eval '[ "$(job "${id}_2" time_limit)" -eq 21600 ]'
    begins_in "${id}_3" 27000 28500
    [ "$(penstock list --json | jq '[.jobs[] | select(.state == "waiting")] | length')" -eq 3 ]
}

@test "a job that is held in Slurm is not planned until it is released there" {
    start_daemon
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    scontrol hold "$id"
    eventually has_state "$id" held
    run -1 penstock release "$(job "$id" id)"
    [[ "$output" == *"job "*" (slurm/$id) is not ours to hold or release"*"\"scontrol release $id\""* ]]
    scontrol release "$id"
    eventually has_state "$id" waiting
}

@test "a job that Slurm requeues is started by Slurm, and its second run is the job's" {
    start_daemon
    id=$(submit --requeue -- 'sleep $((SLURM_RESTART_COUNT ? 0 : 100))')
    eventually is_deferred "$id"
    penstock update "$(job "$id" id)" --now
    eventually has_state "$id" running
    scontrol requeue "$id"
    eventually has_event "$id" requeued
    penstock show "$(job "$id" id)" | grep 'queued again: requeued in Slurm'
    # Or it would begin in two minutes. It may have been let go by us already.
    scontrol update JobId="$id" StartTime=now || true
    eventually has_state "$id" done
    [ "$(job "$id" attempt)" -eq 2 ]
}

@test "names, comments and other users' words forge nothing" {
    start_daemon
    name=$'x"}],"jobs":[{"job_id":99\n  7|main'
    id=$(sbatch --parsable -o /dev/null -t 5 --gres=gpu:1 -J "$name" \
        --begin now+10hours --comment $'a\n"};\\ penstock:early' --wrap 'sleep 1')
    eventually is_known "$id"
    penstock list --json | jq -e '.jobs | length == 1 and .[0].state == "waiting"'
    [ "$(squeue -h -j "$id" -o %T)" = PENDING ]
}

@test "a job that cannot be taken in is told of once, and left to Slurm" {
    sed -i 's/^\[daemon\]/&\nmax_open_jobs = 1/' "$P/penstock.conf"
    start_daemon
    id=$(submit -- sleep 1)
    eventually is_deferred "$id"
    other=$(submit --begin=now+5hours --array=1-2 -- sleep 1)
    eventually grep -q "job $other of Slurm is left to Slurm: the queue is full" "$P/log"
    sleep 3
    [ "$(grep -c 'is left to Slurm' "$P/log")" -eq 1 ]
    begins_in "$other" 17000 18000
}

@test "status tells when the cluster was listed, and what is wrong with it" {
    start_daemon
    eventually sh -c "$BUILD/penstock status --json | jq -e '.slurm.listed != null'"
    penstock status | grep -q '^  slurm *listed'
    penstock status | grep -q '^  serves *jobs of all users in Slurm$'
    run grep -E 'launcher|NVML|GPUs:|CPU energy|limits' "$P/log"
    [ -z "$output" ]
    : >"$P/lease.off"
    id=$(submit -- sleep 1)
    penstock status --json | jq -e '.slurm.off and .slurm.error == null'
    sleep 3
    ! is_known "$id" || false
    rm "$P/lease.off"
    eventually is_known "$id"
    kill_daemon
    sed -i 's/^partition = main/partition = gone/' "$P/penstock.conf"
    start_daemon
    eventually grep -q 'warning: pool cluster: Slurm has no partition gone, or no nodes in it' "$P/log"
    penstock status | tr '\n' ' ' | grep 'Slurm has no partition gone'
    sleep 6
    [ "$(grep -c 'no partition gone' "$P/log")" -eq 1 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The back end of Slurm's own commands, against the real ones.

load common
load backend

setup_file() { NODES=2 start_cluster; }
teardown_file() { stop_cluster; }
setup() { need_cluster; }

is_up() { scontrol ping | grep -q 'is UP'; }

@test "what users write into a job forges no other one" {
    local id comment=$'penstock:0f\n99999|PENDING|"}, {"job_id": 99999, "comment": "x\\'
    id=$(submit --begin=now+1hour -J $'a\n"b' --comment "$comment" --wrap true)
    [ "$(job "$id" comment)" = "$comment" ]
    [ "$(job "$id" name)" = $'a\n"b' ]
    [ "$(job 99999 name)" = "" ]
}

@test "bytes that are no text leave the other jobs readable" {
    local id other
    id=$(submit --begin=now+1hour -J $'\xff\xfe' --comment $'caf\xe9' --wrap true)
    other=$(submit --begin=now+1hour -J other --wrap true)
    [ "$(job "$id" comment)" = "caf?" ]
    [ "$(job "$other" name)" = other ]
}

@test "a job is deferred, and released" {
    local id when
    id=$(submit --begin=now+1hour --gres=gpu:2 --wrap true)
    when=$(($(date +%s) + 7200))
    [ "$(job "$id" reason)" = 1 ]
    [ "$(job "$id" 'wanted[0]')" = 2 ]
    gives null defer "$id" "$when"
    [ "$(job "$id" begin)" = "$when" ]
    gives null release "$id"
    eventually is_state "$id" COMPLETED
    gives conflict release "$id"
    gives missing release 999999
}

@test "some tasks of an array are released, the others wait" {
    local id
    id=$(submit --array=1-6 --begin=now+1hour --wrap true)
    [ "$(job "$id" tasks)" = 1-6 ]
    gives null release "${id}_[1-3,5]"
    eventually is_state "${id}_1" COMPLETED
    eventually is_state "${id}_5" COMPLETED
    [ "$(backend jobs | jq -r ".jobs[] | select(.array == $id and .tasks != \"\") | .tasks")" = 4,6 ]
}

@test "several are deferred at once, and one that is not there keeps none from it" {
    local one two when
    one=$(submit --begin=now+1hour --wrap true)
    two=$(submit --array=1-3 --begin=now+1hour --wrap true)
    when=$(($(date +%s) + 7200))
    gives null defer "${two}_1,$one" "$when"
    [ "$(job "$one" begin)" = "$when" ]
    when=$((when + 60))
    gives missing defer "$one,999999,${two}_[1,3]" "$when"
    [ "$(job "$one" begin)" = "$when" ]
    [ "$(backend jobs | jq -c "[.jobs[] | select(.array == $two and .begin == $when) | .task] | sort")" = '[1,3]' ]
}

@test "a long list of tasks is told whole" {
    local id tasks
    tasks=$(for ((i = 1; i < 300; i = i * 4 / 3 + 2)); do printf '%s,' "$i"; done)$(seq -s, 300 7 900)
    id=$(submit --array="$tasks" --begin=now+1hour --wrap true)
    [[ "$(job "$id" tasks)" == *895 ]]
}

@test "what runs is requeued, and what has ended is not run again" {
    local id
    id=$(submit --requeue --wrap 'sleep 1000')
    eventually is_state "$id" RUNNING
    gives null requeue "$id"
    eventually is_state "$id" PENDING
    [ "$(job "$id" restarts)" = 1 ]
    scancel "$id"
    id=$(submit --requeue --wrap true)
    eventually is_state "$id" COMPLETED
    gives null requeue "$id"
    [ "$(job "$id" state)" = COMPLETED ]
    gives missing requeue 999999
}

@test "what was requeued may be deferred at once" {
    local id when
    id=$(submit --requeue --wrap 'sleep 1000')
    eventually is_state "$id" RUNNING
    when=$(($(date +%s) + 7200))
    gives null requeue "$id"
    gives null defer "$id" "$when"
    eventually is_state "$id" PENDING
    [ "$(job "$id" begin)" = "$when" ]
    scancel "$id"
}

@test "all parts of a heterogeneous job are released at once" {
    local id
    id=$(submit --begin=now+1hour -n1 --wrap true : -n1 --gres=gpu:1)
    [ "$(backend jobs | jq -c "[.jobs[] | select(.het == $id) | .wanted[0]]")" = '[0,1]' ]
    gives null release "$id"
    eventually has_started "$id"
    [ "$(backend jobs | jq "[.jobs[] | select(.het == $id and .state == \"PENDING\")] | length")" = 0 ]
}

@test "a job is cancelled once" {
    local id
    id=$(submit --wrap 'sleep 1000')
    gives null cancel "$id"
    eventually is_state "$id" CANCELLED
    gives conflict cancel "$id"
    gives missing cancel 999999
}

@test "a signal reaches the batch script" {
    local id
    id=$(submit --wrap "trap 'touch $BATS_TEST_TMPDIR/got; exit 7' USR1
        touch $BATS_TEST_TMPDIR/ready; while :; do sleep .1; done")
    eventually test -e ready
    gives null signal "$id" 10
    eventually test -e got
    eventually is_state "$id" FAILED
    gives missing signal 999999 10
}

are_free() {
    [ "$(backend nodes | jq -c '[.nodes[].up, (.reservations | length)]')" = '[true,true,0]' ]
}

@test "drained nodes and reservations are seen" {
    local answer
    scontrol update nodename=cn2 state=drain reason='a "broken" fan'
    scontrol create reservation reservationname=soon starttime=now+1hour duration=60 \
        nodes='cn[1-2]' users=root
    answer=$(backend nodes)
    [ "$(jq -c '[.nodes[] | [.name, .up, .capacity, .gpu_type]]' <<<"$answer")" = \
        '[["cn1",true,[2,2,1000],"a100"],["cn2",false,[2,2,1000],"a100"]]' ]
    [ "$(jq -c '.reservations[] | [.name, .ends - .begins, .taken]' <<<"$answer")" = \
        '["soon",3600,[4,4,2000]]' ]
    scontrol delete reservationname=soon
    scontrol update nodename=cn2 state=resume
    eventually are_free
}

@test "who may not is told so" {
    local id
    [ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
    id=$(submit --begin=now+1hour --wrap true)
    install -m 755 "$BUILD/tests/slurm_backend" "$CLUSTER/backend"
    run setpriv --reuid=daemon --regid=daemon --clear-groups "$CLUSTER/backend" release "$id"
    [ "$(jq -r .failure <<<"$output")" = forbidden ]
    run setpriv --reuid=daemon --regid=daemon --clear-groups "$CLUSTER/backend" cancel "$id"
    [ "$(jq -r .failure <<<"$output")" = forbidden ]
    [ "$(job "$id" state)" = PENDING ]
}

@test "a slurmctld that hangs is unavailable in time, and the loop goes on" {
    local id answer words
    id=$(submit --begin=now+1hour --wrap true)
    kill -STOP "$(slurmctld_pid)"
    for words in jobs nodes "release $id" "cancel $id"; do
        # shellcheck disable=SC2086
        answer=$(TIMEOUT_MS=1000 backend $words) || break
        echo "$words: $answer"
        [ "$(jq -r .failure <<<"$answer")" = unavailable ] || break
        [ "$(jq '.ms < 2000 and .gap_ms < 500' <<<"$answer")" = true ] || break
        words=all
    done
    kill -CONT "$(slurmctld_pid)"
    [ "$words" = all ]
    # What was ordered may have happened all the same; the next listing says.
    eventually is_up
    eventually gives null jobs
}

@test "a slurmctld that hangs for as long as its commands wait is no empty cluster" {
    local answer
    kill -STOP "$(slurmctld_pid)"
    answer=$(backend jobs) || true
    kill -CONT "$(slurmctld_pid)"
    [ "$(jq -r .failure <<<"$answer")" = unavailable ]
    eventually is_up
}

@test "a slurmctld that is gone is unavailable, and comes back" {
    local id
    id=$(submit --begin=now+1hour --wrap true)
    kill "$(slurmctld_pid)"
    eventually bash -c "! tr '\0' ' ' </proc/$(slurmctld_pid)/cmdline 2>/dev/null | grep -q slurmctld"
    export TIMEOUT_MS=1000
    gives unavailable jobs
    gives unavailable release "$id"
    PATH=$PATH:/usr/sbin slurmctld -f "$SLURM_CONF" 3>&-
    eventually is_up
    TIMEOUT_MS=20000 eventually gives null release "$id"
    eventually has_started "$id"
}

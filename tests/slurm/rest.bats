#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The back end of slurmrestd, against the real one.

load common
load backend

# Without the variable slurmrestd cuts long lists of tasks.
setup_file() {
    command -v slurmrestd >/dev/null || PATH=$PATH:/usr/sbin command -v slurmrestd >/dev/null \
        || return 0
    REST=1 NODES=2 SLURM_BITSTR_LEN=0 start_cluster || return 1
    [ -n "$CLUSTER" ] || return 0
    export REST_SOCKET=$CLUSTER/rest/socket REST_TOKEN=$CLUSTER/token
    REST_USER=$(id -un)
    export REST_USER
    new_token
}
teardown_file() { stop_cluster; }
setup() {
    PATH=$PATH:/usr/sbin command -v slurmrestd >/dev/null || skip "slurmrestd is not installed"
    need_cluster
}

new_token() {
    install -m 600 /dev/null "$REST_TOKEN"
    scontrol token lifespan=3600 "$@" | sed 's/^SLURM_JWT=//' >"$REST_TOKEN"
}

@test "what users write into a job forges no other one" {
    local id comment=$'penstock:0f\n99999|PENDING|"}, {"job_id": 99999, "comment": "x\\'
    id=$(submit --begin=now+1hour -J $'a\n\xff"b' --comment "$comment" --wrap true)
    [ "$(job "$id" comment)" = "$comment" ]
    [ "$(job "$id" name)" = $'a\n?"b' ]
    [ "$(job 99999 name)" = "" ]
}

@test "a job is deferred to the second, whatever the zone, and released" {
    local id when
    id=$(submit --begin=now+1hour --gres=gpu:2 --wrap true)
    when=$(($(date +%s) + 7201))
    gives null defer "$id" "$when"
    [ "$(job "$id" begin)" = "$when" ]
    [ "$(job "$id" 'wanted[0]')" = 2 ]
    gives null release "$id"
    eventually has_started "$id"
    eventually is_state "$id" COMPLETED
    gives conflict release "$id"
    gives missing release 999999
}

@test "some tasks of an array are released, the others wait" {
    local id
    id=$(submit --array=1-6 --begin=now+1hour --wrap true)
    gives null release "${id}_[1-3,5]"
    eventually is_state "${id}_5" COMPLETED
    [ "$(backend jobs | jq -r ".jobs[] | select(.array == $id and .tasks != \"\") | .tasks")" = 4,6 ]
}

@test "a long list of tasks is told whole" {
    local id
    id=$(submit --array="$(for ((i = 1; i < 300; i = i * 4 / 3 + 2)); do printf '%s,' "$i"; done)$(seq -s, 300 7 900)" \
        --begin=now+1hour --wrap true)
    [[ "$(job "$id" tasks)" == *895 ]]
}

@test "a job is cancelled, and a signal reaches the batch script" {
    local id
    id=$(submit --wrap "trap 'touch $BATS_TEST_TMPDIR/got; exit 7' USR1
        touch $BATS_TEST_TMPDIR/ready; while :; do sleep .1; done")
    eventually test -e ready
    gives null signal "$id" 10
    eventually test -e got
    id=$(submit --wrap 'sleep 1000')
    gives null cancel "$id"
    eventually is_state "$id" CANCELLED
    gives missing cancel 999999
    gives conflict requeue "$id"
}

@test "nodes and reservations are seen" {
    local answer
    scontrol create reservation reservationname=soon starttime=now+1hour duration=60 \
        nodes='cn[1-2]' users=root
    answer=$(backend nodes)
    [ "$(jq -c '[.nodes[] | [.name, .up, .capacity, .gpu_type]]' <<<"$answer")" = \
        '[["cn1",true,[2,2,1000],"a100"],["cn2",true,[2,2,1000],"a100"]]' ]
    [ "$(jq -c '.reservations[] | [.name, .ends - .begins, .taken]' <<<"$answer")" = \
        '["soon",3600,[4,4,2000]]' ]
    scontrol delete reservationname=soon
}

@test "a token of somebody else may look, and no more" {
    local id
    id=$(submit --begin=now+1hour --wrap true)
    new_token username=daemon
    REST_USER=daemon gives forbidden release "$id"
    REST_USER=daemon gives forbidden cancel "$id"
    new_token
    gives null release "$id"
}

@test "a token that is none is no empty cluster" {
    echo none >"$REST_TOKEN"
    run backend jobs
    new_token
    [ "$(jq -r .failure <<<"$output")" = unavailable ]
    [ "$(jq '.jobs | length' <<<"$output")" = 0 ]
    gives null jobs
}

@test "a slurmctld that hangs is unavailable in time, and the loop goes on" {
    local answer words
    kill -STOP "$(slurmctld_pid)"
    for words in jobs nodes "release 1"; do
        # shellcheck disable=SC2086
        answer=$(TIMEOUT_MS=1000 backend $words) || break
        echo "$words: $answer"
        [ "$(jq -r .failure <<<"$answer")" = unavailable ] || break
        [ "$(jq '.ms < 2000 and .gap_ms < 500' <<<"$answer")" = true ] || break
        words=all
    done
    answer=$(backend jobs) || true
    kill -CONT "$(slurmctld_pid)"
    [ "$words" = all ]
    # So, too, when slurmrestd itself is the first to give up.
    [ "$(jq -r .failure <<<"$answer")" = unavailable ]
    eventually gives null jobs
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs that take a range of GPUs.

load lib

# Eight GPU slots; this hour and the next are clean, and none after them.
start_elastic() {
    local now level
    now=$(date +%s)
    {
        echo datetime,carbon_intensity
        for hour in $(seq -24 72); do
            level=500
            [ "$hour" -eq 0 ] || [ "$hour" -eq 1 ] && level=50
            echo "$(date -u -d "@$((now - now % 3600 + hour * 3600))" +%FT%TZ),$level"
        done
    } >"$HOME_DIR/forecast.csv"
    sed -i 's/^gpus = 4$/gpus = 8/' "$HOME_DIR/penstock.conf"
    start_daemon
    wait_for has_forecast
}

has_forecast() { penstock forecast GB --json | grep -q '"g": *50'; }

# submit_elastic [OPTION…]: eight hours on two GPUs; it notes what it has, and waits.
submit_elastic() {
    submit_id --gpus 2-8 --time 8h --time-limit 9h "$@" -- sh -c \
        'echo "$PENSTOCK_GPUS $CUDA_VISIBLE_DEVICES" >"had-$PENSTOCK_JOB_ID"
         while [ ! -e go ]; do sleep 0.05; done'
}

has_started() { [ -s "had-$1" ]; }

@test "alone in the pool a job has all its GPUs when that saves carbon" {
    start_elastic
    id=$(submit_elastic)
    wait_for has_started "$id"
    [ "$(cat "had-$id")" = "8 0,1,2,3,4,5,6,7" ]
    wait_for is_in_state "$id" running
    penstock show "$id" --json | grep -q '"gpus": *8'
    penstock show "$id" | grep -q '8 of 2-8 GPUs (scaling 90%)'
    penstock show "$id" | grep -q 'with 8 of 2-8 GPUs'
    penstock why "$id" | grep -q 'with 8 of 2-8 GPUs'
    penstock list | grep -q ' 8 '
    kill_daemon
    start_daemon
    penstock show "$id" --json | grep -q '"gpus": *8'
    touch go
    penstock wait "$id"
    penstock show "$id" --json | grep -q '"gpus": *8'
}

@test "what others have reserved is theirs: it has the least" {
    start_elastic
    penstock submit --queue urgent --gpus 6 --time 1h --begin +20m -- true
    id=$(submit_elastic)
    wait_for has_started "$id"
    [ "$(cat "had-$id")" = "2 0,1" ]
}

@test "with no scaling to speak of it has the least, and where nobody waits all" {
    start_elastic
    id=$(submit_elastic --scaling 10%)
    wait_for has_started "$id"
    [ "$(cat "had-$id")" = "2 0,1" ]
    id=$(submit_elastic --queue urgent)
    wait_for has_started "$id"
    [ "$(cat "had-$id")" = "6 2,3,4,5,6,7" ]
}

@test "a script may ask for a range, and a waiting job shows it" {
    start_elastic
    printf '#!/bin/sh\n#PENSTOCK --gpus 2-8 --hold\ntrue\n' >script.sh
    id=$(submit_id script.sh)
    penstock list | grep -q ' 2-8 '
    penstock show "$id" | grep -q ' 2-8 GPUs'
    penstock release "$id"
    penstock wait "$id"
}

refuses() { # refuses WORDS OPTION…
    local words=$1
    shift
    run penstock submit "$@" -- true
    [ "$status" -ne 0 ] || { echo "taken: $*"; return 1; }
    [[ "$output" == *"$words"* ]] || { echo "$*: $output"; return 1; }
}

@test "a range that is none is refused by name" {
    start_elastic
    refuses "'8-2' is no range of GPUs: its first number is the least" --gpus 8-2
    refuses "'2-' is no number of GPUs" --gpus 2-
    refuses "--gpus" --gpus -8
    refuses "'0-4': a range of GPUs begins with 1" --gpus 0-4
    refuses "the largest has 8" --gpus 9-16
    refuses "scaling must be a whole percentage" --gpus 2-8 --scaling 0
    refuses "cannot be interruptible" --gpus 2-8 --interruptible
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What jobs are said to have taken, on GPUs that a file makes up.

load lib

# write_gpus WATTS WATTS: two GPUs whose counters run at so many watts.
write_gpus() {
    local index=0 watts since
    since=$(awk '{ printf "%d", $1 * 1000 }' /proc/uptime)
    for watts in "$@"; do
        echo "uuid=GPU-$index name=Fake bus=$((index + 1)) memory=81920 limit=400" \
            "power=$watts energy=1000 rate=$watts since=$since utilisation=50 pids= state=well"
        index=$((index + 1))
    done >"$HOME_DIR/gpus.new"
    mv "$HOME_DIR/gpus.new" "$HOME_DIR/gpus"
}

start_with_gpus() {
    write_gpus "$@"
    sed -i 's/^gpus = 4$/gpus = auto\ngpu_power = 300W\nidle_power = 60W\npue = 1.0/' \
        "$HOME_DIR/penstock.conf"
    export PENSTOCK_FAKE_NVML=$HOME_DIR/gpus
    LD_LIBRARY_PATH=$BUILD/tests/nvml start_daemon
}

# number FIELD: of the JSON on standard input, the first of this name.
number() { grep -o "\"$1\": *[0-9.e-]*" | head -n 1 | grep -o '[0-9.e-]*$'; }

# is_near VALUE WANTED PERCENT
is_near() {
    awk -v value="$1" -v wanted="$2" -v percent="$3" \
        'BEGIN { d = value - wanted; exit !((d < 0 ? -d : d) <= wanted * percent / 100) }' \
        || { echo "$1 is not within $3 % of $2" >&2; return 1; }
}

# run_job SECONDS NAME: prints its id when it is done.
run_job() {
    local id
    id=$(submit_id --queue urgent --gpus 1 --name "$2" -- sh -c "date +%s.%N >$2.began
        sleep $1; date +%s.%N >$2.ended")
    penstock wait "$id" >/dev/null
    echo "$id"
}

seconds_of() { awk 'NR == FNR { began = $1; next } { print $1 - began }' "$1.began" "$1.ended"; }

@test "the energy of a job is the difference of its GPU's counter, to 1 %" {
    start_with_gpus 250 100
    id=$(run_job 10 train)
    shown=$(penstock show "$id" --json)
    echo "$shown" | grep -q '"source": *"measured"'
    taken=$(awk -v kwh="$(echo "$shown" | number kwh)" 'BEGIN { print kwh * 3600000 }')
    is_near "$taken" "$(awk -v s="$(seconds_of train)" 'BEGIN { print 250 * s }')" 1
    penstock show "$id" | grep -q 'measured; of it idle'
}

@test "a restart in the middle of a job leaves its energy measured" {
    start_with_gpus 250 100
    id=$(submit_id --queue urgent --gpus 1 --name train -- sh -c 'date +%s.%N >train.began
        sleep 8; date +%s.%N >train.ended')
    wait_for is_in_state "$id" running
    kill_daemon
    LD_LIBRARY_PATH=$BUILD/tests/nvml start_daemon
    penstock wait "$id"
    shown=$(penstock show "$id" --json)
    echo "$shown" | grep -q '"source": *"measured"'
    taken=$(awk -v kwh="$(echo "$shown" | number kwh)" 'BEGIN { print kwh * 3600000 }')
    is_near "$taken" "$(awk -v s="$(seconds_of train)" 'BEGIN { print 250 * s }')" 2
    [ -z "$(ls "$HOME_DIR/state/meters")" ]
}

@test "GPUs without a job are told of, and jobs without a measure are estimated" {
    start_with_gpus 250 100
    idle_is_told() {
        penstock submit --queue urgent -- true >/dev/null
        penstock report | grep -q 'GPUs without a job drew .* in pool lab (GB)'
    }
    wait_for idle_is_told
    id=$(submit_id --queue urgent -- true)
    penstock wait "$id"
    penstock show "$id" --json | grep -q '"source": *"estimated"'
    penstock report --csv | grep -q ',without a job,lab,'
    penstock report --json | tr -d ' \n' | grep -q '"idle_pools":\[{"pool":"lab"'
    api GET /metrics | grep -q '^penstock_idle_energy_joules_total{pool="lab"} [1-9]'
}

@test "the fourth job of a name is planned with the power that the others had" {
    start_with_gpus 250 250
    for i in 1 2 3; do
        id=$(run_job 3 train)
        penstock show "$id" --json | grep -q '"power": *null'
    done
    id=$(submit_id --queue green --gpus 1 --name train -- true)
    # Runs are timed in whole seconds: three may count as four.
    is_near "$(penstock show "$id" --json | number power)" 250 26
    api GET /metrics | grep '^penstock_energy_joules_total{pool="lab",label="measured"} [1-9]'
}

@test "a job without GPUs has its share of the CPU packages" {
    local zone=$HOME_DIR/powercap/intel-rapl:0
    mkdir -p "$zone"
    echo package-0 >"$zone/name"
    echo 262143328850 >"$zone/max_energy_range_uj"
    echo 1000000 >"$zone/energy_uj"
    write_config "powercap = $HOME_DIR/powercap"
    sed -i 's/^gpus = 4$/gpus = 0\npue = 1.0/' "$HOME_DIR/penstock.conf"
    start_daemon
    # It works for three seconds, in which the packages take 90 J.
    id=$(submit_id --queue urgent -- sh -c "end=\$((\$(date +%s) + 3))
        while [ \$(date +%s) -lt \$end ]; do :; done; echo 91000000 >'$zone/energy_uj'")
    penstock wait "$id"
    shown=$(penstock show "$id" --json)
    echo "$shown" | grep -q '"source": *"measured"'
    taken=$(awk -v kwh="$(echo "$shown" | number kwh)" 'BEGIN { print kwh * 3600000 }')
    awk -v taken="$taken" 'BEGIN { exit !(taken > 1 && taken < 91) }' || { echo "$taken J"; false; }
}
